"""What a search returns without being asked (PS3.18 10.6.3.3), and DICOM JSON of the index's text.

Keywords of Tables 10.6.3-3 to 10.6.3-5, as far as an object has them; Retrieve URL is added by the
routes.
"""

from __future__ import annotations

from typing import Any

from pydicom.datadict import tag_for_keyword
from pydicom.valuerep import VR

from labkit.dicomweb.source import Json
from labkit.pacs.keys import Level

_TABLES = {
    Level.STUDY: (
        "StudyDate StudyTime AccessionNumber InstanceAvailability ModalitiesInStudy "
        "ReferringPhysicianName TimezoneOffsetFromUTC PatientName PatientID PatientBirthDate "
        "PatientSex StudyInstanceUID StudyID StudyDescription NumberOfStudyRelatedSeries "
        "NumberOfStudyRelatedInstances"
    ),
    Level.SERIES: (
        "Modality SeriesDescription SeriesInstanceUID SeriesNumber NumberOfSeriesRelatedInstances "
        "PerformedProcedureStepStartDate PerformedProcedureStepStartTime RequestAttributesSequence"
    ),
    Level.IMAGE: (
        "SOPClassUID SOPInstanceUID InstanceAvailability InstanceNumber Rows Columns "
        "BitsAllocated NumberOfFrames"
    ),
}
RETURNED = {level: keywords.split() for level, keywords in _TABLES.items()}
_LEVELS = (Level.STUDY, Level.SERIES, Level.IMAGE)


def returned(level: Level, *, study: bool, series: bool) -> list[str]:
    """Keywords that each match has.

    Parameters
    ----------
    study, series
        Whether the URL names the study and the series. Where it does not, what describes them is
        returned too: ``/instances`` tells of each instance's study and series.
    """
    named = {Level.STUDY: study, Level.SERIES: series}
    depth = _LEVELS.index(level)
    keywords: list[str] = ["StudyInstanceUID", "SeriesInstanceUID"][:depth]
    for each in _LEVELS[: depth + 1]:
        if each is level or not named[each]:
            keywords += RETURNED[each]
    if level is not Level.STUDY and not study:
        # Counted for each match anew: worth it where a study is one row, not in a list of images.
        for counted in ("NumberOfStudyRelatedSeries", "NumberOfStudyRelatedInstances"):
            if level is Level.IMAGE:
                keywords.remove(counted)
    return list(dict.fromkeys(keywords))


_NUMBERS = {VR.US, VR.UL, VR.SS, VR.SL, VR.IS, VR.UV, VR.SV}
_ONE_TEXT = {VR.LT, VR.ST, VR.UT, VR.UR}
_GROUPS = ("Alphabetic", "Ideographic", "Phonetic")


def element_of(vr: str, text: str) -> Json:
    """An element from text, several values joined with a backslash."""
    if not text:
        return {"vr": vr}
    parts = [text] if vr in _ONE_TEXT else text.split("\\")
    return {"vr": vr, "Value": [_value(vr, part) for part in parts]}


def _value(vr: str, part: str) -> Any:
    if not part:
        return None
    if vr == VR.PN:
        groups = zip(_GROUPS, part.split("="), strict=False)
        return {name: group for name, group in groups if group}
    if vr in _NUMBERS or vr == VR.DS:
        try:
            return float(part) if vr == VR.DS else int(part)
        except ValueError:
            return part  # JSON may have IS and DS as the text that they are (F.2.2)
    return part


def tag_of(keyword: str) -> str:
    """The name of an element in DICOM JSON: eight hexadecimal digits."""
    return f"{tag_for_keyword(keyword) or 0:08X}"
