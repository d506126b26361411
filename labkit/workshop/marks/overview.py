"""The instructor's page: who got what, which exercises were hard, and which mistakes were made."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import quote

from labkit.common.errors import LabkitError
from labkit.exercises.find import find
from labkit.workshop.marks.frame import page, table, text
from labkit.workshop.marks.results import Mark, Sheet

_UNNAMED = "(no known mistake)"


def overview_page(title: str, sheets: Sequence[Sheet]) -> str:
    """Return the page of a workshop, over all learners."""
    learners = list(dict.fromkeys(sheet.learner for sheet in sheets))
    points, most = sum(s.points for s in sheets), sum(s.most for s in sheets)
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="sum"><strong>{len(learners)} learners</strong>, '
        f"{points:g} of {most:g} points together.</p>",
        "<h2>Learners</h2>", _learners(sheets, learners),
        _review(sheets),
        "<h2>Exercises, the hardest first</h2>", _exercises(sheets),
        "<h2>Wrong answers by name</h2>", _mistakes(sheets),
        _notes(sheets),
    ]  # fmt: skip
    return page(f"{title}: all marks", "".join(body))


def _learners(sheets: Sequence[Sheet], learners: Iterable[str]) -> str:
    rows = []
    for learner in learners:
        own = [sheet for sheet in sheets if sheet.learner == learner]
        marks = [mark for sheet in own for mark in sheet.marks]
        count = {name: sum(m.outcome == name for m in marks) for name in
                 ("passed", "failed", "review", "unchecked", "blank", "missing")}  # fmt: skip
        got, most = sum(s.points for s in own), sum(s.most for s in own)
        rows.append([
            f'<a href="pages/{quote(learner)}.html">{escape(learner)}</a>',
            f"{got:g} of {most:g}", f"{got / most:.0%}" if most else "",
            str(count["passed"]), str(count["failed"]), str(count["review"] + count["unchecked"]),
            str(count["blank"] + count["missing"]),
        ])  # fmt: skip
    head = ["learner", "points", "share", "passed", "not right", "to look at", "not tried"]
    return table("Learners", head, rows, frozenset(range(1, 7)))


def _exercises(sheets: Sequence[Sheet]) -> str:
    by_slug: dict[str, list[Mark]] = defaultdict(list)
    for sheet in sheets:
        for mark in sheet.marks:
            by_slug[mark.slug].append(mark)
    rows = []
    for slug, marks in by_slug.items():
        tried = [m for m in marks if m.outcome not in ("blank", "missing")]
        passed = sum(m.outcome == "passed" for m in tried)
        rows.append((
            passed / len(tried) if tried else -1.0, slug, marks[0].title, passed, len(tried),
            sum(m.checks for m in marks), sum(m.hints for m in marks),
            sum(m.solution > 0 for m in marks),
        ))  # fmt: skip
    cells = [
        [f"{escape(title)}<br><code>{escape(slug)}</code>", f"{passed} of {tried}", str(checks),
         str(hints), str(solutions)]
        for _, slug, title, passed, tried, checks, hints, solutions in sorted(rows)
    ]  # fmt: skip
    head = ["exercise", "passed / tried", "checks", "hints", "solutions"]
    return table("Exercises", head, cells, frozenset({1, 2, 3, 4}))


def _mistakes(sheets: Sequence[Sheet]) -> str:
    who: dict[tuple[str, str], list[str]] = defaultdict(list)
    says: dict[tuple[str, str], str] = {}
    for sheet in sheets:
        for mark in sheet.marks:
            if mark.outcome == "failed":
                key = (mark.mistake or _UNNAMED, mark.slug)
                who[key].append(sheet.learner)
                says[key] = mark.says or mark.why or mark.got
    if not who:
        return "<p>There are none.</p>"
    rows = [
        [f"<code>{escape(name)}</code>", f"<code>{escape(slug)}</code>", str(len(people)),
         text(says[name, slug]), escape(", ".join(people))]
        for (name, slug), people in sorted(who.items(), key=lambda each: -len(each[1]))
    ]  # fmt: skip
    return table("Wrong answers", ["mistake", "exercise", "learners", "what it is", "who"], rows,
                 frozenset({2}))  # fmt: skip


def _review(sheets: Sequence[Sheet]) -> str:
    rows = [
        [escape(sheet.learner), f"<code>{escape(mark.slug)}</code>", escape(sheet.notebook),
         text(mark.why or mark.got)]
        for sheet in sheets for mark in sheet.marks if mark.outcome in ("review", "unchecked")
    ]  # fmt: skip
    if not rows:
        return ""
    head = ["learner", "exercise", "notebook", "why"]
    return "<h2>For you to look at</h2>" + table("To look at", head, rows, frozenset())


def _notes(sheets: Sequence[Sheet]) -> str:
    items = [
        f"<li>{escape(s.learner)}, {escape(s.notebook)}: {text(note)}</li>"
        for s in sheets for note in s.notes
    ]  # fmt: skip
    beside = sorted({m.slug for s in sheets for m in s.marks if m.where == "beside"})
    if beside:
        names = ", ".join(_title(slug) for slug in beside)
        items.append(
            "<li>Judged in the learner's own process, since their answers cannot leave it, and so "
            f"open to somebody who forges verdicts: {names}.</li>"
        )
    return f"<h2>Notes</h2><ul>{''.join(items)}</ul>" if items else ""


def _title(slug: str) -> str:
    try:
        return f"{escape(find(slug).title)} (<code>{escape(slug)}</code>)"
    except LabkitError:  # a sheet of another version of the workbook
        return f"<code>{escape(slug)}</code>"
