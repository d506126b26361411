"""Read what came out of a de-identifier, by every way that an attacker would try."""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.dataset import Dataset

from labkit.deid.attack.model import Loot, Released, parts
from labkit.dicom.reading import PARSE_ERRORS

#: Character sets in which the bytes of a file are read, whatever it claims (PS3.3 C.12.1.1.2).
_READINGS = ("latin-1", "utf-8", "utf-16-le", "utf-16-be", "iso2022_jp_2", "shift_jis", "gb18030")
#: Where the pixels of a little endian file begin.
_PIXELS = b"\xe0\x7f\x10\x00"
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{24,}={0,2}")


def read_loot(folder: Path) -> Loot:
    """Read every file below a folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return Loot([_released(path, folder) for path in paths])


def _released(path: Path, folder: Path) -> Released:
    raw = path.read_bytes()
    name = path.relative_to(folder).as_posix()
    ds = data_set(raw)
    return Released(name, raw, ds, tuple(_texts(name, raw, ds)), path.stat().st_mtime)


def data_set(raw: bytes) -> Dataset | None:
    """Parse a file by force; ``None`` if nothing can be had of it."""
    try:
        ds = dcmread(BytesIO(raw), force=True)
        for part in parts(ds):  # pydicom parses elements when they are asked for
            for _ in part:
                pass
    except PARSE_ERRORS:
        return None
    return ds if "SOPClassUID" in ds or len(ds) > 3 else None


def _texts(name: str, raw: bytes, ds: Dataset | None) -> Iterator[str]:
    yield name.casefold()
    for body in _bodies(raw):
        for reading in _READINGS:
            # Two readings of ASCII are one; and no pixel is Japanese.
            if reading == "latin-1":
                yield body.decode(reading).casefold()
            elif not (header := body.partition(_PIXELS)[0]).isascii():
                yield header.decode(reading, "ignore").casefold()
    if ds is not None:
        # With the character set that it declares: Japanese is escape sequences in the file.
        yield "\n".join(_values(ds)).casefold()
    else:
        try:
            found = json.loads(raw)
        except ValueError:
            return
        yield "\n".join(_strings(found)).casefold()


def _bodies(raw: bytes) -> Iterator[bytes]:
    """Give the bytes as they are, and what is packed in them."""
    yield raw
    packed: list[bytes] = []
    if raw[128:132] == b"DICM":
        packed.append(_inflated(raw[_meta_end(raw) :], -zlib.MAX_WBITS))
    for start in re.finditer(rb"stream\r?\n", raw):  # of a PDF
        packed.append(_inflated(raw[start.end() :], zlib.MAX_WBITS))
    for match in _BASE64.finditer(raw):
        try:
            packed.append(base64.b64decode(match.group() + b"==", validate=False))
        except (binascii.Error, ValueError):
            continue
    for body in packed:
        if body:
            yield body
            for start in re.finditer(rb"stream\r?\n", body):
                yield _inflated(body[start.end() :], zlib.MAX_WBITS)


def _meta_end(raw: bytes) -> int:
    """Return where the data set begins (PS3.10 7.1): the group length counts from byte 144."""
    return 144 + int.from_bytes(raw[140:144], "little") if raw[132:136] == b"\2\0\0\0" else 132


def _inflated(data: bytes, window: int) -> bytes:
    try:
        return zlib.decompressobj(window).decompress(data, 50_000_000)
    except zlib.error:
        return b""


def _values(ds: Dataset) -> Iterator[str]:
    for part in parts(ds):
        for element in part:
            if element.VR != "SQ" and not isinstance(element.value, bytes):
                yield str(element.value)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)
    else:
        yield str(value)
