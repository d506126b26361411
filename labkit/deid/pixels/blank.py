"""Change pixels, in whatever transfer syntax they are, and put them back."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian

from labkit.common.errors import DataError, LabkitError
from labkit.deid.pixels.regions import Plan
from labkit.dicom.codecs import WRITERS
from labkit.dicom.pixels import stored_values
from labkit.dicom.transcode import transcode

Array = npt.NDArray[Any]

#: Transfer syntaxes that lose something, which the pixels then have lost for ever (PS3.5 A.4).
_LOSSY = (
    "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.81",
    "1.2.840.10008.1.2.4.91", "1.2.840.10008.1.2.4.203",
)  # fmt: skip
#: They are about the compressed frames, which are no more.
_OFFSETS = (0x7FE00001, 0x7FE00002, 0x7FE00003)


def blank(ds: Dataset, what: Plan) -> bool:
    """Make regions black in every frame, in place.

    Returns
    -------
    bool
        Whether any pixel was changed.

    Raises
    ------
    DataError
        The pixels cannot be decoded; nothing was changed.
    """
    values = stored_values(ds).copy()
    frames = _by_frame(values, ds)
    outside = np.zeros(frames.shape[1:3], dtype=bool)
    if what.keep:
        outside[:] = True
        for region in what.keep:
            outside[region.slices] = False
    for region in what.blank:
        outside[region.slices] = True
    black = darkest(ds, values)
    changed = bool((frames[:, outside] != black).any())
    frames[:, outside] = black
    put(ds, values)
    return changed


def _by_frame(values: Array, ds: Dataset) -> Array:
    """Return a view with an axis of frames in front."""
    samples = int(ds.get("SamplesPerPixel", 1))
    return values[None] if values.ndim == (3 if samples > 1 else 2) else values


def darkest(ds: Dataset, values: Array) -> int:
    """Return the stored value that is shown black (PS3.3 C.7.6.3.1.2)."""
    photometric = str(ds.get("PhotometricInterpretation", "MONOCHROME2"))
    if photometric == "PALETTE COLOR":
        lowest, highest = int(values.min()), int(values.max())
        entries = np.arange(min(lowest, 0), max(highest, 255) + 1).astype(values.dtype)
        shades = apply_color_lut(entries[None], ds)[0].astype(np.int64).sum(axis=-1)
        return int(entries[int(shades.argmin())])
    if int(ds.get("SamplesPerPixel", 1)) > 1:
        return 0
    return int(values.max() if photometric == "MONOCHROME1" else values.min())


def put(ds: Dataset, values: Array) -> None:
    """Put stored values back, in place, compressed as before if nothing is lost by that.

    Else they stay uncompressed. What was lossy before stays marked as lossy (0028,2110), since what
    is lost does not come back (PS3.3 C.7.6.1.1.5).

    Parameters
    ----------
    values
        As `labkit.dicom.stored_values` returns them: colour is RGB.
    """
    syntax = UID(ds.file_meta.TransferSyntaxUID)
    if "PixelData" not in ds:
        raise DataError("pixels of floating point are not cleaned", remedy="leave the object out")
    if syntax in _LOSSY:
        ds.LossyImageCompression = "01"
    if int(ds.get("SamplesPerPixel", 1)) > 1:
        ds.PhotometricInterpretation, ds.PlanarConfiguration = "RGB", 0
    big = syntax == ExplicitVRBigEndian
    if int(ds.BitsAllocated) == 1:
        data = np.packbits(values.reshape(-1).astype(np.uint8), bitorder="little").tobytes()
    else:
        wide = values.astype(values.dtype.newbyteorder(">" if big else "<"))
        data = np.ascontiguousarray(wide).tobytes()
    ds.PixelData = data + b"\0" * (len(data) % 2)
    element = ds["PixelData"]
    element.VR = "OB" if int(ds.BitsAllocated) <= 8 and not big else "OW"
    element.is_undefined_length = False
    for tag in _OFFSETS:
        if tag in ds:
            del ds[tag]
    if syntax.is_encapsulated:
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        if syntax in WRITERS and not WRITERS[syntax].method:
            _compress(ds, syntax)


def _compress(ds: Dataset, syntax: UID) -> None:
    """Compress without loss. Where it cannot be, uncompressed is as true."""
    bare = Dataset()
    bare.file_meta = ds.file_meta
    for keyword in _IMAGE:
        if keyword in ds:
            bare[keyword] = ds[keyword]
    try:
        made = transcode(bare, syntax)
    except LabkitError:
        return
    for keyword in ("PhotometricInterpretation", "PlanarConfiguration", "PixelData"):
        if keyword in made:
            ds[keyword] = made[keyword]
    ds.file_meta.TransferSyntaxUID = syntax


_IMAGE = (
    "SamplesPerPixel", "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "Rows",
    "Columns", "BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "PixelData",
)  # fmt: skip
