"""Count the people behind one number.

Both archives know a patient 1001234. Is it one person, or are there two?
"""

from collections.abc import Iterable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.evidence import exchanges

EXERCISE = Exercise(
    given="""
        from labkit.dimse import find, identifier
    """,
    blank="""
        people = ...  # a set of (patient ID, issuer), one for each person that both archives name
    """,
    answer="people",
    expects=(set, frozenset, list, tuple),
    reference="""
        keys = identifier("PATIENT", PatientID="1001234", IssuerOfPatientID="", PatientName="")
        people = set()
        for archive in (lab.archive, lab.legacy):
            for match in find(archive, keys, model="patient"):
                if match.PatientID == "1001234":
                    people.add((match.PatientID, match.IssuerOfPatientID))
    """,
    explanation="""
        The issuer makes the number unique: 1001234 of NORTHGEN is Posy Brackenfold, and 1001234 of
        LAKESIDE is Ignatius Marblethorpe. Issuer of Patient ID (0010,0021) is optional in DICOM,
        and many scanners do not send it. When two hospitals merge their archives, whoever imports
        has to put the issuer in, or give new numbers: otherwise two people become one. Asked at the
        STUDY level, an archive also gives images that have no Patient ID at all, for every number:
        unknown matches all (PS3.4 C.2.2.1.2). So compare the number that came back.
    """,
    hints=(
        "Ask both archives at the PATIENT level, and look at more than the number.",
        "What makes a number unique is who issued it: ask for IssuerOfPatientID as well.",
        'find(archive, identifier("PATIENT", PatientID="1001234", IssuerOfPatientID=""), '
        'model="patient") for lab.archive and lab.legacy; collect (PatientID, IssuerOfPatientID).',
    ),
    wrong=(
        Wrong(
            "one-archive-only",
            """
            keys = identifier("PATIENT", PatientID="1001234", IssuerOfPatientID="")
            found = find(lab.archive, keys, model="patient")
            people = {(match.PatientID, match.IssuerOfPatientID) for match in found}
            """,
            """You asked one archive. The other one has a 1001234 too, and it is somebody else.""",
        ),
        Wrong(
            "by-number-alone",
            """
            keys = identifier("PATIENT", PatientID="1001234")
            people = set()
            for archive in (lab.archive, lab.legacy):
                people |= {(m.PatientID, "") for m in find(archive, keys, model="patient")}
            """,
            """By the number alone there is one person. They are two: a man of 78 and a woman
            of 26. Ask for the issuer.""",
        ),
        Wrong(
            "by-name",
            """
            keys = identifier("PATIENT", PatientID="1001234", PatientName="")
            people = set()
            for archive in (lab.archive, lab.legacy):
                people |= {(m.PatientID, str(m.PatientName)) for m in find(archive, keys,
                           model="patient")}
            """,
            """You told them apart by name. It works here; but a name can change, and is spelt
            in many ways. What belongs to a number is its issuer.""",
        ),
    ),
)  # fmt: skip

RULE = cite("PS3.3", "C.7.1.1")
RIGHT = {("1001234", "NORTHGEN"), ("1001234", "LAKESIDE")}


def check(work: Work) -> Verdict:
    """Compare with what the two archives hold, and see that both were asked."""
    expected = "two people: the number, each time with who issued it"
    people = _pairs(work.answer)
    if people is None:
        return failed(expected=expected, got=work.answer, rule=RULE)
    named = [" of ".join(filter(None, pair)) or "no number" for pair in sorted(people)]
    got = ", ".join(named) or "nobody"
    mistake = ""
    if people < RIGHT and len(people) == 1:
        mistake = "one-archive-only"
    elif people == {("1001234", "")}:
        mistake = "by-number-alone"
    elif any("^" in second for _, second in people):
        mistake = "by-name"
    if people > RIGHT and not any(number == "1001234" for number, _ in people - RIGHT):
        why = (
            "A match without the number came back: it is unknown, and unknown matches all (PS3.4 "
            "C.2.2.1.2). Keep the matches whose PatientID is 1001234."
        )
        return failed(expected=expected, got=got, rule=RULE, why=why)
    if people != RIGHT:
        return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
    silent = [n for n in ("ARCHIVE", "LEGACY") if not exchanges(work, n, "C-FIND")]
    if silent:
        return failed(expected="both archives asked", got=f"{silent[0]} was not asked", rule=RULE)
    return passed("Two people. Merging them by number would have been the end of both.", rule=RULE)


def _pairs(answer: Iterable[object]) -> set[tuple[str, str]] | None:
    pairs = set()
    for item in answer:
        if not isinstance(item, (tuple, list)) or len(item) != 2:
            return None
        pairs.add((str(item[0]).strip(), str(item[1] or "").strip()))
    return pairs
