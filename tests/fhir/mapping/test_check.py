"""The judge of the output finds what others let through."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from labkit.common.errors import UsageError
from labkit.fhir.mapping import StudyBuilder
from labkit.fhir.mapping.check import check_resource
from tests.fhir.mapping.headers import header


def study(fhir: str = "R4") -> dict[str, Any]:
    builder = StudyBuilder(fhir=fhir, endpoint="https://pacs.example/dicom-web")
    builder.add(header(1))
    builder.add(header(2))
    return builder.studies()[0].bundle()


def first(bundle: dict[str, Any]) -> dict[str, Any]:
    return bundle["entry"][0]["resource"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("fhir", ["R4", "R5"])
def test_our_output_is_clean(fhir: str) -> None:
    assert [str(i) for i in check_resource(study(fhir), fhir)] == []


BREAKS: list[tuple[str, Any, str]] = [
    ("status", "foo", "code-invalid"),
    ("status", None, "required"),
    ("identifier", [], "structure"),
    ("identifier", [{"value": "A1"}], "study-uid"),
    ("identifier", [{"system": "urn:dicom:uid", "value": "1.2.3"}], "study-uid"),
    ("started", "2026-01-12T07:52", "value"),
    ("numberOfInstances", 7, "counts"),
    ("patient", {"reference": "Patient/1"}, "structure"),
]


@pytest.mark.parametrize(("name", "value", "rule"), BREAKS)
@pytest.mark.parametrize("fhir", ["R4", "R5"])
def test_what_is_broken_is_found(fhir: str, name: str, value: Any, rule: str) -> None:
    broken = copy.deepcopy(first(study(fhir)))
    broken.pop(name, None)
    if value is not None:
        broken[name] = value
    assert rule in {i.rule for i in check_resource(broken, fhir)}


def test_uids_are_bare_and_there_once() -> None:
    found = first(study())
    series = found["series"][0]
    series["uid"] = "urn:oid:1.2.3"
    assert {"bare-uid", "value"} & {i.rule for i in check_resource(found)}
    series["uid"] = series["instance"][0]["uid"]
    assert [i.rule for i in check_resource(found)] == ["unique-uid"]


def test_modality_is_a_coding_in_r4_and_a_concept_in_r5() -> None:
    assert check_resource(first(study("R5")), "R4")
    assert check_resource(first(study("R4")), "R5")


def test_bundles_are_looked_into() -> None:
    bundle = study()
    bundle["entry"][1]["fullUrl"] = bundle["entry"][0]["fullUrl"]
    rules = {i.rule for i in check_resource(bundle)}
    assert {"bdl-7", "resolves"} <= rules
    endpoint = next(
        e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Endpoint"
    )
    endpoint["address"] += "/studies"
    assert "service-base" in {i.rule for i in check_resource(bundle)}


def test_other_invariants() -> None:
    patient = {"resourceType": "Patient", "contact": [{"gender": "male"}]}
    assert "pat-1" in {i.rule for i in check_resource(patient)}
    period = {"start": "2026-02-01", "end": "2026-01-01"}
    patient = {"resourceType": "Patient", "name": [{"family": "Rossi", "period": period}]}
    assert "per-1" in {i.rule for i in check_resource(patient)}


def test_another_version_is_refused() -> None:
    with pytest.raises(UsageError, match="STU3"):
        check_resource({"resourceType": "Patient"}, "STU3")


def test_what_is_no_resource_is_said() -> None:
    for fhir in ("R4", "R5"):
        assert check_resource({"resourceType": "Nonsense"}, fhir)[0].severity == "error"
