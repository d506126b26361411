import socket
from pathlib import Path

import httpx
import pytest

from labkit.common.serving import listening
from labkit.lab.fhirnode import FhirNode
from labkit.lab.health import HEALTH_AE
from labkit.pacs import EventLog

PATIENT = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Rossi"}]}


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False)


def test_it_serves_is_stopped_and_serves_again_at_the_same_port(tmp_path: Path) -> None:
    node = FhirNode(tmp_path, EventLog(tmp_path / "FHIR.log"))
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


def test_the_base_url_is_served_with_and_without_a_slash(tmp_path: Path) -> None:
    node = FhirNode(tmp_path / "fhir", EventLog(tmp_path / "FHIR.log"))
    node.start()
    try:
        bundle = {"resourceType": "Bundle", "type": "transaction"}
        for url in (node.url, f"{node.url}/"):
            answer = httpx.post(url, json=bundle, trust_env=False)
            assert answer.json()["type"] == "transaction-response"
        outside = httpx.get(node.url.removesuffix("/fhir") + "/Patient", trust_env=False)
        assert outside.status_code == 404
    finally:
        node.close()


def test_only_what_differs_becomes_a_new_version(tmp_path: Path) -> None:
    node = FhirNode(tmp_path, EventLog(tmp_path / "FHIR.log"))
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
        node = FhirNode(tmp_path, EventLog(tmp_path / "FHIR.log"))
        assert node.start(taken) != taken
        node.close()


def test_ports_are_loopback_only() -> None:
    with listening(0) as sock:
        assert sock.getsockname()[0] == "127.0.0.1"


def test_the_log_says_what_was_asked_and_not_about_whom(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "FHIR.log")
    node = FhirNode(tmp_path, log)
    node.start()
    get(f"{node.url}/Patient?family=Rossi&birthdate=1980")
    get(f"{node.url}/Patient/none")
    httpx.get(f"{node.url}/metadata", headers={"User-Agent": HEALTH_AE}, trust_env=False)
    node.close()
    assert [line.split(" ", 1)[1] for line in log.lines()] == [
        "FHIR INFO - listening",
        "FHIR INFO - GET Patient?family=…&birthdate=… -> 200",
        "FHIR WARNING - GET Patient/none -> 404",
        "FHIR INFO - stopped",
    ]
