"""The accession number, whatever the version.

R4 keeps it in identifier and in basedOn, R5 in basedOn alone. An app has to read both.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb08_from_tags_to_imagingstudy._headers import header
from labkit.fhir.mapping import StudyBuilder

EXERCISE = Exercise(
    blank="""
        def accession(study):
            ...  # the accession number of an ImagingStudy, R4 or R5; "" if it has none
    """,
    answer="accession",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def accession(study):
            places = list(study.get("identifier", []))
            places += [order.get("identifier", {}) for order in study.get("basedOn", [])]
            for identifier in places:
                codes = [c.get("code") for c in identifier.get("type", {}).get("coding", [])]
                if "ACSN" in codes:
                    return identifier["value"]
            return ""
    """,
    explanation="""
        What an identifier is, its type says: ACSN of HL7 v2 table 0203. Its place in the array says
        nothing, for the Study Instance UID and the Study ID are identifiers too. In R5 the
        accession number is no longer a name of the study but of the order, so it is in
        basedOn.identifier; a reference that has an identifier and no URL is called logical, and
        need not lead anywhere (R4 references.html#logical). Code that asks both places by type
        survives the upgrade.
    """,
    hints=(
        "Print the identifiers of study4 and study5. What tells one kind from another?",
        "identifier.type.coding.code is ACSN for an accession number. In R5 look at "
        "basedOn, whose elements are References: each may have an identifier.",
        "Collect study.get('identifier', []) and the identifier of each of study.get('basedOn', "
        "[]), and return the value of the first with a coding whose code is ACSN.",
    ),
    wrong=(
        Wrong(
            "second-identifier",
            """
            def accession(study):
                identifiers = study.get("identifier", [])
                return identifiers[1]["value"] if len(identifiers) > 1 else ""
            """,
            """You took the second identifier. With a Study ID and no accession number, that is
            the Study ID; in R5 there is nothing there.""",
        ),
        Wrong(
            "r4-only",
            """
            def accession(study):
                for identifier in study.get("identifier", []):
                    codes = [c.get("code") for c in identifier.get("type", {}).get("coding", [])]
                    if "ACSN" in codes:
                        return identifier["value"]
                return ""
            """,
            """You looked in identifier alone. R5 moved the number to basedOn: on the day of the
            upgrade every order loses its images.""",
        ),
        Wrong(
            "any-order",
            """
            def accession(study):
                for order in study.get("basedOn", []):
                    return order.get("identifier", {}).get("value", "")
                return ""
            """,
            """You took the identifier of the first order. It may be a placer order number, and
            an older R4 study has none in basedOn at all.""",
        ),
    ),
)

RULE = (cite("FHIR R4", "imagingstudy"), cite("FHIR R4", "references"))
_PLACER = {"type": {"coding": [{"code": "PLAC"}]}, "value": "P-1"}


def _study(fhir: str, **elements: Any) -> dict[str, Any]:
    builder = StudyBuilder(fhir=fhir)
    builder.add(header(**elements))
    return builder.studies()[0].imaging_study


def _cases() -> list[tuple[str, dict[str, Any], str, str]]:
    old = _study("R4", StudyID="RP1")
    del old["basedOn"]
    two = _study("R5", StudyID="RP1")
    two["basedOn"] = [{"identifier": _PLACER}, {"reference": "CarePlan/1"}, *two["basedOn"]]
    return [
        ("R4", _study("R4"), "NG2600106", ""),
        ("R4 without an accession number, with a Study ID",
         _study("R4", AccessionNumber="", StudyID="RP1"), "", "second-identifier"),
        ("R5", _study("R5", StudyID="RP1"), "NG2600106", "r4-only"),
        ("R4 with nothing in basedOn", old, "NG2600106", "any-order"),
        ("R5 with a placer number before it", two, "NG2600106", "any-order"),
        ("R5 without one", _study("R5", AccessionNumber=None), "", ""),
    ]  # fmt: skip


def check(work: Work) -> Verdict:
    """Call the function with studies of both versions."""
    for what, study, expected, mistake in _cases():
        got = work.call(study)
        if got is ... or (got is None and expected):
            return blank()
        if (got or "") != expected:
            return failed(expected=f"{expected!r} for {what}", got=got, rule=RULE, mistake=mistake)
    return passed("Found by its type in both versions, and nothing where there is none.", rule=RULE)
