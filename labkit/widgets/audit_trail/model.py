"""AuditTrail, the Python side."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, ClassVar

from traitlets import Dict, Enum, Int, Unicode

from labkit.common.errors import UsageError
from labkit.common.wording import counted
from labkit.widgets.audit_trail.rows import Row, Source, lanes_of, read_rows
from labkit.widgets.base.fallback import table
from labkit.widgets.base.widget import LabWidget

STATIC = 40
"""Most rows of a page without widgets."""
COLUMNS = [
    "path", "number", "at", "who", "act", "from", "to", "on", "allowed", "about", "emergency",
]  # fmt: skip


class AuditTrail(LabWidget):
    """See who did what, from where to where, allowed or refused, as lines between swim lanes.

    Parameters
    ----------
    records
        Records of a trail (``labkit-audit/1``) as dicts, or the file of a trail.
    verification
        What ``verify()`` said of the trail: shown above the lanes.

    Raises
    ------
    DataError
        Something is no record.

    Examples
    --------
    >>> AuditTrail(lab.audit.follow(study.StudyInstanceUID))       # one image through the network
    >>> AuditTrail(lab.audit.records(), verification=lab.audit.verify())
    """

    folder: ClassVar[Path] = Path(__file__).parent

    selected = Int(-1, help="place of the selected record, from 0; -1 for none").tag(sync=True)
    outcome = Enum(["", "allowed", "refused"], "", help="show only these").tag(sync=True)
    act = Unicode("", help="show only this act").tag(sync=True)
    node = Unicode("", help="show only what has part in this lane").tag(sync=True)
    who = Unicode("", help="show only who has this text in the name").tag(sync=True)
    form = Enum(["record", "dicom", "fhir"], "record", help="of the selected one").tag(sync=True)
    _table = Dict(help="lanes, columns, rows and what verify said").tag(sync=True)
    _detail = Dict(help="of the selected record: place, title and text").tag(sync=True)

    def __init__(self, records: Source = (), *, verification: object = None) -> None:
        self.rows = read_rows(records)
        self._verification = verification
        super().__init__(_table=self._payload())
        self.observe(self._show_detail, ["selected", "form"])

    @property
    def lanes(self) -> list[str]:
        """Who asked, the doors, and the destinations, in the order in which they are drawn."""
        return lanes_of(self.rows)

    @property
    def digest(self) -> str:
        """SHA-256 of what is the same in each run: no times, ports, addresses or hashes."""
        kept = [[r.who, r.act, r.here, r.there, r.on, r.allowed, r.about] for r in self.rows]
        return hashlib.sha256(json.dumps(kept).encode()).hexdigest()

    def shown(self) -> list[Row]:
        """List the records that the filters let through."""
        return [row for row in self.rows if self._passes(row)]

    def select(self, place: int) -> Row:
        """Select a record by its place in the list, from 0 (-1 is the last), and return it.

        Raises
        ------
        UsageError
            There is no such record.
        """
        count = len(self.rows)
        if not -count <= place < count:
            raise UsageError(f"There is no record {place}: there are {count}.",
                             remedy="Count from 0.")  # fmt: skip
        self.selected = place % count
        return self.rows[place]

    def _passes(self, row: Row) -> bool:
        if self.outcome and row.allowed != (self.outcome == "allowed"):
            return False
        if self.act and row.act != self.act:
            return False
        if self.node and self.node not in (row.here, row.there, row.on):
            return False
        return self.who.casefold() in row.who.casefold()

    def _payload(self) -> dict[str, Any]:
        lanes = self.lanes
        place = {name: n for n, name in enumerate(lanes)}
        rows = [
            [n, r.number, str(r.record.get("at", "")), r.who, r.act, place[r.here], place[r.there],
             place.get(r.on, -1), r.allowed, r.about, r.record.get("purpose") in ("BTG", "ETREAT")]
            for n, r in enumerate(self.rows)
        ]  # fmt: skip
        said = "" if self._verification is None else str(self._verification)
        sound = bool(self._verification) or self._verification is None
        return {"lanes": lanes, "columns": COLUMNS, "rows": rows, "verified": said, "sound": sound,
                "acts": sorted({r.act for r in self.rows})}  # fmt: skip

    def _show_detail(self, _change: object = None) -> None:
        if not 0 <= self.selected < len(self.rows):
            self._detail = {}
            return
        row = self.rows[self.selected]
        title = f"record {row.number}: {row.who}, {row.act}"
        self._detail = {"place": self.selected, "title": title, "text": self._text(row),
                        "reason": str(row.record.get("reason", ""))}  # fmt: skip

    def _text(self, row: Row) -> str:
        from lxml import etree

        from labkit.access.audit import audit_event, audit_message

        if self.form == "record" or row.record.get("kind") == "result":
            return json.dumps(row.record, indent=2, ensure_ascii=False)
        if self.form == "fhir":
            return json.dumps(audit_event(dict(row.record)), indent=2, ensure_ascii=False)
        message = etree.fromstring(audit_message(dict(row.record)))
        return str(etree.tostring(message, pretty_print=True, encoding="unicode"))

    def summary(self) -> str:
        """Say how much there is."""
        refused = sum(not row.allowed for row in self.rows)
        records, lanes = counted(len(self.rows), "record"), counted(len(self.lanes), "lane")
        return f"{records}, {refused} refused, {lanes}"

    def fallback(self) -> dict[str, object]:
        """Return the records as a table, without times."""
        shown = self.shown()
        cells = [
            [r.number, r.who, r.act, " → ".join(filter(None, [r.here, r.there, r.on])), r.about,
             "allowed" if r.allowed else "refused", str(r.record.get("reason", ""))]
            for r in shown[:STATIC]
        ]  # fmt: skip
        more = len(shown) - len(cells)
        note = f"{counted(more, 'more record')}. Run the cell to see all." if more else ""
        columns = ["record", "who", "act", "from → to", "about", "answer", "reason"]
        return {"text/html": table(columns, cells, caption=self.summary(), note=note)}
