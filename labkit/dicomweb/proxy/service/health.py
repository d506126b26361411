"""Is the façade alive, and is every PACS behind it? What a platform asks every few seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from labkit.common.errors import LabkitError
from labkit.dimse import echo
from labkit.dimse.peer import Peer

FRESH = 5.0
"""Seconds for which an answer is given again: a probe must not become a load for a PACS."""
PATIENCE = 5.0


@dataclass(frozen=True)
class Readiness:
    """Which PACS answered a C-ECHO. True where one did: the others are told of in each answer.

    Attributes
    ----------
    problems
        Name of each PACS → why it did not; ``""`` where all is well.
    """

    problems: Mapping[str, str]

    def __bool__(self) -> bool:
        return not all(self.problems.values())


class Probe:
    """Sends a C-ECHO to every PACS, seldom.

    Parameters
    ----------
    pacs
        By name.
    ae_title
        What we call as.
    clock
        Seconds, from any beginning.
    """

    def __init__(
        self,
        pacs: Mapping[str, Peer],
        ae_title: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pacs, self._title, self._clock = dict(pacs), ae_title, clock
        self._lock = threading.Lock()
        self._last: tuple[float, Readiness] | None = None

    def ask(self) -> Readiness:
        """Return how they are; not older than `FRESH`."""
        with self._lock:
            if self._last is not None and self._clock() - self._last[0] < FRESH:
                return self._last[1]
            with ThreadPoolExecutor(max_workers=len(self._pacs)) as pool:
                answers = list(pool.map(self._echo, self._pacs.values()))
            found = Readiness(dict(zip(self._pacs, answers, strict=True)))
            self._last = self._clock(), found
            return found

    def _echo(self, peer: Peer) -> str:
        try:
            status = echo(peer, ae_title=peer.calling or self._title, timeout=PATIENCE).status
        except LabkitError as error:
            return error.message
        # PS3.7 9.1.5: C-ECHO knows no warning
        return "" if status.code == 0x0000 else f"answers C-ECHO with {status}"
