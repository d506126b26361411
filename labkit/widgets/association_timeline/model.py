"""AssociationTimeline, the Python side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar

from traitlets import Bool, Dict, List, Unicode

from labkit.common.errors import UsageError
from labkit.common.wording import counted
from labkit.dimse.messages import DimseMessage, decode_messages
from labkit.dimse.negotiation import Negotiation, decode_negotiation
from labkit.dimse.trace import AssociationTrace
from labkit.widgets.association_timeline.details import detail
from labkit.widgets.association_timeline.rows import TimelineRow, timeline_rows
from labkit.widgets.base.fallback import table
from labkit.widgets.base.watch import WatchingWidget

STATIC = 60
"""Most rows of a page without widgets."""

Source = object
"""A trace, its JSON or its file, something with ``.trace`` or ``.traces``, or several of these."""


class AssociationTimeline(WatchingWidget):
    """Follow an association: negotiation, PDUs, DIMSE messages, statuses.

    Parameters
    ----------
    source
        An `AssociationTrace`, a file that ``save`` wrote, its JSON, a result of a DIMSE verb, an
        `AssociationError`, or several of these. A function without arguments is watched.

    Raises
    ------
    DataError
        A file or JSON is not a trace.

    Examples
    --------
    >>> AssociationTimeline(dimse.echo(peer))               # of what has just happened
    >>> AssociationTimeline(lambda: lab.traces("ARCHIVE"))  # of what is happening
    """

    folder: ClassVar[Path] = Path(__file__).parent

    selected = Unicode("", help="path of the selected row").tag(sync=True)
    every_pdu = Bool(False, help="show the PDUs of each message").tag(sync=True)
    _rows: Any = List(help="rows of the view; see TimelineRow").tag(sync=True)
    _detail: Any = Dict(help="of the selected row; see detail").tag(sync=True)

    def __init__(self, source: Source = ()) -> None:
        self.traces: list[AssociationTrace] = []
        live = callable(source) and not isinstance(source, AssociationTrace)
        if not live:
            self.traces = list(traces_of(source))
        self._parts = [timeline_rows(trace, n) for n, trace in enumerate(self.traces)]
        super().__init__(_rows=self._payload())
        self.observe(self._show_detail, "selected")
        if live:
            self.watch(source)  # type: ignore[arg-type]

    # -- what is shown --

    def rows(self) -> list[TimelineRow]:
        """List the rows: each association, its PDUs and messages, the PDUs of messages."""
        return [row for part in self._parts for row in part]

    def messages(self, association: int = 0) -> list[DimseMessage]:
        """List the DIMSE messages of one association, put together from their fragments."""
        return decode_messages(self._trace(association))

    def negotiation(self, association: int = 0) -> Negotiation:
        """Return what one association proposed and agreed."""
        return decode_negotiation(self._trace(association))

    def select(self, path: str) -> dict[str, Any]:
        """Select a row, and return what is known about it.

        Raises
        ------
        UsageError
            There is no such row.
        """
        if path not in {row.path for row in self.rows()}:
            raise UsageError(f"There is no row {path!r}.", remedy="See rows(): each has its path.")
        self.selected = path
        return detail(self.traces, path)

    # -- more of it --

    def append(self, source: Source) -> None:
        """Add associations. One that is there already is replaced: an open one has grown."""
        with self._lock:
            places = {_identity(trace): n for n, trace in enumerate(self.traces)}
            changed = False
            for trace in traces_of(source):
                place = places.setdefault(_identity(trace), len(self.traces))
                if place == len(self.traces):
                    self.traces.append(trace)
                    self._parts.append([])
                elif len(self.traces[place]) == len(trace) and self.traces[place].end == trace.end:
                    continue
                self.traces[place] = trace
                self._parts[place] = timeline_rows(trace, place)
                changed = True
            if changed:
                self._rows = self._payload()
                self._show_detail()

    # -- inside --

    def _payload(self) -> list[dict[str, Any]]:
        return [vars(row) for row in self.rows()]

    def _trace(self, association: int) -> AssociationTrace:
        if not -len(self.traces) <= association < len(self.traces):
            raise UsageError(
                f"There is no association {association}: there are {len(self.traces)}.",
                remedy="Count from 0.",
            )
        return self.traces[association]

    def _show_detail(self, _change: object = None) -> None:
        self._detail = detail(self.traces, self.selected)

    def summary(self) -> str:
        """Say who spoke to whom, and how it ended."""
        if len(self.traces) == 1:
            return repr(self.traces[0]).removeprefix("<AssociationTrace ").rstrip(">")
        return counted(len(self.traces), "association")

    def fallback(self) -> dict[str, object]:
        """Return the messages as a table, without times: they differ from run to run."""
        cells = []
        shown = [row for row in self.rows() if row.depth < 2]
        for row in shown[:STATIC]:
            trace = self.traces[int(row.path.partition("/")[0])]
            left, right = trace.requestor.ae_title or "?", trace.acceptor.ae_title or "?"
            if row.kind == "association":
                cells.append([f"{left}", "", f"{right}", "association", row.text])
            else:
                arrow = "→" if row.sender == "requestor" else "←"
                cells.append(["", arrow, "", row.name, row.text])
        more = len(shown) - len(cells)
        note = f"{counted(more, 'more row')}. Run the cell to see all." if more else ""
        columns = ["requestor", "", "acceptor", "PDU or message", "what it says"]
        return {"text/html": table(columns, cells, note=note)}


def traces_of(source: Source) -> Iterable[AssociationTrace]:
    """Find the traces in whatever was given."""
    if isinstance(source, AssociationTrace):
        return [source]
    if isinstance(source, (str, Path)):
        text = str(source)
        return [AssociationTrace.from_json(text) if text.lstrip()[:1] == "{"
                else AssociationTrace.load(source)]  # fmt: skip
    if isinstance(source, (Mapping, bytes)):
        return [AssociationTrace.from_json(source)]
    for name in ("traces", "trace"):
        inside = getattr(source, name, None)
        if inside is not None and not callable(inside):
            return traces_of(inside)
    if isinstance(source, Iterable):
        return [trace for part in source for trace in traces_of(part)]
    raise UsageError(
        f"{type(source).__name__} holds no association.",
        remedy="Give an AssociationTrace, a result of a DIMSE verb, or a file of a trace.",
    )


def _identity(trace: AssociationTrace) -> tuple[object, ...]:
    """Tell associations apart: an open one that has grown is still the same one."""
    return trace.started, trace.recorded_by, trace.node, trace.requestor.port
