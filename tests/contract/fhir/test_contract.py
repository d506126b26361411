"""What any FHIR R4 server must do for the workbook: one suite, embedded or aimed elsewhere.

Where the standard leaves a choice (400 or 422 for a bad code, an unknown parameter refused or
ignored, 404 or 410 after a deletion) each choice is accepted; what the embedded server chooses is
held by its own tests, and the differences are in docs/conformance.md.
"""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from labkit.fhir import FhirClient, FhirError, validate

SYSTEM = "http://example.org/labkit/contract"
JSON = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"}
Resource = dict[str, Any]


def patient(mark: str, **more: Any) -> Resource:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": SYSTEM, "value": mark}],
        "name": [{"family": f"Müller{mark[-6:]}", "given": ["Ann"]}],
        "gender": "female",
        "birthDate": "1970-05-05",
        **more,
    }


def study(subject: Resource, mark: str, **more: Any) -> Resource:
    return {
        "resourceType": "ImagingStudy",
        "identifier": [
            {"system": "urn:dicom:uid", "value": f"urn:oid:2.25.{int(mark[-12:], 16)}"},
            {"system": SYSTEM, "value": mark},
        ],
        "status": "available",
        "subject": {"reference": f"Patient/{subject['id']}"},
        "started": "2026-01-15T08:30:00+01:00",
        "series": [
            {
                "uid": f"2.25.{int(mark[-12:], 16)}.1",
                "modality": {
                    "system": "http://dicom.nema.org/resources/ontology/DCM",
                    "code": "CT",
                },
            }
        ],
        **more,
    }


def outcome(answer: httpx.Response) -> Resource:
    body: Resource = answer.json()
    assert body["resourceType"] == "OperationOutcome", body
    assert body["issue"]
    return body


def ids(fhir: FhirClient, kind: str, **parameters: Any) -> list[str]:
    return sorted(resource["id"] for resource in fhir.search(kind, **parameters))


def test_it_says_that_it_is_r4(fhir: FhirClient) -> None:
    statement = fhir.capabilities()
    assert statement["resourceType"] == "CapabilityStatement"
    assert statement["fhirVersion"].startswith("4.0")
    kinds = {row["type"] for row in statement["rest"][0]["resource"]}
    assert kinds >= {"Patient", "ImagingStudy", "DiagnosticReport", "DocumentReference", "Endpoint"}


@pytest.mark.parametrize(
    "resource",
    [
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
    ],
    ids=lambda resource: str(resource["resourceType"]),
)
def test_what_is_created_is_read_back(fhir: FhirClient, resource: Resource) -> None:
    assert validate(resource) == []
    made = fhir.create(resource)
    read = fhir.read(f"{resource['resourceType']}/{made['id']}")
    for name, value in resource.items():
        assert read[name] == value
    assert read["meta"]["versionId"] == "1"
    assert re.match(r"\d{4}-\d\d-\d\dT", read["meta"]["lastUpdated"])


def test_create_answers_201_with_location_and_etag(http: httpx.Client, mark: str) -> None:
    made = http.post("/Patient", json={**patient(mark), "id": "ignored"}, headers=JSON)
    assert made.status_code == 201
    id_ = made.json()["id"]
    assert id_ != "ignored"
    assert re.search(rf"/Patient/{id_}/_history/1$", made.headers["Location"])
    assert made.headers["ETag"] == 'W/"1"'
    assert made.headers["Content-Type"].startswith("application/fhir+json")
    assert http.get(made.headers["Location"]).json()["id"] == id_


def test_update_delete_and_what_is_left(http: httpx.Client, fhir: FhirClient, mark: str) -> None:
    made = fhir.create(patient(mark))
    url = f"/Patient/{made['id']}"
    changed = fhir.update({**made, "gender": "male"})
    assert (changed["meta"]["versionId"], changed["gender"]) == ("2", "male")
    late = http.put(url, json=made, headers={**JSON, "If-Match": 'W/"1"'})
    assert late.status_code in (409, 412)
    outcome(late)
    assert http.get(f"{url}/_history/1").json()["gender"] == "female"
    assert http.delete(url).status_code in (200, 202, 204)
    assert http.get(url).status_code in (404, 410)
    assert ids(fhir, "Patient", identifier=f"{SYSTEM}|{mark}") == []


