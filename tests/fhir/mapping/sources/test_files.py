"""Files and folders: what is read, what is counted, what is reported."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.data import get_testdata_file

from labkit.common.errors import DataError, UsageError
from labkit.dicom import real_files, sample
from labkit.fhir.mapping import MappingTable, Site, StudyBuilder
from labkit.fhir.mapping.run import Run
from labkit.fhir.mapping.sources import Selection, open_source
from labkit.fhir.mapping.sources.dicom_json import objects
from tests.effort import effort

CT = Path(str(get_testdata_file("CT_small.dcm")))


def as_run(paths: list[Path]) -> str:
    run = Run(open_source(paths), (MappingTable.load(),), Site(zone="UTC"))
    return json.dumps([study.bundle() for (study,) in run])


def as_read(paths: list[Path]) -> str:
    builder = StudyBuilder(site=Site(zone="UTC"))
    for path in paths:
        builder.add(dcmread(path, stop_before_pixels=True), str(path))
    return json.dumps([study.bundle() for study in builder.studies()])


@pytest.mark.parametrize("story", ["ct-head", "mr-brain", "us-thyroid"])
def test_headers_that_are_only_walked_over_give_the_same_resources(story: str) -> None:
    paths = sample(story).paths()
    assert as_run(paths) == as_read(paths)


def test_damage_costs_its_own_file_and_no_other(tmp_path: Path) -> None:
    whole = CT.read_bytes()
    (tmp_path / "a").write_bytes(whole.replace(b"\x02\0\x02\0UI", b"\x02\0\x02\0U\xfe"))
    (tmp_path / "b").write_bytes(whole.replace(b" \0\x0d\0UI", b" \0\x0d\0U\xc0"))
    (tmp_path / "c").write_bytes(whole)
    source = open_source(tmp_path)
    (only,) = Run(source, (MappingTable.load(),), Site())
    assert only[0].imaging_study["numberOfInstances"] == 1
    assert [(Path(row.origin).name, row.kind) for row in source.report.first] == [("a", "broken")]
    assert "damaged" in source.report.first[0].reason


def test_an_empty_element_of_no_known_vr_is_empty_whenever_it_comes(tmp_path: Path) -> None:
    whole = CT.read_bytes()
    odd = whole.replace(b"\x08\0\x50\0SH", b"\x08\0\x50\0Si")
    other = odd.replace(b"1.1.1.1.1.20040119072730.12322", b"1.1.1.1.1.20040119072730.12323")
    assert whole != odd != other
    (tmp_path / "a").write_bytes(odd)
    (tmp_path / "b").write_bytes(other)
    source = open_source(tmp_path)
    (only,) = Run(source, (MappingTable.load(),), Site())
    assert source.report.failures == 0
    assert only[0].imaging_study["status"] == "available"


def test_a_folder_of_anything(tmp_path: Path) -> None:
    whole = CT.read_bytes()
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "b").write_bytes(whole)
    (tmp_path / "bare.dcm").write_bytes(dataset_only(CT))
    (tmp_path / "cut.dcm").write_bytes(whole[:1500])
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "note.txt").write_text("images to follow")
    (tmp_path / "all.zip").write_bytes(b"PK\x03\x04" + bytes(600))
    (tmp_path / "bundle.json").write_text('{"resourceType": "Bundle"}')
    (tmp_path / "broken.json").write_text('{"00080018": {"vr": "UI"')
    source = open_source(tmp_path)
    assert source.count().files == 8
    found = {Path(origin).name: ds for ds, origin in source}
    assert set(found) == {"bare.dcm", "b"}
    assert all("PixelData" not in ds for ds in found.values())
    assert found["bare.dcm"].PatientName == found["b"].PatientName
    kinds = {Path(row.origin).name.partition("#")[0]: row.kind for row in source.report.first}
    assert kinds == {
        "cut.dcm": "broken", "broken.json": "broken", "empty": "not DICOM",
        "note.txt": "not DICOM", "all.zip": "not DICOM", "bundle.json": "not DICOM",
    }  # fmt: skip
    assert source.report.failures == 2


def dataset_only(path: Path) -> bytes:
    """The data set of a file without preamble, DICM and meta information (PS3.10 7.1)."""
    data = path.read_bytes()
    return data[144 + int.from_bytes(data[140:144], "little") :]


def test_a_dicomdir_is_no_instance() -> None:
    source = open_source(str(get_testdata_file("DICOMDIR", download=False)))
    assert list(source) == []
    assert [row.kind for row in source.report.first] == ["directory"]


def test_pydicoms_real_files_are_read_or_reported() -> None:
    paths = list(real_files().values())
    source = open_source(paths)
    assert len(list(source)) + sum(source.report.counts.values()) == len(paths)


def test_dicom_json_as_object_array_and_lines(tmp_path: Path) -> None:
    files = sample("ct-head").paths("CT")[:3]
    models = [dcmread(path).to_json_dict() for path in files]
    (tmp_path / "one.json").write_text(json.dumps(models[0]))
    (tmp_path / "array.json").write_text("\ufeff" + json.dumps(models, indent=1), "utf-8")
    lines = [json.dumps(model) for model in models]
    lines.insert(1, '{"00080018": {"vr": "UI", "Value": 7}, "0020000D": {"vr": "XX"}}')
    (tmp_path / "lines.ndjson").write_text("\n".join(lines) + "\n")
    source = open_source(tmp_path)
    found = list(source)
    assert len(found) == 7
    assert all("PixelData" not in ds for ds, _ in found)
    assert {str(ds.PatientName) for ds, _ in found} == {str(dcmread(files[0]).PatientName)}
    assert [(Path(r.origin).name, r.kind) for r in source.report.first] == [
        ("lines.ndjson#2", "broken")
    ]


def test_json_longer_than_a_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("labkit.fhir.mapping.sources.dicom_json._CHUNK", 7)
    values = [{"a": "x" * 50}, {"b": [1, {"c": "]},{"}]}]
    path = tmp_path / "long.json"
    path.write_text(json.dumps(values))
    assert list(objects(path)) == values


def test_study_uid_and_what_was_done(tmp_path: Path) -> None:
    head, wrist = sample("ct-head"), sample("cr-wrist")
    paths = [head.files[0], wrist.files[0]]
    source = open_source(paths, Selection(study=(head.study_uid,)))
    assert [ds.StudyInstanceUID for ds, _ in source] == [head.study_uid]
    again = open_source(paths)
    again.done = {head.study_uid}
    assert [ds.StudyInstanceUID for ds, _ in again] == [wrist.study_uid]
    assert again.report.counts == {"done before": 1}


@settings(max_examples=effort(25, 1000), deadline=None)
@given(data=st.data())
@pytest.mark.filterwarnings("ignore")
def test_no_bytes_stop_a_run(data: st.DataObject) -> None:
    whole = bytearray(CT.read_bytes()[:6000])
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    text = json.dumps(dcmread(CT, stop_before_pixels=True).to_json_dict())
    at = data.draw(st.integers(0, len(text) - 1))
    broken = text[:at] + data.draw(st.text(max_size=3)) + text[at + 1 :]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "a.dcm").write_bytes(cut)
        (folder / "b.json").write_text(broken, "utf-8", errors="replace")
        (folder / "c.dcm").write_bytes(CT.read_bytes())
        run = Run(open_source(folder), (MappingTable.load(),), Site())
        mapped = {study.uid for (study,) in run}
    assert str(dcmread(CT).StudyInstanceUID) in mapped


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("no/such/folder", "there is no"),
        ("ftp://host/x", "nothing is read from ftp"),
        ("aet://host:104", "does not name an AE title"),
        ("aet://A@host", "does not name an AE title"),
        ("aet://A@host:port", "no port"),
        ("aet://A@host:104/x", "does not name"),
    ],
)
def test_addresses_that_are_none(where: str, words: str) -> None:
    with pytest.raises((UsageError, DataError), match=words):
        open_source(where)


def test_options_that_do_not_fit() -> None:
    with pytest.raises(UsageError, match="files are here"):
        open_source(CT, retrieve="get")
    with pytest.raises(UsageError, match="several"):
        open_source([CT, "aet://A@host:104"])
    with pytest.raises(UsageError, match="no way to retrieve"):
        open_source("aet://A@host:104", retrieve="steal")
