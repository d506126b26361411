"""What the tests of gateways ask and look at."""

from __future__ import annotations

from dataclasses import replace

from labkit.dicom.samples import sample
from labkit.exchange.images import ImageRequest
from labkit.exchange.parties import LAKESIDE, NORTH, PatientId
from labkit.exchange.soap import Message
from labkit.exchange.xca import InitiatingGateway
from labkit.exchange.xca.query import ITI18
from labkit.exchange.xca.retrieval import ITI43, KINDS, Kind
from labkit.exchange.xds.messages import DocumentRequest, Retrieved, write_retrieve
from labkit.exchange.xds.problems import RegistryError
from tests.exchange.xca.conftest import find

MILAN = replace(NORTH, name="Milan", home="urn:oid:2.25.77.1", authority="2.25.77.2")


def status(answer: Message) -> str:
    found = next(iter(answer.body.iter("{*}RegistryResponse")), answer.body)
    return str(found.get("status")).rpartition(":")[2]


def codes(errors: list[RegistryError]) -> list[str]:
    return [error.code for error in errors]


def ask(gateway: InitiatingGateway, patient: PatientId | None, home: str = "") -> Message:
    return gateway.query(Message(ITI18, find(patient, home=home)))


def documents(*wanted: DocumentRequest) -> Message:
    return Message(ITI43, write_retrieve(wanted))


def document(unique_id: str, data: bytes, home: str) -> Retrieved:
    request = DocumentRequest(LAKESIDE.repository, unique_id, home)
    return Retrieved(request, "text/plain", data)


def prior(home: str = LAKESIDE.home) -> list[ImageRequest]:
    return [
        ImageRequest(
            ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID, LAKESIDE.images, home
        )
        for ds in sample("cr-chest-prior").datasets()
    ]


def kind(within: str) -> tuple[Kind]:
    """The transactions that one is of, as an argument."""
    return (next(kind for kind in KINDS if kind.within == within),)
