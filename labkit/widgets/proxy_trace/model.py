"""ProxyTrace, the Python side."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

from traitlets import Dict, Enum, Int

from labkit.common.errors import UsageError
from labkit.common.wording import counted
from labkit.widgets.base.fallback import table
from labkit.widgets.base.watch import WatchingWidget
from labkit.widgets.proxy_trace.records import CACHE, Request, Source, Step, read_records
from labkit.widgets.proxy_trace.totals import Totals, digest, totals
from labkit.widgets.proxy_trace.words import kind_of, short_target, short_uids, steps_text

STATIC = 40
"""Most rows of a page without widgets."""
COLUMNS = [
    "path", "method", "target", "short", "status", "phrase", "tone", "seconds", "bytes", "cache",
    "operations", "failed",
]  # fmt: skip
STATUSES = ["", "2xx", "3xx", "4xx", "5xx", "failed"]
"""Filters by status: the hundreds, and those of which the answer or a DIMSE operation failed."""


class ProxyTrace(WatchingWidget):
    """See what a DICOMweb façade does: each HTTP request, and the DIMSE messages that it caused.

    Parameters
    ----------
    records
        ``labkit-proxy-trace/1`` records as dicts, one or many, their JSON, or the file of a log
        with one a line. A function without arguments is watched.

    Raises
    ------
    DataError
        A record is not of the format.

    Examples
    --------
    >>> trace = ProxyTrace(lab.proxy.traces())           # of what has happened
    >>> trace.totals.operations                          # {'C-FIND': 4, 'C-MOVE': 1}
    >>> ProxyTrace(lab.proxy.traces)                     # of what is happening
    """

    folder: ClassVar[Path] = Path(__file__).parent

    selected = Int(-1, help="place of the selected request, from 0; -1 for none").tag(sync=True)
    cache = Enum(["", *CACHE], "", help="show only what came so of the cache").tag(sync=True)
    status = Enum(STATUSES, "", help="show only these; see STATUSES").tag(sync=True)
    _table = Dict(help="columns, rows and totals; see COLUMNS").tag(sync=True)
    _detail = Dict(help="of the selected request; see _show_detail").tag(sync=True)

    def __init__(self, records: Source = ()) -> None:
        live = callable(records)
        self.requests: list[Request] = [] if live else read_records(records)
        super().__init__(_table=self._payload())
        self.observe(self._show_detail, "selected")
        if len(self.requests) == 1:
            self.selected = 0
        if live:
            self.watch(records)  # type: ignore[arg-type]

    # -- what is shown --

    @property
    def totals(self) -> Totals:
        """What all requests come to, whatever is filtered."""
        return totals(self.requests)

    @property
    def slowest(self) -> Request | None:
        """The request that took longest; ``None`` where there is none."""
        return max(self.requests, key=lambda request: request.seconds, default=None)

    @property
    def digest(self) -> str:
        """SHA-256 of what is the same in each run: no times, sizes, ids or associations."""
        return digest(self.requests)

    def shown(self) -> list[Request]:
        """List the requests that the filters let through."""
        return [request for request in self.requests if self._passes(request)]

    def select(self, place: int) -> Request:
        """Select a request by its place in the list, from 0 (-1 is the last), and return it.

        Raises
        ------
        UsageError
            There is no such request.
        """
        count = len(self.requests)
        if not -count <= place < count:
            raise UsageError(
                f"There is no request {place}: there are {count}.", remedy="Count from 0."
            )
        self.selected = place % count
        return self.requests[place]

    def append(self, source: Source) -> None:
        """Add requests; one with the same id and start as one that is there takes its place."""
        with self._lock:
            places = {(r.id, r.started): n for n, r in enumerate(self.requests)}
            changed = False
            for request in read_records(source):
                place = places.setdefault((request.id, request.started), len(self.requests))
                if place == len(self.requests):
                    self.requests.append(request)
                elif self.requests[place] == request:
                    continue
                self.requests[place] = request
                changed = True
            if changed:
                self._table = self._payload()
                self._show_detail()

    # -- inside --

    def _passes(self, request: Request) -> bool:
        if self.cache and request.cache != self.cache:
            return False
        if self.status == "failed":
            return request.tone == "failure" or _failed(request) > 0
        return not self.status or str(request.status)[0] == self.status[0]

    def _payload(self) -> dict[str, Any]:
        rows = [
            [place, r.method, r.target, _short(r.target), r.status, r.phrase, r.tone,
             r.seconds, r.bytes, r.cache, _operations(r), _failed(r)]
            for place, r in enumerate(self.requests)
        ]  # fmt: skip
        found = self.totals
        return {
            "columns": COLUMNS,
            "rows": rows,
            "totals": {"requests": found.requests, "hits": found.hits, "failed": found.failed,
                       "operations": list(found.operations.items()), "bytes": found.bytes},
        }  # fmt: skip

    def _show_detail(self, _change: object = None) -> None:
        if not 0 <= self.selected < len(self.requests):
            self._detail = {}
            return
        request = self.requests[self.selected]
        self._detail = {
            "place": self.selected, "method": request.method, "target": request.target,
            "said": f"{request.status} {request.phrase}", "tone": request.tone,
            "cache": request.cache, "seconds": request.seconds, "bytes": request.bytes,
            "first_byte": request.first_byte, "pacs_seconds": request.pacs_seconds,
            "steps": [_bar(step) for step in request.steps],
        }  # fmt: skip

    def summary(self) -> str:
        """Say how much there is."""
        return str(self.totals)

    def fallback(self) -> dict[str, object]:
        """Return requests and what they caused as a table, without times and sizes."""
        shown = self.shown()
        cells = [
            [r.method, short_target(r.target), f"{r.status} {r.phrase}", r.cache, steps_text(r)]
            for r in shown[:STATIC]
        ]
        more = len(shown) - len(cells)
        note = f"{counted(more, 'more request')}. Run the cell to see all." if more else ""
        columns = ["HTTP", "target", "status", "cache", "DIMSE"]
        return {"text/html": table(columns, cells, caption=f"{self.totals}", note=note)}


def _short(target: str) -> str:
    """Return the short form, or ``""`` where it is the same: it is not sent twice."""
    short = short_uids(target)  # the view has room of its own to see to
    return "" if short == target else short


def _operations(request: Request) -> list[list[Any]]:
    """Count the operations of each service, in the order in which each came first."""
    return [[name, count] for name, count in Counter(s.service for s in request.steps).items()]


def _failed(request: Request) -> int:
    return sum(step.tone == "failure" for step in request.steps)


def _bar(step: Step) -> dict[str, Any]:
    section = step.section
    return {**vars(step), "kind": kind_of(step), "tone": step.tone, "said": step.said,
            "reference": str(section or ""), "url": section.url if section else ""}  # fmt: skip
