"""What many requests come to, and what does not change from run to run."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from labkit.widgets.proxy_trace.records import CACHE, Request, Step

_SAME = 0.005
"""Seconds by which two records of one operation may differ: each is rounded by itself."""


@dataclass(frozen=True)
class Totals:
    """Counts over requests.

    Attributes
    ----------
    requests
        How many.
    cache, statuses
        How many of each value of the cache (``"hit"``, ``"miss"`` …), of each HTTP status.
    operations
        How many DIMSE operations, by service. A retrieve that several requests waited for counts
        once.
    failed
        How many of these ended in a failure, or without an answer.
    bytes
        Of all answers.
    """

    requests: int
    cache: dict[str, int]
    statuses: dict[int, int]
    operations: dict[str, int]
    failed: int
    bytes: int

    @property
    def hits(self) -> int:
        """Requests that the cache answered alone."""
        return self.cache.get("hit", 0)

    def __str__(self) -> str:
        said = [f"{self.requests} request{'' if self.requests == 1 else 's'}"]
        if self.hits:
            said.append(f"{self.hits} answered by the cache")
        parts = ", ".join(f"{count} {name}" for name, count in self.operations.items())
        count = sum(self.operations.values())
        word = "operation" if count == 1 else "operations"
        said.append(f"{count} DIMSE {word}" + (f" ({parts})" if parts else ""))
        if self.failed:
            said.append(f"{self.failed} of them failed")
        return ", ".join(said)


def totals(requests: Sequence[Request]) -> Totals:
    """Count; the order of the keys is always the same."""
    steps = list(operations(requests))
    cache = Counter(request.cache for request in requests)
    services = Counter(step.service for step in steps)
    statuses = Counter(request.status for request in requests)
    return Totals(
        len(requests), {name: cache[name] for name in CACHE if cache[name]},
        dict(sorted(statuses.items())), dict(sorted(services.items())),
        sum(step.tone == "failure" for step in steps), sum(r.bytes for r in requests),
    )  # fmt: skip


def operations(requests: Sequence[Request]) -> Iterator[Step]:
    """Go over the DIMSE operations; a retrieve that stands in several requests comes once.

    Two are the same one if they go to the same PACS for the same service and level, in different
    requests, and began at the same moment; or if one was going on already when its request came
    (its `at` is then 0 or less), while the other was under way.
    """
    found: dict[tuple[str, str, str], list[tuple[float, float, int]]] = {}
    placed = [(place, request, step) for place, request in enumerate(requests)
              for step in request.steps]  # fmt: skip
    for place, request, step in sorted(placed, key=lambda each: each[2].at <= 0):
        begin = request.started.timestamp() + step.at
        end = math.inf if step.goes_on else begin + step.seconds
        same = found.setdefault((step.pacs, step.service, step.level), [])
        if step.service not in ("C-GET", "C-MOVE") or not any(
            abs(other - begin) <= _SAME or (step.at <= 0 and other <= begin <= until + _SAME)
            for other, until, owner in same
            if owner != place
        ):
            yield step
        same.append((begin, end, place))


def digest(requests: Iterable[Request]) -> str:
    """Return the SHA-256 of what is the same in each run.

    Left out are times, ids, sizes (a URL in an answer has the port in it) and which association
    was free.
    """
    kept = [
        [r.method, r.target, r.status, r.cache,
         [[s.pacs, s.service, s.level, s.status, s.count] for s in r.steps]]
        for r in requests
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(kept, separators=(",", ":")).encode()).hexdigest()
