"""One study from its instances: in any order, twice, broken ones among them."""

from __future__ import annotations

import json
import random

import pytest
from pydicom import dcmread

from labkit.common.errors import UsageError
from labkit.dicom import sample
from labkit.fhir import validate
from labkit.fhir.mapping import MappedStudy, StudyBuilder
from tests.fhir.mapping.headers import header


def mapped(*headers: object, **options: str) -> MappedStudy:
    builder = StudyBuilder(**options)
    for number, ds in enumerate(headers):
        builder.add(ds, f"file{number}")
    (study,) = builder.studies()
    return study


def test_a_story_is_valid_r4_and_says_what_the_header_says() -> None:
    builder = StudyBuilder(endpoint="https://pacs.example/dicom-web/")
    for path in sample("ct-head").paths():
        builder.add(dcmread(path, stop_before_pixels=True), path.name)
    (study,) = builder.studies()
    assert [r["resourceType"] for r in study.resources] == [
        "ImagingStudy", "Patient", "Device", "Device", "Endpoint", "DiagnosticReport",
    ]  # fmt: skip
    assert [str(i) for r in study.resources for i in validate(r)] == []
    found = study.imaging_study
    assert found["numberOfInstances"] == 41
    assert [c["code"] for c in found["modality"]] == ["CT"]
    assert study.problems == []


def test_order_does_not_matter_and_twice_changes_nothing() -> None:
    headers = [header(n, series=s) for s in (1, 2) for n in range(1, 6)]
    first = json.dumps(mapped(*headers).resources)
    random.Random(4).shuffle(headers)
    assert json.dumps(mapped(*headers, *headers).resources) == first


def test_two_studies_stay_two() -> None:
    builder = StudyBuilder()
    for ds in (header(study=1), header(study=2), header(2, study=1)):
        builder.add(ds)
    assert [s.imaging_study["numberOfInstances"] for s in builder.studies()] == [2, 1]


@pytest.mark.parametrize("keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"])
def test_an_instance_without_a_uid_is_told_and_the_rest_goes_on(keyword: str) -> None:
    builder = StudyBuilder()
    assert builder.add(header(1), "good.dcm")
    assert not builder.add(header(2, **{keyword: None}), "bad.dcm")
    (problem,) = builder.problems
    assert (problem.origin, problem.code) == ("bad.dcm", "rejected-instance")
    assert keyword in problem.words
    assert builder.studies()[0].imaging_study["numberOfInstances"] == 1


def test_an_endpoint_is_a_service_base() -> None:
    with pytest.raises(UsageError, match="no base"):
        StudyBuilder(endpoint="https://pacs.example/dicom-web/studies")


def test_a_conflict_is_left_out_and_told() -> None:
    study = mapped(header(1, StudyDescription="Head"), header(2, StudyDescription="Chest"))
    assert "description" not in study.imaging_study
    assert any("StudyDescription" not in p.words and "Head" in p.words for p in study.problems)
    assert "conflict" in study.trail.why("ImagingStudy.description")
