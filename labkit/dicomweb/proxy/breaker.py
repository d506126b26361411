"""A circuit breaker: a PACS that cannot be reached is left alone for a while, longer each time."""

from __future__ import annotations

import threading
from collections.abc import Callable

FIRST, MOST = 1.0, 60.0  # seconds that it stays open: the first time, and at most


class CircuitBreaker:
    """Closed lets everything pass, open nothing, half-open one attempt, whose end decides.

    Parameters
    ----------
    clock
        Seconds that only grow.
    failures
        How many, one after the other, open it.
    """

    def __init__(self, clock: Callable[[], float], failures: int = 5) -> None:
        self._clock, self._failures = clock, failures
        self._lock = threading.Lock()
        self._failed = 0
        self._wait = FIRST
        self._until = 0.0
        self._opened = False
        self._trying = False

    @property
    def state(self) -> str:
        """``closed``, ``open`` or ``half-open``."""
        with self._lock:
            if not self._opened:
                return "closed"
            return "open" if self._clock() < self._until else "half-open"

    def enter(self) -> float:
        """Ask whether to try; 0 is yes, else the seconds to wait."""
        with self._lock:
            if not self._opened:
                return 0.0
            left = self._until - self._clock()
            if left > 0:
                return left
            if self._trying:
                return FIRST
            self._trying = True
            return 0.0

    def succeeded(self) -> None:
        """The PACS has answered, whatever it said."""
        with self._lock:
            self._opened = self._trying = False
            self._failed, self._wait = 0, FIRST

    def failed(self) -> None:
        """It could not be reached, or did not answer."""
        with self._lock:
            self._failed += 1
            if self._trying:
                self._wait = min(self._wait * 2, MOST)
            if self._trying or self._failed >= self._failures:
                self._opened, self._trying = True, False
                self._until = self._clock() + self._wait

    def left(self) -> None:
        """The attempt ended without an answer to the question, such as one that was cancelled."""
        with self._lock:
            self._trying = False
