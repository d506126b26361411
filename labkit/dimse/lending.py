"""The upper layer of an acceptor, in the association's own thread as long as that will do.

A hand-over to another thread and back costs more than what is done there. So the association's
thread takes the upper layer's turns whenever it waits for something, and looks now and then while
it serves a request. Where another thread uses the association too, the upper layer gets a thread of
its own, as a requestor's has from the start.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from pynetdicom.dul import DULServiceProvider

HEARTBEAT = 0.5  # seconds that a wait lasts at most
_LOOKS = 0.001  # seconds between two looks at most
_AT_ONCE = 64  # PDUs that one look reads at most


class LentDUL(DULServiceProvider):  # type: ignore[misc]
    """Who takes the turns of an upper layer."""

    def __init__(self, assoc: Any) -> None:
        super().__init__(assoc)
        self.daemon = True
        self._lent = False
        self._turns = threading.RLock()  # held by the thread that takes turns
        self._looked = 0.0

    @property
    def mine(self) -> bool:
        """Whether the caller's thread is the one that takes the turns, and no other does."""
        return self._lent and threading.get_ident() == self.assoc.ident

    def start(self) -> None:
        """Begin: in the caller's thread where that is the association's, as acceptor."""
        if self.assoc.is_acceptor and threading.get_ident() == self.assoc.ident:
            self._begin()
            self._lent = True
        else:
            super().start()

    def take_over(self) -> None:
        """Have a thread of its own, unless somebody is taking turns just now."""
        if self._lent and self._turns.acquire(blocking=False):
            try:
                if self._lent and not self._kill_thread:
                    super().start()
                    self._lent = False
            finally:
                self._turns.release()

    def is_alive(self) -> bool:
        """Whether it runs, in whatever thread."""
        return self._lent or super().is_alive()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end of the thread."""
        self.take_over()
        if self._lent:
            time.sleep(HEARTBEAT if timeout is None else min(timeout, HEARTBEAT))
        elif self.ident is not None:
            super().join(timeout)

    def run_reactor(self) -> None:
        """Run until the state machine is back at Sta1."""
        with self._turns:
            if not self.assoc._dul_ready.is_set():
                self._begin()
            self._run(lambda: False)

    def attend(self, enough: Callable[[], bool], timeout: float | None = None) -> bool:
        """Take turns until `enough`, at most `timeout` seconds; whether it was the caller's to do.

        It ends as well with the upper layer, and when the association is killed.
        """
        if not self.mine:
            return False
        end = time.monotonic() + (float("inf") if timeout is None else timeout)
        with self._turns:
            self._run(lambda: enough() or time.monotonic() > end)
        return True

    def look(self) -> None:
        """Read what the peer has sent meanwhile, without waiting."""
        if not self.mine or time.monotonic() - self._looked < _LOOKS:
            return
        left = iter(range(_AT_ONCE))
        with self._turns:
            self._run(lambda: next(left, None) is None, 0.0)
        self._looked = time.monotonic()

    def receive_pdu(self, wait: bool = False, timeout: float | None = None) -> Any:
        """Give the next primitive, as the parent does."""
        if wait and self.attend(lambda: self._has_news(), timeout):
            wait = False
        return super().receive_pdu(wait, timeout)

    def peek_next_pdu(self) -> Any:
        """Give the next primitive and leave it, as the parent does."""
        if self.assoc.serving:
            self.look()
        return super().peek_next_pdu()

    def _has_news(self) -> bool:
        return bool(self.to_user_queue.queue or self.assoc._kill)

    def _run(self, enough: Callable[[], bool], wait: float = HEARTBEAT) -> None:
        """Take turns until `enough`, nothing is left to do, or the state machine is at Sta1."""
        try:
            while not self._kill_thread:
                if enough() or not (self._turn(wait) or wait):
                    return
        except Exception as error:
            self._fail(error)
        self._lent = False
        self._end()

    def _begin(self) -> None:
        raise NotImplementedError

    def _end(self) -> None:
        raise NotImplementedError

    def _turn(self, wait: float) -> bool:
        raise NotImplementedError

    def _fail(self, error: Exception) -> None:
        raise NotImplementedError
