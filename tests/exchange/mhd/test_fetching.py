"""ITI-68: a document fetched, held against what was said of it, and what is refused."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import httpx
import pytest

from labkit.common.errors import DataError, HttpError, NetworkError
from labkit.exchange.mhd import MhdClient, digest, document_reference
from tests.exchange.mhd.cases import REPORT, SUBJECT, answering


def reference(url: str = "Binary/7", **attachment: Any) -> dict[str, Any]:
    made = document_reference(REPORT, SUBJECT, "2026-01-15", url)
    made["content"][0]["attachment"] |= attachment
    return made


@pytest.mark.parametrize(
    "said",
    [{"hash": digest(b"other")}, {"size": 3}, {"hash": digest(b"other"), "size": 3}],
)
def test_other_bytes_are_refused(said: dict[str, Any]) -> None:
    mhd, _ = answering(lambda _: httpx.Response(200, content=REPORT.content))
    with pytest.raises(DataError, match="not the bytes that were submitted") as caught:
        mhd.retrieve(reference(**said))
    assert next(iter(said)) in caught.value.message or "size" in caught.value.message


def test_what_nobody_said_is_not_verified() -> None:
    mhd, _ = answering(lambda _: httpx.Response(200, content=b"x"))
    made = reference()
    for name in ("hash", "size"):
        del made["content"][0]["attachment"][name]
    assert not mhd.retrieve(made).verified


def test_it_is_asked_for_as_what_it_is() -> None:
    mhd, heard = answering(lambda _: httpx.Response(200, content=REPORT.content))
    mhd.retrieve(reference())
    assert heard[0].headers["accept"] == "application/pdf"
    assert "if-unmodified-since" not in heard[0].headers  # 2:3.68.4.1.2


def test_a_fhir_document_in_a_binary(mhd: MhdClient) -> None:
    """Asked for as FHIR, a server would give the Binary itself (R4 http.html#binary)."""
    fhir = b'{"resourceType": "Bundle", "type": "document"}'
    document = replace(REPORT, content=fhir, content_type="application/fhir+json")
    made = mhd.provide([document], subject=SUBJECT)
    assert mhd.retrieve(made.documents[0]).content == fhir


def test_a_binary_resource_is_unwrapped() -> None:
    data = base64.b64encode(REPORT.content).decode()
    binary = {"resourceType": "Binary", "contentType": "application/pdf", "data": data}
    kind = {"content-type": "application/fhir+json; charset=utf-8"}
    mhd, _ = answering(lambda _: httpx.Response(200, json=binary, headers=kind))
    got = mhd.retrieve(reference())
    assert (got.content, got.content_type) == (REPORT.content, "application/pdf")


@pytest.mark.parametrize("status", [404, 406, 410])
def test_a_refusal_is_told(status: int) -> None:
    mhd, _ = answering(lambda _: httpx.Response(status))
    with pytest.raises(HttpError) as caught:
        mhd.retrieve(reference())
    assert caught.value.status == status


def test_nobody_answers() -> None:
    def refused(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(NetworkError):
        answering(refused)[0].retrieve(reference())


@pytest.mark.parametrize("url", ["", "urn:uuid:1"])
def test_no_address_is_no_document(url: str) -> None:
    with pytest.raises(DataError, match="does not say where"):
        answering(lambda _: httpx.Response(200))[0].retrieve(reference(url))


def test_another_server_is_not_asked_unless_it_may_be() -> None:
    there = "https://repository.example/doc/1"
    mhd, heard = answering(lambda _: httpx.Response(200, content=REPORT.content))
    with pytest.raises(DataError, match=r"another server, repository\.example"):
        mhd.retrieve(reference(there))
    assert heard == []


def test_another_server_gets_no_token() -> None:
    there = "https://repository.example/doc/1"
    mhd, heard = answering(
        lambda _: httpx.Response(200, content=REPORT.content), elsewhere=lambda url: url == there
    )
    assert mhd.retrieve(reference(there)).verified
    assert "authorization" not in heard[0].headers
