"""An archive node to talk to, and objects to send to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydicom.data import get_testdata_file

from labkit.common import ALLOW_ALL
from labkit.dimse import Peer
from labkit.pacs import Archive, Destinations, EventLog, NodeConfig, PacsNode


@dataclass
class Running:
    """A node that listens, and its parts."""

    node: PacsNode
    peer: Peer
    archive: Archive
    log: EventLog
    destinations: Destinations

    def logged(self, *words: str) -> bool:
        return any(all(word in line for word in words) for line in self.log.lines())


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start nodes; they end with the test."""
    running: list[Running] = []

    def start_node(ae_title: str = "ARCHIVE", **settings: object) -> Running:
        folder = tmp_path / f"{ae_title}{len(running)}"
        parts = {k: settings.pop(k) for k in ("policy", "worklist", "mpps") if k in settings}
        parts.setdefault("policy", ALLOW_ALL)
        archive, log = Archive(folder), EventLog(folder / "log")
        destinations = Destinations(folder / "destinations.json")
        config = NodeConfig(ae_title, **settings)  # type: ignore[arg-type]
        node = PacsNode(config, archive, destinations=destinations, log=log, **parts)  # type: ignore[arg-type]
        peer = Peer(ae_title, "127.0.0.1", node.start())
        running.append(Running(node, peer, archive, log, destinations))
        return running[-1]

    yield start_node
    for each in running:
        each.node.stop()
        each.archive.close()


@pytest.fixture
def archive_node(start: Start) -> Running:
    return start()


def real(*names: str) -> list[Path]:
    """pydicom's own files by name."""
    found = [get_testdata_file(name) for name in names]
    assert all(found), names
    return [Path(str(path)) for path in found]
