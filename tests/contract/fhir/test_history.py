"""The history of a resource, of a type, of all (R4 http.html#history)."""

from __future__ import annotations

import uuid

import httpx
import pytest

from labkit.fhir import FhirClient, FhirError
from tests.contract.fhir.cases import Resource, patient, refused


@pytest.fixture(scope="module")
def lived(fhir: FhirClient) -> str:
    """A Patient created, updated, deleted and brought back."""
    made = fhir.create(patient(f"contract-{uuid.uuid4()}"))
    fhir.update({**made, "gender": "male"})
    fhir.delete(f"Patient/{made['id']}")
    try:
        fhir.update({**made, "gender": "other"})
    except FhirError as error:  # HAPI, now and then, so soon after the deletion
        if error.status != 409:
            raise
        fhir.update({**made, "gender": "other"})
    return f"Patient/{made['id']}"


def test_history_has_every_version_the_newest_first(fhir: FhirClient, lived: str) -> None:
    entries = list(fhir.history(lived))
    genders = [entry.get("resource", {}).get("gender") for entry in entries]
    assert genders == ["other", None, "male", "female"]
    versions = [e["resource"]["meta"]["versionId"] for e in entries if "resource" in e]
    assert versions == ["4", "2", "1"]


def test_history_says_how_each_version_came(http: httpx.Client, lived: str) -> None:
    """R4 bundle.html#history: request and response of each entry."""
    bundle: Resource = http.get(f"/{lived}/_history").json()
    assert (bundle["type"], bundle["total"]) == ("history", 4)
    methods = [entry["request"]["method"] for entry in bundle["entry"]]
    assert methods == ["PUT", "DELETE", "PUT", "POST"]
    for entry in bundle["entry"]:
        assert entry["response"]["status"][:1] == "2"
        assert entry["fullUrl"].endswith(lived)


def test_history_in_pages(fhir: FhirClient, lived: str) -> None:
    pages = list(fhir.pages(f"{lived}/_history", _count=2))
    assert [len(page["entry"]) for page in pages] == [2, 2]


def test_history_since(http: httpx.Client, fhir: FhirClient, lived: str) -> None:
    latest = fhir.read(lived)["meta"]["lastUpdated"]
    bundle = http.get(f"/{lived}/_history", params={"_since": latest}).json()
    assert [entry["resource"]["meta"]["versionId"] for entry in bundle["entry"]] == ["4"]
    bundle = http.get(f"/{lived}/_history", params={"_since": "2099-01-01T00:00:00Z"}).json()
    assert bundle.get("entry", []) == []


def test_history_of_what_never_was_is_404(http: httpx.Client, mark: str) -> None:
    refused(http.get(f"/Patient/{mark}/_history"), 404)


def test_history_of_a_version_that_is_no_read_is_405(http: httpx.Client, lived: str) -> None:
    """A version cannot be changed (R4 http.html#vread)."""
    url = f"/{lived}/_history/1"
    refused(http.put(url, json={"resourceType": "Patient"}), 400, 404, 405)
    assert http.get(url).json()["gender"] == "female"


@pytest.mark.parametrize("where", ["/Patient/_history", "/_history"], ids=["type", "system"])
def test_history_of_many(http: httpx.Client, fhir: FhirClient, lived: str, where: str) -> None:
    """What was just written stands in front."""
    bundle = http.get(where, params={"_count": 20, "_since": "2020-01-01T00:00:00Z"}).json()
    assert bundle["type"] == "history"
    ours = [entry for entry in bundle["entry"] if entry["fullUrl"].endswith(lived)]
    assert [entry["request"]["method"] for entry in ours] == ["PUT", "DELETE", "PUT", "POST"]
