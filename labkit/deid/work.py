"""The state of one object's de-identification."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from pydicom import config
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.tag import BaseTag, Tag

from labkit.deid.encoding import encoded_text
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
    unseen
        What may be in its pixels for all that one knows; no reason to hold it.
    """

    profile: Profile
    key: Key
    patient: str
    identities: Identities
    walk: Callable[[Work, Dataset], None]
    types: dict[str, str] = field(default_factory=dict)
    trail: Trail = field(default_factory=Trail)
    held: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)

    @property
    def days(self) -> int:
        """By how many days dates move."""
        return self.key.days(self.patient)


def put(ds: Dataset, tag: int, vr: str, value: object) -> None:
    """Set an element without pydicom's check of its value: it was made to fit.

    A plain text is put there as if it had been read from a file; it is decoded by who looks at it.
    """
    text = encoded_text(vr, value)
    if text is None:
        ds[tag] = DataElement(tag, vr, value, validation_mode=config.IGNORE)
        return
    at = tag if isinstance(tag, BaseTag) else Tag(tag)
    ds[at] = RawDataElement(at, vr, len(text), text, 0, False, True)


def uids_of(ds: Dataset, tag: int) -> list[str]:
    """Read the UIDs of an element that is about to be replaced."""
    element: DataElement | RawDataElement = ds.get_item(tag)
    if isinstance(element, RawDataElement) and element.VR in ("UI", None) and element.value:
        return element.value.decode("iso8859").rstrip("\0 ").split("\\")
    return text_of(ds, tag).split("\\")


def text_of(ds: Dataset, tag: int) -> str:
    """Read an element as one text, values parted by backslashes."""
    value = ds[tag].value
    return value.decode("latin-1") if isinstance(value, bytes) else _joined(value)


def raw_bytes(element: DataElement | RawDataElement) -> bytes:
    """Bytes of a value that is bytes or text; empty for numbers."""
    value = element.value
    if isinstance(value, bytes):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, str):
        return b"" if type(value) in (int, float) else str(value).encode("utf-8")
    return _joined(value).encode("utf-8", "surrogatepass")


def _joined(value: object) -> str:
    if value is None:
        return ""
    # A PersonName can be iterated too: by letters.
    if isinstance(value, (list, tuple, MultiValue)):
        return "\\".join("" if one is None else str(one) for one in value)
    return str(value)
