"""Small inputs that would be large, and how much memory was taken meanwhile."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from tests.fuzz.engine import seeds

MEGA = 1 << 20
_UNDEFINED = 0xFFFFFFFF


@contextmanager
def within(most: int) -> Iterator[None]:
    """Fail if more than `most` bytes of memory were taken on top of what there was."""
    tracemalloc.start()
    try:
        yield
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken < most, f"{taken / MEGA:.0f} MB were taken"


def plain() -> bytes:
    """A Part 10 file in Explicit VR Little Endian."""
    return seeds("part10")["explicit-little.dcm"]


def nested(depth: int, *, defined: bool = False) -> bytes:
    """The same file, with sequences in sequences; their lengths are given if `defined`."""
    if defined:
        inner = b""
        for _ in range(depth):
            item = struct.pack("<HHI", 0xFFFE, 0xE000, len(inner)) + inner
            inner = struct.pack("<HH2sHI", 0x0008, 0x1110, b"SQ", 0, len(item)) + item
    else:
        begin = struct.pack("<HH2sHI", 0x0008, 0x1110, b"SQ", 0, _UNDEFINED)
        begin += struct.pack("<HHI", 0xFFFE, 0xE000, _UNDEFINED)
        end = struct.pack("<HHIHHI", 0xFFFE, 0xE00D, 0, 0xFFFE, 0xE0DD, 0)
        inner = begin * depth + end * depth
    whole = plain()
    old = whole.index(struct.pack("<HH2s", 0x0008, 0x1110, b"SQ"))
    after = whole.index(struct.pack("<HH2s", 0x0010, 0x0010, b"PN"))
    return whole[:old] + inner + whole[after:]


@lru_cache
def deflated(size: int) -> bytes:
    """A file of some kilobytes whose pixels have `size` bytes when they are unpacked."""
    whole, other = plain(), seeds("part10")["deflated.dcm"]
    start = whole.index(struct.pack("<HH2s", 0x0008, 0x0005, b"CS"))
    meta = 144 + int.from_bytes(other[140:144], "little")
    body = whole[start : whole.index(struct.pack("<HH2s", 0x7FE0, 0x0010, b"OW"))]
    body += struct.pack("<HH2sHI", 0x7FE0, 0x0010, b"OW", 0, size)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    made = [other[:meta], packer.compress(body)]
    made += [packer.compress(bytes(MEGA)) for _ in range(size // MEGA)]
    return b"".join([*made, packer.flush()])


def claims(length: int) -> bytes:
    """A file that ends in an element which says that it has `length` bytes."""
    whole = plain()
    at = whole.index(struct.pack("<HH2s", 0x7FE0, 0x0010, b"OW"))
    return whole[:at] + struct.pack("<HH2sHI", 0x0009, 0x1001, b"OB", 0, length) + b"x"
