"""One frame of an object at a time, in the transfer syntax asked for, without reading the rest."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import get_frame
from pydicom.pixels.utils import pixel_array
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from labkit.common.errors import DataError
from labkit.dicom.reading import PARSE_ERRORS
from labkit.dicom.transcode import transcode
from labkit.dicomweb.kept import Kept
from labkit.dicomweb.problems import WebError
from labkit.dicomweb.reading import EXPLICIT, PIXELS, header, whole
from labkit.dicomweb.source import Instance
from labkit.pacs.header import encoding_of

# What says where a frame lies in the pixel data (PS3.3 C.7.6.3).
_LAYOUT = ("Rows", "Columns", "SamplesPerPixel", "BitsAllocated", "PhotometricInterpretation",
           "NumberOfFrames")  # fmt: skip
_RETRIEVE = "Retrieve the object as stored: transfer-syntax=*."
_PLAIN = frozenset((ImplicitVRLittleEndian, ExplicitVRLittleEndian))
_DECODE_ERRORS = (*PARSE_ERRORS, RuntimeError, MemoryError, IndexError)


def frame_numbers(text: str) -> list[int]:
    """Read the frame list of a URL: ``1,3``; the first frame is 1 (PS3.18 10.1.1)."""
    parts = text.split(",")
    if not all(part.isascii() and part.isdigit() and 0 < len(part) < 9 for part in parts):
        raise WebError(400, f"{text[:40]!r} is no list of frames", remedy="As in /frames/1,2.")
    numbers = [int(part) for part in parts]
    if min(numbers) < 1:
        raise WebError(400, "there is no frame 0", remedy="The first frame is 1 (PS3.18 10.1.1).")
    return numbers


def number_of_frames(ds: FileDataset) -> int:
    """How many frames an object has; 0 if it is no image."""
    if not any(tag in ds for tag in PIXELS):
        return 0
    return max(int(ds.get("NumberOfFrames") or 1), 1)


def read_frames(
    instance: Instance, numbers: list[int], target: str, kept: Kept | None = None
) -> Iterator[bytes]:
    """Read frames.

    Parameters
    ----------
    numbers
        Counted from 1.
    target
        A transfer syntax that `labkit.dicomweb.reading.answered_in` gave.
    kept
        Where it is noted at which byte the frames of an object begin, so that its header is read
        once.

    Raises
    ------
    WebError
        404: there is no such frame.
    DataError
        The pixels cannot be read or decoded.
    """
    revision = getattr(instance, "revision", "")
    if kept is not None and revision and instance.transfer_syntax == target in _PLAIN:
        noted = kept.get(f"frames of {revision}", lambda: _noted(instance))
        start, size, held = map(int, noted.split())
        if held and max(numbers) <= held:
            with instance.open() as file:
                for number in numbers:
                    yield _piece(file, start + (number - 1) * size, size)
            return
    with instance.open() as file:
        ds = header(file, _LAYOUT)
        held = number_of_frames(ds)
        if max(numbers) > held:
            raise WebError(
                404,
                f"there is no frame {max(numbers)}: the object has {held}"
                if held
                else "this object has no pixel data",
                remedy="Number of Frames is in the metadata.",
            )
        try:
            yield from _read(file, ds, instance, [number - 1 for number in numbers], target)
        except _DECODE_ERRORS as error:
            raise DataError(f"the frame cannot be read: {error}", remedy=_RETRIEVE) from error


def _noted(instance: Instance) -> bytes:
    """Where frames begin, how many bytes one has, how many there are; zeros where it is not so."""
    with instance.open() as file:
        ds = header(file, _LAYOUT)
        held = number_of_frames(ds)
        try:
            bits = _bits(ds) if held else 1
        except _DECODE_ERRORS:  # it is told where the frame is read
            bits = 1
        if bits % 8:
            return b"0 0 0"
        file.read(4 if encoding_of(UID(instance.transfer_syntax)).implicit else 8)
        return f"{file.tell()} {bits // 8} {held}".encode()


def _read(
    file: BinaryIO, ds: FileDataset, instance: Instance, indices: list[int], target: str
) -> Iterator[bytes]:
    stored = UID(instance.transfer_syntax)
    kept = target == stored or (target == EXPLICIT and not stored.is_encapsulated)
    if (
        stored == ExplicitVRBigEndian
        or (kept and stored.is_deflated)
        or not (kept or target == EXPLICIT)
    ):
        yield from _transcoded(instance, indices, target)
    elif kept:
        yield from _as_stored(file, ds, indices, stored)
    else:
        for index in indices:
            file.seek(0)
            yield _bytes(pixel_array(file, index=index), ds)


def _as_stored(file: BinaryIO, ds: FileDataset, indices: list[int], stored: UID) -> Iterator[bytes]:
    # `header` has read the tag; VR and length are still to come (PS3.5 7.1).
    file.read(4 if encoding_of(stored).implicit else 8)
    start = file.tell()
    held = number_of_frames(ds)
    if stored.is_encapsulated:
        for index in indices:
            file.seek(start)
            yield get_frame(file, index, number_of_frames=held)
        return
    bits = _bits(ds)
    for index in indices:
        if bits % 8:  # frames of single bits follow each other without padding (PS3.5 8.1.1)
            file.seek(0)
            yield _bytes(pixel_array(file, index=index), ds)
        else:
            yield _piece(file, start + index * bits // 8, bits // 8)


def _piece(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    data = file.read(size)
    if len(data) < size:
        raise DataError("the pixel data ends in the middle of this frame", remedy=_RETRIEVE)
    return data


def _bits(ds: Dataset) -> int:
    """Bits of one frame that is not compressed."""
    bits = int(ds.Rows) * int(ds.Columns) * int(ds.SamplesPerPixel) * int(ds.BitsAllocated)
    if ds.get("PhotometricInterpretation") == "YBR_FULL_422":
        bits = bits // 3 * 2  # two pixels share their colour (PS3.3 C.7.6.3.1.2)
    return bits


def _transcoded(instance: Instance, indices: list[int], target: str) -> Iterator[bytes]:
    ds = transcode(whole(instance), target)
    if UID(target).is_encapsulated:
        count = int(ds.get("NumberOfFrames") or 1)
        for index in indices:
            yield get_frame(ds.PixelData, index, number_of_frames=count)
        return
    for index in indices:
        yield _bytes(pixel_array(ds, index=index), ds)


def _bytes(values: object, ds: Dataset) -> bytes:
    array = np.asarray(values)
    if int(ds.get("BitsAllocated") or 8) == 1:
        return np.packbits(array.astype(np.uint8).ravel(), bitorder="little").tobytes()
    return array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
