"""The report of the PACS sandbox project: one page, written from the lab's own evidence.

Nothing on it is typed by the learner but their words: what was sent, asked and moved is read from
the PDU traces that the nodes recorded, and what arrived from what the workstation holds. So the
page is as good as the work, and the marks beside it need nobody's trust.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydicom.dataset import Dataset
from pydicom.uid import UID

from labkit.common.errors import LabError, UsageError
from labkit.common.html_table import html_table
from labkit.exercises.evidence import Exchange, arrived, exchanges, size_in_archive
from labkit.exercises.model import Work

if TYPE_CHECKING:
    from labkit.lab import Lab, Mark

NODES = ("ARCHIVE", "LEGACY", "ROUTER", "WORKSTN")
WORDS = 40
"""Words that the learner's own text has to have."""


@dataclass(frozen=True)
class Marked:
    """One thing that the project asks for, whether it is there, and what shows it."""

    what: str
    met: bool
    evidence: str


class SandboxReport:
    """What a learner did to the sandbox since `since`, as a page and as marks.

    Parameters
    ----------
    lab, since
        The lab, and the mark at which the project began.
    notes
        The learner's own words: how an image travels through this sandbox.
    picture
        PNG bytes of an image that was retrieved; ``b""`` for none.
    learner
        A name for the page; may be left out.

    Examples
    --------
    >>> report = SandboxReport(lab, mark, notes="…", picture=ImageViewer(ds).picture())
    >>> report.save("my_report.html")
    """

    def __init__(
        self,
        lab: Lab,
        since: Mark,
        *,
        notes: str = "",
        picture: bytes = b"",
        learner: str = "",
        today: Callable[[], date] = date.today,
    ) -> None:
        if not isinstance(notes, str):
            raise UsageError("notes are text", remedy='write notes="""…"""')
        self.notes, self.picture, self.learner = notes, bytes(picture), learner
        self.saved: Path | None = None
        self._lab, self._today = lab, today
        self._work = Work(namespace={"mark": since}, find_lab=lambda: lab)

    @cached_property
    def echoes(self) -> dict[str, bool]:
        """Whether each node has answered a C-ECHO of the learner's with success."""
        return {name: any(x.succeeded for x in self._of(name, "C-ECHO")) for name in NODES}

    @cached_property
    def sent(self) -> list[Exchange]:
        """Each C-STORE to ARCHIVE, with its answer."""
        return self._of("ARCHIVE", "C-STORE")

    @cached_property
    def queries(self) -> list[Exchange]:
        """Each C-FIND at ARCHIVE."""
        return self._of("ARCHIVE", "C-FIND")

    @cached_property
    def moves(self) -> list[Exchange]:
        """Each C-MOVE at ARCHIVE."""
        return self._of("ARCHIVE", "C-MOVE")

    @cached_property
    def arrived(self) -> list[Dataset]:
        """What WORKSTN has got since the project began, sent by ARCHIVE."""
        return arrived(self._work)

    @cached_property
    def marks(self) -> list[Marked]:
        """The project, point by point."""
        stored = {x.sop_instance_uid: x for x in self.sent if x.succeeded}
        classes = {x.request.sop_class for x in stored.values()}
        lost = {x.sop_instance_uid for x in self.sent} - set(stored)
        levels = {x.level for x in self.queries if x.matches}
        done = [x for x in self.moves if x.succeeded and _moved(x)]
        to_workstn = [x for x in done if x.request.command.get("MoveDestination") == "WORKSTN"]
        whole = self.whole_studies()
        words = len(self.notes.split())
        silent = [name for name, answered in self.echoes.items() if not answered]
        return [
            Marked("four nodes proven to answer", not silent,
                   f"no C-ECHO answered by {', '.join(silent)}" if silent else ", ".join(NODES)),
            Marked("three or more objects of two or more kinds in the archive",
                   len(stored) >= 3 and len(classes) >= 2,
                   f"objects: {len(stored)}, SOP classes: {len(classes)}"),
            Marked("nothing that failed was left behind", bool(stored) and not lost,
                   f"objects never stored: {len(lost)}" if lost else f"{len(stored)} stored"),
            Marked("the archive asked for a study, and below it", {"STUDY"} < levels,
                   f"matches at {', '.join(sorted(levels)) or 'no level'}"),
            Marked("a C-MOVE to the workstation that left nothing out", bool(to_workstn),
                   f"objects moved to WORKSTN: {sum(map(_moved, to_workstn))}"),
            Marked("a study that you sent, whole at the workstation", bool(whole),
                   f"such studies: {len(whole)}"),
            Marked("a picture of what arrived", self.picture[:4] == b"\x89PNG",
                   "a PNG" if self.picture else "none"),
            Marked(f"your own words, {WORDS} or more", words >= WORDS, f"{words} words"),
        ]  # fmt: skip

    def whole_studies(self) -> list[str]:
        """Studies of which objects were sent, and of which WORKSTN has all that ARCHIVE has."""
        stored = {x.sop_instance_uid for x in self.sent if x.succeeded}
        here: dict[str, set[str]] = {}
        for ds in self.arrived:
            here.setdefault(str(ds.StudyInstanceUID), set()).add(str(ds.SOPInstanceUID))
        return [
            study
            for study, uids in here.items()
            if uids & stored and len(uids) >= size_in_archive(self._work, study) > 0
        ]

    @property
    def passed(self) -> bool:
        """Whether every point is met."""
        return all(mark.met for mark in self.marks)

    def save(self, path: str | Path) -> Path:
        """Write the page as one HTML file, pictures and all.

        Raises
        ------
        LabError
            The file cannot be written.
        """
        target = Path(path)
        name = f" of {self.learner}" if self.learner else ""
        page = (
            '<!doctype html><html lang="en"><meta charset="utf-8">'
            f"<title>PACS sandbox: report{html.escape(name)}</title>"
            f"<style>{_STYLE}</style><body>{self._html(dated=True)}</body></html>\n"
        )
        try:
            target.write_text(page, encoding="utf-8")
        except OSError as error:
            raise LabError(
                f"the report cannot be written ({error.strerror})",
                remedy="Give another file name, in a folder that you may write to.",
            ) from error
        self.saved = target
        return target

    def __repr__(self) -> str:
        lines = [f"[{'x' if m.met else ' '}] {m.what}: {m.evidence}" for m in self.marks]
        return "\n".join([f"PACS sandbox: {self._sum}", *lines])

    def _repr_html_(self) -> str:
        return f'<div style="max-width: 46em">{self._html(dated=False)}</div>'

    @property
    def _sum(self) -> str:
        return f"{sum(mark.met for mark in self.marks)} of {len(self.marks)} points"

    def _of(self, node: str, service: str) -> list[Exchange]:
        return exchanges(self._work, node, service)

    def _html(self, *, dated: bool) -> str:
        name = f" of {html.escape(self.learner)}" if self.learner else ""
        when = f"<p>{self._today():%d %B %Y}</p>" if dated else ""
        ticks = [(("yes" if m.met else "no"), m.what, m.evidence) for m in self.marks]
        sent = [
            (UID(x.request.sop_class).name, _short(x.sop_instance_uid),
             str(x.status or "no answer"), x.trace.requestor.ae_title)
            for x in self.sent[:12]
        ]  # fmt: skip
        asked = [(x.level, _keys(x), str(x.matches)) for x in self.queries[:8]]
        moved = [
            (str(x.request.command.get("MoveDestination", "")), str(_moved(x)),
             str(x.status or "no answer"))
            for x in self.moves[:6]
        ]  # fmt: skip
        picture = ""
        if self.picture:
            data = base64.b64encode(self.picture).decode()
            picture = (
                f'<img alt="A retrieved image" width="256" src="data:image/png;base64,{data}">'
            )
        words = "".join(f"<p>{html.escape(p)}</p>" for p in self.notes.split("\n\n") if p.strip())
        return "".join([
            f"<h2>PACS sandbox: report{name}</h2>{when}<p><b>{self._sum}</b></p>",
            _table(("met", "point", "evidence"), ticks),
            "<h3>Sent to ARCHIVE (C-STORE)</h3>",
            _table(("SOP class", "object", "status", "caller"), sent, len(self.sent)),
            "<h3>Asked of ARCHIVE (C-FIND)</h3>",
            _table(("level", "matched on", "matches"), asked, len(self.queries)),
            "<h3>Retrieved (C-MOVE)</h3>",
            _table(("to", "objects", "final status"), moved, len(self.moves)),
            f"<h3>What arrived</h3>{picture}" if picture else "",
            f"<h3>How an image travels through this sandbox</h3>{words}" if words else "",
        ])  # fmt: skip


