"""The Part 10 file around a data set: preamble, ``DICM``, File Meta Information (PS3.10 7.1).

An archive does not re-encode what it receives. It puts a new File Meta Information before the data
set as it came off the wire, and takes it away again before sending. Written by hand, since that is
12 lines and shows what a File Meta Information is.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from labkit.common.errors import DataError

IMPLEMENTATION_CLASS_UID = "2.25.116993858751213611659309909466720648475"
IMPLEMENTATION_VERSION = "LABKIT_PACS_1"
PREAMBLE = bytes(128) + b"DICM"


@dataclass(frozen=True)
class FileMeta:
    """What the File Meta Information says, and where the data set begins.

    Attributes
    ----------
    sop_class, sop_instance, transfer_syntax, source
        (0002,0002), (0002,0003), (0002,0010) and (0002,0016); ``""`` where absent.
    offset
        Bytes from the start of the file to the data set.
    """

    sop_class: str
    sop_instance: str
    transfer_syntax: str
    source: str
    offset: int


def file_meta(sop_class: str, sop_instance: str, transfer_syntax: str, source: str = "") -> bytes:
    """Preamble, prefix and File Meta Information; always Explicit VR Little Endian (PS3.10 7.1)."""
    body = struct.pack("<HH2sHI", 2, 0x0001, b"OB", 0, 2) + b"\x00\x01"
    body += _element(0x0002, b"UI", sop_class)
    body += _element(0x0003, b"UI", sop_instance)
    body += _element(0x0010, b"UI", transfer_syntax)
    body += _element(0x0012, b"UI", IMPLEMENTATION_CLASS_UID)
    body += _element(0x0013, b"SH", IMPLEMENTATION_VERSION)
    if source:
        body += _element(0x0016, b"AE", source)
    return PREAMBLE + struct.pack("<HH2sHI", 2, 0x0000, b"UL", 4, len(body)) + body


def _element(element: int, vr: bytes, text: str) -> bytes:
    value = text.encode("ascii", "replace")
    if len(value) % 2:  # values have an even length: UIDs are padded with NUL, text with a space
        value += b"\x00" if vr == b"UI" else b" "
    return struct.pack("<HH2sH", 2, element, vr, len(value)) + value


def read_file_meta(file: BinaryIO) -> FileMeta:
    """Read the File Meta Information; `file` is then at the data set.

    Raises
    ------
    DataError
        If this is no Part 10 file.
    """
    head = file.read(132)
    if head[128:] != b"DICM":
        raise DataError(
            "not a DICOM Part 10 file: there is no DICM after 128 bytes (PS3.10 7.1)",
            remedy="Read it with labkit.dicom.read, which says what it is instead.",
        )
    values: dict[int, str] = {}
    while True:
        start = file.tell()
        tag = file.read(8)
        if len(tag) < 8 or tag[:2] != b"\x02\x00":  # the first element that is not of group 0002
            file.seek(start)
            break
        _, element, vr, length = struct.unpack("<HH2sH", tag)
        if vr in (b"OB", b"OW", b"UN", b"SQ", b"UT"):  # 32-bit length (PS3.5 7.1.2)
            length = int.from_bytes(file.read(4), "little")
        if length > 65534:
            raise DataError(
                f"the File Meta Information is damaged at (0002,{element:04X}): length {length}",
                remedy="Get the file again from where it came from.",
            )
        values[element] = file.read(length).decode("ascii", "replace").strip("\x00 ")
    return FileMeta(
        values.get(0x0002, ""), values.get(0x0003, ""), values.get(0x0010, ""),
        values.get(0x0016, ""), file.tell(),
    )  # fmt: skip


def read_object(path: Path) -> tuple[FileMeta, bytes]:
    """A Part 10 file as its meta information and the encoded data set."""
    with path.open("rb") as file:
        return read_file_meta(file), file.read()


def read_data_set(path: Path) -> memoryview:
    """The encoded data set of one of our own files: the group length says where it begins."""
    data = path.read_bytes()
    if data[128:140] != b"DICM\x02\x00\x00\x00UL\x04\x00":
        return memoryview(read_object(path)[1])
    return memoryview(data)[144 + int.from_bytes(data[140:144], "little") :]
