"""Which attributes the archive indexes, at which level, and of which kind (PS3.4 C.6).

To index another attribute, add it here and rebuild the index: nothing else changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from functools import cache

from pydicom.datadict import dictionary_VR, tag_for_keyword


class Level(str, Enum):
    """Query/Retrieve Level (0008,0052), from the top down."""

    PATIENT = "PATIENT"
    STUDY = "STUDY"
    SERIES = "SERIES"
    IMAGE = "IMAGE"

    @property
    def depth(self) -> int:
        """0 for PATIENT … 3 for IMAGE."""
        return _DEPTH[self.value]


_DEPTH = {level.value: depth for depth, level in enumerate(Level)}


class Kind(str, Enum):
    """Key types of PS3.4 C.2.2.1."""

    UNIQUE = "U"
    REQUIRED = "R"
    OPTIONAL = "O"


@dataclass(frozen=True)
class Key:
    """One indexed attribute.

    Attributes
    ----------
    searched
        Whether it has a column and an index of its own. The others are kept to be returned quickly.
    tag, vr
        Its tag, 32 bits, and its value representation.
    """

    keyword: str
    level: Level
    kind: Kind
    searched: bool = True
    tag: int = field(init=False)
    vr: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tag", tag_of(self.keyword))
        object.__setattr__(self, "vr", dictionary_VR(self.tag))


@cache
def tag_of(keyword: str) -> int:
    """The tag of a keyword, 32 bits."""
    tag = tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(keyword)
    return int(tag)


def _keys(level: Level, unique: str, required: str, optional: str, kept: str = "") -> list[Key]:
    kinds = ((Kind.UNIQUE, unique), (Kind.REQUIRED, required), (Kind.OPTIONAL, optional))
    keys = [Key(keyword, level, kind) for kind, names in kinds for keyword in names.split()]
    return keys + [Key(keyword, level, Kind.OPTIONAL, searched=False) for keyword in kept.split()]


# U and R as in PS3.4 Tables C.6-1 to C.6-5. O: what viewers and QIDO-RS ask for most.
KEYS: tuple[Key, ...] = (
    *_keys(
        Level.PATIENT,
        "PatientID",
        "PatientName",
        "IssuerOfPatientID PatientBirthDate PatientSex",
    ),
    *_keys(
        Level.STUDY,
        "StudyInstanceUID",
        "StudyDate StudyTime AccessionNumber StudyID",
        "ReferringPhysicianName StudyDescription",
        "TimezoneOffsetFromUTC PatientAge PatientSize PatientWeight InstitutionName",
    ),
    *_keys(
        Level.SERIES,
        "SeriesInstanceUID",
        "Modality SeriesNumber",
        "SeriesDescription SeriesDate SeriesTime BodyPartExamined ProtocolName StationName "
        "PerformedProcedureStepStartDate PerformedProcedureStepStartTime",
        "Laterality Manufacturer OperatorsName PerformingPhysicianName PatientPosition "
        "FrameOfReferenceUID",
    ),
    *_keys(
        Level.IMAGE,
        "SOPInstanceUID",
        "InstanceNumber",
        "SOPClassUID",
        "ContentDate ContentTime AcquisitionNumber AcquisitionDate AcquisitionTime Rows Columns "
        "BitsAllocated NumberOfFrames",
    ),
)

BY_KEYWORD: dict[str, Key] = {key.keyword: key for key in KEYS}
BY_TAG: dict[int, Key] = {key.tag: key for key in KEYS}
UNIQUE: dict[Level, str] = {key.level: key.keyword for key in KEYS if key.kind is Kind.UNIQUE}

# Required of every object that joins the hierarchy (PS3.3 C.7.2.1, C.7.3.1, C.12.1).
NEEDED = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")


@cache
def keys_at(level: Level, *, study_root: bool = True) -> tuple[Key, ...]:
    """The keys of a level.

    A study keeps its own copy of the patient's attributes, as the keys of Study Root are defined
    (PS3.4 C.6.2.1), so that two persons who share a Patient ID by mistake keep their names.
    """
    own = tuple(key for key in KEYS if key.level is level)
    if level is Level.STUDY and study_root:
        own = tuple(_as_study_key(key) for key in KEYS if key.level is Level.PATIENT) + own
    return own


def _as_study_key(key: Key) -> Key:
    # PatientID is no unique key any more: it is R, as PatientName (PS3.4 Table C.6-5).
    kind = Kind.REQUIRED if key.keyword in ("PatientID", "PatientName") else Kind.OPTIONAL
    return Key(key.keyword, Level.STUDY, kind, key.searched)
