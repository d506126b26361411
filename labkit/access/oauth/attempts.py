"""How often a password may be wrong before nobody is let in by it for a while."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

MOST, SECONDS = 10, 60.0


class Attempts:
    """Counts failures of each user; too many within a time, and the right password fails too.

    Who tries is not told which of the two it is: else the right one could still be found out.

    Parameters
    ----------
    clock
        Seconds since 1970.
    most
        Failures that are forgiven.
    seconds
        The time in which they are counted.
    """

    def __init__(
        self, clock: Callable[[], float], *, most: int = MOST, seconds: float = SECONDS
    ) -> None:
        self._clock, self._most, self._seconds = clock, most, seconds
        self._failed: dict[str, deque[float]] = {}
        self._counting = threading.Lock()

    def passes(self, user: str, right: Callable[[], bool]) -> bool:
        """Say whether somebody is let in.

        Parameters
        ----------
        user
            One who is known: others would fill the memory.
        right
            Compares the password.
        """
        with self._counting:
            now, failed = self._clock(), self._failed.setdefault(user, deque(maxlen=self._most))
            while failed and not 0 <= now - failed[0] < self._seconds:
                failed.popleft()
            shut = len(failed) >= self._most
            if right() and not shut:
                failed.clear()
                return True
            if not shut:
                failed.append(now)
            return False
