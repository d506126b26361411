"""An object in a transfer syntax that the consumer listed, without loss, or not at all.

"The Imaging Document Source shall encode the pixel data using one of the DICOM transfer syntaxes
included in the request", or say that it cannot (RAD TF-2 4.69.4.2.3).
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from pydicom.filereader import dcmread

from labkit.common.errors import LabkitError, UsageError
from labkit.dicom.codecs import NATIVE, WRITERS
from labkit.dicom.transcode import encoded, transcode


class NotInTheseSyntaxes(UsageError):
    """None of the listed transfer syntaxes can be had for this object without loss."""


def in_one_of(data: bytes, transfer_syntaxes: Sequence[str]) -> bytes:
    """Return a Part 10 file in the first transfer syntax of the list that does no harm.

    Parameters
    ----------
    data
        The file as it is stored; returned unchanged if its own transfer syntax is listed.
    transfer_syntaxes
        UIDs.

    Raises
    ------
    NotInTheseSyntaxes
        There is none: unknown ones, lossy ones, and those that cannot be written for this object.
    """
    ds = dcmread(BytesIO(data))
    stored = str(ds.file_meta.TransferSyntaxUID)
    if stored in transfer_syntaxes:
        return data
    for wanted in transfer_syntaxes:
        lossless = wanted in WRITERS and not WRITERS[wanted].method and "PixelData" in ds
        if wanted not in NATIVE and not lossless:
            continue
        try:
            return encoded(transcode(ds, wanted))
        except LabkitError:
            continue
    raise NotInTheseSyntaxes(
        f"it is in {ds.file_meta.TransferSyntaxUID.name} and cannot be encoded without loss in any "
        "transfer syntax of the request",
        remedy="Add Explicit VR Little Endian, 1.2.840.10008.1.2.1, to the list.",
    )
