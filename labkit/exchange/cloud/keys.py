"""The keys: a data key a study, each wrapped by a master key that never leaves the house.

Two levels, so that a new master key means new wrappings and not new uploads, and so that one
study can be destroyed alone: without its data key its objects are noise, wherever copies are.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from labkit.common.errors import DataError
from labkit.exchange.cloud.errors import KeyDestroyed
from labkit.pacs.durable import replace_synced, sync_directory

_TOKEN = re.compile(r"[0-9a-f]{32}")


class KeyFolder:
    """Master keys and wrapped data keys, on premise.

    Parameters
    ----------
    folder
        Made if it is not there, readable by its owner alone. Whoever has it and the store has all;
        whoever loses it has nothing. In a hospital the master key is in a hardware module or a
        key service, and backups of this folder are kept apart from those of the images.
    random
        Where keys come from.
    """

    def __init__(self, folder: Path, *, random: Callable[[int], bytes] = os.urandom) -> None:
        self.folder = folder
        self._random = random
        (folder / "studies").mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._ring = folder / "masters.json"
        if not self._ring.exists():
            if any((folder / "studies").iterdir()):
                raise DataError(
                    "the master key is missing, and there are keys that it wrapped",
                    remedy="Bring masters.json back from its backup; without it nothing opens.",
                )
            self._write_ring({"current": "", "keys": {}})
            self._add_master()

    def __repr__(self) -> str:
        return "KeyFolder()"

    @property
    def current(self) -> str:
        """Name of the master key that wraps now."""
        return str(self._read_ring()["current"])

    def masters(self) -> list[str]:
        """Names of the master keys that are held, the newest last."""
        return list(self._read_ring()["keys"])

    def tokens(self) -> list[str]:
        """Which studies have a key, by their token."""
        return sorted(path.stem for path in (self.folder / "studies").glob("*.json"))

    def new(self, token: str) -> bytes:
        """Make a study's data key; it is on the disk, wrapped, when this returns."""
        key = self._random(32)
        self._wrap(token, key)
        return key

    def get(self, token: str) -> bytes:
        """A study's data key.

        Raises
        ------
        KeyDestroyed
            There is none, any more.
        DataError
            It does not open with the master key named in it.
        """
        path = self._path(token)
        if not path.exists():
            raise KeyDestroyed(
                f"the key of {token} is gone",
                remedy="A study that was shredded cannot be had back; else restore the key folder.",
            )
        try:
            said = json.loads(path.read_text(encoding="utf-8"))
            master = self._master(said["master"])
            nonce, wrapped = (base64.b64decode(said[name]) for name in ("nonce", "wrapped"))
            return AESGCM(master).decrypt(nonce, wrapped, _context(token, said["master"]))
        except (ValueError, KeyError, InvalidTag) as error:
            raise DataError(
                f"the key of {token} does not open: its file was changed, or is another study's",
                remedy="Bring the key folder back from its backup.",
            ) from error

    def destroy(self, token: str) -> bool:
        """Destroy a study's data key; whether there was one.

        The file is overwritten and removed. A disk may keep old blocks and a backup old files: what
        they hold is wrapped, and opens no more once the master key has been changed (`rotate`).
        """
        path = self._path(token)
        if not path.exists():
            return False
        with path.open("r+b", buffering=0) as file:
            file.write(secrets.token_bytes(path.stat().st_size))
            os.fsync(file.fileno())
        path.unlink()
        sync_directory(path.parent)
        return True

    def rotate(self) -> int:
        """Take a new master key, wrap all data keys anew, and destroy the old one; how many.

        A crash in between loses nothing: both masters are held until the last key is wrapped.
        """
        self._add_master()
        count = 0
        for token in self.tokens():
            self._wrap(token, self.get(token))
            count += 1
        ring = self._read_ring()
        ring["keys"] = {ring["current"]: ring["keys"][ring["current"]]}
        self._write_ring(ring)
        return count

    def _wrap(self, token: str, key: bytes) -> None:
        name = self.current
        nonce = self._random(12)
        wrapped = AESGCM(self._master(name)).encrypt(nonce, key, _context(token, name))
        said = {
            "master": name,
            "nonce": base64.b64encode(nonce).decode(),
            "wrapped": base64.b64encode(wrapped).decode(),
        }
        replace_synced(self._path(token), json.dumps(said).encode())

    def _master(self, name: str) -> bytes:
        return base64.b64decode(self._read_ring()["keys"][name])

    def _add_master(self) -> None:
        ring = self._read_ring()
        name = self._random(4).hex()
        ring["keys"][name] = base64.b64encode(self._random(32)).decode()
        ring["current"] = name
        self._write_ring(ring)

    def _read_ring(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._ring.read_text("utf-8"))
        return found

    def _write_ring(self, ring: object) -> None:
        old = os.umask(0o077)
        try:
            replace_synced(self._ring, json.dumps(ring).encode())
        finally:
            os.umask(old)

    def _path(self, token: str) -> Path:
        if not _TOKEN.fullmatch(token):
            raise DataError(
                f"{token!r} is no token of a study", remedy="Use what CloudTier.records() gives."
            )
        return self.folder / "studies" / f"{token}.json"


def _context(token: str, master: str) -> bytes:
    return f"labkit study key 1 {token} {master}".encode()
