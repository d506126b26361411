"""Reading stored objects: headers without pixels, and Part 10 bytes in any transfer syntax."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from pydicom.dataset import Dataset, FileDataset
from pydicom.errors import InvalidDicomError
from pydicom.filereader import dcmread
from pydicom.uid import UID, ExplicitVRLittleEndian

from labkit.common.errors import DataError
from labkit.dicom.codecs import WRITERS
from labkit.dicom.reading import PARSE_ERRORS
from labkit.dicom.transcode import encoded, transcode
from labkit.dicomweb.source import Instance, Place, Source
from labkit.pacs.convert import NATIVE

CHUNK = 1 << 18
EXPLICIT = str(ExplicitVRLittleEndian)
# No DICOMweb answer is in these (PS3.18 8.7.3).
_NEVER = frozenset(NATIVE) - {EXPLICIT}
PIXELS = (0x7FE00008, 0x7FE00009, 0x7FE00010)


def headers(source: Source, place: Place) -> Iterator[tuple[Instance, Dataset]]:
    """Read the header of each object of a place."""
    for instance in source.instances(place):
        with instance.open() as file:
            yield instance, header(file)


def header(file: BinaryIO, only: Sequence[str] | None = None) -> FileDataset:
    """Read a data set up to its pixel data, which is there as an element without value.

    Its VR is that which the pixel data has, so that a client knows what to expect.

    Parameters
    ----------
    only
        Keywords of the elements that are wanted, for speed; ``None`` is all. Of a deflated object
        it is always all.
    """
    try:
        tags = None if only is None else list(only)
        ds = dcmread(file, stop_before_pixels=True, specific_tags=tags)
    except (InvalidDicomError, *PARSE_ERRORS) as error:
        raise DataError(
            f"the object cannot be read ({error})", remedy="Read it with labkit.dicom.read."
        ) from error
    if _syntax(ds).is_deflated:  # nothing of it can be read without the rest
        file.seek(0)
        ds = dcmread(file)
        for tag in PIXELS:
            if tag in ds:
                ds[tag].value = b""
        return ds
    start = file.read(4)
    little = getattr(ds.file_meta, "TransferSyntaxUID", EXPLICIT) != NATIVE[2]
    order = "little" if little else "big"
    tag = int.from_bytes(start[:2], order) << 16 | int.from_bytes(start[2:], order)  # type: ignore[arg-type]
    if tag in PIXELS:
        words = int(ds.get("BitsAllocated") or 8) > 8 and not _syntax(ds).is_encapsulated
        ds.add_new(tag, {0x7FE00008: "OF", 0x7FE00009: "OD"}.get(tag, "OW" if words else "OB"), b"")
    return ds


def _syntax(ds: FileDataset) -> UID:
    return UID(ds.file_meta.get("TransferSyntaxUID", EXPLICIT))


def whole(instance: Instance) -> FileDataset:
    """Read an object with its pixel data."""
    with instance.open() as file:
        try:
            ds = dcmread(file)
        except (InvalidDicomError, *PARSE_ERRORS) as error:
            raise DataError(f"the object cannot be read ({error})") from error
    return ds


def answered_in(stored: str, asked: str) -> str | None:
    """The transfer syntax to answer with; ``None`` if `asked` cannot be had from `stored`.

    Parameters
    ----------
    asked
        A UID, or ``*`` for "as stored" (PS3.18 8.7.3.5.2).
    """
    if asked == "*":
        return EXPLICIT if stored in _NEVER else stored
    if asked == stored:
        return None if asked in _NEVER else stored
    if asked == EXPLICIT:
        return asked
    # A lossy one would be another image, with a UID of its own (PS3.3 C.7.6.1.1.5).
    writer = WRITERS.get(UID(asked))
    return asked if writer is not None and not writer.method else None


def part10(instance: Instance, transfer_syntax: str) -> Iterator[bytes]:
    """The object as a Part 10 file, in pieces.

    Raises
    ------
    DataError, UsageError
        It cannot be had in this transfer syntax; before the first piece.
    """
    if transfer_syntax == instance.transfer_syntax:
        with instance.open() as file:
            while chunk := file.read(CHUNK):
                yield chunk
        return
    data = memoryview(encoded(transcode(whole(instance), transfer_syntax)))
    for at in range(0, len(data), CHUNK):
        yield bytes(data[at : at + CHUNK])
