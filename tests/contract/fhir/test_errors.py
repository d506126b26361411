"""Refusals: the right status, and an OperationOutcome each time (R4 http.html#2.21.0.4)."""

from __future__ import annotations

import httpx
import pytest

from tests.contract.fhir.cases import JSON, Resource, outcome, patient, refused
from tests.contract.fhir.world import World


@pytest.mark.parametrize(
    ("method", "url", "statuses"),
    [
        ("GET", "/Patient/does-not-exist", (404,)),
        ("GET", "/NoSuchType/1", (400, 404)),
        ("GET", "/NoSuchType", (400, 404)),
        ("GET", "/patient/1", (400, 404)),
        ("GET", "/Patient/$no-such-operation", (400, 404, 405)),
        ("GET", "/Patient?birthdate=the+fifth+of+May", (400,)),
        ("GET", "/Patient?birthdate=2026-13-45", (400,)),
        ("GET", "/Patient?_count=many", (400,)),
        ("GET", "/Patient?_sort=no-such-parameter", (400,)),
        ("GET", "/Patient?_include=Patient:no-such-parameter", (400,)),
        ("GET", "/Patient?gender:no-such-modifier=male", (400,)),
        ("DELETE", "/", (400, 404, 405)),
        ("POST", "/Patient/1", (400, 404, 405)),
    ],
)
def test_a_request_that_cannot_be_answered(
    http: httpx.Client, method: str, url: str, statuses: tuple[int, ...]
) -> None:
    refused(http.request(method, url, headers=JSON), *statuses)


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        (b"{", (400,)),
        (b"", (400,)),
        (b"[]", (400, 422)),
        (b'{"gender": "male"}', (400, 422)),
        (b'{"resourceType": "Device"}', (400, 422)),
        (b'{"resourceType": "NoSuchType"}', (400, 422)),
        (b"\xff\xfe\x00", (400,)),
    ],
    ids=["cut", "empty", "array", "no-type", "other-type", "unknown-type", "no-utf8"],
)
def test_a_body_that_is_none(http: httpx.Client, body: bytes, statuses: tuple[int, ...]) -> None:
    """R4 http.html#create: 400 where it cannot be parsed, 422 where it is invalid."""
    refused(http.post("/Patient", content=body, headers=JSON), *statuses)


@pytest.mark.parametrize(
    "broken",
    [
        {"gender": "F"},
        {"birthDate": "05.05.1970"},
        {"nonsense": True},
        {"name": {"family": "no array"}},
        {"active": "true"},
        {"contact": [{"relationship": "no concept"}]},
        {"link": [{"type": "seealso"}]},
    ],
    ids=["code", "date", "element", "no-array", "boolean", "datatype", "cardinality"],
)
def test_an_invalid_resource(http: httpx.Client, mark: str, broken: Resource) -> None:
    """R4 http.html#create, validation.html."""
    answer = http.post("/Patient", json=patient(mark, **broken), headers=JSON)
    refused(answer, 400, 422)


def test_an_unknown_parameter_is_refused_when_asked_to_be_strict(
    http: httpx.Client, world: World
) -> None:
    """R4 search.html#errors: ``Prefer: handling=strict``."""
    params = {"_id": world.ids["ann"], "no-such-parameter": "x"}
    answer = http.get("/Patient", params=params, headers={"Prefer": "handling=strict"})
    refused(answer, 400)


def test_an_unknown_parameter_is_ignored_when_asked_to_be_lenient(
    http: httpx.Client, world: World
) -> None:
    """R4 search.html#errors: and the self link says what was understood."""
    params = {"_id": world.ids["ann"], "no-such-parameter": "x"}
    answer = http.get("/Patient", params=params, headers={"Prefer": "handling=lenient"})
    assert answer.status_code == 200, answer.text
    matches = [e for e in answer.json()["entry"] if e["search"]["mode"] == "match"]
    assert len(matches) == 1
    (own,) = [link["url"] for link in answer.json()["link"] if link["relation"] == "self"]
    assert "no-such-parameter" not in own


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept": "application/fhir+json"},
        {"Accept": "application/json"},
        {"Accept": "application/fhir+json; fhirVersion=4.0"},
        {"Accept": "image/png, application/fhir+json;q=0.5"},
        {"Accept": "*/*"},
    ],
    ids=lambda headers: str(headers["Accept"]),
)
def test_json_is_given(http: httpx.Client, world: World, headers: dict[str, str]) -> None:
    """R4 http.html#mime-type."""
    answer = http.get(f"/Patient/{world.ids['ann']}", headers=headers)
    assert answer.status_code == 200
    assert "json" in answer.headers["Content-Type"]
    assert answer.json()["resourceType"] == "Patient"


def test_format_goes_before_accept(http: httpx.Client, world: World) -> None:
    """R4 http.html#parameters: for who cannot set headers."""
    headers = {"Accept": "image/png"}
    url = f"/Patient/{world.ids['ann']}"
    answer = http.get(url, params={"_format": "json"}, headers=headers)
    assert answer.json()["resourceType"] == "Patient"


def test_what_is_not_given_is_406(http: httpx.Client, world: World) -> None:
    """R4 http.html#mime-type."""
    refused(http.get(f"/Patient/{world.ids['ann']}", headers={"Accept": "image/png"}), 406)


def test_what_is_not_taken_is_415(http: httpx.Client, mark: str) -> None:
    """R4 http.html#mime-type."""
    headers = {**JSON, "Content-Type": "image/png"}
    refused(http.post("/Patient", json=patient(mark), headers=headers), 415)


def test_the_outcome_says_where(http: httpx.Client, mark: str) -> None:
    """R4 operationoutcome.html: expression, or a word of the element in its text."""
    answer = http.post("/Patient", json=patient(mark, gender="F"), headers=JSON)
    issues = outcome(answer)["issue"]
    assert any("gender" in str(issue) for issue in issues if issue["severity"] == "error")
