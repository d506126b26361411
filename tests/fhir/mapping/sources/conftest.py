"""Archives that hold a few of the patient stories: ours, and Debian's Orthanc with DICOMweb."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from labkit.dicom import sample
from labkit.dimse import Peer, store
from tests.contract.pacs.servers import (
    PLUGIN,
    Target,
    embedded,
    find_program,
    free_port,
    running_orthanc,
    wait_for,
)

STORIES = ("ct-head", "cr-wrist", "mr-brain")
USER = "labkit:labkit"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """Our own archive with three studies."""
    with embedded(tmp_path_factory.mktemp("archive")) as target:
        for slug in STORIES:
            store(target.peer, sample(slug).files).raise_for_status()
        yield target


@pytest.fixture(scope="module")
def dicomweb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The DICOMweb base of an Orthanc with three studies."""
    if find_program("Orthanc") is None or not PLUGIN.exists():
        pytest.skip("Orthanc with its DICOMweb plugin is not installed")
    folder = tmp_path_factory.mktemp("orthanc")
    port, web = free_port(), free_port()
    settings: dict[str, object] = {
        "HttpPort": web,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {"labkit": "labkit"},
        "DicomAet": "ORTHANC",
        "DicomPort": port,
        "DicomAlwaysAllowStore": True,
        "Plugins": [str(PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    with running_orthanc(folder, settings):
        peer = Peer("ORTHANC", "127.0.0.1", port)
        wait_for(peer)
        for slug in STORIES:
            store(peer, sample(slug).files).raise_for_status()
        yield f"http://{USER}@127.0.0.1:{web}/dicom-web"
