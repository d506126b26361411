"""The dose of a CT, once.

A dose report has each number several times: for each event, and in sum.
"""

from collections.abc import Callable
from typing import Any

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb10_reports_and_documents._trees import container, number

_REFERENCE = """
    def dose_length_product(sr):
        for part in sr.get("ContentSequence", []):
            if part.ConceptNameCodeSequence[0].CodeValue != "113811":
                continue
            for item in part.get("ContentSequence", []):
                if item.ConceptNameCodeSequence[0].CodeValue == "113813":
                    measured = item.MeasuredValueSequence[0]
                    unit = measured.MeasurementUnitsCodeSequence[0].CodeValue
                    return float(measured.NumericValue), unit
        return None
"""

EXERCISE = Exercise(
    blank="""
        def dose_length_product(sr):
            return ...  # (number, unit) of the whole examination; None if the report has no total
    """,
    answer="dose_length_product",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        The container 113811 has what the scanner added up, and 113813 in it is the dose length
        product of the examination (PS3.16 TID 10011). Below each 113819 there is the DLP of one
        event, 113838. A sum of your own differs from the total as soon as an event is missing from
        the file, or is of a kind that the total leaves out; a sum over all NUM items is twice the
        dose. The code decides, since the meaning is text for people: it may be translated, or
        spelt another way.
    """,
    hints=(
        "Print the tree of the dose report with its codes. Where does 812.5 stand, and where 800?",
        "The total is in the container with the code 113811, as the item with the code 113813. "
        "Compare CodeValue, not CodeMeaning.",
        "Loop over the children of sr; skip those whose code is not 113811; in it find 113813 and "
        "return float(NumericValue) and the unit's CodeValue. At the end return None.",
    ),
    wrong=(
        Wrong(
            "sum-of-all",
            """
            def dose_length_product(sr):
                def walk(part):
                    total = 0.0
                    for item in part.get("ContentSequence", []):
                        for measured in item.get("MeasuredValueSequence", []):
                            if measured.MeasurementUnitsCodeSequence[0].CodeValue == "mGy.cm":
                                total += float(measured.NumericValue)
                        total += walk(item)
                    return total
                return (walk(sr), "mGy.cm") if walk(sr) else None
            """,
            """You added up everything in mGy.cm: the events, and the total that is their sum. The
            patient got twice the dose, on paper.""",
        ),
        Wrong(
            "sum-of-events",
            """
            def dose_length_product(sr):
                def walk(part):
                    total = 0.0
                    for item in part.get("ContentSequence", []):
                        if item.ConceptNameCodeSequence[0].CodeValue == "113838":
                            total += float(item.MeasuredValueSequence[0].NumericValue)
                        total += walk(item)
                    return total
                return (walk(sr), "mGy.cm") if walk(sr) else None
            """,
            """You added up the events. What the report declares as the total is the number that
            the physicist signs, and an event may be missing from this file.""",
        ),
        Wrong(
            "by-meaning",
            _REFERENCE.replace('.CodeValue == "113813"',
                               '.CodeMeaning == "CT Dose Length Product Total"'),
            """You looked for the English words. The console of this scanner is set to German; the
            Code Value is the same everywhere.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.16", "TID 10011"), cite("PS3.3", "C.18.1"))


def _report(total: Dataset | None, *events: str) -> Dataset:
    parts = [container("113811", "CT Accumulated Dose Data", total)] if total else []
    parts += [
        container("113819", "CT Acquisition",
                  container("113829", "CT Dose", number("113838", "DLP", dose, "mGy.cm")))
        for dose in events
    ]  # fmt: skip
    return container("113701", "X-Ray Radiation Dose Report", *parts)


def _cases() -> list[tuple[str, Dataset, tuple[float, str] | None]]:
    def total(value: str, meaning: str = "CT Dose Length Product Total") -> Dataset:
        return number("113813", meaning, value, "mGy.cm")

    return [
        ("two events", _report(total("812.5"), "12.5", "800"), (812.5, "mGy.cm")),
        ("a report that lacks an event", _report(total("500"), "300"), (500.0, "mGy.cm")),
        ("a German console", _report(total("77.5", "CT-Dosislängenprodukt gesamt"), "77.5"),
         (77.5, "mGy.cm")),
        ("a report without a total", _report(None, "300", "20"), None),
    ]  # fmt: skip


def check(work: Work) -> Verdict:
    """Call the function with dose reports that the learner has not seen."""
    for what, report, expected in _cases():
        got = work.call(report)
        if got is ... or (got is None and what == "two events"):
            return blank()
        if _plain(got) != expected:
            return failed(expected=f"{expected} for {what}", got=got, rule=RULE,
                          mistake=_mistake(what, _plain(got)))  # fmt: skip
    return passed("The total that the report declares, by its code, and nothing added.", rule=RULE)


def _plain(got: Any) -> Any:
    try:
        value, unit = got
        return float(value), str(unit)
    except (TypeError, ValueError):
        return got


def _mistake(what: str, got: Any) -> str:
    if got == (1625.0, "mGy.cm"):
        return "sum-of-all"
    if got == (300.0, "mGy.cm"):
        return "sum-of-events"
    return "by-meaning" if got is None and "German" in what else ""
