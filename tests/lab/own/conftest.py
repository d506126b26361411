"""Somebody's own servers: Debian's Orthanc with DICOMweb, and a lab's FHIR server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from labkit.dicom import sample
from labkit.dimse import Peer, store
from labkit.lab.fhirnode import FhirNode
from labkit.pacs import EventLog
from tests.contract.pacs.servers import PLUGIN, find_program, free_port, running_orthanc, wait_for

USER, PASSWORD = "reader", "opens-orthanc"
STUDY = "cr-wrist"


@dataclass(frozen=True)
class Orthanc:
    """A running Orthanc with one study.

    Attributes
    ----------
    move_port
        Where it sends for the AE title LABKIT; it knows no other.
    """

    port: int
    web: int
    move_port: int

    def toml(self, our_title: str = "LABKIT", more: str = "") -> str:
        """Return a ``labkit.toml`` for it."""
        return f"""
preset = "orthanc"
[archive]
host = "127.0.0.1"
port = {self.port}
our_ae_title = "LABKIT"
[dicomweb]
url = "http://127.0.0.1:{self.web}/dicom-web"
user = "{USER}"
password = "${{OWN_PASSWORD}}"
[receive]
ae_title = "{our_title}"
port = {self.move_port}
{more}"""


@pytest.fixture(scope="module")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orthanc]:
    if find_program("Orthanc") is None or not PLUGIN.exists():
        pytest.skip("Orthanc with its DICOMweb plugin is not installed")
    folder = tmp_path_factory.mktemp("orthanc")
    found = Orthanc(free_port(), free_port(), free_port())
    settings: dict[str, object] = {
        "HttpPort": found.web,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {USER: PASSWORD},
        "DicomAet": "ORTHANC",
        "DicomPort": found.port,
        "DicomModalities": {"labkit": ["LABKIT", "127.0.0.1", found.move_port]},
        "DicomAlwaysAllowStore": True,
        "Plugins": [str(PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    with running_orthanc(folder, settings):
        peer = Peer("ORTHANC", "127.0.0.1", found.port)
        wait_for(peer)
        store(peer, sample(STUDY).files).raise_for_status()
        yield found


@pytest.fixture(scope="module")
def fhir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of a FHIR server that holds one patient."""
    folder = tmp_path_factory.mktemp("fhir")
    node = FhirNode(folder, EventLog(folder / "FHIR.log"))
    node.start()
    node.put([{"resourceType": "Patient", "id": "p1", "name": [{"family": "Zebrowski"}]}])
    yield node.url
    node.close()
