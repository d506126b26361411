"""Find what was done on two days, of one kind.

A range for the date, and the one key that knows the modalities of a whole study.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydicom import Dataset

from labkit.common import cite
from labkit.dimse import FindResult
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.beginner.nb08_find_and_retrieve._asked import asked, matches, uids_in, value
from labkit.exercises.evidence import exchanges

EXERCISE = Exercise(
    given="""
        from labkit.dimse import find, identifier
    """,
    blank="""
        mark = lab.mark()

        # The physicist wants every study with CT images of 12 and 13 January 2026 in ARCHIVE.
        studies = ...  # what find() returns, or a list of Study Instance UIDs
    """,
    answer="studies",
    expects=(FindResult, Iterable),
    reference="""
        mark = lab.mark()

        studies = find(
            lab.archive,
            identifier("STUDY", StudyDate="20260112-20260113", ModalitiesInStudy="CT",
                       StudyInstanceUID=None, PatientName=None),
        )
    """,
    explanation="""
        A hyphen makes a range of dates, both ends included; with one end left out it is open:
        20260112- is "since". Modality is an attribute of a series, so at the level STUDY it is no
        key, and this archive ignores it, as others do; Modalities in Study (0008,0061) exists for
        this question. It matches a study in which any series is a CT, though the answer then
        lists all of its modalities. To be an Optional Key means that an archive may ignore it:
        look at what comes back before you count.
    """,
    hints=(
        "Two keys narrow it down: one for the days, one for the kind. Both have to be keys of the "
        "level STUDY.",
        "Two dates with a hyphen between them are a range. Modality belongs to a series; the key "
        "of the study is called ModalitiesInStudy.",
        'identifier("STUDY", StudyDate="20260112-20260113", ModalitiesInStudy="CT", '
        "StudyInstanceUID=None)",
    ),
    wrong=(
        Wrong(
            "wildcard-date",
            """
            mark = lab.mark()
            studies = find(
                lab.archive,
                identifier("STUDY", StudyDate="2026011*", ModalitiesInStudy="CT",
                           StudyInstanceUID=None),
            )
            """,
            """You put a wild card into a date. Wild cards are for texts; a date is matched singly
            or by a range. ARCHIVE refuses such an identifier with A900, other archives answer with
            nothing at all.""",
        ),
        Wrong(
            "date-list",
            r"""
            mark = lab.mark()
            studies = find(
                lab.archive,
                identifier("STUDY", StudyDate="20260112\\20260113", ModalitiesInStudy="CT",
                           StudyInstanceUID=None),
            )
            """,
            """You gave two dates as a list. Only UIDs may be listed with a backslash; for dates
            there is the range.""",
        ),
        Wrong(
            "series-key",
            """
            mark = lab.mark()
            studies = find(
                lab.archive,
                identifier("STUDY", StudyDate="20260112-20260113", Modality="CT",
                           StudyInstanceUID=None),
            )
            """,
            """Modality is a key of the level SERIES. At STUDY the archive ignored it, said so with
            status FF01, and sent every study of the two days, radiographs and MR too.""",
        ),
        Wrong(
            "one-day",
            """
            mark = lab.mark()
            studies = find(
                lab.archive,
                identifier("STUDY", StudyDate="20260112", ModalitiesInStudy="CT",
                           StudyInstanceUID=None),
            )
            """,
            """A study is missing: one of the two days was not asked for.""",
        ),
    ),
)

RULES = (cite("PS3.4", "C.2.2.2.5"), cite("PS3.4", "C.6.2.1"))
DAYS = ("20260112", "20260113")


def check(work: Work) -> Verdict:
    """Compare with what ARCHIVE itself said of its studies since the mark."""
    queries = [asked(each) for each in exchanges(work, "ARCHIVE", "C-FIND")]
    given = uids_in(work.answer, "StudyInstanceUID")
    needed = {work.lab.sample(slug).study_uid for slug in ("ct-head", "ct-chest")}
    told = {value(ds, "StudyInstanceUID"): ds for ds in matches(work, "ARCHIVE")}
    allowed = needed | {uid for uid, ds in told.items() if _fits(ds)}
    if needed <= given <= allowed and given <= set(told):
        return passed(f"ARCHIVE has {len(given)} such studies, and you have them all.", rule=RULES)
    expected = f"the UIDs of the {len(allowed)} studies of {DAYS[0]} and {DAYS[1]} with CT series"
    got = f"{len(given)} studies, of which {len(given & allowed)} are right"
    if not queries:
        return failed(expected=expected, got=f"{got}, and no C-FIND at ARCHIVE", rule=RULES)
    mistake = _mistake(queries[-1], given, needed)
    return failed(expected=expected, got=got, rule=RULES, mistake=mistake)


def _fits(ds: Dataset) -> bool:
    return value(ds, "StudyDate") in DAYS and "CT" in value(ds, "ModalitiesInStudy").split("\\")


def _mistake(query: Dataset, given: set[str], needed: set[str]) -> str:
    date = value(query, "StudyDate")
    if "*" in date or "?" in date:
        return "wildcard-date"
    if "\\" in date:
        return "date-list"
    if value(query, "Modality"):
        return "series-key"
    return "one-day" if given < needed else ""
