"""The engine's own words, all in this one place; what each exercise says stands in its file.

They are written in English; `labkit.exercises.languages` has them said in another language where a
panel is shown. A name in braces is a place for a value.
"""

from __future__ import annotations

WORDS = {
    # The verdict, and the other panels' first words.
    "word.passed": "Passed",
    "word.failed": "Not yet",
    "word.blank": "Not tried yet",
    "word.unchecked": "Could not be checked",
    "word.hint": "Hint",
    "word.solution": "Solution",
    "word.progress": "Progress",
    "word.kept-back": "Kept back",
    # The names of rows.
    "row.expected": "expected",
    "row.got": "got",
    "row.why": "why",
    "row.note": "note",
    "row.rule": "rule",
    "row.next": "next",
    "row.hint": "hint {at} of {count}",
    "row.more": "more",
    "row.cell": "cell",
    "row.language": "language",
    # What to do next. Parts are joined by "; ".
    "next.go-on": "go on",
    "next.how-we-did-it": "{call} shows how we did it, and why",
    "next.replace-dots": "replace the ... and run the cell",
    "next.do-it": "do it in this cell and run it again",
    "next.end-cell": "end the cell with: {call}",
    "next.type-it": "type it into the cell yourself, run it, and change one thing to see it fail",
    "next.hint-again": "{call} again",
    "next.try-again": "change your answer and try again",
    "next.run-again": "run the cell again",
    "next.embedded": "do it on the embedded lab: {call}",
    "next.report-bug": "go on with the next cell, and please report this line as a bug: it is ours",
    "next.is-it-well": "is the lab well? `labkit status` says, `labkit up` starts it",
    # Why there is no verdict, or a wrong one.
    "why.no-answer": "The cell handed in no answer.",
    "why.elsewhere": "The servers of this lab cannot be broken as this exercise needs it.",
    "why.not-saved": (
        "This could not be saved ({trouble}); it counts until the kernel ends. Make room on the "
        "disk, then run this cell again."
    ),
    "why.no-name": "The name {called} is not known in this kernel.",
    "next.run-above": (
        "run the cells above this one: menu Run, Run All Above Selected Cell. After a restart of "
        "the kernel that is always needed; what you have solved is kept. If you have done so, "
        "look how the name is spelled"
    ),
    "why.check-failed": "The check itself failed: {error}",
    "why.no-http": "A server of the lab does not answer over HTTP.",
    "why.own-study": (
        "The lessons are on your own study {study}. This exercise may ask about the sample: "
        "lab.use(None), and run the notebook from its beginning."
    ),
    "expected.type": "a value of type {type}",
    "expected.function": "a function that returns a value",
    "got.nothing": "nothing yet (...)",
    # In a workshop.
    "kept.hints": "the hints",
    "kept.other-hints": "the other hints",
    "kept.solution": "the solution",
    "kept.by-instructor": (
        "The instructor has kept back {what}. Ask them, or look at the lab once more."
    ),
    "kept.by-instructor-of": (
        "The instructor of “{title}” has kept back {what}. "
        "Ask them, or look at the lab once more."
    ),
    "kept.unreadable": (
        "The rules of this workshop cannot be read ({trouble}), so nothing is shown. "
        "Ask your instructor to release it again."
    ),
    # Progress.
    "progress.title": "Your progress",
    "progress.sum": "{title}: {done} of {count} exercises solved",
    "progress.track": "track",
    "progress.notebook": "notebook",
    "progress.solved": "solved",
    "progress.rest": "still to do",
    "progress.count": "{done} of {count}",
    "progress.all": "nothing: all done",
    "progress.new": "not begun",
}  # fmt: skip


def words(name: str, **values: object) -> str:
    """Return the English words of that name, with `values` in their places."""
    return WORDS[name].format(**values) if values else WORDS[name]
