"""Lines of the model: who reaches whom over which, when bytes arrive, and how many there were."""

from __future__ import annotations

from collections import Counter

from labkit.exchange.network import Design, LinkDesign
from labkit.exchange.network.graph import path

Way = tuple[tuple[LinkDesign, str], ...]
"""Lines in order, each with the end where bytes go in."""
SMALL = 65536
"""Messages up to this size find a gap between the pieces of images, and do not queue."""


class Ways:
    """All lines of a design.

    Parameters
    ----------
    design
        Its links; a star is seen as one, so that hundreds of sites take no time.
    """

    def __init__(self, design: Design) -> None:
        self._design = design
        self._free: dict[tuple[str, str], float] = {}
        self._ways: dict[tuple[str, str], Way] = {}
        self.bytes: Counter[str] = Counter()
        common = frozenset.intersection(*(link.ends for link in design.links))
        self._hub = next(iter(common)) if len(common) == 1 else ""
        self._spoke = {next(iter(link.ends - common)): link for link in design.links if self._hub}

    def way(self, start: str, end: str) -> Way:
        """The lines from one site to another."""
        if (start, end) not in self._ways:
            self._ways[start, end] = self._find(start, end)
        return self._ways[start, end]

    def _find(self, start: str, end: str) -> Way:
        if self._hub:
            out = ((self._spoke[start], start),) if start != self._hub else ()
            return out + (((self._spoke[end], self._hub),) if end != self._hub else ())
        here, found = start, []
        for link in path(self._design, start, end) or ():
            found.append((link, here))
            (here,) = link.ends - {here}
        return tuple(found)

    def small(self, way: Way, now: float, size: float) -> float:
        """Book a small message; when it arrives."""
        at = now
        for link, _ in way:
            self.bytes[link.name] += round(size)
            at += _takes(link, size) + link.ms / 1000
        return at

    def piece(self, way: Way, now: float, size: float) -> tuple[float, float]:
        """Book a piece of images; when the first line is free again, and when it arrives."""
        at, sent = now, now
        for number, (link, end) in enumerate(way):
            self.bytes[link.name] += round(size)
            begin = max(at, self._free.get((link.name, end), 0.0))
            done = begin + _takes(link, size)
            self._free[link.name, end] = done
            if number == 0:
                sent = done
            at = done + link.ms / 1000
        return sent, at


def _takes(link: LinkDesign, size: float) -> float:
    return size * 8 / (link.mbit * 1e6) if link.mbit else 0.0
