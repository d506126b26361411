"""How often a code may be wrong before nobody is let in for a while."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable

EACH, ALL, SECONDS = 10, 60, 60.0
_MOST = 1000
"""Addresses that are remembered; the limit for all of them together holds for more."""


class Guesses:
    """Counts wrong codes, of each address and of all.

    While it is shut the right code is not let in either: else it could still be found.

    Parameters
    ----------
    clock
        Seconds that only grow.
    each, everybody
        Wrong codes that are forgiven within `seconds`, of one address and in all.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        each: int = EACH,
        everybody: int = ALL,
        seconds: float = SECONDS,
    ) -> None:
        self._clock, self._each, self._seconds = clock, each, seconds
        self._all: deque[float] = deque(maxlen=everybody)
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()
        self._counting = threading.Lock()

    def wait(self, address: str) -> float:
        """Return the seconds until this address may try again; 0.0 if it may now."""
        with self._counting:
            own = self._wrong.get(address, deque(maxlen=self._each))
            return max(self._left(own), self._left(self._all))

    def wrong(self, address: str) -> None:
        """Count a wrong code."""
        with self._counting:
            now = self._clock()
            own = self._wrong.setdefault(address, deque(maxlen=self._each))
            self._wrong.move_to_end(address)
            own.append(now)
            self._all.append(now)
            while len(self._wrong) > _MOST:
                self._wrong.popitem(last=False)

    def _left(self, times: deque[float]) -> float:
        if len(times) < (times.maxlen or 0):
            return 0.0
        return max(0.0, times[0] + self._seconds - self._clock())
