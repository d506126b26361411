"""What is written into an object to say what was done to it, and its new file meta information."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_sequence
from pydicom.sequence import Sequence
from pydicom.tag import Tag

from labkit.deid.profile import Profile
from labkit.deid.risk import has_pixels
from labkit.deid.rules import edition
from labkit.deid.work import put

IMPLEMENTATION_CLASS_UID = "2.25.228476312079134093274103586893413213409"
IMPLEMENTATION_VERSION = "LABKIT_DEID_1"
_CODES = Tag(0x00120064)
_PIXEL_OPTIONS = frozenset({"clean-pixel-data", "clean-visual-features"})


def mark(ds: Dataset, profile: Profile, pixels: frozenset[str]) -> None:
    """Write (0012,0062), (0012,0063), (0012,0064), (0028,0301), (0028,0302) and (0028,0303).

    Parameters
    ----------
    pixels
        Those of the pixel options that were truly applied; the others are not claimed.
    """
    put(ds, 0x00120062, "CS", "YES")
    put(ds, 0x00120063, "LO", ["labkit deid", f"PS3.15 {edition()} Annex E"])
    codes = tuple(profile.codes(without=_PIXEL_OPTIONS - pixels))
    implicit, little = ds.original_encoding
    if little and implicit is not None:
        ds[_CODES] = _encoded(codes, implicit)
    else:
        put(ds, _CODES, "SQ", _items(codes))
    put(ds, 0x00280303, "CS", profile.dates)
    if has_pixels(ds):
        if "clean-pixel-data" in pixels:
            put(ds, 0x00280301, "CS", "NO")
        if "clean-visual-features" in pixels:
            put(ds, 0x00280302, "CS", "NO")


def _items(codes: Collection[tuple[str, str]]) -> list[Dataset]:
    items = []
    for value, meaning in codes:
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
        items.append(item)
    return items


@lru_cache(64)
def _encoded(codes: tuple[tuple[str, str], ...], implicit: bool) -> RawDataElement:
    """Make the sequence once, as it stands in a little-endian file: each object has the same."""
    out = DicomBytesIO()
    out.is_implicit_VR, out.is_little_endian = implicit, True
    write_sequence(out, DataElement(_CODES, "SQ", Sequence(_items(codes))), ["iso8859"])
    value = out.getvalue()
    return RawDataElement(_CODES, "SQ", len(value), value, 0, implicit, True)


def new_meta(ds: Dataset) -> FileMetaDataset:
    """Make File Meta Information that keeps nothing of the old but the transfer syntax."""
    meta = FileMetaDataset()
    put(meta, 0x00020001, "OB", b"\0\1")
    put(meta, 0x00020002, "UI", str(ds.SOPClassUID))
    put(meta, 0x00020003, "UI", str(ds.SOPInstanceUID))
    put(meta, 0x00020010, "UI", str(ds.file_meta.TransferSyntaxUID))
    put(meta, 0x00020012, "UI", IMPLEMENTATION_CLASS_UID)
    put(meta, 0x00020013, "SH", IMPLEMENTATION_VERSION)
    return meta
