import socket
from pathlib import Path

import httpx
import pytest

from labkit.lab.fhirnode import FhirNode
from labkit.lab.http import listening

PATIENT = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Rossi"}]}


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False)


def test_it_serves_is_stopped_and_serves_again_at_the_same_port(tmp_path: Path) -> None:
    node = FhirNode(tmp_path)
    port = node.start()
    try:
        node.put([PATIENT])
        assert get(f"{node.url}/metadata").json()["resourceType"] == "CapabilityStatement"
        assert get(f"{node.url}/Patient/p1").json()["name"] == PATIENT["name"]
        node.stop()
        assert not node.running
        with pytest.raises(httpx.ConnectError):
            get(f"{node.url}/metadata")
        assert node.start() == port
        assert node.running
        assert get(f"{node.url}/Patient/p1").status_code == 200
    finally:
        node.close()


def test_only_what_differs_becomes_a_new_version(tmp_path: Path) -> None:
    node = FhirNode(tmp_path)
    node.put([PATIENT])
    node.put([PATIENT])
    stored = node.store.read("Patient", "p1")
    assert stored is not None and stored.version == 1
    node.put([{**PATIENT, "active": True}])
    stored = node.store.read("Patient", "p1")
    assert stored is not None and stored.version == 2
    node.close()


def test_a_taken_port_is_no_obstacle(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        node = FhirNode(tmp_path)
        assert node.start(taken) != taken
        node.close()


def test_ports_are_loopback_only() -> None:
    with listening(0) as sock:
        assert sock.getsockname()[0] == "127.0.0.1"
