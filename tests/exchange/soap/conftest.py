"""A service that answers with what it was told, called without a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from labkit.common.access import ALLOW_ALL
from labkit.exchange.soap import Attachments, Message, Operation, SoapClient, soap_app, xml

NS = "urn:test"
ASK, TOLD = "urn:test:Ask", "urn:test:Told"


def echo(message: Message) -> Message:
    """Answer with the text, and the document if there is one."""
    assert message.body is not None
    answer = xml.make(f"{{{NS}}}Told", {None: NS})
    xml.add(answer, f"{{{NS}}}Text", xml.text_of(message.body.find(f"{{{NS}}}Text")))
    files = Attachments()
    document = message.body.find(f"{{{NS}}}Document")
    if document is not None:
        got = message.attachment(document)
        files.include(
            xml.add(answer, f"{{{NS}}}Document"), got.content_type or "text/plain", got.data
        )
    return message.reply(TOLD, answer, files)


def question(text: str = "hello", data: bytes | None = None) -> Message:
    body = xml.make(f"{{{NS}}}Ask", {None: NS})
    xml.add(body, f"{{{NS}}}Text", text)
    files = Attachments()
    if data is not None:
        files.include(xml.add(body, f"{{{NS}}}Document"), "application/dicom", data)
    return Message(ASK, body, attachments=files)


def envelope(
    header: str = "", body: str = "", namespace: str = "http://www.w3.org/2003/05/soap-envelope"
) -> bytes:
    """Write a request by hand: with an Action and a MessageID, unless `header` is given."""
    wanted = header or f"<a:Action>{ASK}</a:Action><a:MessageID>urn:uuid:1</a:MessageID>"
    inside = body or f'<Ask xmlns="{NS}"><Text>hello</Text></Ask>'
    return (
        f'<e:Envelope xmlns:e="{namespace}" xmlns:a="http://www.w3.org/2005/08/addressing">'
        f"<e:Header>{wanted}</e:Header><e:Body>{inside}</e:Body></e:Envelope>"
    ).encode()


@pytest.fixture
def serve() -> Callable[..., TestClient]:
    def make(handle: Any = echo, **options: Any) -> TestClient:
        options.setdefault("policy", ALLOW_ALL)
        return TestClient(soap_app({ASK: Operation(handle, "ASK")}, **options))

    return make


@pytest.fixture
def web(serve: Callable[..., TestClient]) -> TestClient:
    return serve()


@pytest.fixture
def client(web: TestClient) -> SoapClient:
    return SoapClient("http://testserver/", transport=web._transport)
