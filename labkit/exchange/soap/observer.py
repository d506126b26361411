"""What went over the wire, for those who watch: traces, demonstrations and lessons."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from labkit.exchange.soap.wire import Wire

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Exchanged:
    """One message that was sent or received.

    Attributes
    ----------
    action
        wsa:Action, ``""`` where none could be read.
    sender, receiver
        As the two sides are called; ``""`` where a side is not known.
    content_type
        The header that says how to read `data`.
    data
        The body of the HTTP message, byte for byte.
    response
        Whether it answers another message.
    fault
        Whether it is a SOAP Fault.
    """

    action: str
    sender: str
    receiver: str
    content_type: str
    data: bytes
    response: bool = False
    fault: bool = False

    @property
    def size(self) -> int:
        """Bytes on the wire, without the headers of HTTP."""
        return len(self.data)

    @property
    def sha256(self) -> str:
        """Digest of the bytes on the wire, in hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()


Observer = Callable[[Exchanged], None]
"""A watcher: what it raises is logged and changes nothing."""


def tell(
    observer: Observer | None,
    wire: Wire,
    action: str,
    way: tuple[str, str],
    *,
    response: bool = False,
    fault: bool = False,
) -> None:
    """Tell an observer of a message that went `way`, from and to."""
    if observer is None:
        return
    try:
        observer(Exchanged(action, *way, wire.content_type, wire.data, response, fault))
    except Exception:
        _log.exception("an observer of SOAP messages failed")
