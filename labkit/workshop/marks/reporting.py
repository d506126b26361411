"""Write the report: ``labkit workshop report``."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from labkit.common.errors import DataError
from labkit.workshop.marks.lessons import lessons
from labkit.workshop.marks.overview import overview_page
from labkit.workshop.marks.pages import learner_page
from labkit.workshop.marks.results import Sheet

_MARKS = ("learner", "notebook", "exercise", "title", "outcome", "points", "most", "mistake",
          "variant", "judged", "hints", "solutions", "checks", "expected",
          "got", "rules")  # fmt: skip
_SUMMARY = ("learner", "points", "most", "percent", "passed", "failed", "review", "unchecked",
            "blank", "missing")  # fmt: skip


def sheets_of(marks: Path, released: Sequence[str]) -> list[Sheet]:
    """Read all sheets of a workshop, by learner, and in the order of the notebooks.

    Raises
    ------
    DataError
        Nothing has been marked, or a sheet cannot be read.
    """
    found = [Sheet.read(path) for path in sorted((marks / "sheets").glob("*/*.json"))]
    kept = [sheet for sheet in found if sheet.notebook in released]
    if not kept:
        raise DataError("nothing has been marked", remedy="run `labkit workshop mark` first")
    return sorted(kept, key=lambda s: (s.learner.casefold(), released.index(s.notebook)))


def report(marks: Path, title: str, released: Mapping[str, Path], *, base: str = "") -> list[Path]:
    """Write ``marks.csv``, ``summary.csv``, a page a learner, and ``index.html``.

    Parameters
    ----------
    marks
        ``marks/`` of the workshop.
    title
        Of the workshop.
    released
        The notebooks, and where a copy of each is.
    base
        Where the notebooks are, for the links to what is to be read again; by default the
        workshop's own copies, beside the pages.

    Returns
    -------
    list of Path
        What was written.
    """
    sheets = sheets_of(marks, list(released))
    where = {book: lessons(path) for book, path in released.items() if path.is_file()}
    pages = marks / "pages"
    pages.mkdir(parents=True, exist_ok=True)
    written = [
        _write(marks / "marks.csv", _csv(_MARKS, _rows(sheets)), "utf-8-sig"),
        _write(marks / "summary.csv", _csv(_SUMMARY, _sums(sheets)), "utf-8-sig"),
        _write(marks / "index.html", overview_page(title, sheets), "utf-8"),
    ]
    for learner in dict.fromkeys(sheet.learner for sheet in sheets):
        own = [sheet for sheet in sheets if sheet.learner == learner]
        body = learner_page(title, own, where, base or "../../release/notebooks")
        written.append(_write(pages / f"{learner}.html", body, "utf-8"))
    return written


def _write(path: Path, body: str, encoding: str) -> Path:
    # Spreadsheets take a CSV for UTF-8 only with the mark in front.
    path.write_text(body, encoding=encoding, newline="")
    return path


def _rows(sheets: Iterable[Sheet]) -> Iterable[Sequence[object]]:
    for sheet in sheets:
        for m in sheet.marks:
            rules = "; ".join(rule for rule, _ in m.rules)
            yield (sheet.learner, sheet.notebook, m.slug, m.title, m.outcome, f"{m.points:g}",
                   f"{m.most:g}", m.mistake, m.variant, m.where, m.hints, m.solution, m.checks,
                   m.expected, m.got, rules)  # fmt: skip


def _sums(sheets: Sequence[Sheet]) -> Iterable[Sequence[object]]:
    for learner in dict.fromkeys(sheet.learner for sheet in sheets):
        own = [sheet for sheet in sheets if sheet.learner == learner]
        outcomes = [mark.outcome for sheet in own for mark in sheet.marks]
        points, most = sum(s.points for s in own), sum(s.most for s in own)
        percent = f"{100 * points / most:.1f}" if most else ""
        yield (learner, f"{points:g}", f"{most:g}", percent,
               *(sum(o == name for o in outcomes) for name in _SUMMARY[4:]))  # fmt: skip


def _csv(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula: learners write some of these."""
    text = str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
