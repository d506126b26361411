"""What a search finds, and what it refuses."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from labkit.fhir import FhirStore, validate

PATIENTS: list[dict[str, Any]] = [
    {
        "resourceType": "Patient",
        "id": "ann",
        "active": True,
        "identifier": [{"system": "urn:north", "value": "NG-1"}, {"value": "loose"}],
        "name": [{"family": "Müller", "given": ["Ann", "Zoë"]}, {"text": "Anna Muller-Smith"}],
        "gender": "female",
        "birthDate": "1970-05-05",
        "telecom": [
            {"system": "phone", "value": "+44 1"},
            {"system": "email", "value": "ann@example.org"},
        ],
        "address": [{"city": "Leeds", "postalCode": "LS1"}],
        "communication": [{"language": {"coding": [{"system": "urn:ietf:bcp:47", "code": "de"}]}}],
    },
    {
        "resourceType": "Patient",
        "id": "bob",
        "identifier": [{"system": "urn:lakeside", "value": "NG-1"}],
        "name": [{"family": "Muller, Bob|x"}],
        "gender": "male",
        "birthDate": "1970",
        "deceasedDateTime": "2026-01-02T10:00:00Z",
        "managingOrganization": {"reference": "Organization/lake"},
    },
    {
        "resourceType": "Patient",
        "id": "yamada",
        "name": [{"family": "山田", "given": ["太郎"]}],
        "deceasedBoolean": False,
    },
]
STUDIES: list[dict[str, Any]] = [
    {
        "resourceType": "ImagingStudy",
        "id": "ct",
        "meta": {"tag": [{"system": "urn:t", "code": "teaching"}], "profile": ["http://p/1"]},
        "identifier": [{"system": "urn:dicom:uid", "value": "urn:oid:2.25.1"}],
        "status": "available",
        "subject": {"reference": "Patient/ann"},
        "started": "2026-01-15T08:30:00+01:00",
        "endpoint": [{"reference": "http://elsewhere.test/Endpoint/1"}],
        "series": [
            {
                "uid": "2.25.11",
                "modality": {"system": "http://dcm", "code": "CT"},
                "instance": [
                    {"uid": "2.25.111", "sopClass": {"system": "urn:o", "code": "urn:oid:1.2"}}
                ],
            }
        ],
    },
    {
        "resourceType": "ImagingStudy",
        "id": "mr",
        "status": "registered",
        "subject": {"reference": "http://fhir.test/Patient/bob"},
        "started": "2026-02",
        "series": [{"uid": "2.25.12", "modality": {"code": "MR"}}],
    },
    {
        "resourceType": "ImagingStudy",
        "id": "us",
        "status": "available",
        "subject": {"identifier": {"system": "urn:north", "value": "NG-9"}, "type": "Patient"},
    },
    {
        "resourceType": "ImagingStudy",
        "id": "phantom",
        "status": "available",
        "subject": {"reference": "Device/ann"},
        "started": "2025-12-31",
    },
]
OTHERS: list[dict[str, Any]] = [
    {"resourceType": "Organization", "id": "lake", "name": "Lakeside Clinic", "alias": ["LC"]},
    {
        "resourceType": "DocumentReference",
        "id": "pdf",
        "status": "current",
        "content": [{"attachment": {"url": "http://docs.test/a/1.pdf"}}],
        "context": {"period": {"start": "2026-01-10"}},
        "masterIdentifier": {"value": "m1"},
    },
]


@pytest.fixture
def ids(store: FhirStore, http: httpx.Client) -> Callable[..., list[str]]:
    """Search and return the ids found."""
    for resource in (*PATIENTS, *STUDIES, *OTHERS):
        assert validate(resource) == []
        store.put(resource, "http://fhir.test")

    def find(query: str) -> list[str]:
        answer = http.get(f"/{query}")
        assert answer.status_code == 200, answer.text
        bundle = answer.json()
        assert validate(bundle) == []
        found = [entry["resource"]["id"] for entry in bundle.get("entry", [])]
        assert bundle["total"] == len(found)
        return found

    return find


ALL = ["ct", "mr", "us", "phantom"]
FINDS: list[tuple[str, list[str]]] = [
    # token
    ("Patient?gender=female", ["ann"]),
    ("Patient?gender=female,male", ["ann", "bob"]),
    ("Patient?gender=http://hl7.org/fhir/administrative-gender|male", ["bob"]),
    ("Patient?gender:not=male", ["ann", "yamada"]),
    ("Patient?identifier=NG-1", ["ann", "bob"]),
    ("Patient?identifier=urn:north|NG-1", ["ann"]),
    ("Patient?identifier=|loose", ["ann"]),
    ("Patient?identifier=|NG-1", []),
    ("Patient?identifier=urn:lakeside|", ["bob"]),
    ("Patient?identifier=ng-1", []),
    ("Patient?active=true", ["ann"]),
    ("Patient?deceased=true", ["bob"]),
    ("Patient?deceased=false", ["ann", "yamada"]),
    ("Patient?email=ann@example.org", ["ann"]),
    ("Patient?phone=ann@example.org", []),
    ("Patient?telecom=%2B44 1", ["ann"]),
    ("Patient?language=de", ["ann"]),
    ("Patient?_id=ann,yamada", ["ann", "yamada"]),
    ("ImagingStudy?identifier=urn:dicom:uid|urn:oid:2.25.1", ["ct"]),
    ("ImagingStudy?modality=CT", ["ct"]),
    ("ImagingStudy?modality=http://dcm|CT", ["ct"]),
    ("ImagingStudy?modality=|MR", ["mr"]),
    ("ImagingStudy?series=2.25.12", ["mr"]),
    ("ImagingStudy?instance=2.25.111", ["ct"]),
    ("ImagingStudy?dicom-class=urn:oid:1.2", ["ct"]),
    ("ImagingStudy?_tag=urn:t|teaching", ["ct"]),
    ("DocumentReference?identifier=m1", ["pdf"]),
    # string
    ("Patient?name=muller", ["ann", "bob"]),
    ("Patient?family=MULL", ["ann", "bob"]),
    ("Patient?family:exact=Müller", ["ann"]),
    ("Patient?family:exact=Muller", []),
    ("Patient?name:contains=smith", ["ann"]),
    ("Patient?given=zoe", ["ann"]),
    ("Patient?name=山", ["yamada"]),
    ("Patient?family=muller\\, bob\\|x", ["bob"]),
    ("Patient?family=muller,bob", ["ann", "bob"]),
    ("Patient?name=%25", []),
    ("Patient?address=leeds", ["ann"]),
    ("Patient?address-postalcode=LS", ["ann"]),
    ("Organization?name=LC", ["lake"]),
    # reference
    ("ImagingStudy?patient=ann", ["ct"]),
    ("ImagingStudy?patient=Patient/ann", ["ct"]),
    ("ImagingStudy?patient=http://fhir.test/Patient/ann", ["ct"]),
    ("ImagingStudy?subject=ann", ["ct", "phantom"]),
    ("ImagingStudy?subject:Device=ann", ["phantom"]),
    ("ImagingStudy?subject=Device/ann", ["phantom"]),
    ("ImagingStudy?patient=Patient/bob", ["mr"]),
    ("ImagingStudy?patient:identifier=urn:north|NG-9", ["us"]),
    ("ImagingStudy?endpoint=http://elsewhere.test/Endpoint/1", ["ct"]),
    ("ImagingStudy?endpoint=1", []),
    ("ImagingStudy?subject:missing=true", []),
    ("ImagingStudy?endpoint:missing=false", ["ct"]),
    # chained
    ("ImagingStudy?patient.identifier=urn:north|NG-1", ["ct"]),
    ("ImagingStudy?patient.name=mull", ["ct", "mr"]),
    ("ImagingStudy?patient.gender:not=male", ["ct"]),
    ("ImagingStudy?subject:Patient.family:exact=Müller", ["ct"]),
    ("ImagingStudy?patient.organization.name=lake", ["mr"]),
    # date
    ("ImagingStudy?started=2026-01-15", ["ct"]),
    ("ImagingStudy?started=2026-01-15T07:30:00Z", ["ct"]),
    ("ImagingStudy?started=2026-01-15T08:30:00Z", []),
    ("ImagingStudy?started=2026", ["ct", "mr"]),
    ("ImagingStudy?started=2026-02-01", []),
    ("ImagingStudy?started=ne2026-01-15", ["mr", "phantom"]),
    ("ImagingStudy?started=gt2026-01-15", ["mr"]),
    ("ImagingStudy?started=ge2026-01-15", ["ct", "mr"]),
    ("ImagingStudy?started=lt2026-01-15", ["phantom"]),
    ("ImagingStudy?started=le2026-01-15", ["ct", "phantom"]),
    ("ImagingStudy?started=sa2026-01", ["mr"]),
    ("ImagingStudy?started=eb2026-01-01", ["phantom"]),
    ("ImagingStudy?started=ap2025-12-30", ["phantom"]),
    ("ImagingStudy?started=ge2026-01-01&started=lt2026-02-01", ["ct"]),
    ("ImagingStudy?started=gt2026-02-10", ["mr"]),
    ("Patient?birthdate=1970", ["ann", "bob"]),
    ("Patient?birthdate=1970-05-05", ["ann"]),
    ("DocumentReference?period=ge2030", ["pdf"]),
    ("DocumentReference?period=lt2026-01-10", []),
    ("ImagingStudy?_lastUpdated=2026-01-15", ALL),
    ("ImagingStudy?_lastUpdated=lt2026-01-15", []),
    # uri
    ("DocumentReference?location=http://docs.test/a/1.pdf", ["pdf"]),
    ("DocumentReference?location=http://docs.test/", []),
    ("DocumentReference?location:below=http://docs.test/", ["pdf"]),
    ("ImagingStudy?_profile=http://p/1", ["ct"]),
    # several, and none
    ("ImagingStudy?patient=ann&modality=CT&status=available", ["ct"]),
    ("ImagingStudy?patient=ann&modality=MR", []),
    ("ImagingStudy", ALL),
    # sorted
    ("ImagingStudy?_sort=started", ["us", "phantom", "ct", "mr"]),
    ("ImagingStudy?_sort=-started", ["mr", "ct", "phantom", "us"]),
    ("ImagingStudy?_sort=status,-_id", ["us", "phantom", "ct", "mr"]),
    ("Patient?_sort=family", ["ann", "bob", "yamada"]),
]


@pytest.mark.parametrize(("query", "expected"), FINDS, ids=[query for query, _ in FINDS])
def test_finds(ids: Callable[[str], list[str]], query: str, expected: list[str]) -> None:
    assert ids(query) == expected


REFUSED = [
    ("Patient?nam=x", "did you mean name?"),
    ("Patient?name:fuzzy=x", "no modifier 'fuzzy'"),
    ("Patient?gender=a|b|c", "at most one |"),
    ("Patient?gender=|", "neither"),
    ("Patient?gender:missing=maybe", "true or false"),
    ("Patient?birthdate=xx1970", "no prefix"),
    ("Patient?birthdate=1970-02-30", "day"),
    ("Patient?birthdate=9999-99", "month"),
    ("ImagingStudy?subject=patient/1", "no resource type"),
    ("ImagingStudy?subject:Patient=Patient/1", "the id alone"),
    ("ImagingStudy?status.name=x", "no reference"),
    ("ImagingStudy?patient.started=x", "no resource type at the end"),
    ("ImagingStudy?patient:Nobody.name=x", "no resource type at the end"),
    ("Patient?_sort=colour", "no search parameter"),
    ("Patient?_total=maybe", "accurate"),
    ("Patient?_summary=true", "count, text, data or false"),
    ("Patient?_count=-1", "whole number"),
    ("Patient?_include=Patient:gender", "no reference"),
]


@pytest.mark.parametrize(("query", "said"), REFUSED)
def test_refuses_and_says_why(http: httpx.Client, query: str, said: str) -> None:
    answer = http.get(f"/{query}")
    assert answer.status_code == 400
    assert said in answer.json()["issue"][0]["diagnostics"]


def test_lenient_ignores_and_warns(ids: Any, http: httpx.Client) -> None:
    bundle = http.get("/Patient?nam=x&gender=male", headers={"Prefer": "handling=lenient"}).json()
    assert [entry["search"]["mode"] for entry in bundle["entry"]] == ["match", "outcome"]
    assert bundle["link"][0]["url"] == "http://fhir.test/Patient?gender=male"
    bad = http.get("/Patient?birthdate=x1970", headers={"Prefer": "handling=lenient"})
    assert bad.status_code == 400, "a wrong value is never ignored"


def test_post_search_is_the_same(ids: Any, http: httpx.Client) -> None:
    form = http.post("/Patient/_search", data={"family": "müller"})
    assert [entry["resource"]["id"] for entry in form.json()["entry"]] == ["ann", "bob"]


def test_count_zero_and_summary_count_give_the_total_only(ids: Any, http: httpx.Client) -> None:
    for query in ("_count=0", "_summary=count"):
        bundle = http.get(f"/ImagingStudy?{query}").json()
        assert (bundle["total"], "entry" in bundle) == (4, False)
    assert "total" not in http.get("/ImagingStudy?_total=none").json()
