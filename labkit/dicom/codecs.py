"""Who writes which transfer syntax: pydicom's encoders, Pillow for JPEG, our own for JPEG Lossless.

Decoding is pydicom's business for all of them. For writing there is no codec here for JPEG
Extended, High-Throughput JPEG 2000 and video; whoever asks for those is told so.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom import uid
from pydicom.dataset import Dataset

from labkit.dicom import jpeg_lossless

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Quality:
    """How much a lossy codec may change.

    Attributes
    ----------
    ratio
        JPEG 2000: uncompressed to compressed size to aim at.
    near
        JPEG-LS Near-Lossless: the most that a sample may change.
    quality
        JPEG Baseline: 1–100, as libjpeg counts.
    """

    ratio: float = 10.0
    near: int = 2
    quality: int = 90


@dataclass(frozen=True)
class Writer:
    """How one transfer syntax is written.

    Attributes
    ----------
    most_bits
        The deepest samples it takes (Bits Allocated 8 or 16).
    colour
        Photometric Interpretation that an RGB image gets (PS3.5 8.2).
    method
        Lossy Image Compression Method (0028,2114), PS3.3 C.7.6.1.1.5.1; empty for a lossless one.
    encode
        Frames to streams; `None` where pydicom does it.
    options
        What pydicom's encoder is told.
    """

    most_bits: int = 16
    colour: str = "RGB"
    method: str = ""
    encode: Callable[[Array, Dataset, Quality], bytes] | None = None
    options: Callable[[Quality], dict[str, Any]] = lambda quality: {}


def _baseline(frame: Array, ds: Dataset, quality: Quality) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    # Whole colour at every pixel: YBR_FULL and not YBR_FULL_422, which halves it.
    Image.fromarray(np.ascontiguousarray(frame, np.uint8)).save(
        stream, "JPEG", quality=quality.quality, subsampling=0
    )
    return stream.getvalue()


def _lossless(frame: Array, ds: Dataset, quality: Quality) -> bytes:
    # JPEG knows no sign: the bits of a negative value are taken as they are.
    signed = int(ds.PixelRepresentation) == 1
    precision = int(ds.BitsAllocated) if signed else max(int(ds.BitsStored), 2)
    mask = (1 << precision) - 1
    return jpeg_lossless.encode(frame.astype(np.int64) & mask, precision)


WRITERS: dict[str, Writer] = {
    uid.RLELossless: Writer(),
    uid.JPEGBaseline8Bit: Writer(8, "YBR_FULL", "ISO_10918_1", _baseline),
    uid.JPEGLossless: Writer(encode=_lossless),
    uid.JPEGLosslessSV1: Writer(encode=_lossless),
    uid.JPEGLSLossless: Writer(),
    uid.JPEGLSNearLossless: Writer(
        method="ISO_14495_1", options=lambda quality: {"jls_error": quality.near}
    ),
    uid.JPEG2000Lossless: Writer(colour="YBR_RCT"),
    uid.JPEG2000: Writer(
        colour="YBR_ICT",
        method="ISO_15444_1",
        options=lambda quality: {"j2k_cr": [quality.ratio]},
    ),
}
NATIVE = (
    uid.ImplicitVRLittleEndian,
    uid.ExplicitVRLittleEndian,
    uid.ExplicitVRBigEndian,
    uid.DeflatedExplicitVRLittleEndian,
)
WRITABLE = (*NATIVE, *WRITERS)
"""Every transfer syntax that `labkit.dicom.transcode` writes."""
