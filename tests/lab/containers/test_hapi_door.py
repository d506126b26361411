"""The door before a FHIR server of a container; here our own server stands behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from labkit.common.errors import LabError, NetworkError
from labkit.fhir import FhirClient
from labkit.lab.containers.hapi import HapiNode
from labkit.lab.containers.porch import Porch
from labkit.lab.fhirnode import FhirNode
from labkit.pacs import EventLog


@dataclass(frozen=True)
class Scene:
    behind: FhirNode
    door: HapiNode
    log: EventLog


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    behind = FhirNode(tmp_path / "fhir", EventLog(None))
    behind.start()
    log = EventLog(tmp_path / "FHIR.log")
    door = HapiNode(behind.url, log, Porch(""))
    door.start()
    yield Scene(behind, door, log)
    door.close()
    behind.close()


def test_what_goes_through_is_the_servers_and_is_noted(scene: Scene) -> None:
    assert scene.door.sound()
    with FhirClient(scene.door.url) as fhir:
        made = fhir.create({"resourceType": "Patient", "active": True})
        assert fhir.read(f"Patient/{made['id']}") == made
        assert [found["id"] for found in fhir.search("Patient", active="true")] == [made["id"]]
    head = httpx.head(f"{scene.door.url}/Patient/{made['id']}", trust_env=False)
    assert (head.status_code, head.headers["ETag"]) == (200, 'W/"1"')
    lines = [line.split(" - ", 1)[1] for line in scene.log.lines()]
    assert "POST Patient -> 201" in lines
    assert "GET Patient?active=… -> 200" in lines


def test_it_opens_again_at_its_port(scene: Scene) -> None:
    url = scene.door.url
    scene.door.stop()
    assert not scene.door.running
    with FhirClient(url) as fhir, pytest.raises(NetworkError):
        fhir.capabilities()
    scene.door.start()
    assert scene.door.url == url
    with FhirClient(url) as fhir:
        assert fhir.capabilities()["resourceType"] == "CapabilityStatement"


def test_a_server_that_is_gone_is_a_502_that_says_so(scene: Scene) -> None:
    scene.behind.stop()
    answer = httpx.get(f"{scene.door.url}/Patient", trust_env=False)
    assert answer.status_code == 502
    assert answer.json()["resourceType"] == "OperationOutcome"
    assert not scene.door.sound()
    with pytest.raises(LabError, match="does not answer"):
        scene.door.restore(Path())


def test_resources_are_put_under_their_ids_where_they_differ(scene: Scene) -> None:
    one = {"resourceType": "Patient", "id": "one", "active": True}
    scene.door.put([one])
    scene.door.put([one])
    scene.door.put([{**one, "active": False}])
    with FhirClient(scene.door.url) as fhir:
        assert fhir.read("Patient/one")["meta"]["versionId"] == "2"


def test_a_server_that_cannot_be_emptied_is_told(scene: Scene) -> None:
    with pytest.raises(LabError, match="cannot be emptied"):
        scene.door.restore(Path())
