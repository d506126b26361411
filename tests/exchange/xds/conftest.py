"""A small affinity domain: a registry and a repository behind SOAP, without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from labkit.common.access import ALLOW_ALL, AccessPolicy
from labkit.exchange.parties import NORTH, PatientId
from labkit.exchange.soap import Exchanged, SoapClient
from labkit.exchange.xds import (
    Author,
    Code,
    DocumentConsumer,
    DocumentEntry,
    DocumentSource,
    Registry,
    Repository,
    SubmissionSet,
    registry_app,
    repository_app,
)

MARIGOLD = NORTH.patient("NG-100457")
OTHER = NORTH.patient("1001234")
CT = Code("CT", "1.2.840.10008.2.16.4", "Computed Tomography")
CHEST = Code("51185008", "2.16.840.1.113883.6.96", "Chest")
NORMAL = Code("N", "2.16.840.1.113883.5.25", "normal")
RESTRICTED = Code("R", "2.16.840.1.113883.5.25", "restricted")
KOS = Code("1.2.840.10008.5.1.4.1.1.88.59", "1.2.840.10008.2.6.1", "Key Object Selection")
IMAGES = Code("IMAGES", "1.3.6.1.4.1.19376.1.2.6.1", "Images")
REPORT = Code("REPORTS", "1.3.6.1.4.1.19376.1.2.6.1", "Reports")


def document(number: int = 1, **changes: Any) -> DocumentEntry:
    """Describe document `number`."""
    made = DocumentEntry(
        uniqueId=f"2.25.1000.{number}",
        patientId=MARIGOLD,
        classCode=IMAGES,
        typeCode=Code("18748-4", "2.16.840.1.113883.6.1", "Diagnostic imaging study"),
        formatCode=KOS,
        healthcareFacilityTypeCode=Code("22232009", "2.16.840.1.113883.6.96", "Hospital"),
        practiceSettingCode=Code("394914008", "2.16.840.1.113883.6.96", "Radiology"),
        confidentialityCode=(NORMAL,),
        eventCodeList=(CT, CHEST),
        creationTime="20260115080000",
        languageCode="en",
        mimeType="application/dicom",
        sourcePatientId=MARIGOLD.cx,
        sourcePatientInfo=("PID-5|Thistlewick^Marigold", "PID-7|19710419"),
        author=(Author("^Moreau^Grace^^^Dr", ("North General",), ("Radiologist",)),),
        title="CT chest",
        comments="It's <complete> & true",
        serviceStartTime="20260115075500",
        referenceIdList=("2001^^^&2.25.17&ISO^urn:ihe:iti:xds:2013:accession",),
        entryUUID=f"doc{number}",
    )
    return replace(made, **changes)


def submission_set(number: int = 1, **changes: Any) -> SubmissionSet:
    made = SubmissionSet(
        uniqueId=f"2.25.2000.{number}",
        sourceId=NORTH.source,
        patientId=MARIGOLD,
        contentTypeCode=REPORT,
        submissionTime="20260115081000",
        author=(Author("^Moreau^Grace^^^Dr"),),
        title="One study",
    )
    return replace(made, **changes)


def uuid(number: int) -> str:
    return f"urn:uuid:00000000-0000-4000-8000-{number:012d}"


@dataclass
class Domain:
    """The services, and clients of them."""

    registry: Registry
    repository: Repository
    source: DocumentSource
    consumer: DocumentConsumer
    seen: list[Exchanged] = field(default_factory=list)

    def provide(
        self, *entries: DocumentEntry, number: int = 1, patient: PatientId = MARIGOLD, **more: Any
    ) -> None:
        """Provide documents whose bytes are their uniqueId."""
        contents = {each: each.uniqueId.encode() for each in entries}
        self.source.provide(submission_set(number, patientId=patient), contents, **more)


Make = Callable[..., Domain]


@pytest.fixture
def make_domain(tmp_path: Path) -> Iterator[Make]:
    opened: list[Any] = []

    def make(policy: AccessPolicy = ALLOW_ALL, **options: Any) -> Domain:
        registry = Registry(tmp_path / "registry", **options)
        registry.admit(MARIGOLD, OTHER)
        repository = Repository(tmp_path / "repository", NORTH.repository, registry=registry)
        seen: list[Exchanged] = []
        apps: dict[str, Starlette] = {
            "http://registry/": registry_app(registry, policy),
            "http://repository/": repository_app(repository, policy),
        }

        def connect(url: str) -> SoapClient:
            return SoapClient(url, transport=TestClient(apps[url])._transport, observer=seen.append)

        source = DocumentSource("http://repository/", connect=connect)
        consumer = DocumentConsumer(
            "http://registry/", {NORTH.repository: "http://repository/"}, connect=connect
        )
        opened.extend([source, consumer, registry, repository])
        return Domain(registry, repository, source, consumer, seen)

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def domain(make_domain: Make) -> Domain:
    return make_domain()
