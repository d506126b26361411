"""Answers that are kept: what was made of an object once, until the object changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable


class Kept:
    """Bytes by name, the most recently used ones up to a limit; threads may share it.

    Parameters
    ----------
    limit
        Bytes of all values together.
    """

    def __init__(self, limit: int = 32 << 20) -> None:
        self._limit, self._size = limit, 0
        self._values: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str, make: Callable[[], bytes]) -> bytes:
        """Return what is kept under a name, made now if it is not there; ``""`` is never kept."""
        with self._lock:
            value = self._values.get(name)
            if value is not None:
                self._values.move_to_end(name)
                return value
        value = make()
        if name and len(value) <= self._limit:
            with self._lock:
                self._size += len(value) - len(self._values.pop(name, b""))
                self._values[name] = value
                while self._size > self._limit:
                    self._size -= len(self._values.popitem(last=False)[1])
        return value
