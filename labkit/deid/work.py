"""The state of one object's de-identification."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pydicom import config
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset

from labkit.deid.key import Key
from labkit.deid.profile import Profile
from labkit.deid.seams import Trail
from labkit.deid.text import Identities

TEXT_VRS = frozenset({"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM",
                      "UC", "UI", "UR", "UT"})  # fmt: skip


@dataclass
class Work:
    """What the actions need to know.

    Attributes
    ----------
    profile, key
        What is done, and with which secret.
    patient
        What all objects of a patient have in common; the dates move by it.
    identities
        Values that must not stay anywhere.
    walk
        Applies the profile to a data set or an item; set by the engine.
    held
        Why a person has to look at this object.
    """

    profile: Profile
    key: Key
    patient: str
    identities: Identities
    walk: Callable[[Work, Dataset], None]
    types: dict[str, str] = field(default_factory=dict)
    trail: Trail = field(default_factory=Trail)
    held: list[str] = field(default_factory=list)

    @property
    def days(self) -> int:
        """By how many days dates move."""
        return self.key.days(self.patient)


def put(ds: Dataset, tag: int, vr: str, value: object) -> None:
    """Set an element without pydicom's check of its value: it was made to fit."""
    ds[tag] = DataElement(tag, vr, value, validation_mode=config.IGNORE)


def text_of(ds: Dataset, tag: int) -> str:
    """Read an element as one text, values parted by backslashes."""
    value = ds[tag].value
    if value is None:
        return ""
    if isinstance(value, (str, bytes)):
        return value.decode("latin-1") if isinstance(value, bytes) else value
    try:
        return "\\".join(str(v) for v in value)
    except TypeError:
        return str(value)


def raw_bytes(element: DataElement | RawDataElement) -> bytes:
    """Bytes of a value that is bytes or text; empty for others."""
    value = element.value
    if isinstance(value, bytes):
        return value
    if value is None or isinstance(value, (int, float)):
        return b""
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    try:
        return "\\".join(map(str, value)).encode("utf-8", "surrogatepass")
    except TypeError:
        return str(value).encode("utf-8", "surrogatepass")
