"""Where the bytes of one data element are, and what each of them is (PS3.5 7.1).

pydicom gives values; this gives the encoding they came from: header, value and padding, with their
offsets. It reads only headers on its way and skips over values, so a large file costs little.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.tag import BaseTag
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
)
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, STANDARD_VR

from labkit.common.errors import DataError, UsageError
from labkit.dicom.guarded import inflated as unpacked
from labkit.dicom.layout_parts import (
    UNDEFINED,
    BytePart,
    Encoding,
    Header,
    header_parts,
    value_parts,
)
from labkit.dicom.paths import canonical_path, container_of, named, parse_path

ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_EXPLICIT_LITTLE = Encoding(implicit=False, little=True)
_IMPLICIT_LITTLE = Encoding(implicit=True, little=True)

Buffer = bytes | mmap.mmap
Steps = list[tuple[BaseTag, int | None]]


@dataclass(frozen=True)
class ElementBytes:
    """One data element (or item) as bytes.

    Attributes
    ----------
    path
        Which element.
    offset
        Of its first byte, from the start of `source`.
    data
        Header and value, as far as the limit that was asked for.
    total
        Whole length in bytes, header, value and delimiters included.
    parts
        What each range of `data` is; offsets from the start of `data`.
    source
        In words: the file, or how the data set was encoded to show this.
    from_file
        Whether `offset` is a place in a file.
    """

    path: str
    offset: int
    data: bytes
    total: int
    parts: list[BytePart]
    source: str
    from_file: bool


class _Place(NamedTuple):
    start: int
    end: int
    header: Header
    encoding: Encoding


def element_bytes(source: Dataset | Path | str, path: str | int, limit: int = 4096) -> ElementBytes:
    """Return the bytes of one element.

    Parameters
    ----------
    source
        A Part 10 file: its own bytes. A data set: the element is encoded for this, in the data
        set's Transfer Syntax, and if its file is still there and has the same bytes, their place
        in the file is given.
    path
        See `labkit.dicom.paths`.
    limit
        Longest `ElementBytes.data`, in bytes.

    Raises
    ------
    UsageError
        There is no such element.
    DataError
        The file ends too early, or its structure cannot be followed.
    """
    if not isinstance(source, Dataset):
        return _in_file(Path(source), path, limit)
    container_of(source, path)  # says what is missing
    tag = parse_path(path)[0][0]
    retired = tag.element == 0 and tag.group > 6  # group lengths: read, never written (PS3.5 7.2)
    encoded = None if retired else _as_encoded(source, path, limit)
    file = Path(str(getattr(source, "filename", None) or ""))
    if file.is_file():
        try:
            real = _in_file(file, path, limit)
        except UsageError:  # the data set has moved on from its file
            real = None
        same = real and encoded and (real.data, real.total) == (encoded.data, encoded.total)
        if real and (same or not encoded):
            return real
    if encoded is None:
        raise UsageError(
            f"{named(tag)} is a group length, which is retired and not written (PS3.5 7.2).",
            remedy="Give the file instead of the data set to see the bytes that are there.",
        )
    return encoded


def _in_file(file: Path, path: str | int, limit: int) -> ElementBytes:
    with _mapped(file) as buffer:
        place, inflated, used = _find_in_file(buffer, parse_path(path))
        shown = bytes(used[place.start : min(place.end, place.start + limit)])
    name = f"{file.name}, inflated (offsets count inflated bytes)" if inflated else file.name
    return _describe(path, place, shown, name, from_file=not inflated)


def _as_encoded(ds: Dataset, path: str | int, limit: int) -> ElementBytes:
    steps = parse_path(path)
    top = steps[0][0]
    syntax = UID(getattr(getattr(ds, "file_meta", None), "TransferSyntaxUID", ""))
    if top.group == 0x0002 or not syntax or syntax.is_private or not syntax.is_transfer_syntax:
        syntax = ExplicitVRLittleEndian
    holder = ds.file_meta if top.group == 0x0002 else ds
    alone = Dataset()  # this element alone, so that the pixels are not written to show a name
    for tag in (0x00080005, 0x00280103, top):  # character set, and signed or not: they matter
        if tag in holder:
            alone[tag] = holder[tag]
    encoding = Encoding(syntax.is_implicit_VR, syntax.is_little_endian)
    out = DicomBytesIO()
    out.is_implicit_VR, out.is_little_endian = encoding
    write_dataset(out, alone)
    buffer = out.getvalue()
    place = _find(buffer, 0, len(buffer), steps, encoding)
    shown = buffer[place.start : min(place.end, place.start + limit)]
    moved = place._replace(start=0, end=place.end - place.start)
    return _describe(path, moved, shown, f"encoded as {syntax.name}", from_file=False)


def _describe(
    path: str | int, place: _Place, shown: bytes, source: str, *, from_file: bool
) -> ElementBytes:
    parts = header_parts(place.header, place.encoding)
    parts += value_parts(shown, place.header, place.encoding, place.end - place.start)
    kept = [part for part in parts if part.offset < len(shown)]
    total = place.end - place.start
    return ElementBytes(canonical_path(path), place.start, shown, total, kept, source, from_file)


@contextmanager
def _mapped(file: Path) -> Iterator[Buffer]:
    with file.open("rb") as stream:
        if stream.seek(0, 2) == 0:
            raise DataError(f"{file.name} is empty.", remedy="Copy or export the file again.")
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            yield mapped


def _find_in_file(buffer: Buffer, steps: Steps) -> tuple[_Place, bool, Buffer]:
    start = 132 if buffer[128:132] == b"DICM" else 0
    syntax = UID("")
    while start + 8 <= len(buffer) and buffer[start : start + 2] == b"\x02\x00":
        header = read_header(buffer, start, _EXPLICIT_LITTLE)
        end = start + header.size + header.length
        if header.tag == steps[0][0]:
            return _Place(start, end, header, _EXPLICIT_LITTLE), False, buffer
        if header.tag == 0x00020010:
            raw = bytes(buffer[start + header.size : end])
            syntax = UID(raw.decode("ascii", "replace").strip(" \0"))
        start = end
    inflated = syntax == DeflatedExplicitVRLittleEndian
    if inflated:
        buffer, start = unpacked(buffer[start:]), 0
    little = syntax != ExplicitVRBigEndian
    if not syntax:  # no meta group: a first group number such as 0800 is 0008 the other way round
        little = buffer[start : start + 1] != b"\0"
    # What the first element looks like is trusted over what the meta group says: files disagree.
    vr = bytes(buffer[start + 4 : start + 6]).decode("ascii", "replace")
    encoding = Encoding(implicit=vr not in STANDARD_VR, little=little)
    return _find(buffer, start, len(buffer), steps, encoding), inflated, buffer


def read_header(buffer: Buffer, at: int, encoding: Encoding) -> Header:
    """Read the header of the element or item at `at`.

    Raises
    ------
    DataError
        The bytes end within it.
    """
    order: Literal["little", "big"] = "little" if encoding.little else "big"
    raw = bytes(buffer[at : at + 12])

    def number(start: int, size: int) -> int:
        if len(raw) < start + size:
            raise DataError(
                f"The bytes end at {at + len(raw)}, inside the header of an element.",
                remedy="The file is truncated: copy or export it again.",
            )
        return int.from_bytes(raw[start : start + size], order)

    tag = number(0, 2) << 16 | number(2, 2)
    if encoding.implicit or tag >> 16 == 0xFFFE:  # items never have a VR
        return Header(tag, "", number(4, 4), 8)
    vr = raw[4:6].decode("ascii", "replace")
    if vr in EXPLICIT_VR_LENGTH_32:
        return Header(tag, vr, number(8, 4), 12)
    return Header(tag, vr, number(6, 2), 8)


def _find(buffer: Buffer, at: int, end: int, steps: Steps, encoding: Encoding) -> _Place:
    (tag, item), rest = steps[0], steps[1:]
    while at < end:
        header = read_header(buffer, at, encoding)
        if header.tag in (ITEM_END, SEQUENCE_END):
            break
        inner = _inner(header, encoding)
        value = at + header.size
        if header.tag == tag and item is None:
            return _Place(at, _end(buffer, at, header, inner), header, encoding)
        if header.tag == tag:
            start, stop, head = _item(buffer, value, end, header, inner, item or 0)
            if not rest:
                return _Place(start, stop, head, inner)
            return _find(buffer, start + head.size, stop, rest, inner)
        at = _end(buffer, at, header, inner)
    if at > len(buffer):
        raise DataError(
            f"The bytes end at {len(buffer)}, inside the value of an element.",
            remedy="The file is truncated: copy or export it again.",
        )
    raise UsageError(
        f"There is no {named(tag)} in these bytes.",
        remedy="Search the header for it; an element that is absent is not an empty one.",
    )


def _inner(header: Header, encoding: Encoding) -> Encoding:
    """A sequence written as UN holds Implicit VR Little Endian (PS3.5 6.2.2, note 2)."""
    return _IMPLICIT_LITTLE if header.vr == "UN" else encoding


def _item(
    buffer: Buffer, at: int, end: int, sequence: Header, encoding: Encoding, wanted: int
) -> tuple[int, int, Header]:
    stop = end if sequence.length == UNDEFINED else at + sequence.length
    for _ in range(wanted + 1):
        header = read_header(buffer, at, encoding)
        if at >= stop or header.tag != ITEM:
            break
        start, at = at, _end(buffer, at, header, encoding)
    else:
        return start, at, header
    raise UsageError(
        f"{named(sequence.tag)} has no item [{wanted}].", remedy="Items are counted from 0."
    )


def _end(buffer: Buffer, at: int, header: Header, encoding: Encoding) -> int:
    """Find the first byte after the element or item at `at`, its delimiter included."""
    at += header.size
    if header.length != UNDEFINED:
        return at + header.length
    closing = ITEM_END if header.tag == ITEM else SEQUENCE_END
    while True:
        inside = read_header(buffer, at, encoding)
        if inside.tag == closing:
            return at + inside.size
        at = _end(buffer, at, inside, _inner(inside, encoding))
