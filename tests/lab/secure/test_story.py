"""Who exists in the secure lab: valid resources whose references lead somewhere."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from labkit.dicom import samples
from labkit.fhir.validation import validate
from labkit.lab.secure import story


@pytest.fixture(scope="module")
def resources() -> list[dict[str, Any]]:
    return story.resources()


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("reference"), str):
            yield value["reference"]
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def test_each_is_valid(resources: list[dict[str, Any]]) -> None:
    for resource in resources:
        assert [str(issue) for issue in validate(resource)] == [], resource["id"]


def test_every_reference_leads_to_one_of_them(resources: list[dict[str, Any]]) -> None:
    here = {f"{r['resourceType']}/{r['id']}" for r in resources}
    assert len(here) == len(resources)
    for resource in resources:
        assert set(references(resource)) <= here, resource["id"]


def test_every_sample_study_has_one_imaging_study_of_its_patient(
    resources: list[dict[str, Any]],
) -> None:
    found = {r["id"]: r for r in resources if r["resourceType"] == "ImagingStudy"}
    orders = {order.slug for order in samples.orders() if not order.study}
    assert orders and set(found) == {study.slug for study in samples.studies()} | orders
    assert {found[slug]["status"] for slug in orders} == {"registered"}
    for study in samples.studies():
        made = found[study.slug]
        assert {"system": "urn:dicom:uid", "value": f"urn:oid:{study.study_uid}"} in [
            {"system": i.get("system"), "value": i.get("value")} for i in made["identifier"]
        ]
        assert made["subject"]["reference"] == f"Patient/{study.patient}"
        instances = sum(len(series.get("instance", ())) for series in made["series"])
        assert instances == len(study.files)


def test_one_patient_denies_one_organisation(resources: list[dict[str, Any]]) -> None:
    consents = {r["id"]: r for r in resources if r["resourceType"] == "Consent"}
    assert set(consents) == {person.slug for person in samples.patients()}
    denying = [id_ for id_, c in consents.items() if "provision" in c["provision"]]
    assert {c["policyRule"]["coding"][0]["code"] for c in consents.values()} == {"OPTOUT"}
    assert denying == list(story.DENIES) == ["thistlewick"]


def test_it_is_the_same_each_time(resources: list[dict[str, Any]]) -> None:
    assert json.dumps(story.resources()) == json.dumps(resources)
    assert not re.search(r"127\.0\.0\.1|localhost", json.dumps(resources))