def _moved(x: Exchange) -> int:
    """Completed sub-operations, or 0 if any failed (PS3.7 9.1.4)."""
    final = x.responses[-1].command if x.responses else Dataset()
    failed: Any = final.get("NumberOfFailedSuboperations", 0) or 0
    return 0 if failed else int(final.get("NumberOfCompletedSuboperations", 0) or 0)


def _keys(x: Exchange) -> str:
    """The keys that had a value, UIDs shortened."""
    keys = x.request.data_set or Dataset()
    given = [e for e in keys if e.value and e.keyword != "QueryRetrieveLevel" and e.tag.group != 2]
    return ", ".join(f"{e.keyword}={_short(str(e.value))}" for e in given) or "nothing"


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:8]}…{text[-8:]}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], total: int = 0) -> str:
    if not rows:
        return "<p>Nothing yet.</p>"
    more = f"<p>… and {total - len(rows)} more.</p>" if total > len(rows) else ""
    return html_table(head, rows) + more


_STYLE = """
body { font: 10pt/1.35 sans-serif; max-width: 46em; margin: 1.5em auto; color: #111; }
h2 { margin: 0 0 .2em; } h3 { margin: 1em 0 .3em; font-size: 11pt; } p { margin: .3em 0; }
table { border-collapse: collapse; width: 100%; } th { text-align: left; }
th, td { border-bottom: 1px solid #bbb; padding: .15em .6em .15em 0; vertical-align: top; }
@page { size: A4; margin: 15mm; }
"""
