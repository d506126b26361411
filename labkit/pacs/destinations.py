"""Where a C-MOVE may send to: AE titles and their addresses (PS3.4 C.4.2).

The request names only an AE title; the archive has to know its host and port. An unknown one is
status A801.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from labkit.common.errors import LabError
from labkit.dimse import Peer
from labkit.pacs.durable import replace_synced


class Destinations(Mapping[str, Peer]):
    """AE title → peer; kept in a JSON file, and may be changed while nodes use it.

    Parameters
    ----------
    path
        The file, or ``None`` to keep them in memory only.
    known
        What there is at first, where the file does not exist yet.
    """

    def __init__(self, path: Path | None = None, known: Mapping[str, Peer] | None = None) -> None:
        self.told: Callable[[Mapping[str, Peer]], None] = lambda known: None
        """Called after each change, with what there is now."""
        self._path = path
        self._lock = threading.Lock()
        self._peers: dict[str, Peer] = dict(known or {})
        if path is not None and path.exists():
            self._peers = _read(path)
        elif known:
            self._save()

    def __getitem__(self, ae_title: str) -> Peer:
        return self._peers[ae_title]

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._peers))

    def __len__(self) -> int:
        return len(self._peers)

    def add(self, ae_title: str, host: str, port: int) -> None:
        """Register, or change, a destination.

        Raises
        ------
        UsageError
            The AE title or the port cannot be.
        """
        peer = Peer(ae_title, host, port)
        with self._lock:
            self._peers = {**self._peers, peer.ae_title: peer}
            self._save()
        self.told(self._peers)

    def remove(self, ae_title: str) -> None:
        """Take a destination away; one that is not there is no error."""
        with self._lock:
            self._peers = {key: peer for key, peer in self._peers.items() if key != ae_title}
            self._save()
        self.told(self._peers)

    def replace(self, known: Mapping[str, Peer]) -> None:
        """Have these destinations and no others."""
        with self._lock:
            self._peers = dict(known)
            self._save()
        self.told(self._peers)

    def _save(self) -> None:
        if self._path is None:
            return
        rows = {key: [peer.host, peer.port] for key, peer in sorted(self._peers.items())}
        self._path.parent.mkdir(parents=True, exist_ok=True)
        replace_synced(self._path, json.dumps(rows, indent=1).encode())


def _read(path: Path) -> dict[str, Peer]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return {key: Peer(key, host, port) for key, (host, port) in rows.items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise LabError(
            f"{path.name} is damaged ({error})",
            remedy="Delete it, and register the destinations again: labkit nodes add AE HOST PORT.",
        ) from error
