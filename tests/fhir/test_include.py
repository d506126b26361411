"""_include, _revinclude, _has, _elements and _summary."""

from typing import Any

import httpx
import pytest

from labkit.fhir import FhirStore

Found = list[tuple[str, str]]


@pytest.fixture(autouse=True)
def stored(store: FhirStore) -> None:
    for resource in (
        {"resourceType": "Organization", "id": "o", "name": "North General"},
        {
            "resourceType": "Patient",
            "id": "p",
            "gender": "female",
            "managingOrganization": {"reference": "Organization/o"},
            "text": {"status": "empty", "div": '<div xmlns="http://www.w3.org/1999/xhtml"/>'},
        },
        {"resourceType": "Patient", "id": "q"},
        {
            "resourceType": "ImagingStudy",
            "id": "s",
            "status": "available",
            "subject": {"reference": "Patient/p"},
            "series": [{"uid": "1.2", "modality": {"code": "CT"}}],
        },
        {
            "resourceType": "DiagnosticReport",
            "id": "r",
            "status": "final",
            "code": {"text": "CT"},
            "subject": {"reference": "Patient/p"},
            "imagingStudy": [{"reference": "ImagingStudy/s"}],
        },
    ):
        store.put(resource)


@pytest.fixture
def find(http: httpx.Client) -> Any:
    def find(query: str) -> Found:
        bundle = http.get(f"/{query}").json()
        assert bundle["resourceType"] == "Bundle", bundle
        rows = [(row["search"]["mode"], row["resource"]) for row in bundle.get("entry", [])]
        assert bundle["total"] == sum(mode == "match" for mode, _ in rows)
        return [(mode[:1], f"{r['resourceType']}/{r['id']}") for mode, r in rows]

    return find


STUDY, PATIENT, ORGANIZATION = ("m", "ImagingStudy/s"), ("i", "Patient/p"), ("i", "Organization/o")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("ImagingStudy?_include=ImagingStudy:patient", [STUDY, PATIENT]),
        ("ImagingStudy?_include=ImagingStudy:subject:Patient", [STUDY, PATIENT]),
        ("ImagingStudy?_include=ImagingStudy:subject:Device", [STUDY]),
        ("ImagingStudy?_include=ImagingStudy:*", [STUDY, PATIENT]),
        ("ImagingStudy?_include=Patient:organization", [STUDY]),
        (
            "ImagingStudy?_include=ImagingStudy:patient&_include=Patient:organization",
            [STUDY, PATIENT],
        ),
        (
            "ImagingStudy?_include=ImagingStudy:patient&_include:iterate=Patient:organization",
            [STUDY, PATIENT, ORGANIZATION],
        ),
        (
            "Patient?_id=p&_revinclude=ImagingStudy:patient&_revinclude=DiagnosticReport:patient",
            [("m", "Patient/p"), ("i", "ImagingStudy/s"), ("i", "DiagnosticReport/r")],
        ),
        (
            "Patient?_id=q&_revinclude=ImagingStudy:patient",
            [("m", "Patient/q")],
        ),
        ("Patient?_has:ImagingStudy:patient:modality=CT", [("m", "Patient/p")]),
        ("Patient?_has:ImagingStudy:patient:modality=MR", []),
        (
            "Patient?_has:ImagingStudy:patient:_has:DiagnosticReport:media:status=final",
            None,
        ),
        ("ImagingStudy?patient:Patient.organization.name=north", [STUDY]),
        ("ImagingStudy?subject:Patient.gender=female", [STUDY]),
        ("ImagingStudy?subject.gender=male", []),
    ],
)
def test_what_comes_along(find: Any, http: httpx.Client, query: str, found: Found | None) -> None:
    if found is None:
        assert http.get(f"/{query}").status_code in (200, 400)
    else:
        assert find(query) == found


@pytest.mark.parametrize(
    "query",
    [
        "_include=ImagingStudy",
        "_include=ImagingStudy:status",
        "_include=Nonsense:patient",
        "_include=ImagingStudy:patient:Nonsense",
        "_include:sometimes=ImagingStudy:patient",
        "_has:DiagnosticReport:subject=x",
        "_has:Nonsense:patient:status=x",
        "_count:exact=1",
        "a.b.c.d.e.f=x",
        "modality=" + ",".join("x" * 300),
        "&".join(["modality=CT"] * 80),
    ],
)
def test_refuses(http: httpx.Client, query: str) -> None:
    assert http.get(f"/ImagingStudy?{query}").status_code == 400


def test_a_deleted_resource_is_not_included(find: Any, store: FhirStore) -> None:
    store.delete("Patient", "p")
    assert find("ImagingStudy?_include=ImagingStudy:patient") == [STUDY]


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        ("_elements=gender", {"gender"}),
        ("_summary=text", {"text"}),
        ("_summary=data", {"gender", "managingOrganization"}),
    ],
)
def test_parts(http: httpx.Client, query: str, kept: set[str]) -> None:
    resource = http.get(f"/Patient?_id=p&{query}").json()["entry"][0]["resource"]
    assert set(resource) - {"resourceType", "id", "meta"} == kept
    assert resource["meta"]["tag"][0]["code"] == "SUBSETTED"
