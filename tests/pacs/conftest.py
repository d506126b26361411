"""An archive node to talk to, and objects to send to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset

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

    def logged(self, *words: str, seconds: float = 5.0) -> bool:
        """Whether a line has these words, now or soon: a node answers before it logs."""
        deadline = time.monotonic() + seconds
        while not any(all(word in line for word in words) for line in self.log.lines()):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True


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


def made(folder: Path, number: int, **values: object) -> Path:
    """A small object with some attributes changed."""
    ds = dcmread(real("MR_small.dcm")[0])
    ds.PatientID, ds.PatientSex = f"P{number}", "M"
    ds.StudyInstanceUID = f"1.2.{number}"
    ds.SeriesInstanceUID = f"1.2.{number}.1"
    ds.SOPInstanceUID = f"1.2.{number}.1.1"
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    path = folder / "made.dcm"
    ds.save_as(path)
    return path


@pytest.fixture
def node(archive_node: Running, tmp_path: Path) -> Running:
    add = archive_node.archive.add_file
    request = Dataset()
    request.RequestedProcedureID = "R1"
    request.ScheduledProcedureStepID = "S1"
    base = {"StudyTime": "101500", "AccessionNumber": "A1", "StudyID": "7"}
    add(made(tmp_path, 1, PatientName="Adams^Ann", StudyDate="20260105", **base))
    add(
        made(
            tmp_path, 1, PatientName="Adams^Ann", StudyDate="20260105", **base,
            SeriesInstanceUID="1.2.1.2", SOPInstanceUID="1.2.1.2.1", Modality="PT",
            RequestAttributesSequence=[request], SeriesDescription="PET whole body",
        )
    )  # fmt: skip
    add(made(tmp_path, 1, PatientName="Adams^Ann", SOPInstanceUID="1.2.1.1.2", InstanceNumber=2))
    add(
        made(
            tmp_path, 2, PatientName="Müller^Änne", StudyDate="20260110", StudyTime="235959",
            AccessionNumber="", Modality="CT", SpecificCharacterSet="ISO_IR 100", PatientSex="F",
        )
    )  # fmt: skip
    add(
        made(
            tmp_path, 3, PatientName="Yamada^Tarou=山田^太郎=やまだ^たろう", Modality="CT",
            SpecificCharacterSet=["", "ISO 2022 IR 87"], StudyDate="20260120", AccessionNumber="A3",
        )
    )  # fmt: skip
    return archive_node
