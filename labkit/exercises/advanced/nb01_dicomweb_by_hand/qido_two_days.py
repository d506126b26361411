"""Ask for the CT studies of two days.

The physicist's question of the notebook on C-FIND, this time as one URL (PS3.18 10.6).
"""

import requests

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.advanced.nb01_dicomweb_by_hand._told import (
    matches_of,
    query_of,
    said,
    service,
    uids,
)

_REFERENCE = """
    found = requests.get(
        f"{base}/studies?StudyDate=20260112-20260113&ModalitiesInStudy=CT", headers=JSON
    )
"""

EXERCISE = Exercise(
    given="""
        import requests
        base = lab.dicomweb.url
        JSON = {"Accept": "application/dicom+json"}
    """,
    blank="""
        found = ...  # one request: every study of 12 and 13 January 2026 with CT images in it
    """,
    answer="found",
    expects=requests.Response,
    reference=_REFERENCE,
    explanation="""
        A key of the query string is a key of the C-FIND identifier, and its value has the same
        rules: one day, or a range with a hyphen (PS3.18 8.3.4.1, PS3.4 C.2.2.2.5). Modalities in
        Study (0008,0061) is the modality key of the study level. In C-FIND an archive need not
        have it; in QIDO-RS it is one of those that every server must match (PS3.18 Table 10.6.1-5).
    """,
    hints=(
        "Two keys are needed: one for the days, one for the kind. Both are attributes of a study.",
        "A range of dates is one value: begin, hyphen, end, each eight digits.",
        "StudyDate=20260112-20260113 and ModalitiesInStudy=CT, joined by an ampersand.",
    ),
    wrong=(
        Wrong(
            "modality-of-a-series",
            _REFERENCE.replace("ModalitiesInStudy", "Modality"),
            """You asked for Modality (0008,0060). That is an attribute of a series; a study can
            have several modalities, and its key is Modalities in Study (0008,0061). Orthanc
            forgives it; the next server answers with everything, or with nothing.""",
        ),
        Wrong(
            "dates-as-iso",
            _REFERENCE.replace("20260112-20260113", "2026-01-12"),
            """You wrote the date as ISO 8601 does. In DICOM a hyphen makes a range, so 2026-01-12
            is none of its dates; a DA is eight digits (PS3.5 6.2).""",
        ),
        Wrong(
            "one-key-twice",
            _REFERENCE.replace("20260112-20260113", "20260112&StudyDate=20260113"),
            """You gave StudyDate twice. A key may occur once (PS3.18 8.3.4.1), and several dates
            can be asked for as a range only.""",
        ),
        Wrong(
            "one-day",
            _REFERENCE.replace("20260112-20260113", "20260112"),
            """You asked for the first of the two days.""",
        ),
    ),
)

RULE = (cite("PS3.18", "8.3.4.1"), cite("PS3.4", "C.2.2.2.5"))
STUDY = "0020000D"


def check(work: Work) -> Verdict:
    """Compare with what the service finds for the check itself."""
    answer: requests.Response = work.answer
    truth = service(work).client().studies(StudyDate="20260112-20260113", ModalitiesInStudy="CT")
    wanted = {str(ds.StudyInstanceUID) for ds in truth}
    found = set(uids(matches_of(answer), STUDY))
    keys = query_of(answer)
    dates = [value for name, value in keys if name.lower() in ("studydate", "00080020")]
    kinds = {name.lower() for name, _ in keys}
    expected = f"{len(wanted)} studies, by one request with a range of dates and a modality"
    mistake = ""
    if kinds & {"modality", "00080060"}:  # Orthanc takes it for the key of the study
        mistake = "modality-of-a-series"
    elif found == wanted and len(dates) == 1:
        return passed("Both days, one kind, one request.", rule=RULE)
    elif len(dates) > 1:
        mistake = "one-key-twice"
    elif any(date.count("-") > 1 for date in dates):
        mistake = "dates-as-iso"
    elif any("-" not in date for date in dates):
        mistake = "one-day"
    got = f"{said(answer)}, {len(found)} studies"
    return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
