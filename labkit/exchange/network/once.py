"""Passing each object on once: what ends a loop of routers.

C-STORE carries no mark of where an object has been (PS3.7 9.1.1), so a router must remember.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict

from labkit.pacs import ObjectSink
from labkit.pacs.archive import StoredObject
from labkit.pacs.header import Header, read_header

_MOST = 100_000


class Once:
    """A sink that takes an object as often as it comes, and passes it on once.

    An object that was changed meanwhile is another one and passed on: its SOP Instance UID alone
    does not say that nothing is new.

    Parameters
    ----------
    ahead
        Where to.
    most
        How many objects are remembered, the newest. A loop longer than that is not seen.
    """

    def __init__(self, ahead: ObjectSink, most: int = _MOST) -> None:
        self._ahead, self._most = ahead, most
        self._seen: OrderedDict[bytes, StoredObject] = OrderedDict()
        self._lock = threading.Lock()
        self.stopped = 0
        """How many objects came again and were not passed on."""

    def add(
        self,
        data: bytes | memoryview,
        *,
        transfer_syntax: str,
        source: str = "",
        header: Header | None = None,
    ) -> StoredObject:
        """Take an object."""
        header = header or read_header(data, transfer_syntax)
        mark = hashlib.sha256(data)
        mark.update(header["SOPInstanceUID"].encode())
        key = mark.digest()
        with self._lock:
            known = self._seen.get(key)
            if known is not None:
                self._seen.move_to_end(key)
                self.stopped += 1
                return known
        taken = self._ahead.add(data, transfer_syntax=transfer_syntax, source=source, header=header)
        with self._lock:
            self._seen[key] = taken
            while len(self._seen) > self._most:
                self._seen.popitem(last=False)
        return taken
