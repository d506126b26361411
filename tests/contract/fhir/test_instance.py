"""Read, create, update and delete of one resource (R4 http.html)."""

from __future__ import annotations

import json
import re
from email.utils import parsedate_to_datetime

import httpx
import pytest

from labkit.fhir import FhirClient, FhirError, validate
from tests.contract.fhir.cases import (
    JSON,
    Resource,
    ids,
    marked,
    outcome,
    patient,
    refused,
    study,
    total,
)

SAMPLES: list[Resource] = [
    {
        "resourceType": "DiagnosticReport",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "24725-4"}]},
        "conclusion": "No acute bleed.",
    },
    {
        "resourceType": "DocumentReference",
        "status": "current",
        "content": [{"attachment": {"contentType": "application/pdf", "data": "JVBERi0="}}],
    },
    {
        "resourceType": "Endpoint",
        "status": "active",
        "connectionType": {
            "system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type",
            "code": "dicom-wado-rs",
        },
        "payloadType": [{"text": "DICOM"}],
        "address": "http://pacs.example.org/dicomweb",
    },
    {"resourceType": "Patient", "name": [{"family": "山田", "given": ["太郎"]}]},
]


@pytest.mark.parametrize("resource", SAMPLES, ids=lambda resource: str(resource["resourceType"]))
def test_what_is_created_is_read_back(fhir: FhirClient, resource: Resource) -> None:
    """R4 http.html#create."""
    assert validate(resource) == []
    made = fhir.create(resource)
    read = fhir.read(f"{resource['resourceType']}/{made['id']}")
    for name, value in resource.items():
        assert read[name] == value
    assert read["meta"]["versionId"] == "1"
    assert re.match(r"\d{4}-\d\d-\d\dT", read["meta"]["lastUpdated"])


def test_create_answers_201_with_location_and_etag(http: httpx.Client, mark: str) -> None:
    """R4 http.html#create: the id of the client is ignored."""
    made = http.post("/Patient", json={**patient(mark), "id": "ignored"}, headers=JSON)
    assert made.status_code == 201
    id_ = made.json()["id"]
    assert id_ != "ignored"
    assert re.search(rf"/Patient/{id_}/_history/1$", made.headers["Location"])
    assert made.headers["ETag"] == 'W/"1"'
    assert made.headers["Content-Type"].startswith("application/fhir+json")
    assert http.get(made.headers["Location"]).json()["id"] == id_


def test_a_decimal_keeps_its_precision(http: httpx.Client) -> None:
    """R4 datatypes.html#decimal: 1.50 is not 1.5."""
    body = (
        '{"resourceType": "Observation", "status": "final", "code": {"text": "diameter"}, '
        '"valueQuantity": {"value": 1.50, "unit": "cm"}}'
    )
    made = http.post("/Observation", content=body.encode(), headers=JSON)
    assert made.status_code == 201, made.text
    text = http.get(f"/Observation/{made.json()['id']}").text
    assert json.loads(text, parse_float=str)["valueQuantity"]["value"] == "1.50"


@pytest.mark.parametrize("wanted", ["minimal", "representation", "OperationOutcome"])
def test_prefer_return(http: httpx.Client, mark: str, wanted: str) -> None:
    """R4 http.html#ops: what the answer to a create holds."""
    headers = {**JSON, "Prefer": f"return={wanted}"}
    made = http.post("/Patient", json=patient(mark), headers=headers)
    assert made.status_code == 201
    if wanted == "minimal":
        assert made.content == b""
    elif wanted == "representation":
        assert made.json()["gender"] == "female"
    else:
        outcome(made)


def test_read_has_etag_and_last_modified(http: httpx.Client, mark: str) -> None:
    """R4 http.html#read."""
    made = http.post("/Patient", json=patient(mark), headers=JSON).json()
    got = http.get(f"/Patient/{made['id']}")
    assert got.headers["ETag"] == f'W/"{got.json()["meta"]["versionId"]}"'
    assert parsedate_to_datetime(got.headers["Last-Modified"]).tzinfo


def test_head_is_get_without_the_body(http: httpx.Client, mark: str) -> None:
    """R4 http.html#2.21.0.2."""
    made = http.post("/Patient", json=patient(mark), headers=JSON).json()
    got = http.head(f"/Patient/{made['id']}")
    assert (got.status_code, got.content) == (200, b"")
    assert got.headers["ETag"] == 'W/"1"'


@pytest.mark.parametrize("header", ["If-None-Match", "If-Modified-Since"])
def test_an_unchanged_resource_is_304(http: httpx.Client, mark: str, header: str) -> None:
    """R4 http.html#cread: a conditional read."""
    made = http.post("/Patient", json=patient(mark), headers=JSON).json()
    got = http.get(f"/Patient/{made['id']}")
    told = {"If-None-Match": got.headers["ETag"], "If-Modified-Since": got.headers["Last-Modified"]}
    again = http.get(f"/Patient/{made['id']}", headers={header: told[header]})
    assert (again.status_code, again.content) == (304, b"")


