"""What `labkit map` makes is valid to HAPI, which knows DICOM's codes; see ``LABKIT_FHIR_URL``."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterator
from typing import Any

import pytest
from pydicom import dcmread

from labkit.dicom import samples
from labkit.fhir import FhirClient, FhirError
from labkit.fhir.mapping import MappedStudy, StudyBuilder

URL = os.environ.get("LABKIT_FHIR_URL", "")
pytestmark = pytest.mark.skipif(not URL, reason="LABKIT_FHIR_URL names no server")
SLUGS = [study.slug for study in samples.studies()]
Resource = dict[str, Any]


@pytest.fixture(scope="module")
def fhir() -> Iterator[FhirClient]:
    with FhirClient(URL, timeout=60) as fhir:
        if fhir.capabilities()["software"]["name"] != "HAPI FHIR Server":
            pytest.skip("not HAPI FHIR")
        yield fhir


@pytest.fixture
def scratch(fhir: FhirClient) -> Iterator[list[str]]:
    """References of what a test leaves behind."""
    left: list[str] = []
    yield left
    for reference in reversed(left):
        fhir.delete(reference)


def mapped(slug: str) -> MappedStudy:
    builder = StudyBuilder()
    for path in samples.sample(slug).paths():
        builder.add(dcmread(path, stop_before_pixels=True), path.name)
    (study,) = builder.studies()
    return study


def found(fhir: FhirClient, resource: Resource, *severities: str) -> list[str]:
    return [
        f"{resource['resourceType']} {issue.expression}: {issue.diagnostics}"
        for issue in fhir.validate(resource)
        if issue.severity in severities
    ]


@pytest.mark.parametrize("slug", SLUGS)
def test_a_story_is_valid(fhir: FhirClient, slug: str) -> None:
    for resource in mapped(slug).resources:
        assert found(fhir, resource, "fatal", "error") == []


def test_real_files_are_valid(fhir: FhirClient) -> None:
    builder = StudyBuilder()
    for name, path in samples.real_files().items():
        builder.add(dcmread(path, stop_before_pixels=True), name)
    studies = builder.studies()
    assert len(studies) > 30
    issues = [
        f"{study.uid} {words}"
        for study in studies
        for resource in study.resources
        for words in found(fhir, resource, "fatal", "error")
    ]
    assert issues == []


def test_no_value_set_is_unknown(fhir: FhirClient) -> None:
    """A right modality, SOP class, body part and side draw no warning at all."""
    warnings = found(fhir, mapped("cr-wrist").imaging_study, "warning")
    # The procedure code is bound to RadLex's Playbook, which has a licence of its own.
    others = (".type: ", ".procedureCode[0]: ")
    assert [words for words in warnings if not any(each in words for each in others)] == []


def test_what_was_not_acquired_draws_a_warning(fhir: FhirClient) -> None:
    """R4 binds modality to CID 29, extensibly: DOC, a PDF's, is of CID 33 and may stand there."""
    warnings = found(fhir, mapped("mr-brain").imaging_study, "warning")
    assert any("modality" in words and "DCM#DOC" in words for words in warnings)


def test_a_modality_that_is_none_is_an_error(fhir: FhirClient) -> None:
    study = copy.deepcopy(mapped("mr-brain").imaging_study)
    study["modality"][0]["code"] = "XX"
    errors = found(fhir, study, "error")
    assert len(errors) == 1
    assert "ImagingStudy.modality[0]" in errors[0] and "XX" in errors[0]
    with pytest.raises(FhirError) as refused:
        fhir.update({**study, "id": "with-a-wrong-modality"})
    assert refused.value.status == 422
    with pytest.raises(FhirError) as gone:
        fhir.read("ImagingStudy/with-a-wrong-modality")
    assert gone.value.status == 404


def test_a_sop_class_of_a_maker_is_a_warning(fhir: FhirClient) -> None:
    study = copy.deepcopy(mapped("mr-brain").imaging_study)
    study["series"][0]["instance"][0]["sopClass"]["code"] = "urn:oid:1.3.12.2.1107.5.9.1"
    assert found(fhir, study, "error") == []
    assert any("sopClass" in words for words in found(fhir, study, "warning"))


def test_a_study_is_stored_by_a_transaction_as_it_is(fhir: FhirClient, scratch: list[str]) -> None:
    study = mapped("ct-head")
    scratch += [f"{r['resourceType']}/{r['id']}" for r in reversed(study.resources)]
    fhir.transaction(study.bundle("transaction"))
    for resource in study.resources:
        stored = fhir.read(f"{resource['resourceType']}/{resource['id']}")
        stored.pop("meta")
        assert stored == {k: v for k, v in resource.items() if k != "meta"}
