"""A secure lab in a process of its own, and a portal before it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import httpx
import pytest

from labkit.access.audit import AuditTrail
from labkit.dicom import sample
from labkit.exchange.portal import Portal, Recipients
from labkit.lab import launch, open_lab
from labkit.lab.secure.facets import SecureLab
from labkit.lab.workspace import Workspace

Resource = dict[str, Any]
HERS, HIS = sample("ct-chest").study_uid, sample("ct-head").study_uid
NOWHERE = "2.25.999999"
FRIEND, STRANGER = "Practitioner/chen", "Practitioner/parsnipper"
"""Somebody of City Hospital, and somebody of Lakeside, which she denies."""


@pytest.fixture(scope="package")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureLab]:
    folder = tmp_path_factory.mktemp("portal-lab") / "lab"
    lab = open_lab(folder, secure=True)
    assert isinstance(lab, SecureLab)
    yield lab
    launch.stop(Workspace.at(folder))


@dataclass
class Clock:
    """Seconds since 1970 that a test can let pass."""

    late: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.late


@dataclass
class House:
    """The lab, the portal, and what people do there."""

    lab: SecureLab
    portal: Portal
    clock: Clock
    trail: AuditTrail
    _open: list[httpx.Client] = field(default_factory=list)

    def token(self, patient: str = "thistlewick", scope: str = "patient/*.rs", **more: str) -> str:
        user = more.pop("user", patient)
        wanted = f"{scope} launch/patient"
        return self.lab.auth.token("portal", scope=wanted, patient=patient, user=user, **more)

    def browser(self, token: str = "") -> httpx.Client:
        client = httpx.Client(base_url=self.portal.url, trust_env=False, timeout=30)
        self._open.append(client)
        if token:
            answer = client.get(self.portal.enter(token))
            assert answer.status_code == 303, answer.text
        return client

    def put(self, *resources: Resource) -> None:
        with self.lab.fhir.client() as fhir:
            for resource in resources:
                fhir.update(resource)

    def study(self, slug: str = "ct-chest") -> Resource:
        with self.lab.fhir.client() as fhir:
            return fhir.read(f"ImagingStudy/{slug}")

    def records(self) -> list[Resource]:
        return list(self.trail.records())

    def close(self) -> None:
        for client in self._open:
            client.close()


@pytest.fixture
def house(running: SecureLab, tmp_path: Path) -> Iterator[House]:
    running.reset()
    clock = Clock()

    def now() -> datetime:
        return datetime.fromtimestamp(clock(), timezone.utc)

    with AuditTrail(tmp_path / "audit", clock=now, key=b"k" * 32) as trail:
        sites = {"North General": running.dicomweb.url, "Lakeside Clinic": running.proxy.url}
        portal = Portal(running.fhir.url, sites, trail, recipients=Recipients(now), clock=clock)
        with portal:
            made = House(running, portal, clock, trail)
            yield made
            made.close()


def document(url: str, **more: Any) -> Resource:
    return {
        "resourceType": "DocumentReference", "id": "paper", "status": "current",
        "subject": {"reference": "Patient/thistlewick"},
        "content": [{"attachment": {"contentType": "text/plain", "url": url, "title": "Letter"}}],
        **more,
    }  # fmt: skip
