"""Find both halves of a split study.

The knee of Barnaby Larkwhistle: one order, two views, and the doctor sees only one of them.
"""

from labkit.common import cite
from labkit.dicom import sample
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.evidence import exchanges

EXERCISE = Exercise(
    given="""
        from labkit.dimse import find, identifier
    """,
    blank="""
        halves = ...  # the Study Instance UIDs that LEGACY has under the order LK2600031
    """,
    answer="halves",
    expects=(list, tuple, set, frozenset, str),
    reference="""
        keys = identifier("STUDY", AccessionNumber="LK2600031", StudyInstanceUID="")
        halves = [match.StudyInstanceUID for match in find(lab.legacy, keys)
                  if match.AccessionNumber == "LK2600031"]
    """,
    explanation="""
        A modality should take the Study Instance UID from the worklist. This one made a new UID
        for each view, so the archive has two studies, and a viewer opens one. The accession number
        finds both. A study without an accession number came back as well: where an archive does
        not know the value of a required key, it counts as a match (PS3.4 C.2.2.1.2), so look at
        what each match says. Not every product follows that rule: Orthanc and dcmqrscp leave it
        out.
    """,
    hints=(
        "What do the two halves have in common? Not the Study Instance UID.",
        "Query LEGACY at the STUDY level by AccessionNumber, and look at every match closely.",
        "One match has an empty AccessionNumber: it is unknown, and unknown matches all. Keep the "
        "two whose AccessionNumber is LK2600031.",
    ),
    wrong=(
        Wrong(
            "one-half",
            """
            keys = identifier("STUDY", PatientName="Larkwhistle*", StudyInstanceUID="")
            halves = [find(lab.legacy, keys)[0].StudyInstanceUID]
            """,
            """You have one of the two. That is what the doctor has, too: take all the matches.""",
        ),
        Wrong(
            "unknown-matches-all",
            """
            keys = identifier("STUDY", AccessionNumber="LK2600031", StudyInstanceUID="")
            halves = [match.StudyInstanceUID for match in find(lab.legacy, keys)]
            if len(halves) == 2:  # an archive that leaves the rule of the unknown value out
                keys = identifier("STUDY", PatientName="Pebbleworth*", StudyInstanceUID="")
                halves.append(find(lab.legacy, keys)[0].StudyInstanceUID)
            """,
            """There is a study too many: a neck. Its accession number is empty, and to the archive
            an unknown value matches any (PS3.4 C.2.2.1.2). Look at the number of each match.""",
        ),
        Wrong(
            "series-uids",
            """
            halves = []
            for slug in ("knee-ap", "knee-lateral"):
                halves.append(lab.sample(slug).datasets()[0].SeriesInstanceUID)
            """,
            """Those are Series Instance UIDs. The two halves are two studies: (0020,000D).""",
        ),
    ),
)  # fmt: skip

RULE = cite("PS3.4", "C.2.2.1.2")


def check(work: Work) -> Verdict:
    """Compare with the two studies, and see that LEGACY was asked."""
    answer = [work.answer] if isinstance(work.answer, str) else list(work.answer)
    given = {str(uid).strip() for uid in answer}
    knees = [sample(slug) for slug in ("knee-ap", "knee-lateral")]
    right = {knee.study_uid for knee in knees}
    expected = "the two Study Instance UIDs of the order LK2600031"
    mistake = ""
    if given < right and given:
        mistake = "one-half"
    elif given > right:
        mistake = "unknown-matches-all"
    elif given & {knee.datasets()[0].SeriesInstanceUID for knee in knees}:
        mistake = "series-uids"
    if given != right:
        right_ones = len(given & right)
        got = f"{len(given)} UIDs, {right_ones} of them right"
        return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
    if not exchanges(work, "LEGACY", "C-FIND"):
        return failed(expected=expected, got="the right UIDs; LEGACY was not asked", rule=RULE)
    return passed("Both halves. Now somebody can put the knee together again.", rule=RULE)
