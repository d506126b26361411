"""What a file can say in a few bytes and must not have its way with: sizes, and its own name.

- A data set in Deflated Explicit VR Little Endian (PS3.5 A.5) of a megabyte can stand for a
  gigabyte of zero bytes, and pydicom unpacks all of it before it looks at the first element. It is
  unpacked once without keeping it, and refused if it is larger than `MOST_INFLATED`.
- An element can say that it has 4 GB (PS3.5 7.1.1). Python sets aside as much memory as is asked
  for before it reads, so no more is asked for than the file has.
- A UID may be any text, ``../../x`` too, until somebody has looked (PS3.5 9.1).
"""

from __future__ import annotations

import io
import re
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from pydicom.dataset import FileDataset
from pydicom.filereader import dcmread

from labkit.common.errors import DataError

MOST_INFLATED = 1 << 30
"""Bytes that a deflated data set may have unpacked."""
_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_PIECE = 1 << 20
_SMALL = 1 << 16  # read without asking how much there is: most values are smaller


class InflatedTooLarge(DataError, ValueError):
    """A deflated data set that would be larger than is taken; a `ValueError`, as pydicom has."""


def check_inflated(data: bytes | memoryview, most: int = MOST_INFLATED) -> int:
    """Unpack a deflated data set without keeping it, and return its size in bytes.

    Raises
    ------
    InflatedTooLarge
        It has more than `most` bytes.
    zlib.error
        It is damaged.
    """
    packer = zlib.decompressobj(-zlib.MAX_WBITS)
    size = len(packer.decompress(data, _PIECE))
    while packer.unconsumed_tail and size <= most:
        size += len(packer.decompress(packer.unconsumed_tail, _PIECE))
    if size > most:
        raise InflatedTooLarge(
            f"the deflated data set has more than {most} bytes when it is unpacked",
            remedy="Send it in Explicit VR Little Endian, where its length can be seen.",
        )
    return size


def inflated(data: bytes | memoryview, most: int = MOST_INFLATED) -> bytes:
    """Unpack a deflated data set.

    Raises
    ------
    InflatedTooLarge
        It has more than `most` bytes.
    DataError
        It is damaged.
    """
    try:
        check_inflated(data, most)
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data)
    except zlib.error as error:
        raise DataError(
            f"the deflated data set cannot be unpacked ({error})",
            remedy="It is damaged or cut short: fetch it again.",
        ) from error


def read_dataset(
    source: str | Path | BinaryIO, *, most: int = MOST_INFLATED, **how: Any
) -> FileDataset:
    """Read a Part 10 file as `pydicom.dcmread` does, within limits.

    Parameters
    ----------
    most
        Bytes that a deflated data set may have unpacked.
    how
        As of `pydicom.dcmread`.

    Raises
    ------
    InflatedTooLarge
        It has more. Whatever `pydicom.dcmread` raises is raised too.
    """
    if isinstance(source, (str, Path)):
        with _GuardedFile(io.FileIO(source), _PIECE) as file:
            file.most = most
            return dcmread(file, **how)
    return dcmread(_Guarded(source, most), **how)


def file_name(uid: str, ending: str = ".dcm") -> str:
    """Name a file by the SOP Instance UID of what it holds: ``1.2.3.dcm``.

    Raises
    ------
    DataError
        It is no UID, and could lead to another folder.
    """
    if len(uid) > 64 or not _UID.fullmatch(uid):
        raise DataError(
            f"the SOP Instance UID {uid[:80]!r} is no UID, so no file can be named by it",
            remedy="A UID has digits and dots, 64 characters at most (PS3.5 9.1): mend it.",
        )
    return f"{uid}{ending}"


class _GuardedFile(io.BufferedReader):
    """A file; pydicom knows a `BufferedReader` by its name."""

    most = MOST_INFLATED

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and 0 <= size <= _SMALL:
            return super().read(size)
        return _read(super(), size, self.most)


class _Guarded:
    """Another stream: in memory, or a temporary file."""

    def __init__(self, stream: BinaryIO, most: int) -> None:
        self._stream, self._most = stream, most
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and 0 <= size <= _SMALL:
            return self._stream.read(size)
        return _read(self._stream, size, self._most)


def _read(stream: Any, size: int | None, most: int) -> bytes:
    if size is None or size < 0:  # pydicom reads to the end where the rest is deflated
        data: bytes = stream.read()
        with suppress(zlib.error):  # damaged: pydicom says so in its own words
            check_inflated(data, most)
        return data
    at = stream.tell()
    end = stream.seek(0, 2)
    stream.seek(at)
    found: bytes = stream.read(min(size, max((end if end is not None else size) - at, 0)))
    return found