def test_update_makes_a_version(http: httpx.Client, fhir: FhirClient, mark: str) -> None:
    """R4 http.html#update, http.html#vread."""
    made = fhir.create(patient(mark))
    changed = http.put(f"/Patient/{made['id']}", json={**made, "gender": "male"}, headers=JSON)
    assert changed.status_code == 200
    assert changed.headers["ETag"] == 'W/"2"'
    assert (changed.json()["meta"]["versionId"], changed.json()["gender"]) == ("2", "male")
    assert http.get(f"/Patient/{made['id']}/_history/1").json()["gender"] == "female"
    assert http.get(f"/Patient/{made['id']}/_history/2").json()["gender"] == "male"
    refused(http.get(f"/Patient/{made['id']}/_history/3"), 404)


def test_update_of_a_new_id_creates_it(http: httpx.Client, mark: str) -> None:
    """R4 http.html#upsert: 201, and the id that the client chose."""
    made = http.put(f"/Patient/{mark}", json={**patient(mark), "id": mark}, headers=JSON)
    assert made.status_code == 201
    assert http.get(f"/Patient/{mark}").json()["id"] == mark


@pytest.mark.parametrize("own", [{"id": "another"}, {}], ids=["another-id", "no-id"])
def test_update_wants_the_id_of_the_url(http: httpx.Client, mark: str, own: Resource) -> None:
    """R4 http.html#update: 400 where the body has no id, or another one."""
    answer = http.put(f"/Patient/{mark}", json={**patient(mark), **own}, headers=JSON)
    refused(answer, 400)


def test_a_stale_if_match_changes_nothing(http: httpx.Client, fhir: FhirClient, mark: str) -> None:
    """R4 http.html#concurrency."""
    made = fhir.create(patient(mark))
    fhir.update({**made, "gender": "male"}, if_match="1")
    late = http.put(
        f"/Patient/{made['id']}", json={**made, "gender": "other"}, headers=JSON | {"If-Match": "1"}
    )
    refused(late, 409, 412)
    assert fhir.read(f"Patient/{made['id']}")["gender"] == "male"


def test_a_stale_if_match_is_412(http: httpx.Client, fhir: FhirClient, mark: str) -> None:
    """R4 http.html#concurrency: Precondition Failed, not another status."""
    made = fhir.create(patient(mark))
    fhir.update({**made, "gender": "male"})
    headers = {**JSON, "If-Match": 'W/"1"'}
    refused(http.put(f"/Patient/{made['id']}", json=made, headers=headers), 412)


def test_after_delete_read_is_410(http: httpx.Client, fhir: FhirClient, mark: str) -> None:
    """R4 http.html#delete; R4 http.html#read: 410 tells that it was there."""
    made = fhir.create(patient(mark))
    assert http.delete(f"/Patient/{made['id']}").status_code in (200, 202, 204)
    refused(http.get(f"/Patient/{made['id']}"), 410)
    assert total(http, "Patient", mark) == 0


def test_versions_outlive_a_delete(http: httpx.Client, fhir: FhirClient, mark: str) -> None:
    """R4 http.html#delete: a version that was there can still be read."""
    made = fhir.create(patient(mark))
    fhir.delete(f"Patient/{made['id']}")
    assert http.get(f"/Patient/{made['id']}/_history/1").json()["gender"] == "female"


def test_delete_twice_is_a_success(http: httpx.Client, fhir: FhirClient, mark: str) -> None:
    """R4 http.html#delete: nothing to do is no error, nor is what never was."""
    made = fhir.create(patient(mark))
    for url in [f"/Patient/{made['id']}"] * 2 + [f"/Patient/{mark}"]:
        assert http.delete(url).status_code in (200, 202, 204)


def test_an_update_brings_back_what_was_deleted(fhir: FhirClient, mark: str) -> None:
    """R4 http.html#delete."""
    made = fhir.create(patient(mark))
    fhir.delete(f"Patient/{made['id']}")
    assert fhir.update(made)["meta"]["versionId"] == "3"
    assert ids(fhir, "Patient", identifier=marked(mark)) == [made["id"]]


def test_a_reference_to_what_is_not_there_is_stored(fhir: FhirClient, mark: str) -> None:
    """R4 references.html: integrity is the server's choice; the lab needs it this way."""
    made = fhir.create(study(f"Patient/nobody-{mark[-12:]}", mark))
    read = fhir.read(f"ImagingStudy/{made['id']}")
    assert read["subject"]["reference"] == f"Patient/nobody-{mark[-12:]}"


def test_a_reference_to_what_is_not_there_is_searched(fhir: FhirClient, mark: str) -> None:
    """R4 search.html#reference: what a reference says is compared, not what is behind it."""
    made = fhir.create(study(f"Patient/nobody-{mark[-12:]}", mark))
    assert ids(fhir, "ImagingStudy", patient=f"nobody-{mark[-12:]}") == [made["id"]]


def test_our_client_tells_what_the_server_said(fhir: FhirClient) -> None:
    with pytest.raises(FhirError) as caught:
        fhir.read("Patient/does-not-exist")
    assert caught.value.status == 404
    assert caught.value.issues
