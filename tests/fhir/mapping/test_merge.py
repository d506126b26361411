"""What comes in later: series, corrections, deletions, rejection notes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydicom.dataset import Dataset

from labkit.common.errors import DataError, UsageError
from labkit.fhir.mapping import MappedStudy, Merged, StudyBuilder, merge
from labkit.fhir.mapping.check import check_resource
from tests.fhir.mapping.headers import ROOT, header, rejection


def mapped(*headers: Dataset, fhir: str = "R4", endpoint: str | None = None) -> MappedStudy:
    builder = StudyBuilder(fhir=fhir, endpoint=endpoint)
    for ds in headers:
        builder.add(ds)
    return builder.studies()[0]


def valid(merged: Merged) -> dict[str, Any]:
    assert [str(i) for r in merged.resources for i in check_resource(r)] == []
    return merged.resources[0]


def test_the_same_study_twice_changes_nothing() -> None:
    first = mapped(header(), header(2), header(series=2)).resources
    again = merge(first, mapped(header(2), header(series=2), header()))
    assert again.changes == [] == again.problems
    assert json.dumps(again.resources) == json.dumps(first)


@pytest.mark.parametrize("fhir", ["R4", "R5"])
def test_a_late_series_is_added_and_what_was_there_stays(fhir: str) -> None:
    first = mapped(header(), header(2), fhir=fhir).resources
    late = merge(first, mapped(header(series=2, Modality="PT"), fhir=fhir))
    whole = mapped(header(), header(2), header(series=2, Modality="PT"), fhir=fhir).resources
    assert late.resources[0] == whole[0]
    assert "ImagingStudy.numberOfSeries: 1 → 2" in late.changes
    assert first[0]["numberOfSeries"] == 1  # what was given is not changed


def test_another_patient_is_refused_unless_it_is_a_correction() -> None:
    first = mapped(header()).resources
    other = mapped(header(PatientID="NG-2", PatientName="Bianchi^Carla"))
    refused = merge(first, other)
    assert refused.resources == first
    assert [p.code for p in refused.problems] == ["patient"]
    corrected = merge(first, other, correction=True)
    assert valid(corrected)["subject"] == other.imaging_study["subject"]
    assert any(c.startswith("ImagingStudy.subject") for c in corrected.changes)


def test_a_corrected_name_changes_the_patient_and_not_its_id() -> None:
    merged = merge(mapped(header()).resources, mapped(header(PatientName="Rossi^Annabella")))
    (patient,) = (r for r in merged.resources if r["resourceType"] == "Patient")
    assert patient["name"][0]["given"] == ["Annabella"]


def test_a_contradiction_is_told_and_what_was_there_is_kept() -> None:
    first = mapped(header(StudyDescription="Head")).resources
    second = mapped(header(2, StudyDescription="Neck"))
    kept = merge(first, second)
    assert kept.resources[0]["description"] == "Head"
    assert [p.code for p in kept.problems] == ["conflict"]
    assert merge(first, second, correction=True).resources[0]["description"] == "Neck"


def test_what_is_deleted_goes_and_the_counts_follow() -> None:
    first = mapped(header(), header(2), header(series=2, Modality="PT"))
    again = mapped(header(2))
    merged = merge(first.resources, again, removed=[f"{ROOT}.1.1.1", f"{ROOT}.1.2.1"])
    study = valid(merged)
    assert (study["numberOfSeries"], study["numberOfInstances"]) == (1, 1)
    assert [m["code"] for m in study["modality"]] == ["CT"]


def test_a_rejection_note_that_comes_later_withdraws() -> None:
    first = mapped(header(), header(2)).resources
    note = mapped(rejection([f"{ROOT}.1.1.1"], "113001", "Rejected for Quality Reasons"))
    study = valid(merge(first, note))
    assert [i["uid"] for s in study["series"] for i in s["instance"]] == [f"{ROOT}.1.1.2"]
    both = [f"{ROOT}.1.1.1", f"{ROOT}.1.1.2"]
    note = mapped(rejection(both, "113038", "Incorrect Modality Worklist Entry"))
    assert valid(merge(first, note))["status"] == "entered-in-error"


def test_what_others_wrote_stays_and_a_server_keeps_its_id() -> None:
    first = mapped(header()).resources
    first[0] |= {"id": "17", "note": [{"text": "seen"}], "meta": {"versionId": "3"}}
    study = valid(merge(first, mapped(header(2))))
    assert (study["id"], study["note"], study["meta"]["versionId"]) == (
        "17", [{"text": "seen"}], "3",
    )  # fmt: skip


def test_another_service_goes_to_the_new_series() -> None:
    first = mapped(header(), endpoint="https://a.example/web").resources
    study = valid(merge(first, mapped(header(series=2), endpoint="https://b.example/web")))
    assert study["endpoint"] == first[0]["endpoint"]
    assert [len(s.get("endpoint", ())) for s in study["series"]] == [0, 1]


def test_another_study_or_none_is_refused() -> None:
    with pytest.raises(UsageError, match="is not of study"):
        merge(mapped(header(study=2)).resources, mapped(header()))
    with pytest.raises(DataError, match="no ImagingStudy"):
        merge([], mapped(header()))
