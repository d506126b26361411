"""Find a study by its accession number.

The question that the RIS, the radiologist and the help desk ask most often (PS3.4 C.4.1).
"""

from labkit.common import cite
from labkit.dimse import FindResult
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.beginner.nb08_find_and_retrieve._asked import asked, matches, uids_in, value
from labkit.exercises.evidence import exchanges

EXERCISE = Exercise(
    given="""
        from labkit.dimse import find, identifier
    """,
    blank="""
        mark = lab.mark()

        # A radiologist calls: "I cannot open NG2600121." Ask ARCHIVE for that accession number.
        uid = ...  # the Study Instance UID that ARCHIVE gives for it
    """,
    answer="uid",
    expects=(str, FindResult),
    reference="""
        mark = lab.mark()

        found = find(
            lab.archive,
            identifier("STUDY", AccessionNumber="NG2600121", StudyInstanceUID=None),
        )
        uid = found[0].StudyInstanceUID
    """,
    explanation="""
        One key with a value narrows the search down, one without a value asks for that attribute
        back: StudyInstanceUID=None is what brings the UID, which every retrieval needs. Accession
        Number is a Required Key at the level STUDY, so every archive must be able to match it
        (PS3.4 Table C.6-5). It is unique at one site only. With images of several hospitals in
        one archive, ask for Issuer of Accession Number Sequence (0008,0051) too, or look at the
        patient before you believe the first match.
    """,
    hints=(
        "identifier() takes the level first. The accession number belongs to one of the levels "
        "PATIENT, STUDY, SERIES, IMAGE: which?",
        "The keyword is AccessionNumber. A key with None in it asks for its value back.",
        'find(lab.archive, identifier("STUDY", AccessionNumber="NG2600121", '
        "StudyInstanceUID=None)) has one match; take its .StudyInstanceUID.",
    ),
    wrong=(
        Wrong(
            "study-id",
            """
            mark = lab.mark()
            found = find(
                lab.archive, identifier("STUDY", StudyID="NG2600121", StudyInstanceUID=None)
            )
            uid = found[0].StudyInstanceUID if found else ""
            """,
            """You asked for it in Study ID (0020,0010). That is a number which the equipment gives
            to a study, for people to read; the number of the order is Accession Number
            (0008,0050).""",
        ),
        Wrong(
            "no-return-key",
            """
            mark = lab.mark()
            found = find(lab.archive, identifier("STUDY", AccessionNumber="NG2600121"))
            uid = found[0].get("StudyInstanceUID", "")
            """,
            """The archive found the study, and did not tell its UID, because you did not ask for
            it. An answer has the attributes that the identifier names, and no others.""",
        ),
        Wrong(
            "asked-legacy",
            """
            mark = lab.mark()
            found = find(
                lab.legacy,
                identifier("STUDY", AccessionNumber="NG2600121", StudyInstanceUID=None),
            )
            uid = found[0].StudyInstanceUID if found else ""
            """,
            """You asked LEGACY, the PACS of another site. What it sent has no accession number at
            all: to an archive an empty value is unknown, and unknown matches (PS3.4 C.2.2.1.2).
            Look at every match before you believe it.""",
        ),
        Wrong(
            "from-the-files",
            """
            mark = lab.mark()
            uid = lab.sample("ct-chest").study_uid
            """,
            """The UID is right, and you have it from the sample data, not from the archive. In a
            hospital there is only the archive to ask, and the question was what the archive
            says.""",
        ),
    ),
)

RULE = cite("PS3.4", "C.4.1")
NUMBER = "NG2600121"


def check(work: Work) -> Verdict:
    """Look for the query, and for the UID among the matches that ARCHIVE sent."""
    right = work.lab.sample("ct-chest").study_uid
    given = uids_in(work.answer, "StudyInstanceUID")
    queries = [asked(each) for each in exchanges(work, "ARCHIVE", "C-FIND")]
    by_number = [ds for ds in queries if value(ds, "AccessionNumber").rstrip("*") == NUMBER]
    told = {value(ds, "StudyInstanceUID") for ds in matches(work, "ARCHIVE")}
    if given == {right} and by_number and right in told:
        return passed("ARCHIVE knows the accession number, and that is its study.", rule=RULE)
    expected = f"a C-FIND at ARCHIVE for accession number {NUMBER}, and the UID out of its match"
    got, mistake = f"the answer {', '.join(sorted(given))}" if given else "no UID", ""
    if not queries:
        got += " and no C-FIND at ARCHIVE"
        if exchanges(work, "LEGACY", "C-FIND"):
            mistake = "asked-legacy"
        elif given == {right}:
            mistake = "from-the-files"
        elif not given:
            return blank()
    elif any(value(ds, "StudyID") == NUMBER for ds in queries):
        mistake = "study-id"
    elif by_number and all("StudyInstanceUID" not in ds for ds in by_number):
        mistake = "no-return-key"
    elif not by_number:
        got += " and a C-FIND without that accession number"
    return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
