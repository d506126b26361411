"""Sealed files on their way out, and on their way back; both go on where they were cut off."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from labkit.exchange.cloud.errors import Damaged, NotInStore
from labkit.exchange.cloud.multipart import Uploaded
from labkit.exchange.cloud.packing import Packed, pack
from labkit.exchange.cloud.records import Pack
from labkit.exchange.cloud.sealing import digest, seal, unseal
from labkit.exchange.cloud.store import ObjectStore
from labkit.pacs.durable import sync_directory, write_synced
from labkit.pacs.header import read_header
from labkit.pacs.part10 import read_object

_READ = 1 << 20


class Spool:
    """A folder of sealed files.

    An object is sealed once, to a file, and sent from there: what is sent after a cut is then the
    same bytes as before it, under the same digest. Sealing it again would give other bytes.
    """

    def __init__(self, folder: Path, store: ObjectStore) -> None:
        self._folder = folder
        self._store = store
        folder.mkdir(parents=True, exist_ok=True)

    def clean(self, known: set[str]) -> None:
        """Delete what a crash left that belongs to no record."""
        for path in self._folder.iterdir():
            if path.suffix == ".part" or path.stem not in known:
                path.unlink()

    @staticmethod
    def new_name() -> str:
        """A name that says nothing: 128 random bits."""
        return secrets.token_hex(16)

    def has(self, item: Pack) -> bool:
        """Whether the sealed file of a pack is here, whole."""
        path = self._out(item.name)
        return path.exists() and path.stat().st_size == item.size

    def seal(self, series: str, instances: Sequence[tuple[Packed, Path]], key: bytes) -> Pack:
        """Make the sealed file of a series; it is on the disk when this returns."""
        name = self.new_name()
        meta, data = read_object(instances[0][1])
        modality = read_header(data, meta.transfer_syntax)["Modality"]
        part = self._folder / f"{name}.part"
        size = write_synced(part, seal(pack(instances), key, name))
        part.replace(self._out(name))
        sync_directory(self._folder)
        sha256 = digest(_pieces(self._out(name)))
        return Pack(name, series, modality, tuple(one for one, _ in instances), size, sha256)

    def send(self, item: Pack) -> Uploaded:
        """Send a pack and read it back.

        Raises
        ------
        Damaged
            What came back is not what was sent. It is deleted in the store.
        """
        took = Uploaded(0, 0)
        if self._store.size(item.name) != item.size:  # else: it broke off after the last request
            took = self._store.upload(self._out(item.name), item.name)
        try:
            self.prove(item.name, item.sha256)
        except Damaged:
            self._store.delete(item.name)
            raise
        return took

    def prove(self, name: str, sha256: str) -> None:
        """Read an object and compare its digest with ours.

        The store's own word (an ETag, a checksum header) would cost no egress, and proves only
        what the store says.
        """
        try:
            got = digest(self._store.read(name))
        except NotInStore as error:
            raise _gone(name) from error
        if got != sha256:
            raise _other(name, got, sha256)

    def fetch(self, item: Pack, key: bytes) -> Iterator[bytes]:
        """Fetch a pack, compare it as a whole, then give its plain bytes."""
        path = self._folder / f"{item.name}.back"
        done = path.stat().st_size if path.exists() else 0
        if done > item.size:
            path.unlink()
            done = 0
        if done < item.size:
            try:
                with path.open("ab") as file:
                    for piece in self._store.read(item.name, done):
                        done += len(piece)
                        if done > item.size:
                            break
                        file.write(piece)
            except NotInStore as error:
                raise _gone(item.name) from error
        got = digest(_pieces(path))
        if got != item.sha256:
            path.unlink()
            raise _other(item.name, got, item.sha256)
        return unseal(_pieces(path), key, item.name)

    def drop(self, name: str) -> None:
        """Delete the files of a pack."""
        for end in ("sealed", "back"):
            (self._folder / f"{name}.{end}").unlink(missing_ok=True)

    def _out(self, name: str) -> Path:
        return self._folder / f"{name}.sealed"


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while data := file.read(_READ):
            yield data


def _other(name: str, got: str, sha256: str) -> Damaged:
    text = f"SHA-256 {got[:12]}…, not {sha256[:12]}…"
    return Damaged(f"the object {name} is not what was stored: {text}", name=name)


def _gone(name: str) -> Damaged:
    return Damaged(f"the object {name} is not in the store", name=name)
