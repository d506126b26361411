"""Every measurement of a report.

They lie where the template puts them, some of them below others.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb10_reports_and_documents._trees import (
    coded,
    container,
    item,
    number,
)
from labkit.exercises.model import AnswerRaised

_REFERENCE = """
    def measurements(sr):
        found = []
        for item in sr.get("ContentSequence", []):
            if item.ValueType == "NUM":
                for measured in item.MeasuredValueSequence:
                    name = item.ConceptNameCodeSequence[0].CodeMeaning
                    unit = measured.MeasurementUnitsCodeSequence[0].CodeValue
                    found.append((name, float(measured.NumericValue), unit))
            found += measurements(item)
        return found
"""

EXERCISE = Exercise(
    blank="""
        def measurements(sr):
            ...  # [(name, number, unit), …] of every NUM item, in the order of the tree
    """,
    answer="measurements",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        A content item of any value type may have children, not a CONTAINER alone: here a range
        hangs below the number that it belongs to. So the walk goes into every item. Measured
        Value Sequence (0040,A300) may be empty, for a value that could not be measured; then
        there is no number, and a qualifier may say why (PS3.3 C.18.1). And a number without its
        unit is not a measurement: the same axis is 18.4 in mm and 1.84 in cm.
    """,
    hints=(
        "A content item has the same shape as the report: its children are in its own "
        "ContentSequence. What kind of function fits that?",
        "measurements(item) on each item of sr.get('ContentSequence', []), whatever its ValueType. "
        "The number is MeasuredValueSequence[0].NumericValue, the unit its "
        "MeasurementUnitsCodeSequence[0].CodeValue.",
        "For each item: if item.ValueType == 'NUM', loop over item.MeasuredValueSequence (it may "
        "be empty) and append; then found += measurements(item).",
    ),
    wrong=(
        Wrong(
            "top-level",
            _REFERENCE.replace("            found += measurements(item)\n", ""),
            """You looked at the children of the root. Templates nest: a measurement group of
            TID 1500 lies two containers below it.""",
        ),
        Wrong(
            "containers-only",
            _REFERENCE.replace(
                "            found += measurements(item)\n",
                '            if item.ValueType == "CONTAINER":\n'
                "                found += measurements(item)\n",
            ),
            """You went into containers alone. A NUM or a CODE has children too: what was derived
            from it, or what it was inferred from.""",
        ),
        Wrong(
            "never-empty",
            _REFERENCE.replace(
                "for measured in item.MeasuredValueSequence:",
                "for measured in [item.MeasuredValueSequence[0]]:",
            ),
            """An IndexError: Measured Value Sequence was empty, which is legal. One value that
            could not be measured costs the whole report.""",
        ),
        Wrong(
            "meaning-as-unit",
            _REFERENCE.replace(
                "measured.MeasurementUnitsCodeSequence[0].CodeValue",
                "measured.MeasurementUnitsCodeSequence[0].CodeMeaning",
            ),
            """You took the unit's Code Meaning, which is for people and may be in any language.
            The UCUM code is the Code Value.""",
        ),
    ),
)

RULE = (cite("PS3.3", "C.17.3"), cite("PS3.3", "C.18.1"))
AXIS = ("Long axis", 18.4, "mm")
VOLUME = ("Volume", 3016.0, "mm3")
Measured = tuple[str, float, str]


def _cases() -> list[tuple[str, Any, list[Measured], str]]:
    axis = number("103339001", "Long axis", "18.4", "mm", scheme="SCT")
    spelt = number("103339001", "Long axis", "18.4", "mm", scheme="SCT")
    spelt.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeMeaning = "Millimeter"
    below = number("118565006", "Volume", "3016.0", "mm3", axis, scheme="SCT")
    code_above = item("CODE", coded("121071", "Finding"), axis)
    none = number("118565006", "Volume", "", "mm3", scheme="SCT")
    group = container("125007", "Measurement Group", axis)
    root = ("126000", "Imaging Measurement Report")
    return [
        ("a measurement at the top", container(*root, axis), [AXIS], ""),
        ("a unit spelt out", container(*root, spelt), [AXIS], "meaning-as-unit"),
        ("a measurement group", container(*root, container("126010", "Imaging Measurements",
         group)), [AXIS], "top-level"),
        ("an axis below the volume", container(*root, below), [VOLUME, AXIS], "containers-only"),
        ("an axis below a CODE", container(*root, code_above), [AXIS], "containers-only"),
        ("a value that could not be measured", container(*root, none, group), [AXIS],
         "never-empty"),
        ("a report without measurements", container(*root), [], ""),
    ]  # fmt: skip


def check(work: Work) -> Verdict:
    """Call the function with trees that the learner has not seen."""
    for what, tree, expected, mistake in _cases():
        try:
            got = work.call(tree)
        except AnswerRaised as error:
            return failed(expected=f"{expected} for {what}", got=error.message, rule=RULE,
                          mistake=mistake if mistake == "never-empty" else "")  # fmt: skip
        if got is None or got is ...:
            return blank()
        if _plain(got) != expected:
            return failed(expected=f"{expected} for {what}", got=got, rule=RULE, mistake=mistake)
    return passed("Each at its depth, with its unit, and none where none was made.", rule=RULE)


def _plain(got: Any) -> list[Measured] | None:
    try:
        return [(str(name), float(value), str(unit)) for name, value, unit in got]
    except (TypeError, ValueError):
        return None
