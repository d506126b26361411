"""Take out of Pixel Data what is no pixel: unused bits, bytes behind the end, remarks in frames."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.pixels.utils import get_expected_length
from pydicom.uid import UID, ExplicitVRBigEndian, RLELossless

from labkit.common.errors import DataError
from labkit.deid.pixels.blank import put
from labkit.deid.seams import Change
from labkit.dicom.pixels import stored_values

_TAG, _NAME = "7FE00010", "Pixel Data"


def strip(ds: Dataset) -> tuple[Change, ...]:
    """Leave in Pixel Data nothing but pixels, in place; no pixel changes its value.

    Overlays in bits above Bits Stored (retired, PS3.5 8.1.1), what stands behind the last pixel or
    frame, and APPn and COM segments of JPEG, JPEG-LS and JPEG 2000 frames go.

    Returns
    -------
    tuple of Change
        What was taken out.

    Raises
    ------
    DataError
        The pixel data cannot be understood, so that nobody can say what is in them.
    """
    if "PixelData" not in ds:
        return ()
    syntax = UID(ds.file_meta.TransferSyntaxUID)
    try:
        if not syntax.is_encapsulated:
            done = _native(ds, big=syntax == ExplicitVRBigEndian)
        elif syntax == RLELossless:
            done = _again(ds)  # a segment of RLE can be longer than what it decodes to (PS3.5 G.4)
        else:
            done = _frames(ds)
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise DataError(
            "the pixel data cannot be understood",
            remedy="compare Rows, Columns, Bits Allocated, frames, transfer syntax with the bytes",
        ) from error
    return tuple(Change(_TAG, _NAME, "C", why) for why in done)


def _native(ds: Dataset, *, big: bool) -> list[str]:
    done = []
    data: bytes = ds.PixelData
    length = get_expected_length(ds, unit="bytes")
    if len(data) > length + length % 2 or data[length:].strip(b"\0"):
        data = data[:length] + b"\0" * (length % 2)
        done.append("bytes behind the last pixel")
    allocated, stored = int(ds.BitsAllocated), int(ds.BitsStored)
    if allocated in (8, 16, 32) and stored < allocated:
        kind = np.dtype(f"{'>' if big else '<'}u{allocated // 8}")
        words = np.frombuffer(data[:length], kind)
        pure = _pure(words, ds)
        if (pure != words).any():
            data = pure.astype(kind).tobytes() + data[length:]
            done.append("bits that are no part of a pixel")
    if done:
        vr = ds["PixelData"].VR
        ds.PixelData = data
        ds["PixelData"].VR = vr
    return done


def _pure(words: np.ndarray, ds: Dataset) -> np.ndarray:  # type: ignore[type-arg]
    """Zero the bits beside the stored ones; above a negative value they are ones (PS3.5 8.1.1)."""
    allocated, stored, high = int(ds.BitsAllocated), int(ds.BitsStored), int(ds.HighBit)
    low = high - stored + 1
    mask = ((1 << stored) - 1) << low
    pure: np.ndarray = words & words.dtype.type(mask)  # type: ignore[type-arg]
    if int(ds.get("PixelRepresentation", 0)):
        above = ((1 << allocated) - 1) & ~((1 << (high + 1)) - 1)
        negative = (words >> words.dtype.type(high)) & words.dtype.type(1)
        pure = np.where(negative.astype(bool), pure | words.dtype.type(above), pure)
    return pure


def _again(ds: Dataset) -> list[str]:
    before = ds.PixelData
    put(ds, stored_values(ds))
    return [] if ds.PixelData == before else ["written again: an RLE segment may hide bytes"]


def _frames(ds: Dataset) -> list[str]:
    count = int(ds.get("NumberOfFrames", 1) or 1)
    before = [bytes(f) for f in generate_frames(ds.PixelData, number_of_frames=count)][:count]
    after = [_bare(frame) for frame in before]
    if any(_precision(frame) > int(ds.BitsStored) for frame in after):
        return [*_again(ds), "bits that are no part of a pixel"]
    made = encapsulate(after)
    if made == ds.PixelData:
        return []
    # Frames without a remark are only put in order: offsets and fragments may differ.
    ds.PixelData = made
    ds["PixelData"].VR, ds["PixelData"].is_undefined_length = "OB", True
    for tag in (0x7FE00001, 0x7FE00002, 0x7FE00003):
        if tag in ds:
            del ds[tag]
    return ["remarks in compressed frames"] if after != before else []


def _bare(frame: bytes) -> bytes:
    """Return a codestream without remarks, cut at its end."""
    if frame[:2] == b"\xff\xd8":  # ISO 10918-1 B.1.1.3; JPEG-LS has the same markers
        end = frame.rfind(b"\xff\xd9")
        parts = list(_segments(frame, last=0xDA))
    else:
        start = frame.find(b"\xff\x4f\xff\x51")  # SOC and SIZ, ISO 15444-1 A.4
        if start < 0:
            raise ValueError("no codestream")
        frame = frame[start:]
        end = frame.rfind(b"\xff\xd9")
        parts = list(_segments(frame, last=0x90))
    if end < 0:
        raise ValueError("the codestream has no end")
    head = b"".join(kept for marker, kept in parts if _stays(marker, kept))
    body = frame[sum(len(kept) for _, kept in parts) : end + 2]
    whole = head + body
    return whole + b"\0" * (len(whole) % 2)


def _segments(frame: bytes, *, last: int) -> Iterator[tuple[int, bytes]]:
    """Give marker segments from the beginning up to the first of the picture itself."""
    yield frame[1], frame[:2]
    at = 2
    while frame[at] == 0xFF and frame[at + 1] != last:
        if frame[at + 1] == 0xFF:  # fill byte
            yield 0xFF, frame[at : at + 1]
            at += 1
            continue
        length = int.from_bytes(frame[at + 2 : at + 4], "big")
        yield frame[at + 1], frame[at : at + 2 + length]
        at += 2 + length
    if frame[at] != 0xFF:
        raise ValueError("a marker was expected")


def _stays(marker: int, segment: bytes) -> bool:
    if marker == 0xEE:  # APP14: a decoder needs it to know the colours
        return segment[4:9] == b"Adobe" and len(segment) == 16
    if marker == 0xE8:  # APP8 of JPEG-LS: the colour transform
        return segment[4:8] == b"mrfx" and len(segment) <= 10
    return not (0xE0 <= marker <= 0xEF or marker in (0xFE, 0x64, 0xFF))


def _precision(frame: bytes) -> int:
    """Return the bits of a sample that the codestream claims."""
    if frame[:2] == b"\xff\xd8":
        for marker, segment in _segments(frame, last=0xDA):
            if marker in (0xC0, 0xC1, 0xC2, 0xC3, 0xF7):
                return segment[4]
        return 0
    return (frame[42] & 0x7F) + 1  # Ssiz of the first component, ISO 15444-1 A.5.1
