"""From a data set and pixels to a Part 10 file, in any of the transfer syntaxes of the stories."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from pydicom import uid as uids
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate

from labkit.dicom.stories.shapes import Array
from labkit.dicom.stories.uids import uid

#: Who encodes; named, so that another installed codec does not change the bytes.
_PLUGINS = {
    uids.JPEGLSLossless: "pyjpegls",
    uids.JPEG2000Lossless: "pylibjpeg",
    uids.RLELossless: "pydicom",
}


def set_pixels(ds: Dataset, values: Array, bits: int = 16, *, signed: bool = False) -> None:
    """Put grey or colour values into `ds` uncompressed, with Image Pixel (PS3.3 C.7.6.3).

    Parameters
    ----------
    values
        Integers, ``(rows, columns)``, ``(frames, rows, columns)``, or either with 3 samples last.
    bits
        Bits Stored; 8 bits are allocated up to 8, else 16.
    """
    colour = values.shape[-1] == 3
    rows, columns = values.shape[-3:-1] if colour else values.shape[-2:]
    frames = values.size // (rows * columns * (3 if colour else 1))
    allocated = 8 if bits <= 8 else 16
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    ds.SamplesPerPixel = 3 if colour else 1
    ds.PhotometricInterpretation = ds.get("PhotometricInterpretation") or (
        "RGB" if colour else "MONOCHROME2"
    )
    if colour:
        ds.PlanarConfiguration = 0
    if frames > 1 or "NumberOfFrames" in ds:
        ds.NumberOfFrames = frames
    ds.Rows, ds.Columns = rows, columns
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = allocated, bits, bits - 1
    ds.PixelRepresentation = int(signed)
    kind = f"<{'i' if signed else 'u'}{allocated // 8}"
    data = np.clip(np.rint(values), low, high).astype(kind).tobytes()
    ds.PixelData = data + b"\0" * (len(data) % 2)
    ds["PixelData"].VR = "OB" if allocated == 8 else "OW"


def save(ds: Dataset, path: Path, syntax: uids.UID = uids.ExplicitVRLittleEndian) -> None:
    """Write `ds` as a Part 10 file (PS3.10 7) in a transfer syntax, encoding its pixels."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    meta.TransferSyntaxUID = uids.ExplicitVRLittleEndian
    meta.ImplementationClassUID = uid("implementation")
    meta.ImplementationVersionName = "LABKIT_STORIES_1"
    ds.file_meta = meta
    if syntax in _PLUGINS:
        ds.compress(syntax, encoding_plugin=_PLUGINS[syntax], generate_instance_uid=False)
    elif syntax == uids.JPEGBaseline8Bit:
        _jpeg(ds)
    meta.TransferSyntaxUID = syntax
    path.parent.mkdir(parents=True, exist_ok=True)
    ds.save_as(path, enforce_file_format=True)


def _jpeg(ds: Dataset, quality: int = 80) -> None:
    """Encode 8-bit frames with JPEG Baseline; say that it was lossy (PS3.3 C.7.6.1.1.5)."""
    colour = ds.SamplesPerPixel == 3
    shape = (int(ds.get("NumberOfFrames", 1)), ds.Rows, ds.Columns, *([3] if colour else []))
    size = int(np.prod(shape))
    frames = []
    for frame in np.frombuffer(ds.PixelData, dtype=np.uint8)[:size].reshape(shape):
        out = BytesIO()
        # Pillow's subsampling 1 is 4:2:2, as Photometric Interpretation will say.
        Image.fromarray(frame).save(out, "JPEG", quality=quality, subsampling=1)
        frames.append(out.getvalue())
    ds.PixelData = encapsulate(frames, has_bot=True)
    ds["PixelData"].VR = "OB"
    ds["PixelData"].is_undefined_length = True
    if colour:
        ds.PhotometricInterpretation = "YBR_FULL_422"
    ds.LossyImageCompression = "01"
    ds.LossyImageCompressionRatio = f"{size / sum(map(len, frames)):.1f}"
    ds.LossyImageCompressionMethod = "ISO_10918_1"
