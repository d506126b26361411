"""Who is storing what right now."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Arrivals:
    """Lets objects come in side by side, but not two of one UID, and none while it is shut."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._uids: set[str] = set()
        self._shut = False

    @contextmanager
    def arriving(self, uid: str) -> Iterator[None]:
        """Hold a UID for the time of storing its object."""
        with self._changed:
            while self._shut or uid in self._uids:
                self._changed.wait()
            self._uids.add(uid)
        try:
            yield
        finally:
            with self._changed:
                self._uids.discard(uid)
                self._changed.notify_all()

    @contextmanager
    def shut(self) -> Iterator[None]:
        """Keep everything out, once what is arriving has arrived."""
        with self._changed:
            while self._shut:
                self._changed.wait()
            self._shut = True
            while self._uids:
                self._changed.wait()
        try:
            yield
        finally:
            with self._changed:
                self._shut = False
                self._changed.notify_all()
