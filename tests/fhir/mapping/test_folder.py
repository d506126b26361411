"""map_folder: the stories and pydicom's real files come out valid."""

from __future__ import annotations

from pathlib import Path

import pytest

import labkit
from labkit.common.errors import DataError
from labkit.dicom import real_files, sample, studies
from labkit.fhir.mapping.check import check_resource
from labkit.fhir.mapping.sources import Selection


def test_a_folder_becomes_a_bundle() -> None:
    head = sample("ct-head")
    bundle = labkit.map_folder(head.files[0].parent, endpoint="https://pacs.example/dicom-web")
    study = next(e["resource"] for e in bundle["entry"]
                 if e["resource"]["resourceType"] == "ImagingStudy")  # fmt: skip
    assert bundle["type"] == "collection"
    assert study["numberOfInstances"] == len(head.files)
    endpoints = [e["resource"]["address"] for e in bundle["entry"]
                 if e["resource"]["resourceType"] == "Endpoint"]  # fmt: skip
    assert endpoints == ["https://pacs.example/dicom-web"]


@pytest.mark.parametrize("fhir", ["R4", "R5"])
def test_all_stories_validate_clean(fhir: str) -> None:
    paths = [path for study in studies() for path in study.files]
    bundle = labkit.map_folder(paths, fhir=fhir)
    kinds = [e["resource"]["resourceType"] for e in bundle["entry"]]
    assert kinds.count("ImagingStudy") == len({study.study_uid for study in studies()})
    assert [str(issue) for issue in check_resource(bundle, fhir)] == []


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("fhir", ["R4", "R5"])
def test_pydicoms_real_files_validate_clean(fhir: str) -> None:
    bundle = labkit.map_folder(list(real_files().values()), fhir=fhir)
    assert len(bundle["entry"]) > 20
    assert [str(issue) for issue in check_resource(bundle, fhir)] == []


def test_a_selection(tmp_path: Path) -> None:
    folder = sample("ct-head").files[0].parent.parent
    wanted = Selection(accession=(sample("cr-wrist").accession,))
    bundle = labkit.map_folder(folder, selection=wanted)
    uids = [e["resource"]["identifier"][0]["value"] for e in bundle["entry"]
            if e["resource"]["resourceType"] == "ImagingStudy"]  # fmt: skip
    assert uids == [f"urn:oid:{sample('cr-wrist').study_uid}"]


def test_nothing_to_map_says_why(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no DICOM in it"):
        labkit.map_folder(tmp_path)
    (tmp_path / "letter.txt").write_text("Dear colleague")
    with pytest.raises(DataError, match="it is text"):
        labkit.map_folder(tmp_path)
