"""For both versions.

The site's own row works in R4. Next year's server speaks R5.
"""

from typing import Any

from labkit.common import cite
from labkit.common.errors import LabkitError
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb09_mapping_workbench._hidden import code, header, mapped
from labkit.fhir.mapping import MappingTable
from labkit.fhir.mapping.check import check_resource

_ROW = """
        from labkit.fhir.mapping import MappingTable, Row
        ours = MappingTable.load().added(Row(
            id="study.requested", r4="ImagingStudy.procedureCode[]", r5="",
            source="RequestedProcedureCodeSequence", level="study", transform="concepts",
            condition="no ProcedureCodeSequence", section="PS3.3 C.4.11",
        ))
"""

EXERCISE = Exercise(
    given=_ROW,
    blank="""
        both = ours  # .replaced("study.requested", r5=...)
    """,
    answer="both",
    expects=MappingTable,
    reference="""
        both = ours.replaced("study.requested", r5="ImagingStudy.procedure[].concept")
    """,
    explanation="""
        R5 renamed procedureCode to procedure, and made each a CodeableReference: either a concept
        or a reference to a resource. The code of the header is the concept. The transform stays the
        same, for it makes a CodeableConcept in both versions; what differs is where it goes. That
        is why the table has two columns for the path and one for everything else.
    """,
    hints=(
        "Look at the row study.procedure: where does it write in R4, and where in R5?",
        "In R5 ImagingStudy.procedure is a CodeableReference. It has concept and reference.",
        'ours.replaced("study.requested", r5="ImagingStudy.procedure[].concept")',
    ),
    wrong=(
        Wrong(
            "same-path",
            """
            both = ours.replaced("study.requested", r5="ImagingStudy.procedureCode[]")
            """,
            """You wrote the path of R4. R5 has no procedureCode: a server that checks refuses the
            resource, one that does not check loses the element.""",
        ),
        Wrong(
            "no-concept",
            """
            both = ours.replaced("study.requested", r5="ImagingStudy.procedure[]")
            """,
            """You put the CodeableConcept where R5 wants a CodeableReference. Its coding would be
            one level too high; the concept goes into procedure.concept.""",
        ),
        Wrong(
            "lost-r4",
            """
            both = ours.replaced(
                "study.requested", r4="", r5="ImagingStudy.procedure[].concept"
            )
            """,
            """You moved the row to R5 and left R4 without it. Both servers are in use until the
            last one is switched off.""",
        ),
    ),
)

RULE = (cite("FHIR R4", "imagingstudy"), cite("PS3.3", "8.8"))


def check(work: Work) -> Verdict:
    """Map two headers to both versions, and ask the validator."""
    table = work.answer
    row = next((row for row in table if row.id == "study.requested"), None)
    if row is not None and not row.r5 and row.r4:
        return blank()
    requested = code("30799-1", "LN", "CT Head WO contrast")
    own = code("24627-2", "LN", "CT Chest")
    cases: list[tuple[dict[str, Any], str]] = [
        ({"RequestedProcedureCodeSequence": [requested]}, "30799-1"),
        ({"RequestedProcedureCodeSequence": [requested], "ProcedureCodeSequence": [own]},
         "24627-2"),
    ]  # fmt: skip
    for fhir in ("R4", "R5"):
        for elements, expected in cases:
            try:
                (study,) = mapped([header(**elements)], table, fhir=fhir)
            except LabkitError as error:
                return failed(expected="a table that maps", got=error.message, rule=RULE)
            issues = check_resource(study.imaging_study, fhir)
            if issues:
                mistake = "same-path" if "procedureCode" in str(issues[0]) else "no-concept"
                return failed(expected=f"valid FHIR {fhir}", got=str(issues[0]), rule=RULE,
                              mistake=mistake if fhir == "R5" else "")  # fmt: skip
            got = _codes(study.imaging_study, fhir)
            if got != [expected]:
                return failed(expected=f"{expected} in {fhir}", got=got or "no code", rule=RULE,
                              mistake="lost-r4" if fhir == "R4" else "")  # fmt: skip
    return passed("The requested procedure is where each version wants it, and only where the "
                  "study has no procedure code of its own.", rule=RULE)  # fmt: skip


def _codes(study: dict[str, Any], fhir: str) -> list[Any]:
    concepts = study.get("procedureCode", [])
    if fhir == "R5":
        concepts = [one.get("concept", {}) for one in study.get("procedure", [])]
    return [coding.get("code") for one in concepts for coding in one.get("coding", [])]
