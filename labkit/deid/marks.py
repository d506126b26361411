"""What is written into an object to say what was done to it, and its new file meta information."""

from __future__ import annotations

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID

from labkit.deid.profile import Profile
from labkit.deid.risk import has_pixels
from labkit.deid.rules import edition
from labkit.deid.work import put

IMPLEMENTATION_CLASS_UID = "2.25.228476312079134093274103586893413213409"
IMPLEMENTATION_VERSION = "LABKIT_DEID_1"
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
    items = []
    for value, meaning in profile.codes(without=_PIXEL_OPTIONS - pixels):
        item = Dataset()
        item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
        items.append(item)
    put(ds, 0x00120064, "SQ", items)
    put(ds, 0x00280303, "CS", profile.dates)
    if has_pixels(ds):
        if "clean-pixel-data" in pixels:
            put(ds, 0x00280301, "CS", "NO")
        if "clean-visual-features" in pixels:
            put(ds, 0x00280302, "CS", "NO")


def new_meta(ds: Dataset) -> FileMetaDataset:
    """Make File Meta Information that keeps nothing of the old but the transfer syntax."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = UID(str(ds.SOPClassUID))
    meta.MediaStorageSOPInstanceUID = UID(str(ds.SOPInstanceUID))
    meta.TransferSyntaxUID = UID(str(ds.file_meta.TransferSyntaxUID))
    meta.ImplementationClassUID = UID(IMPLEMENTATION_CLASS_UID)
    meta.ImplementationVersionName = IMPLEMENTATION_VERSION
    return meta
