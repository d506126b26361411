"""An encoder of JPEG Lossless, Process 14, first-order prediction (ISO/IEC 10918-1 Annex H).

Old archives and modalities speak it, and no codec for Python writes it. It is also the shortest way
to see what a lossless codec does: predict each sample from its neighbour, and write the small
differences in few bits.
"""

from __future__ import annotations

import heapq
import struct
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
PIECE = 1 << 16  # samples that are packed in one go


def encode(image: Array, precision: int) -> bytes:
    """Encode one frame.

    Parameters
    ----------
    image
        (rows, columns) or (rows, columns, samples) of unsigned integers below 2 ** `precision`.
    precision
        Bits a sample, 2–16.

    Returns
    -------
    bytes
        A JPEG stream of one scan, from SOI to EOI.
    """
    planes = image if image.ndim == 3 else image[:, :, np.newaxis]
    rows, columns, samples = planes.shape
    differences = _differences(planes.astype(np.int32), precision)
    # How many bits hold the size of each difference: category 0 is 0, 1 is -1 and 1, 2 is ±2, ±3 …
    sizes = np.zeros(differences.shape, np.int64)
    magnitude = np.abs(differences)
    while magnitude.any():
        sizes += magnitude > 0
        magnitude >>= 1
    lengths = _code_lengths(np.bincount(sizes, minlength=17))
    order = sorted((length, size) for size, length in lengths.items())
    codes, code, before = np.zeros(17, np.int64), 0, 0
    for length, size in order:
        code <<= length - before
        codes[size], code, before = code, code + 1, length
    bits = np.array([lengths.get(size, 0) for size in range(17)], np.int64)
    # After the code of its size come that many bits of the difference itself; a negative one is
    # written less one. 32768 needs none: it is alone in its category (H.1.2.2).
    extra = np.where(sizes == 16, 0, sizes)
    value = np.where(differences < 0, differences - 1, differences) & ((1 << extra) - 1)
    packed = _pack((codes[sizes] << extra) | value, bits[sizes] + extra)
    ids = range(1, samples + 1)
    frame = struct.pack(">BHHB", precision, rows, columns, samples)
    frame += b"".join(bytes((i, 0x11, 0)) for i in ids)
    counts = [sum(length == n for length, _ in order) for n in range(1, 17)]
    table = bytes([0, *counts, *(size for _, size in order)])
    scan = bytes([samples]) + b"".join(bytes((i, 0)) for i in ids) + bytes((1, 0, 0))
    head = _segment(0xC3, frame) + _segment(0xC4, table) + _segment(0xDA, scan)
    return b"\xff\xd8" + head + packed.replace(b"\xff", b"\xff\x00") + b"\xff\xd9"


def _differences(planes: Array, precision: int) -> npt.NDArray[np.int64]:
    """Subtract the prediction: the left neighbour; above in the first column (H.1.2.1)."""
    predicted = np.empty_like(planes)
    predicted[:, 1:] = planes[:, :-1]
    predicted[1:, 0] = planes[:-1, 0]
    predicted[0, 0] = 1 << (precision - 1)
    modulo = (planes - predicted).astype(np.int64) & 0xFFFF
    return np.where(modulo > 0x8000, modulo - 0x10000, modulo).reshape(-1)


def _code_lengths(counts: Array) -> dict[int, int]:
    """Give each size a code length, short ones to the frequent (Huffman); at most 16 bits."""
    used = [int(size) for size in np.flatnonzero(counts)]
    # Rare ones are counted as less rare than they are, so that no code gets too long. The symbol
    # that stands for nothing takes the code of all ones, which JPEG forbids (Annex C).
    floor = int(counts.sum()) // 1000 + 1
    heap = [(int(counts[size]) + floor, size, [size]) for size in used] + [(0, -1, [-1])]
    heapq.heapify(heap)
    lengths = dict.fromkeys([*used, -1], 0)
    while len(heap) > 1:
        (a, tie, left), (b, _, right) = heapq.heappop(heap), heapq.heappop(heap)
        for size in (*left, *right):
            lengths[size] += 1
        heapq.heappush(heap, (a + b, tie, left + right))
    del lengths[-1]  # as the rarest it was among the longest, so all ones stays free
    return lengths


def _pack(values: Array, lengths: Array) -> bytes:
    """Write each value in so many bits, most significant first; ones fill the last byte."""
    return b"".join(_pieces(values, lengths))


def _pieces(values: Array, lengths: Array) -> Iterator[bytes]:
    left = np.zeros(0, np.uint8)
    for start in range(0, len(values), PIECE):
        value, length = values[start : start + PIECE], lengths[start : start + PIECE]
        owner = np.repeat(np.arange(len(value)), length)
        ends = np.cumsum(length)
        shift = ends[owner] - 1 - np.arange(len(owner))
        bits = np.concatenate([left, ((value[owner] >> shift) & 1).astype(np.uint8)])
        whole = len(bits) // 8 * 8
        left = bits[whole:]
        yield np.packbits(bits[:whole]).tobytes()
    if len(left):
        yield np.packbits(np.concatenate([left, np.ones(8 - len(left), np.uint8)])).tobytes()


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body
