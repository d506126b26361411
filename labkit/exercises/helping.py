"""What `hint` and `solution` show, within what the instructor of a workshop lets them show."""

from __future__ import annotations

from labkit.exercises.find import Loaded
from labkit.exercises.journal import Journal
from labkit.exercises.panel import Panel, Row
from labkit.exercises.rules import Rules


def hint_panel(loaded: Loaded, journal: Journal, rules: Rules) -> Panel:
    """Note that a hint was asked for, and show it below those that were shown before."""
    slug, every = loaded.entry.slug, loaded.exercise.hints
    hints = rules.allowed(every)
    # Asked for is asked for, and tells the instructor something; what was kept back helped nobody.
    kept = journal.hints[slug] >= len(hints) and len(hints) < len(every)
    journal.add("hint", slug, **_note(kept))
    if not hints:
        return Panel("Kept back", loaded.title, (Row("why", rules.kept_back("the hints")),))
    seen = min(journal.hints[slug], len(hints))
    rows = [Row(f"hint {at} of {len(hints)}", text) for at, text in enumerate(hints[:seen], 1)]
    if seen < len(hints):
        more = f'hint("{slug}") again'
    elif len(hints) < len(every):
        more = rules.kept_back("the other hints")
    else:
        more = f'solution("{slug}")' if rules.solutions else rules.kept_back("the solution")
    return Panel("Hint", loaded.title, (*rows, Row("more", more)))


def solution_panel(loaded: Loaded, journal: Journal, rules: Rules) -> Panel:
    """Note that the solution was asked for, and show it."""
    slug = loaded.entry.slug
    journal.add("solution", slug, **_note(not rules.solutions))
    if not rules.solutions:
        return Panel("Kept back", loaded.title, (Row("why", rules.kept_back("the solution")),))
    rows = (
        Row("cell", loaded.exercise.reference, code=True),
        Row("why", loaded.exercise.explanation),
        Row("next", "type it into the cell yourself, run it, and change one thing to see it fail"),
    )
    return Panel("Solution", loaded.title, rows)


def _note(kept: bool) -> dict[str, str]:
    return {"kept": "back"} if kept else {}
