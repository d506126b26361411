"""Go down the levels to one series.

A hierarchical query says where it stands: the unique key of every level above (PS3.4 C.4.1.3.1.1).
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
        chest = lab.sample("ct-chest").study_uid  # the Study Instance UID

        # The study has a segmentation of the nodule (modality SEG). In which series?
        series_uid = ...  # its Series Instance UID, from ARCHIVE
    """,
    answer="series_uid",
    expects=(str, FindResult),
    reference="""
        mark = lab.mark()
        chest = lab.sample("ct-chest").study_uid  # the Study Instance UID

        found = find(
            lab.archive,
            identifier("SERIES", StudyInstanceUID=chest, Modality="SEG", SeriesInstanceUID=None),
        )
        series_uid = found[0].SeriesInstanceUID
    """,
    explanation="""
        The level SERIES says what kind of thing is wanted, and the Study Instance UID says in which
        study: the query is answered inside that one study. Modality is now a key of the level, so
        it may narrow the search down. Without the UID of the study ARCHIVE refuses with A900;
        DCMTK's dcmqrscp answers C000 to the same, and some archives search everything, slowly. The
        lift
        for the whole archive is called relational query, has to be negotiated, and is rare.
    """,
    hints=(
        "Modality is an attribute of a series, so the level is SERIES this time.",
        "At SERIES an archive wants to know in which study to look: give StudyInstanceUID a value.",
        'identifier("SERIES", StudyInstanceUID=chest, Modality="SEG", SeriesInstanceUID=None); '
        "take .SeriesInstanceUID of the match.",
    ),
    wrong=(
        Wrong(
            "no-study-uid",
            """
            mark = lab.mark()
            found = find(lab.archive, identifier("SERIES", Modality="SEG", SeriesInstanceUID=None))
            series_uid = found[0].SeriesInstanceUID if found else ""
            """,
            """You asked at SERIES without saying in which study. The query model is a hierarchy:
            each level above needs its one unique key.""",
        ),
        Wrong(
            "image-level",
            """
            mark = lab.mark()
            chest = lab.sample("ct-chest").study_uid
            found = find(
                lab.archive,
                identifier("IMAGE", StudyInstanceUID=chest, Modality="SEG", SOPInstanceUID=None),
            )
            series_uid = found[0].SOPInstanceUID if found else ""
            """,
            """You asked at the level IMAGE. There the archive wants the series first, which is what
            you are looking for: a level was skipped.""",
        ),
        Wrong(
            "study-uid",
            """
            mark = lab.mark()
            chest = lab.sample("ct-chest").study_uid
            found = find(
                lab.archive,
                identifier("SERIES", StudyInstanceUID=chest, Modality="SEG",
                SeriesInstanceUID=None), )
            series_uid = found[0].StudyInstanceUID
            """,
            """That is the UID of the study. The match has both, since the key that you gave comes
            back with it: take SeriesInstanceUID.""",
        ),
        Wrong(
            "another-series",
            """
            mark = lab.mark()
            chest = lab.sample("ct-chest").study_uid
            found = find(
                lab.archive,
                identifier("SERIES", StudyInstanceUID=chest, Modality=None, SeriesInstanceUID=None),
            )
            series_uid = found[0].SeriesInstanceUID
            """,
            """That is a series of the study, but not the segmentation. The order of the matches
            means nothing: let the archive match, with Modality="SEG", or look at each match.""",
        ),
    ),
)

RULE = cite("PS3.4", "C.4.1.3.1.1")


def check(work: Work) -> Verdict:
    """Take the truth from the matches that ARCHIVE sent, and name the level that was missed."""
    chest = work.lab.sample("ct-chest")
    right = {str(ds.SeriesInstanceUID) for ds in chest.datasets("SEG")}
    given = uids_in(work.answer, "SeriesInstanceUID")
    found = exchanges(work, "ARCHIVE", "C-FIND")
    told = {value(ds, "SeriesInstanceUID") for ds in matches(work, "ARCHIVE")} - {""}
    if given == right and right <= told:
        return passed("ARCHIVE has the segmentation in that series.", rule=RULE)
    expected = "the Series Instance UID of the series with modality SEG, from a C-FIND at ARCHIVE"
    if not found:
        if not given:
            return blank()
        return failed(expected=expected, got="an answer, and no C-FIND at ARCHIVE", rule=RULE)
    last = asked(found[-1])
    got = f"a query at {value(last, 'QueryRetrieveLevel') or 'no level'}, ended {found[-1].status}"
    if given:
        got += f"; the answer {', '.join(sorted(given))}"
    mistake = ""
    if given == {chest.study_uid}:
        mistake = "study-uid"
    elif value(last, "QueryRetrieveLevel") == "IMAGE":
        mistake = "image-level"
    elif value(last, "QueryRetrieveLevel") == "SERIES" and not value(last, "StudyInstanceUID"):
        mistake = "no-study-uid"
    elif given & told:
        mistake = "another-series"
    return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
