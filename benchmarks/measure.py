"""Rounds in alternating order, medians, and what is reported of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """One line of the report.

    Attributes
    ----------
    work
        What was done.
    ours, peer
        Figures of one run, in `unit`; `peer` is ``None`` where there is none to compare with.
    ratio
        How many times as fast as the peer (or, without one, as the target allows) we are.
    target
        The least `ratio` that we want.
    """

    work: str
    unit: str
    ours: float
    peer: float | None
    peer_name: str
    ratio: float
    target: float

    def to_json(self) -> dict[str, Any]:
        """Return the row for ``performance.json``."""
        return asdict(self)


def alternate(
    acts: dict[str, Callable[[int], object]], rounds: int, *, warm: bool = True
) -> dict[str, float]:
    """Time each act once a round, the order turned round each time; return median seconds.

    Each act is handed a number that it never sees twice.
    """
    times: dict[str, list[float]] = {name: [] for name in acts}
    for turn in range(-1 if warm else 0, rounds):
        names = list(acts) if turn % 2 == 0 else list(reversed(acts))
        for name in names:
            started = time.perf_counter()
            acts[name](turn + 1)
            if turn >= 0:
                times[name].append(time.perf_counter() - started)
    return {name: statistics.median(seen) for name, seen in times.items()}


def compare(
    work: str,
    seconds: dict[str, float],
    ours: str,
    *,
    count: int,
    unit: str,
    target: float,
) -> list[Row]:
    """Make a row for each peer of median times; `count` is how many things were done in one."""
    rows = []
    for name in [name for name in seconds if name != ours]:
        rate = unit.endswith("/s")
        mine = count / seconds[ours] if rate else 1000 * seconds[ours]
        theirs = count / seconds[name] if rate else 1000 * seconds[name]
        figures = round(mine, 2), round(theirs, 2), name, round(seconds[name] / seconds[ours], 2)
        rows.append(Row(work, unit, *figures, target))
    return rows


def grown(
    work: str, more: tuple[str, float], fewer: tuple[str, float], *, unit: str, target: float
) -> Row:
    """Make a row that compares us with ourselves under a smaller load (see `benchmarks.report`).

    Parameters
    ----------
    work
        What was done, without the load.
    more, fewer
        The larger load and the smaller one: what it is, and the figure in `unit`.
    unit
        One that ends in ``/s`` is better the larger it is.
    """
    (load, figure), (smaller, before) = more, fewer
    left = figure / before if unit.endswith("/s") else before / figure
    work = f"growth: {work}, {load}"
    return Row(work, unit, round(figure, 2), round(before, 2), smaller, round(left, 2), target)
