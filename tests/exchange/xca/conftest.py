"""Two communities in small: registry and repository of a few lines, real gateways and sources."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from labkit.common import ALLOW_ALL
from labkit.common.serving import HOST, HttpService
from labkit.dicom.samples import sample
from labkit.dicomweb import ArchiveSource
from labkit.exchange.images import ImagingDocumentSource, SourceImages
from labkit.exchange.images import operations as of_images
from labkit.exchange.images.answer import answered
from labkit.exchange.parties import LAKESIDE, NORTH, Party, PatientId
from labkit.exchange.soap import Message, Operation, SoapClient, soap_app, xml
from labkit.exchange.xca import InitiatingGateway, Neighbour, RespondingGateway
from labkit.exchange.xca.query import ITI18, GatewayQuery, found_response
from labkit.exchange.xca.retrieval import ITI43
from labkit.exchange.xds.messages import Retrieved, read_retrieve
from labkit.exchange.xds.names import QUERY, RIM
from labkit.pacs import Archive

MARIGOLD = NORTH.patient("NG-100457")
MARIGOLD_THERE = LAKESIDE.patient("LK-20871")
"""The same woman in the two communities."""
POSY, IGNATIUS = NORTH.patient("1001234"), LAKESIDE.patient("1001234")
"""Two people with one number."""
HOME = PatientId("x", "2.25.1")


def entry(uuid: str, patient: PatientId) -> xml.Element:
    """A DocumentEntry, as far as a gateway looks at it."""
    found = xml.make(f"{{{RIM}}}ExtrinsicObject", {"rim": RIM}, id=uuid)
    xml.add(
        found,
        f"{{{RIM}}}ExternalIdentifier",
        identificationScheme="urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427",
        value=patient.cx,
    )
    return found


def find(patient: PatientId | None, *, home: str = "") -> xml.Element:
    """A stored query by patient, or without one."""
    body = xml.make(f"{{{QUERY}}}AdhocQueryRequest", {"query": QUERY, "rim": RIM})
    adhoc = xml.add(
        body, f"{{{RIM}}}AdhocQuery", id="urn:uuid:14d4debf-8f97-4251-9a74-a90016b0af0d"
    )
    if home:
        adhoc.set("home", home)
    if patient is not None:
        slot = xml.add(adhoc, f"{{{RIM}}}Slot")
        slot.set("name", "$XDSDocumentEntryPatientId")
        xml.add(xml.add(slot, f"{{{RIM}}}ValueList"), f"{{{RIM}}}Value", f"'{patient.cx}'")
    return body


@dataclass
class Site:
    """One community's inside: what its registry knows, what its repository holds."""

    party: Party
    entries: dict[str, PatientId] = field(default_factory=dict)
    documents: dict[str, bytes] = field(default_factory=dict)
    asked: list[Message] = field(default_factory=list)

    def registry(self, message: Message) -> Message:
        self.asked.append(message)
        patient = GatewayQuery.read(message.body).patient
        objects = [entry(uuid, of) for uuid, of in self.entries.items() if patient in (None, of)]
        return found_response(message, f"{ITI18}Response", objects, [])

    def repository(self, message: Message) -> Message:
        self.asked.append(message)
        found = [
            Retrieved(one, "text/plain", self.documents[one.uniqueId])
            for one in read_retrieve(message.body)
            if one.uniqueId in self.documents
        ]
        return answered(message, f"{ITI43}Response", found, [])


Serve = Callable[[dict[str, Operation]], str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serves operations on a port of their own; its URL."""
    with ExitStack() as stack:

        def start(operations: dict[str, Operation]) -> str:
            service = HttpService("test")
            service.bind()
            service.start(soap_app(operations, ALLOW_ALL))
            stack.callback(service.stop)
            return f"http://{HOST}:{service.port}/"

        yield start


@pytest.fixture(scope="session")
def hand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SourceImages]:
    archive = Archive(tmp_path_factory.mktemp("lakeside"))
    archive.add_files(sample("cr-chest-prior").paths())
    yield SourceImages(ArchiveSource(archive))
    archive.close()


@pytest.fixture
def lakeside() -> Site:
    return Site(
        LAKESIDE,
        {"urn:uuid:1": MARIGOLD_THERE, "urn:uuid:2": IGNATIUS},
        {"1.2.3": b"a manifest", "1.2.4": b"another"},
    )


@pytest.fixture
def responding(lakeside: Site, hand: SourceImages, serve: Serve) -> Neighbour:
    """Lakeside's gateway, as others know it."""
    images = ImagingDocumentSource(LAKESIDE, hand, ALLOW_ALL)
    gateway = RespondingGateway(
        LAKESIDE,
        serve({ITI18: Operation(lakeside.registry, "ITI-18")}),
        {LAKESIDE.repository: serve({ITI43: Operation(lakeside.repository, "ITI-43")})},
        {LAKESIDE.images: serve(of_images(images))},
    )
    return Neighbour(LAKESIDE, serve(gateway.operations()))


class Table:
    """Who is who, by a table."""

    def __init__(self) -> None:
        self.rows = {MARIGOLD: [MARIGOLD_THERE]}

    def corresponding(self, pid: PatientId, authorities: object = None) -> list[PatientId]:
        return self.rows.get(pid, [])


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def north(table: Table, responding: Neighbour) -> InitiatingGateway:
    """North's gateway; it knows Lakeside."""
    gateway = InitiatingGateway(NORTH, patients=table)
    gateway.know(responding)
    return gateway


def call(url: str, action: str, body: xml.Element) -> Message:
    """Send one message."""
    with SoapClient(url) as client:
        return client.call(Message(action, body))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
