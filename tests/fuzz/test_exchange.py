"""SOAP messages of XDS.b, XCA and RAD-69, spoilt."""

from __future__ import annotations

import contextlib

import pytest
from starlette.testclient import TestClient

from labkit.common.access import ALLOW_ALL
from labkit.common.errors import LabkitError
from labkit.exchange.images.request import ImagingRequest
from labkit.exchange.soap import soap_app, xml
from labkit.exchange.soap.envelope import read_envelope
from labkit.exchange.soap.wire import ContentType, unpack
from labkit.exchange.xds.ebxml_read import read_submission
from labkit.exchange.xds.messages import read_found, read_provide, read_retrieve, read_retrieved
from labkit.exchange.xds.query import parse_value, read_query
from tests.fuzz.engine import Fuzz, seeds

pytestmark = pytest.mark.fuzz
KIND = ContentType(
    'multipart/related; type="application/xop+xml"; boundary=b; start="<r>"; '
    'start-info="application/soap+xml"'
)
MARKS = [
    b"<a>",
    b"</",
    b"/>",
    b"&#0;",
    b"&x;",
    b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
    b"<![CDATA[",
    b"]]>",
    b"<!--",
    b'xmlns=""',
    b"cid:1",
    b"\r\n--b\r\n",
    b"\r\n--b--",
    b"urn:uuid:",
    b"('a','b')",
    b"^^^&1.2&ISO",
    b"<?x ?>",
]


def test_a_message_is_read_or_refused_by_name(fuzz: Fuzz) -> None:
    def target(data: bytes) -> None:
        try:
            if data.startswith((b"--b", b"\r\n--b")):
                root, attachments = unpack(KIND, [data])
            else:
                root, attachments = xml.parse(data), {}
            message = read_envelope(root)
        except LabkitError as error:
            assert error.message
            return
        message = type(message)(message.action, message.body, attachments=attachments)
        body = message.body
        inner = body[0] if body is not None and len(body) else body
        for act in (read_submission, read_query, read_retrieve, read_found, ImagingRequest.read):
            for element in (body, inner):
                with contextlib.suppress(LabkitError):
                    act(element)
        for whole in (read_provide, read_retrieved):
            with contextlib.suppress(LabkitError):
                whole(message)

    fuzz.run(target, "soap", few=60, many=30_000, marks=MARKS)


def test_a_service_answers_whatever_is_sent_with_a_fault_of_the_sender(fuzz: Fuzz) -> None:
    web = TestClient(soap_app({}, policy=ALLOW_ALL))

    def target(data: bytes) -> None:
        multipart = data.startswith((b"--b", b"\r\n--b"))
        kind = KIND_TEXT if multipart else "application/soap+xml"
        answer = web.post("/", content=data, headers={"Content-Type": kind})
        assert answer.status_code in (400, 500)
        assert b"Receiver" not in answer.content

    fuzz.run(target, "soap", few=15, many=1_500, marks=MARKS)


KIND_TEXT = (
    'multipart/related; type="application/xop+xml"; boundary=b; start="<r>"; '
    'start-info="application/soap+xml"'
)


def test_a_value_of_a_stored_query_is_read_or_refused(fuzz: Fuzz) -> None:
    def target(data: bytes) -> None:
        try:
            assert parse_value("$XDSDocumentEntryPatientId", data.decode("utf-8", "replace"))
        except LabkitError as error:
            assert error.message

    fuzz.run(
        target, "stored-query", few=200, many=60_000, marks=[b"'", b"''", b"(", b")", b",", b"')"]
    )


READERS = {
    "register.xml": read_submission,
    "stored-query.xml": read_query,
    "retrieve.xml": read_retrieve,
    "rad-69.xml": ImagingRequest.read,
}


@pytest.mark.parametrize("name", READERS)
def test_the_corpus_is_what_its_names_say(name: str) -> None:
    body = read_envelope(xml.parse(seeds("soap")[name])).body
    element = body[0] if body.tag.endswith("RegisterDocumentSetRequest") else body
    assert READERS[name](element)
