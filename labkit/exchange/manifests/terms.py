"""Codes of manifests: titles (CID 7010), and the concepts of TID 2010, 1600, 1601 and 1602.

DICOM CP-2595 adds a title and some concepts for manifests that describe what they list. Until it
was final, IHE MADO Rev. 1.1 gave them temporary codes of scheme 99IHE (table of 6.X.2.9); the
implementation guide of July 2026 has the DICOM codes already. We write the former, which is what
the published profile says, and read both.
"""

from __future__ import annotations

from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code as PydicomCode


class Code(PydicomCode):
    """A code triple: ``value``, ``scheme_designator``, ``meaning`` (PS3.3 8.8).

    pydicom's cannot be compared with what is no code, and leaves the meaning out.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, tuple) and tuple(self) == tuple(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(tuple(self))


MANIFEST = Code("113030", "DCM", "Manifest")
SIGNED_MANIFEST = Code("113031", "DCM", "Signed Manifest")
MANIFEST_WITH_DESCRIPTION = Code("MADOTEMP001", "99IHE", "Manifest with Description")

REJECTIONS = {
    code.value: Code(*code)
    for code in (
        codes.DCM.RejectedForQualityReasons,
        codes.DCM.RejectedForPatientSafetyReasons,
        codes.DCM.IncorrectModalityWorklistEntry,
        codes.DCM.DataRetentionPolicyExpired,
    )
}
"""Titles that take images out of use (IHE IOCM; RAD TF-2 4.66), by Code Value."""

IMAGE_LIBRARY = Code("111028", "DCM", "Image Library")
LIBRARY_GROUP = Code("126200", "DCM", "Image Library Group")
MODALITY = Code("121139", "DCM", "Modality")
TARGET_REGION = Code("123014", "DCM", "Target Region")
LATERALITY = Code("111027", "DCM", "Image Laterality")
PROCEDURE = Code("121023", "DCM", "Procedure Code")
SERIES_UID = Code("112002", "DCM", "Series Instance UID")
SERIES_NUMBER = Code("113607", "DCM", "Series Number")
INSTANCE_NUMBER = Code("113609", "DCM", "Instance Number")
FRAMES = Code("121140", "DCM", "Number of Frames")
DOCUMENT_TITLE = Code("121144", "DCM", "Document Title")
DESCRIPTION = Code("113012", "DCM", "Key Object Description")
SERIES_DESCRIPTION = Code("MADOTEMP002", "99IHE", "Series Description")
SERIES_DATE = Code("MADOTEMP003", "99IHE", "Series Date")
SERIES_TIME = Code("MADOTEMP004", "99IHE", "Series Time")
INSTANCES = Code("MADOTEMP007", "99IHE", "Number of Series Related Instances")
SERIES_COUNT = Code("MADOTEMP009", "99IHE", "Number of Study Related Series")

#: DICOM's codes for what IHE gave temporary ones (MADO implementation guide, mapping, July 2026).
_FINAL = {
    "131561": SERIES_DATE,
    "131562": SERIES_TIME,
    "131563": SERIES_DESCRIPTION,
    "131564": INSTANCES,
    "131565": SERIES_COUNT,
}

SERIES_UNIT = Code("{series}", "UCUM", "series")
INSTANCES_UNIT = Code("{instances}", "UCUM", "instances")
FRAMES_UNIT = Code("{frames}", "UCUM", "frames")


def canonical(code: PydicomCode) -> PydicomCode:
    """Return the code that we use for a concept, whichever of its two codes `code` is."""
    if code.scheme_designator == "DCM":
        return _FINAL.get(code.value, code)
    return code


def same(one: PydicomCode | None, other: PydicomCode) -> bool:
    """Whether two codes are of one concept; their meanings are words for people (PS3.3 8.3)."""
    if one is None:
        return False
    found = canonical(one)
    return (found.value, found.scheme_designator) == (other.value, other.scheme_designator)


def is_description_title(code: PydicomCode) -> bool:
    """Whether a title is "Manifest with Description", by code, or by words until it has one."""
    return same(code, MANIFEST_WITH_DESCRIPTION) or (
        code.scheme_designator == "DCM"
        and code.meaning.casefold() == MANIFEST_WITH_DESCRIPTION.meaning.casefold()
    )
