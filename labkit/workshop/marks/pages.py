"""A learner's page: what was right, what was not and why, and what to read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from labkit.workshop.marks.frame import page, pairs, text
from labkit.workshop.marks.lessons import Lesson
from labkit.workshop.marks.results import WORDS, Mark, Sheet

_SAID = {
    "unchecked": "The check could not reach a verdict. Ask the instructor: it may be ours to mend.",
    "missing": "There was no cell of this exercise in what you handed in.",
    "blank": "The cell was handed in as it was given to you.",
    "review": "The instructor looks at your cell before this counts.",
}


def learner_page(
    title: str, sheets: Sequence[Sheet], lessons: Mapping[str, Mapping[str, Lesson]], base: str
) -> str:
    """Return the page of one learner.

    Parameters
    ----------
    title
        Of the workshop.
    sheets
        All of this learner.
    lessons
        By notebook, as `labkit.workshop.marks.lessons.lessons` gives them.
    base
        Where the notebooks are, for links.
    """
    learner = sheets[0].learner
    points, most = sum(s.points for s in sheets), sum(s.most for s in sheets)
    marks = [mark for sheet in sheets for mark in sheet.marks]
    passed = sum(mark.outcome == "passed" for mark in marks)
    parts = [
        f'<h1>{escape(learner)}</h1><p class="dim">{escape(title)}</p>',
        f'<p class="sum"><strong>{points:g} of {most:g} points</strong>, '
        f"{passed} of {len(marks)} exercises solved.</p>",
        "<p>Your notebooks were run again from top to bottom, in a new lab. What counts is what "
        "your cells did there.</p>",
        _again(sheets, lessons, base),
    ]
    for sheet in sheets:
        where = lessons.get(sheet.notebook, {})
        name = where[""].title if "" in where else sheet.notebook
        parts.append(f"<h2>{escape(name)}</h2>")
        parts += [f'<p class="dim">Note: {text(note)}.</p>' for note in sheet.notes]
        parts += [_card(mark, sheet, where.get(mark.slug), base) for mark in sheet.marks]
    return page(f"{learner}: {title}", "".join(parts))


def _again(sheets: Sequence[Sheet], lessons: Mapping[str, Mapping[str, Lesson]], base: str) -> str:
    """List the sections worth reading again, each once."""
    found: dict[str, str] = {}
    for sheet in sheets:
        where = lessons.get(sheet.notebook, {})
        for mark in sheet.marks:
            lesson = where.get(mark.slug)
            if mark.outcome in ("failed", "blank", "missing") and lesson:
                found[lesson.link(base, sheet.notebook)] = _named(lesson)
    if not found:
        return ""
    items = "".join(f'<li><a href="{escape(a)}">{name}</a></li>' for a, name in found.items())
    return f"<h2>Read again</h2><ul>{items}</ul>"


def _named(lesson: Lesson) -> str:
    return escape(f"{lesson.title}: {lesson.section}" if lesson.section else lesson.title)


def _card(mark: Mark, sheet: Sheet, lesson: Lesson | None, base: str) -> str:
    asked = [
        f"{count} {word if count == 1 else word + 's'}"
        for count, word in ((mark.hints, "hint"), (mark.solution, "look at the solution"))
        if count
    ]
    asked = [each.replace("look at the solutions", "looks at the solution") for each in asked]
    rules = "; ".join(
        f'<a href="{escape(url)}">{escape(rule)}</a>'
        if url.startswith("https://")
        else escape(rule)
        for rule, url in mark.rules
    )
    read = ""
    if lesson and mark.outcome != "passed":
        read = f'<a href="{escape(lesson.link(base, sheet.notebook))}">{_named(lesson)}</a>'
    rows = [
        ("expected", text(mark.expected)),
        ("got", text(mark.got)),
        ("why", text(mark.says)),
        ("found", text(mark.why or _SAID.get(mark.outcome, ""))),
        ("rule", rules),
        ("you asked for", escape(" and ".join(asked))),
        ("read again", read),
    ]
    return (
        f'<section class="card {escape(mark.outcome)}"><div class="head">'
        f"<h3>{escape(mark.title)}</h3>"
        f'<span class="word">{WORDS[mark.outcome]} &middot; {mark.points:g} of {mark.most:g}</span>'
        f"</div>{pairs(rows)}</section>"
    )
