"""How fast a PDU has to come: each read has its timeout, and a trickle would never meet it."""

from __future__ import annotations

import time

LEAST = 1024  # bytes of a PDU that have to come in one network timeout


class Pace:
    """Begun when a part of a PDU has come.

    Parameters
    ----------
    patience
        Seconds in which `LEAST` bytes have to come; ``None`` for ever.
    """

    def __init__(self, patience: float | None) -> None:
        self._patience, self._since, self._came = patience, time.monotonic(), 0

    def note(self, came: int) -> None:
        """Count bytes.

        Raises
        ------
        TimeoutError
            They come too slowly.
        """
        self._came += came
        now = time.monotonic()
        if self._came >= LEAST:
            self._since, self._came = now, 0
        elif self._patience is not None and now - self._since > self._patience:
            raise TimeoutError("the peer sends a PDU too slowly")
