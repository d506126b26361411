"""What `hint` and `solution` show, within what the instructor of a workshop lets them show."""

from __future__ import annotations

from labkit.exercises.find import Loaded
from labkit.exercises.journal import Journal
from labkit.exercises.panel import Panel, Row
from labkit.exercises.rules import Rules
from labkit.exercises.words import words


def hint_panel(loaded: Loaded, journal: Journal, rules: Rules) -> Panel:
    """Note that a hint was asked for, and show it below those that were shown before."""
    slug, every = loaded.entry.slug, loaded.exercise.hints
    hints = rules.allowed(every)
    # Asked for is asked for, and tells the instructor something; what was kept back helped nobody.
    kept = journal.hints[slug] >= len(hints) and len(hints) < len(every)
    journal.add("hint", slug, **_note(kept))
    if not hints:
        return _kept_back(loaded, rules.kept_back(words("kept.hints")))
    seen = min(journal.hints[slug], len(hints))
    rows = [
        Row(words("row.hint", at=at, count=len(hints)), text)
        for at, text in enumerate(hints[:seen], 1)
    ]
    if seen < len(hints):
        more = words("next.hint-again", call=f'hint("{slug}")')
    elif len(hints) < len(every):
        more = rules.kept_back(words("kept.other-hints"))
    else:
        more = f'solution("{slug}")' if rules.solutions else rules.kept_back(words("kept.solution"))
    return Panel(words("word.hint"), loaded.title, (*rows, Row(words("row.more"), more)))


def solution_panel(loaded: Loaded, journal: Journal, rules: Rules) -> Panel:
    """Note that the solution was asked for, and show it."""
    slug = loaded.entry.slug
    journal.add("solution", slug, **_note(not rules.solutions))
    if not rules.solutions:
        return _kept_back(loaded, rules.kept_back(words("kept.solution")))
    rows = (
        Row(words("row.cell"), loaded.exercise.reference, code=True),
        Row(words("row.why"), loaded.exercise.explanation),
        Row(words("row.next"), words("next.type-it")),
    )
    return Panel(words("word.solution"), loaded.title, rows)


def _kept_back(loaded: Loaded, why: str) -> Panel:
    return Panel(words("word.kept-back"), loaded.title, (Row(words("row.why"), why),))


def _note(kept: bool) -> dict[str, str]:
    return {"kept": "back"} if kept else {}
