"""The results in a few numbers for each style: what a decision rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from labkit.exchange.experiment.failing import Survived
from labkit.exchange.experiment.running import Tried

QUANTITIES = {
    "messages": "messages in all",
    "bytes_to_store": "bytes on lines to store what was made",
    "bytes_to_read": "bytes on lines to read",
    "priors_lost_hospital": "share of priors that cannot be read while a hospital is down",
    "priors_lost_line": "share of priors that cannot be read while a line is cut",
    "priors_lost_centre": "share of priors that cannot be read while the centre is down",
    "own_lost_centre": "share of own studies that cannot be opened while the centre is down",
    "images_on_worst_disk": "strangers of whom the worst placed site has images",
    "searched_for": "strangers of whom a hospital hears by searches, in the mean",
}
"""Names of what `facts` gives, and what they are. Of each, less is better."""


def facts(tried: Mapping[str, Tried]) -> dict[str, dict[str, float]]:
    """Return for each style the numbers named in `QUANTITIES`.

    Where a design has no centre, nothing is lost with it.
    """
    return {style: _of(one) for style, one in tried.items()}


def _of(one: Tried) -> dict[str, float]:
    run = one.measured
    hospitals = [leak for leak in one.leaks if leak.role == "hospital"]
    return {
        "messages": run.message_count,
        "bytes_to_store": run.store_bytes,
        "bytes_to_read": run.read_bytes,
        "priors_lost_hospital": _lost(one.survived, "hospital"),
        "priors_lost_line": _lost(one.survived, "line"),
        "priors_lost_centre": _lost(one.survived, "centre"),
        "own_lost_centre": _lost(one.survived, "centre", own=True),
        "images_on_worst_disk": max(leak.images_on_disk for leak in one.leaks),
        "searched_for": round(sum(leak.searched_for for leak in hospitals) / len(hospitals), 3),
    }


def _lost(cases: Iterable[Survived], what: str, *, own: bool = False) -> float:
    there = [case for case in cases if case.what == what]
    due = sum(case.own_due if own else case.due for case in there)
    got = sum(case.own_whole if own else case.whole for case in there)
    return round(1 - got / due, 3) if due else 0.0