def test_searches(fhir: FhirClient, mark: str) -> None:
    ann = fhir.create(patient(mark))
    one = fhir.create(study(ann, mark))
    report = fhir.create(
        {
            "resourceType": "DiagnosticReport",
            "status": "final",
            "code": {"text": "CT head"},
            "subject": {"reference": f"Patient/{ann['id']}"},
            "imagingStudy": [{"reference": f"ImagingStudy/{one['id']}"}],
        }
    )
    family = ann["name"][0]["family"]
    for parameters in (
        {"identifier": f"{SYSTEM}|{mark}"},
        {"identifier": mark},
        {"family": family.lower().replace("ü", "u")},
        {"family:exact": family, "gender": "female"},
        {"name": family[:9], "birthdate": ["ge1970-05-05", "lt1970-05-06"], "identifier": mark},
        {"_id": ann["id"]},
    ):
        assert ids(fhir, "Patient", **parameters) == [ann["id"]], parameters
    mine = {"patient": f"Patient/{ann['id']}"}
    for more in (
        {},
        {"status": "available"},
        {"modality": "CT"},
        {"started": "2026-01-15"},
        {"started": "ge2026-01-15T08:00:00+01:00"},
        {"series": one["series"][0]["uid"]},
        {"identifier": f"urn:dicom:uid|{one['identifier'][0]['value']}"},
        {"_lastUpdated": "ge2020"},
        {"patient.identifier": f"{SYSTEM}|{mark}"},
    ):
        assert ids(fhir, "ImagingStudy", **{**mine, **more}) == [one["id"]], more
    for nothing in ({"modality": "MR"}, {"started": "lt2026-01-15"}, {"status": "cancelled"}):
        assert ids(fhir, "ImagingStudy", **{**mine, **nothing}) == [], nothing
    assert ids(fhir, "DiagnosticReport", **mine) == [report["id"]]
    assert ids(fhir, "ImagingStudy", identifier=f"{SYSTEM}|nothing-has-this") == []


def test_pages(fhir: FhirClient, mark: str) -> None:
    ann = fhir.create(patient(mark))
    made = sorted(fhir.create(study(ann, mark))["id"] for _ in range(7))
    pages = list(fhir.pages("ImagingStudy", patient=ann["id"], _count=3))
    sizes = [len(page.get("entry", [])) for page in pages]
    assert sizes == [3, 3, 1]
    for page in pages:
        assert page["type"] == "searchset"
        assert [row for row in page["link"] if row["relation"] == "self"]
    found = [entry["resource"]["id"] for page in pages for entry in page["entry"]]
    assert sorted(found) == made
    assert all(e["search"]["mode"] == "match" for page in pages for e in page["entry"])
    assert all(
        e["fullUrl"].endswith(f"/ImagingStudy/{e['resource']['id']}")
        for page in pages
        for e in page["entry"]
    )


def test_errors_are_operation_outcomes(http: httpx.Client) -> None:
    assert http.get("/Patient/does-not-exist").status_code == 404
    outcome(http.get("/Patient/does-not-exist"))
    broken = http.post("/Patient", content=b"{", headers=JSON)
    assert broken.status_code == 400
    outcome(broken)
    wrong = http.post("/Patient", json={"resourceType": "Device"}, headers=JSON)
    assert wrong.status_code in (400, 422)
    outcome(wrong)
    unknown = http.get("/NoSuchType/1")
    assert unknown.status_code in (400, 404)
    outcome(unknown)
    strange = http.get("/Patient", params={"birthdate": "the fifth of May"})
    assert strange.status_code == 400
    outcome(strange)


@pytest.mark.parametrize(
    "broken",
    [
        {"gender": "F"},
        {"birthDate": "05.05.1970"},
        {"nonsense": True},
        {"name": {"family": "no array"}},
    ],
    ids=str,
)
def test_invalid_resources_are_refused(http: httpx.Client, mark: str, broken: Resource) -> None:
    answer = http.post("/Patient", json=patient(mark, **broken), headers=JSON)
    assert answer.status_code in (400, 422)
    outcome(answer)


def test_the_client_tells_what_the_server_said(fhir: FhirClient) -> None:
    with pytest.raises(FhirError) as caught:
        fhir.read("Patient/does-not-exist")
    assert caught.value.status == 404
    assert caught.value.issues


def test_what_is_declared_is_answered(http: httpx.Client, fhir: FhirClient) -> None:
    """Every search parameter of the CapabilityStatement is accepted for its resource type."""
    samples = {"token": "x", "string": "x", "reference": "Patient/x", "date": "2026", "uri": "u:x"}
    ours = {"Patient", "ImagingStudy", "DiagnosticReport", "DocumentReference", "Endpoint"}
    for row in fhir.capabilities()["rest"][0]["resource"]:
        for parameter in row.get("searchParam", []) if row["type"] in ours else []:
            value = samples.get(parameter["type"])
            if value and parameter["name"] != "_language":
                asked = {parameter["name"]: value, "_count": "1"}
                answer = http.get(f"/{row['type']}", params=asked)
                assert answer.status_code == 200, (row["type"], parameter, answer.text)
