"""Binary: bytes in, the same bytes out (R4 binary.html)."""

import httpx
import pytest

from labkit.fhir import validate

FHIR = {"Content-Type": "application/fhir+json"}
AS_FHIR = {"Accept": "application/fhir+json"}
PDF = b"%PDF-1.7\n\x00\xff"


def test_bytes_come_back_as_they_went(http: httpx.Client) -> None:
    made = http.post("/Binary", content=PDF, headers={"Content-Type": "application/pdf"})
    assert made.status_code == 201
    assert made.headers["Location"] == "http://fhir.test/Binary/1/_history/1"
    for headers in ({}, {"Accept": "*/*"}, {"Accept": "application/pdf"}, {"Accept": "image/png"}):
        raw = http.get("/Binary/1", headers=headers)
        assert (raw.content, raw.headers["Content-Type"]) == (PDF, "application/pdf")
        assert raw.headers["X-Content-Type-Options"] == "nosniff"
        assert raw.headers["ETag"] == 'W/"1"'
    body = http.get("/Binary/1", headers=AS_FHIR).json()
    assert validate(body) == []
    assert (body["id"], body["contentType"]) == ("1", "application/pdf")
    assert http.get("/Binary/1?_format=json").json() == body
    assert http.get("/Binary/1/_history/1").content == PDF


def test_the_resource_is_taken_too(http: httpx.Client) -> None:
    resource = {"resourceType": "Binary", "contentType": "text/plain", "data": "SGk="}
    for content_type in ("application/fhir+json", "application/json"):
        made = http.post("/Binary", json=resource, headers={"Content-Type": content_type})
        assert made.json()["data"] == "SGk="
        assert http.get(f"/Binary/{made.json()['id']}").text == "Hi"


def test_json_that_is_no_resource_is_content(http: httpx.Client) -> None:
    made = http.post("/Binary", json={"a": 1})
    assert made.status_code == 201
    assert http.get("/Binary/1").json() == {"a": 1}
    assert http.get("/Binary/1").headers["Content-Type"] == "application/json"


def test_update_context_and_delete(http: httpx.Client) -> None:
    headers = {"Content-Type": "text/plain", "X-Security-Context": "Patient/1"}
    assert http.put("/Binary/own", content=b"a", headers=headers).status_code == 201
    assert http.put("/Binary/own", content=b"b", headers=headers).status_code == 200
    assert http.get("/Binary/own").content == b"b"
    body = http.get("/Binary/own", headers=AS_FHIR).json()
    assert body["securityContext"] == {"reference": "Patient/1"}
    assert http.get("/Binary").json()["total"] == 1
    http.delete("/Binary/own")
    assert http.get("/Binary/own").status_code == 410


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", {"Content-Type": "text/plain"}, 400),
        (b"x", {}, 415),
        (b"{", {"Content-Type": "application/fhir+json"}, 400),
    ],
)
def test_refuses(http: httpx.Client, content: bytes, headers: dict[str, str], status: int) -> None:
    assert http.post("/Binary", content=content, headers=headers).status_code == status


def test_a_media_type_that_is_none_goes_out_as_bytes(http: httpx.Client) -> None:
    resource = {"resourceType": "Binary", "contentType": "text/html evil", "data": "SGk="}
    http.post("/Binary", json=resource, headers=FHIR)
    assert http.get("/Binary/1").headers["Content-Type"] == "application/octet-stream"
    http.post("/Binary", json={**resource, "contentType": "text/plain"}, headers=FHIR)
    http.post("/Binary", json={"resourceType": "Binary", "contentType": "a/b"}, headers=FHIR)
    assert http.get("/Binary/3").content == b""
