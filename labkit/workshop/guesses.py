"""How often a code may be wrong before nobody is let in for a while; of rooms, hub and board."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable

EACH, ALL, SECONDS = 10, 60, 60.0
_MOST = 2000
"""Addresses that are remembered; a limit for all of them together holds for more."""


class Guesses:
    """Counts wrong codes, of each address and of all.

    While it is shut the right code is not let in either: else it could still be found.

    Parameters
    ----------
    clock
        Seconds that only grow.
    each, everybody
        Wrong codes that are forgiven within `seconds`, of one address and in all; ``None``: there
        is no limit for all, where strangers must not be able to shut out a whole room.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        each: int = EACH,
        everybody: int | None = ALL,
        seconds: float = SECONDS,
    ) -> None:
        self._clock, self._each, self._seconds = clock, each, seconds
        self._limited = everybody is not None
        self._all: deque[float] = deque(maxlen=everybody or 1)
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()
        self._counting = threading.Lock()

    def attempt(self, address: str, right: bool, *, excused: bool = False) -> float:
        """Take an attempt into account; return the seconds until this address may try again.

        Attempts that come at once are counted one by one.

        Parameters
        ----------
        right
            Whether the code was right. Where the answer is not 0.0 that does not matter, and must
            not be told.
        excused
            Whether it is let through although others at this address have guessed.

        Returns
        -------
        float
            0.0: it counts, right or wrong.
        """
        with self._counting:
            own = self._wrong.get(address) or deque(maxlen=self._each)
            common = self._left(self._all) if self._limited else 0.0
            wait = max(self._left(own), common)
            if wait and not excused:
                return wait
            if not right and not wait:
                now = self._clock()
                self._wrong[address] = own
                self._wrong.move_to_end(address)
                own.append(now)
                self._all.append(now)
                while len(self._wrong) > _MOST:
                    self._wrong.popitem(last=False)
            return 0.0

    def _left(self, times: deque[float]) -> float:
        if len(times) < (times.maxlen or 0):
            return 0.0
        return max(0.0, times[0] + self._seconds - self._clock())
