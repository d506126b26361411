"""MappingWorkbench, the Python side: all logic is here and works without a browser."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from traitlets import Dict, Enum, Int, List, Unicode

from labkit.common.errors import UsageError
from labkit.common.wording import counted
from labkit.fhir.mapping import MappedStudy, MappingTable, Row, Site
from labkit.fhir.mapping.check import check_resource
from labkit.fhir.mapping.difference import Change
from labkit.fhir.mapping.folder import load_site, load_table
from labkit.fhir.mapping.transforms import TRANSFORMS
from labkit.widgets.base import LabWidget
from labkit.widgets.base.fallback import table as html_table
from labkit.widgets.mapping_workbench import payload
from labkit.widgets.mapping_workbench.export import case_of
from labkit.widgets.mapping_workbench.session import Given, Session, read_headers

SHOWN = 40
"""Most lines of a page without widgets, and of each list in the verdict."""


class MappingWorkbench(LabWidget):
    """See a mapping at work: the header, the table, the resources, and what belongs together.

    Parameters
    ----------
    source
        What to map: a file or folder, a data set, or a list of them.
    table
        A `MappingTable` or the file of one; by default the table of this package.
    site
        A `Site` or the file of one; by default nothing is known of the site.
    fhir
        ``"R4"`` or ``"R5"``.

    Raises
    ------
    DataError
        Nothing of the source can be read.

    Examples
    --------
    >>> bench = MappingWorkbench("sample_data/ct-head")                  # doctest: +SKIP
    >>> bench.why("ImagingStudy.started")       # why is this empty?     # doctest: +SKIP
    >>> bench.edit("study.description", source="StudyID")                # doctest: +SKIP
    >>> bench.differences()                     # what the edit changes  # doctest: +SKIP
    >>> bench.save_table("mine.toml")           # take it away           # doctest: +SKIP
    """

    folder: ClassVar[Path] = Path(__file__).parent

    selected = Unicode("", help="id of the selected row of the table").tag(sync=True)
    instance = Int(0, help="which of the shown instances; see _instances").tag(sync=True)
    fhir = Enum(["R4", "R5"], "R4", help="version of FHIR").tag(sync=True)
    _header = Dict(help="rows of the header; see payload.header_payload").tag(sync=True)
    _rows = Dict(help="rows of the table; see payload.table_payload").tag(sync=True)
    _fhir = Dict(help="lines of the resources; see payload.resource_payload").tag(sync=True)
    _instances: List[Any] = List(help="names of the instances to choose from: one a series").tag(
        sync=True
    )
    _detail: List[Any] = List(help="what became of the selected row").tag(sync=True)
    _verdict = Dict(help="issues, problems and changes; see _judge").tag(sync=True)
    _transforms: List[Any] = List(help="names of the transforms").tag(sync=True)

    def __init__(
        self,
        source: Given,
        table: MappingTable | str | Path | None = None,
        site: Site | str | Path | None = None,
        fhir: str = "R4",
    ) -> None:
        if fhir not in ("R4", "R5"):
            raise UsageError(f"no mapping to FHIR {fhir!r}", remedy="fhir='R4' or fhir='R5'")
        headers, skipped = read_headers(source)
        self._session = Session(headers, load_table(table), load_site(site), fhir, skipped)
        super().__init__(fhir=fhir, _transforms=sorted(TRANSFORMS))
        self._show()
        self.observe(self._show_detail, "selected")
        self.observe(lambda _: self._show(), "instance")
        self.observe(self._turn, "fhir")

    # -- what is there --

    @property
    def table(self) -> MappingTable:
        """The table as it is now."""
        return self._session.table

    @property
    def bundle(self) -> dict[str, Any]:
        """What it makes of all headers: a Bundle."""
        return self._session.bundle()

    @property
    def studies(self) -> list[MappedStudy]:
        """What it makes of each study, with the trail of every value."""
        return self._session.studies

    @property
    def issues(self) -> list[str]:
        """What the validator says against it: required bindings, cardinalities, invariants."""
        found = [issue for study in self.studies for resource in study.resources
                 for issue in check_resource(resource, self.fhir)]  # fmt: skip
        return list(dict.fromkeys(map(str, found)))

    def why(self, path: str) -> str:
        """Say in one line where an element comes from, or why it is empty."""
        study = self._study()
        return study.trail.why(path) if study else "this instance is part of no study"

    def differences(self) -> list[Change]:
        """List what your edits change, over all headers: path, how often, an example."""
        return self._session.changes()

    # -- editing --

    def edit(self, row_id: str, **columns: str) -> None:
        """Change columns of a row: ``source``, ``transform``, ``condition``, ``path`` …

        ``path`` is the path in the version of FHIR that is shown.

        Raises
        ------
        UsageError
            There is no such row or transform, or the row cannot be used; the table stays as it was.
        """
        if "path" in columns:
            columns[self.fhir.lower()] = columns.pop("path")
        try:
            self.use(self.table.replaced(row_id, **columns))
        except TypeError as error:
            raise UsageError(
                f"a row has no such column: {error}", remedy="See labkit.fhir.mapping.Row."
            ) from error

    def add(self, row: Row, *, before: str = "") -> None:
        """Add a row, last or before another; of rows with one path the first to give wins."""
        self.use(self.table.added(row, before=before))

    def remove(self, row_id: str) -> None:
        """Take a row out."""
        self.use(self.table.removed(row_id))

    def use(self, table: MappingTable) -> None:
        """Map by another table; `differences` compares with the first."""
        self._session.use(table)
        self._show()

    def reset(self, row_id: str) -> None:
        """Undo the edits of one row."""
        old = next((row for row in self._session.first if row.id == row_id), None)
        if old is None:
            self.remove(row_id)
        else:
            self.use(MappingTable(old if row.id == row_id else row for row in self.table))

    def revert(self) -> None:
        """Undo all edits."""
        self.use(self._session.first)

    def load(self, source: Given) -> None:
        """Work on other headers, with the table as it is now."""
        headers, skipped = read_headers(source)
        table = self.table
        first, site = self._session.first, self._session.site
        self._session = Session(headers, first, site, self.fhir, skipped)
        self._session.use(table)
        self.instance = 0
        self._show()

    def select(self, row_id: str) -> list[str]:
        """Select a row, and return what became of it, one line a value."""
        self.selected = self.table[row_id].id
        return [line["text"] for line in self._detail]

    def test_case(self, row_id: str) -> dict[str, Any]:
        """Make a case of the golden suite of a row, from the headers of the study that is shown.

        It has the attributes that the row uses and no others; names, identifiers, dates and free
        text are replaced. ``python -m benchmarks.golden --case FILE`` runs it.
        """
        uid = str(self._current().get("StudyInstanceUID") or "")
        headers = [ds for ds, _ in self._session.headers
                   if str(ds.get("StudyInstanceUID") or "") == uid]  # fmt: skip
        return case_of(self.table[row_id], headers, self.table, self._session.site, self.fhir)

    def save_test_case(self, row_id: str, path: str | Path) -> Path:
        """Write `test_case` as JSON."""
        text = json.dumps(self.test_case(row_id), indent=1, ensure_ascii=False)
        Path(path).write_text(text + "\n", "utf-8", newline="\n")
        return Path(path)

    def save_table(self, path: str | Path) -> Path:
        """Write the table as it is now; ``labkit map --table`` reads it."""
        return self.table.save(path)

    # -- inside --

    def _choices(self) -> list[int]:
        """Return the place of the first header of each series."""
        first: dict[str, int] = {}
        for number, (ds, _) in enumerate(self._session.headers):
            first.setdefault(str(ds.get("SeriesInstanceUID") or number), number)
        return list(first.values())

    def _current(self) -> Any:
        choices = self._choices()
        place = self.instance if 0 <= self.instance < len(choices) else 0
        return self._session.headers[choices[place]].ds

    def _study(self) -> MappedStudy | None:
        return self._session.study_of(self._current())

    def _show(self) -> None:
        ds, study = self._current(), self._study()
        names = [
            f"{h.ds.get('Modality', '?')} {h.ds.get('SeriesDescription', '')} ({h.origin})"
            for h in (self._session.headers[n] for n in self._choices())
        ]
        with self.hold_sync():
            self._instances = names
            self._header = payload.header_payload(ds, self.table, self.fhir)
            self._rows = payload.table_payload(self.table, self._session.first, study, self.fhir)
            self._fhir = payload.resource_payload(study, str(ds.get("SeriesInstanceUID") or ""))
            self._verdict = self._judge()
            self._show_detail()

    def _judge(self) -> dict[str, Any]:
        issues = self.issues
        problems = [str(problem) for study in self.studies for problem in study.problems]
        changes = [
            {"path": c.path, "kind": c.kind, "count": c.count,
             "text": " → ".join(filter(None, (c.before, c.after)))}
            for c in self.differences()
        ]  # fmt: skip
        said = [*problems, *self._session.skipped]
        return {"valid": not issues, "issues": issues[:SHOWN], "problems": said[:SHOWN],
                "changes": changes[:SHOWN]}  # fmt: skip

    def _show_detail(self, _change: object = None) -> None:
        self._detail = payload.detail_of(self._study(), self.selected) if self.selected else []

    def _turn(self, _change: object) -> None:
        self._session.turn(self.fhir)
        self._show()

    def handlers(self) -> dict[str, Callable[[dict[str, Any]], None]]:
        """Return what the view may ask for."""
        return {
            "edit": self._edit,
            "reset": lambda m: self.reset(str(m["id"])),
            "revert": lambda _: self.revert(),
            "load": lambda m: self.load(str(m["path"])),
        }

    def _edit(self, message: dict[str, Any]) -> None:
        columns = {str(name): str(value).strip() for name, value in message["columns"].items()}
        self.edit(str(message["id"]), **columns)

    def summary(self) -> str:
        """Say how much there is."""
        headers, studies = len(self._session.headers), len(self.studies)
        counts = f"{headers} header{'s' * (headers != 1)}, {studies} "
        edits = len(self.differences())
        changed = f", {counted(edits, 'difference')}" if edits else ""
        return counts + ("study" if studies == 1 else "studies") + f", FHIR {self.fhir}{changed}"

    def fallback(self) -> dict[str, object]:
        """Return rows, sources, and values or reasons as a plain table."""
        study, cells = self._study(), []
        rows = [dict(zip(payload.ROWS, r, strict=True)) for r in self._rows["rows"]]
        told = [row for row in rows if row["state"] != "unused"]
        for row in told[:SHOWN]:
            said = payload.detail_of(study, row["id"])[0]["text"]
            mark = " = " if row["state"] == "value" else "is empty: "
            value = said.partition(mark)[2] or "of each instance its own"
            cells.append([row["path"], row["source"], value])
        note = "Run the cell to see all rows, and to edit them." if len(told) > SHOWN else ""
        return {"text/html": html_table(["FHIR", "from", "value, or why not"], cells, note=note)}
