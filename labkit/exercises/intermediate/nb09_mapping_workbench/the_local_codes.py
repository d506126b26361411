"""The local codes.

North General codes its procedures by a list of its own. Outside nobody knows it.
"""

from collections.abc import Set
from typing import TypeAlias

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb09_mapping_workbench._hidden import code, header, mapped
from labkit.fhir.mapping import Site

_Code: TypeAlias = "tuple[str | None, str | None]"
_LOCAL = "https://north-general.example/procedures"

EXERCISE = Exercise(
    given="""
        from labkit.fhir.mapping import Site
    """,
    blank='''
        north = Site.parse("""
        zone = "Europe/London"
        """)
    ''',
    answer="north",
    expects=Site,
    reference='''
        north = Site.parse("""
        zone = "Europe/London"

        [scheme]
        99LABKIT = "https://north-general.example/procedures"

        [code.99LABKIT.CTHEAD]
        system = "http://loinc.org"
        code = "30799-1"
        display = "CT Head WO contrast"
        """)
    ''',
    explanation="""
        Two things were missing. [scheme] gives the designator 99LABKIT a system, so that the local
        code goes out as a Coding: a code without a system is a word (R4 datatypes.html#Coding).
        [code.99LABKIT.CTHEAD] adds the standard code beside it, for this one local code. The
        local Coding stays: who made it can still find it, and a map that is wrong can be mended
        later. Codes that the map does not know get no standard code; nothing is guessed.
    """,
    hints=(
        "A code triple has a value, a scheme designator and a meaning (PS3.3 8.8). What of it "
        "does FHIR's Coding want as a URI?",
        '[scheme] takes designator = "system". [code.DESIGNATOR.VALUE] takes system, code and '
        "display.",
        'Under zone: [scheme], 99LABKIT = "https://north-general.example/procedures"; then '
        '[code.99LABKIT.CTHEAD] with system = "http://loinc.org", code = "30799-1".',
    ),
    wrong=(
        Wrong(
            "no-scheme",
            '''
            north = Site.parse("""
            [code.99LABKIT.CTHEAD]
            system = "http://loinc.org"
            code = "30799-1"
            display = "CT Head WO contrast"
            """)
            ''',
            """You added the standard code and gave the local scheme no system. The local code is
            lost, and procedures that the map does not know have no code at all.""",
        ),
        Wrong(
            "relabelled",
            '''
            north = Site.parse("""
            [scheme]
            99LABKIT = "http://loinc.org"
            """)
            ''',
            """You called the local list LOINC. CTHEAD is no LOINC code: every receiver that looks
            it up finds nothing, or refuses the resource.""",
        ),
        Wrong(
            "no-map",
            '''
            north = Site.parse("""
            [scheme]
            99LABKIT = "https://north-general.example/procedures"
            """)
            ''',
            """You gave the local scheme a system. The code is now well formed, and still only
            North General knows it: the LOINC code is missing.""",
        ),
    ),
)

RULE = (cite("PS3.3", "8.8"), cite("FHIR R4", "datatypes"))


def check(work: Work) -> Verdict:
    """Map the code, one that is not in the map, and the same value of another list."""
    local, loinc = (_LOCAL, "CTHEAD"), ("http://loinc.org", "30799-1")
    cases: list[tuple[str, Dataset, set[_Code]]] = [
        ("(CTHEAD, 99LABKIT)", code("CTHEAD", "99LABKIT", "CT head"), {local, loinc}),
        ("(CTPELV, 99LABKIT), which nobody has mapped",
         code("CTPELV", "99LABKIT", "CT pelvis"), {(_LOCAL, "CTPELV")}),
        ("(CTHEAD, 99OTHER), of another hospital", code("CTHEAD", "99OTHER", "Head"), set()),
    ]  # fmt: skip
    if not work.answer.scheme and not work.answer.code:
        return blank()
    for what, item, expected in cases:
        (study,) = mapped([header(ProcedureCodeSequence=[item])], site=work.answer)
        concepts = study.imaging_study.get("procedureCode", [{}])
        got = {(c.get("system"), c.get("code")) for one in concepts for c in one.get("coding", [])}
        if got != expected:
            return failed(expected=f"{_said(expected)} for {what}", got=_said(got), rule=RULE,
                          mistake=_mistake(got))  # fmt: skip
    return passed("The local code keeps its own system, the standard one stands beside it, and "
                  "nothing else was touched.", rule=RULE)  # fmt: skip


def _said(codes: Set[_Code]) -> str:
    return " and ".join(f"{one[0]}|{one[1]}" for one in sorted(codes, key=str)) or "no code"


def _mistake(got: Set[_Code]) -> str:
    if ("http://loinc.org", "CTHEAD") in got:
        return "relabelled"
    if got == {("http://loinc.org", "30799-1")}:
        return "no-scheme"
    return "no-map" if got == {(_LOCAL, "CTHEAD")} else ""
