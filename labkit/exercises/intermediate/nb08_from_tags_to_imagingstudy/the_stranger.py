"""The stranger in the study.

The mapping refuses to say whose study it is. Find the instances that belong to somebody else.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.intermediate.nb08_from_tags_to_imagingstudy._headers import header

EXERCISE = Exercise(
    blank="""
        def strangers(headers, patient_id, issuer):
            ...  # SOP Instance UIDs of the instances that are not of this patient
    """,
    answer="strangers",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def strangers(headers, patient_id, issuer):
            return [
                ds.SOPInstanceUID
                for ds in headers
                if (ds.PatientID, ds.IssuerOfPatientID) != (patient_id, issuer)
            ]
    """,
    explanation="""
        A patient is a number together with who issued it (PS3.3 C.7.1.1). A name proves nothing in
        either direction: the same woman is Brackenfold^Posy at one console and
        BRACKENFOLD^POSY^MARIE at another, and two people may share one. The majority proves nothing
        either: where somebody chose the wrong worklist entry, most of the study may be the
        stranger's. The order says who was meant. What is found goes back to the modality or the
        PACS for correction (IHE PIR); a mapping that quietly took the first instance's patient
        would have hidden it.
    """,
    hints=(
        "Two elements together say who it is. One of them is Patient ID (0010,0020).",
        "1001234 of NORTHGEN and 1001234 of LAKESIDE are two people: compare Issuer of Patient ID "
        "(0010,0021) too, and leave the name out of it.",
        "[ds.SOPInstanceUID for ds in headers if (ds.PatientID, ds.IssuerOfPatientID) != "
        "(patient_id, issuer)]",
    ),
    wrong=(
        Wrong(
            "number-alone",
            """
            def strangers(headers, patient_id, issuer):
                return [ds.SOPInstanceUID for ds in headers if ds.PatientID != patient_id]
            """,
            """You compared the number alone. Lakeside gave the same one to somebody else, and his
            instance stays in her study.""",
        ),
        Wrong(
            "by-name",
            """
            def strangers(headers, patient_id, issuer):
                mine = {str(ds.PatientName) for ds in headers
                        if (ds.PatientID, ds.IssuerOfPatientID) == (patient_id, issuer)}
                first = sorted(mine)[-1:] or [""]
                return [ds.SOPInstanceUID for ds in headers if str(ds.PatientName) != first[0]]
            """,
            """You compared names. One console typed a second given name: the same number of the
            same issuer, the same person. And a namesake would have stayed.""",
        ),
        Wrong(
            "majority",
            """
            from collections import Counter

            def strangers(headers, patient_id, issuer):
                who = Counter((ds.PatientID, ds.IssuerOfPatientID) for ds in headers)
                most = who.most_common(1)[0][0]
                return [ds.SOPInstanceUID for ds in headers
                        if (ds.PatientID, ds.IssuerOfPatientID) != most]
            """,
            """You took the patient whom most instances name. Where a wrong worklist entry was
            chosen, that is the wrong one: the order says whose study it is.""",
        ),
    ),
)

RULE = (cite("PS3.3", "C.7.1.1"), cite("PS3.3", "A.1.2"))
_POSY: dict[str, Any] = {
    "PatientID": "1001234",
    "IssuerOfPatientID": "NORTHGEN",
    "PatientName": "Brackenfold^Posy",
}
_LONG = {**_POSY, "PatientName": "Brackenfold^Posy^Marie"}
_SAME_NUMBER: dict[str, Any] = {"PatientID": "1001234", "IssuerOfPatientID": "LAKESIDE",
                "PatientName": "Marblethorpe^Ignatius"}  # fmt: skip
_NAMESAKE = {**_POSY, "PatientID": "1009999"}
CASES: tuple[tuple[str, list[dict[str, Any]], list[int], str], ...] = (
    ("a study of Posy alone", [_POSY, _POSY], [], ""),
    ("one instance with Lakeside's 1001234", [_POSY, _SAME_NUMBER, _POSY], [1], "number-alone"),
    ("Posy with a second given name", [_POSY, _LONG, _POSY], [], "by-name"),
    ("a namesake with another number", [_POSY, _NAMESAKE], [1], "by-name"),
    ("a study that is mostly the stranger's", [_SAME_NUMBER, _SAME_NUMBER, _POSY], [0, 1],
     "majority"),
)  # fmt: skip


def check(work: Work) -> Verdict:
    """Call the function with studies that the learner has not seen."""
    for what, people, right, mistake in CASES:
        headers: list[Any] = [header(n, **person) for n, person in enumerate(people, 1)]
        got = work.call(headers, "1001234", "NORTHGEN")
        if got is None or got is ...:
            return blank()
        expected = {str(headers[n].SOPInstanceUID) for n in right}
        try:
            found = {str(uid) for uid in got}
        except TypeError:
            return failed(expected="a list of SOP Instance UIDs", got=got, rule=RULE)
        if found != expected:
            wrong = sorted(expected ^ found)
            return failed(
                expected=f"{len(expected)} of {len(headers)} for {what}",
                got=f"{len(found)}; {', '.join(wrong)} is judged the other way",
                rule=RULE, mistake=mistake,
            )  # fmt: skip
    return passed(
        "Same number, other hospital; same person, other spelling: told apart.", rule=RULE
    )
