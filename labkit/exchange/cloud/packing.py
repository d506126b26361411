"""A series as one object: a list of its instances, then their Part 10 files, one after the other.

One object a series, not one an instance: requests are billed each, a CT has hundreds of images, and
their number is nobody's business. A series is also the least that can be had back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.exchange.cloud.errors import Damaged

_READ = 1 << 20
_LIST = 1 << 26


@dataclass(frozen=True)
class Packed:
    """One instance in a pack.

    Attributes
    ----------
    uid
        SOP Instance UID.
    size, sha256
        Of its Part 10 file.
    """

    uid: str
    size: int
    sha256: str

    @classmethod
    def of(cls, uid: str, path: Path) -> Packed:
        """Look at a file."""
        found = hashlib.sha256()
        size = 0
        with path.open("rb") as file:
            while data := file.read(_READ):
                found.update(data)
                size += len(data)
        return cls(uid, size, found.hexdigest())


def pack(instances: Sequence[tuple[Packed, Path]]) -> Iterator[bytes]:
    """Make the plain bytes of a pack."""
    listed = json.dumps([[one.uid, one.size, one.sha256] for one, _ in instances]).encode()
    yield len(listed).to_bytes(4, "big") + listed
    for _, path in instances:
        with path.open("rb") as file:
            while data := file.read(_READ):
                yield data


def unpack(data: Iterable[bytes], name: str) -> Iterator[tuple[Packed, bytes]]:
    """Take a pack apart; each file is held against its digest.

    Raises
    ------
    Damaged
        A file is not what was packed.
    """
    reader = _Reader(data, name)
    length = int.from_bytes(reader.take(4), "big")
    if length > _LIST:
        raise Damaged(f"the object {name} has no list of instances", name=name)
    try:
        listed: list[Any] = json.loads(reader.take(length))
        instances = [Packed(str(uid), int(size), str(sha)) for uid, size, sha in listed]
    except (ValueError, TypeError, RecursionError) as error:
        raise Damaged(f"the object {name} has no list of instances", name=name) from error
    for one in instances:
        file = reader.take(one.size)
        if hashlib.sha256(file).hexdigest() != one.sha256:
            raise Damaged(f"in the object {name}, instance {one.uid} was changed", name=name)
        yield one, file
    reader.end()


class _Reader:
    def __init__(self, data: Iterable[bytes], name: str) -> None:
        self._data = iter(data)
        self._name = name
        self._buffer = bytearray()

    def take(self, size: int) -> bytes:
        while len(self._buffer) < size:
            piece = next(self._data, None)
            if piece is None:
                raise Damaged(f"the object {self._name} ends too early", name=self._name)
            self._buffer += piece
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def end(self) -> None:
        if self._buffer or any(True for piece in self._data if piece):
            raise Damaged(f"the object {self._name} has more than its list says", name=self._name)
