"""MappingWorkbench without a browser: everything it can do is in Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset

from labkit.common.errors import DataError, UsageError
from labkit.dicom import sample
from labkit.fhir.mapping import MappingTable, Row
from labkit.widgets import MappingWorkbench
from labkit.widgets.mapping_workbench import session

HEAD = sample("ct-head").files


@pytest.fixture
def bench() -> MappingWorkbench:
    return MappingWorkbench([HEAD[0], HEAD[1], HEAD[-1]])


def rows_of(bench: MappingWorkbench, trait: str) -> list[dict[str, Any]]:
    data = getattr(bench, trait)
    return [dict(zip(data["columns"], row, strict=True)) for row in data["rows"]]


def test_what_belongs_together(bench: MappingWorkbench) -> None:
    header = {row["path"]: row for row in rows_of(bench, "_header")}
    assert "study.description" in header["(0008,1030)"]["links"]
    assert "study.orders" in header["(0040,0275)"]["links"]
    inner = header["(0040,0275)>(0008,0050)"]
    assert inner["depth"] == 1 and "study.reason" not in inner["links"]
    lines = [row for row in rows_of(bench, "_fhir") if "study.description" in row["links"]]
    assert [line["text"].strip() for line in lines] == [
        '"description": "CT head without contrast",'
    ]
    states = {row["id"]: row["state"] for row in rows_of(bench, "_rows")}
    assert states["study.description"] == "value"
    assert states["series.laterality"] == "empty"


def test_the_lines_are_the_resources(bench: MappingWorkbench) -> None:
    import json

    text = "\n".join(row["text"] for row in rows_of(bench, "_fhir"))
    text = text.replace("… 1 instance", '"…"')
    decoder, at, found = json.JSONDecoder(), 0, []
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        found.append(value)
        at += 1
    assert [r["resourceType"] for r in found] == [
        r["resourceType"] for r in bench.studies[0].resources
    ]
    assert found[1:] == bench.studies[0].resources[1:]


def test_an_edit_and_its_differences(bench: MappingWorkbench) -> None:
    bench.edit("study.description", source="StudyID")
    (change,) = bench.differences()
    assert (change.path, change.before) == ("ImagingStudy.description", "CT head without contrast")
    assert bench.bundle["entry"][0]["resource"]["description"] == change.after
    edited = [row["id"] for row in rows_of(bench, "_rows") if row["edited"]]
    assert edited == ["study.description"]
    bench.reset("study.description")
    assert bench.differences() == [] and bench.table == MappingTable.load()


def test_an_edit_that_cannot_be_leaves_all_as_it_was(bench: MappingWorkbench) -> None:
    before = bench.table
    wrong: list[dict[str, str]] = [
        {"source": "StudyDescripton"}, {"transform": "magic"}, {"path": "x y"}, {"colour": "blue"},
    ]  # fmt: skip
    for columns in wrong:
        with pytest.raises(UsageError):
            bench.edit("study.description", **columns)
    with pytest.raises(UsageError, match="no row"):
        bench.edit("study.descripton", source="StudyID")
    assert bench.table is before and bench.differences() == []


def test_the_validator_is_asked(bench: MappingWorkbench) -> None:
    assert bench.issues == [] and bench._verdict["valid"]
    bench.edit("study.status", source="'done'")
    assert any("ImagingStudy.status" in issue for issue in bench.issues)
    assert not bench._verdict["valid"]
    bench.revert()
    assert bench._verdict["valid"]


def test_why(bench: MappingWorkbench) -> None:
    assert "not in the header" in bench.why("ImagingStudy.series.laterality")
    assert "(0008,1030)" in bench.why("ImagingStudy.description")
    (text,) = bench.select("series.laterality")[:1]
    assert "PS3.3 C.7.3.1" in text and bench.selected == "series.laterality"
    with pytest.raises(UsageError, match="near it"):
        bench.select("series.lateralty")


def test_rows_added_and_removed(bench: MappingWorkbench, tmp_path: Path) -> None:
    note = Row("study.note", "ImagingStudy.note[].text", "ImagingStudy.note[].text",
               "StudyComments", "study", "string")  # fmt: skip
    bench.add(note)
    assert any(row["id"] == "study.note" for row in rows_of(bench, "_rows"))
    assert MappingTable.load(bench.save_table(tmp_path / "mine.toml")) == bench.table
    bench.reset("study.note")
    bench.remove("study.description")
    assert [change.kind for change in bench.differences()] == ["removed"]


def test_r5_and_other_instances(bench: MappingWorkbench) -> None:
    bench.fhir = "R5"
    assert any('"concept"' in row["text"] for row in rows_of(bench, "_fhir"))
    bench.edit("study.description", path="ImagingStudy.description")
    assert len(bench._instances) == 2
    bench.instance = 1
    header = {row["path"]: row["value"] for row in rows_of(bench, "_header")}
    assert header["(0008,0060)"] == "SR"
    with pytest.raises(UsageError, match="no mapping"):
        MappingWorkbench(HEAD[0], fhir="R3")


def test_loading_something_else(bench: MappingWorkbench, tmp_path: Path) -> None:
    bench.edit("study.description", source="StudyID")
    bench.load(sample("cr-wrist").files[0].parent)
    assert [change.before for change in bench.differences()] == [sample("cr-wrist").description]
    with pytest.raises(DataError, match="no header to map"):
        bench.load(tmp_path)
    assert len(bench.studies) == 1


def test_data_sets_stay_as_they_are() -> None:
    ds = dcmread(sample("cr-wrist").files[0])
    bench = MappingWorkbench(ds)
    assert "PixelData" in ds
    assert "(7FE0,0010)" not in {row["tag"] for row in rows_of(bench, "_header")}
    with pytest.raises(UsageError, match="not int"):
        MappingWorkbench([7])  # type: ignore[list-item]


def test_private_elements_are_known_by_their_creator() -> None:
    ds = Dataset()
    ds.SOPClassUID, ds.Modality = "1.2.840.10008.5.1.4.1.1.7", "OT"
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID = "1.2", "1.2.3", "1.2.3.4"
    ds.private_block(0x0019, "ACME 1.0", create=True).add_new(0x10, "LO", "hello")
    table = MappingTable.load().replaced(
        "study.description", source='(0019,"ACME 1.0",10)'
    )  # fmt: skip
    bench = MappingWorkbench(ds, table)
    header = {row["path"]: row for row in rows_of(bench, "_header")}
    assert header['(0019,"ACME 1.0",10)']["links"] == ["study.description"]
    assert bench.bundle["entry"][0]["resource"]["description"] == "hello"


def test_at_most_so_many(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(session, "MOST", 2)
    (tmp_path / "note.txt").write_text("hello")
    bench = MappingWorkbench([tmp_path, HEAD[0].parent])
    assert bench.summary().startswith("2 headers")
    assert bench._verdict["problems"] == [
        "note.txt: it is text",
        "only the first 2 headers are here",
    ]


def test_a_test_case_says_nothing_of_the_person(tmp_path: Path) -> None:
    from benchmarks.golden.files import read_case
    from benchmarks.golden.ours import Labkit
    from benchmarks.golden.runner import run

    head = sample("ct-head")
    bench = MappingWorkbench(head.files)
    for row in bench.table:
        if not row.r4:
            continue
        path = bench.save_test_case(row.id, tmp_path / "case.json")
        text = path.read_text("utf-8")
        for secret in ("Quillfeather", "NG-100231", "NG2600101", head.study_uid, "20260112",
                       "Rowanberry", "NORTHGEN"):  # fmt: skip
            assert secret not in text, f"{row.id} tells {secret}"
        (result,) = run(Labkit(), [read_case(path)])
        assert not result.problem, f"{row.id}: {result.problem}"
    case = bench.test_case("study.description")
    assert [sorted(one) for one in case["headers"]] == [
        ["00080016", "00080018", "00080060", "00081030", "0020000D", "0020000E"]
    ] * len(case["headers"])
    assert case["expect"] == [["ImagingStudy.description", "is", "XX xxxx xxxxxxx xxxxxxxx"]]
    with pytest.raises(UsageError, match="no path in R4"):
        bench.test_case("study.modality.r5")


def test_private_notes_and_dates_in_a_case() -> None:
    ds = Dataset()
    ds.SOPClassUID, ds.Modality = "1.2.840.10008.5.1.4.1.1.7", "OT"
    ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID = "1.2", "1.2.3", "1.2.3.4"
    ds.StudyDate, ds.StudyTime = "20260713", "101500"
    ds.private_block(0x0019, "ACME 1.0", create=True).add_new(0x10, "LO", "Ida F. 7")
    table = MappingTable.load().replaced("study.description", source='(0019,"ACME 1.0",10)')
    bench = MappingWorkbench(ds, table)
    note, started = bench.test_case("study.description"), bench.test_case("study.started")
    assert note["headers"][0]["00191010"]["Value"] == ["Xxx X. 1"]
    assert note["expect"][0][2] == "Xxx X. 1"
    assert started["headers"][0]["00080020"]["Value"] == ["20000101"]
    assert started["expect"] == [["ImagingStudy.started", "is", "2000-01-01"]]


def test_a_page_without_widgets_has_a_table(bench: MappingWorkbench) -> None:
    html = str(bench.fallback()["text/html"])
    assert "CT head without contrast" in html
    assert "is not in the header" in html
    assert repr(bench).startswith("MappingWorkbench(3 headers, ")


def test_messages_of_the_view(bench: MappingWorkbench) -> None:
    said: list[Any] = []
    bench.send = said.append  # type: ignore[method-assign]
    columns = {"source": " StudyID ", "path": "ImagingStudy.description"}
    bench._receive(bench, {"kind": "edit", "id": "study.description", "columns": columns}, None)
    assert bench.table["study.description"].source == "StudyID"
    bench._receive(bench, {"kind": "reset", "id": "study.description"}, None)
    bench._receive(bench, {"kind": "revert"}, None)
    bench._receive(bench, {"kind": "load", "path": "no/such/file"}, None)
    assert [message["kind"] for message in said] == ["error"]
