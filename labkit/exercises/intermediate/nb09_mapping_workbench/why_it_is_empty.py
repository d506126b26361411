"""Why it is empty.

Forty studies, and in a third of them an element is missing. Count the reasons.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb09_mapping_workbench._hidden import header, mapped

EXERCISE = Exercise(
    given="""
        from collections import Counter
        from labkit.fhir.mapping.trail import plain
    """,
    blank="""
        def reasons(studies, path):
            ...  # Counter: reason -> in how many studies `path` is empty for it
    """,
    answer="reasons",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def reasons(studies, path):
            counted = Counter()
            for study in studies:
                filled = {plain(entry.path) for entry in study.trail.entries}
                if path not in filled:
                    found = [o for o in study.trail.omissions if plain(o.path) == path]
                    counted.update({omission.reason for omission in found[:1]})
            return counted
    """,
    explanation="""
        An omission says that one row gave nothing, not that the element is empty: of rows with one
        path the first to give a value wins, and those before it leave their omissions in the
        trail. So look first whether any entry filled the path. Then the counts tell whom to
        call: absent and empty-type-2 are for the one who made the header, no-zone, no-issuer and
        no-code for your own site file, conflict for whoever can say which instance is right.
    """,
    hints=(
        "study.trail.entries holds what was written, study.trail.omissions what was not. Their "
        "paths have indices; plain(path) leaves them out.",
        "The element may have been filled by another row. Then its omissions do not count.",
        "For each study: if path is not among plain(entry.path) of its entries, count the reason "
        "of its first omission with plain(omission.path) == path.",
    ),
    wrong=(
        Wrong(
            "every-omission",
            """
            def reasons(studies, path):
                return Counter(
                    omission.reason for study in studies for omission in study.trail.omissions
                    if plain(omission.path) == path
                )
            """,
            """You counted every omission. A row that gave nothing is no empty element: another
            row may have filled it, and a study may have several omissions of one element.""",
        ),
        Wrong(
            "with-indices",
            """
            def reasons(studies, path):
                counted = Counter()
                for study in studies:
                    filled = {entry.path for entry in study.trail.entries}
                    if path not in filled:
                        found = [o for o in study.trail.omissions if o.path == path]
                        counted.update({omission.reason for omission in found[:1]})
                return counted
            """,
            """You compared paths with their indices. Below series every path of the trail says
            which one it is, series[0], and nothing is ever equal to the path without.""",
        ),
        Wrong(
            "first-study-only",
            """
            def reasons(studies, path):
                for study in studies:
                    filled = {plain(entry.path) for entry in study.trail.entries}
                    if path not in filled:
                        found = [o for o in study.trail.omissions if plain(o.path) == path]
                        return Counter({found[0].reason: 1})
                return Counter()
            """,
            """You stopped at the first study without a value. What one study says is an anecdote;
            the folder has others, with other reasons.""",
        ),
    ),
)

RULE = cite("PS3.5", "7.4")


def check(work: Work) -> Verdict:
    """Call the function with studies that the notebook has not shown."""
    for path, studies, expected, mistake in _cases():
        got = work.call(studies, path)
        if got is None or got is ...:
            return blank()
        if not hasattr(got, "items"):
            return failed(expected=f"{expected} for {path}", got=got, rule=RULE)
        if {k: v for k, v in got.items() if v} != expected:
            seen = _seen(got, studies, path) or (mistake if got else "")
            return failed(expected=f"{expected} for {path}", got=got, rule=RULE, mistake=seen)
    return passed(
        "Each empty element is counted once, with its reason, and no full one.", rule=RULE
    )


def _cases() -> list[tuple[str, Any, dict[str, int], str]]:
    started = [
        header(study=1, StudyTime="101500"),
        header(study=2, StudyDate=None),
        header(study=3, StudyDate=""),
        header(study=4, StudyDate=""),
        header(1, study=5), header(2, study=5, StudyDate="20260714"),
    ]  # fmt: skip
    side = [
        header(study=1, ImageLaterality="L"),
        header(study=2),
        header(study=3, Laterality=""),
    ]
    return [
        ("ImagingStudy.started", mapped(started),
         {"absent": 1, "empty-type-2": 2, "conflict": 1}, "first-study-only"),
        ("ImagingStudy.series.laterality", mapped(side), _laterality(side), "every-omission"),
        ("ImagingStudy.series.description", mapped([header(study=1, SeriesDescription=None),
                                                    header(study=2)]),
         {"absent": 1}, "with-indices"),
    ]  # fmt: skip


def _laterality(headers: list[Any]) -> dict[str, int]:
    """Count by the trail itself: which alternative comes first is the table's business."""
    counted: Counter[str] = Counter()
    for study in mapped(headers)[1:]:
        named = [o for o in study.trail.omissions if o.path.endswith("].laterality")]
        counted[named[0].reason] += 1
    return dict(counted)


def _seen(got: Any, studies: Any, path: str) -> str:
    """Recognise an answer by what it comes to."""
    if not got and "series" in path:
        return "with-indices"
    total = sum(got.values())
    if total == 1 and len(studies) > 3:
        return "first-study-only"
    return "every-omission" if total > len(studies) - 1 or "no-zone" in got else ""
