"""Instances that become a resource of their own, by rows of level ``object``."""

from __future__ import annotations

from pathlib import Path

from labkit.fhir.mapping import MappingTable, Row, Site, StudyBuilder
from tests.fhir.mapping.headers import ROOT, code, header, rejection

PDF = "1.2.840.10008.5.1.4.1.1.104.1"
SR = "1.2.840.10008.5.1.4.1.1.88.11"


def row(name: str, path: str, source: str, transform: str, condition: str = "") -> Row:
    return Row(name, path, path, source, "object", transform, condition, section="x")


TABLE = MappingTable([
    *MappingTable.load().rows,
    row("letter.title", "Basic.code.text", "DocumentTitle", "string", f"SOPClassUID in {PDF}"),
    row("letter.subject", "Basic.subject", "", "copy_subject"),
    row("letter.study", "Basic.extension[study].valueReference", "", "study_reference"),
    row("letter.orders", "Basic.identifier[]", "", "copy_based_on"),
    row("letter.reason", "Basic.author.display", "OperatorsName", "string"),
    row("codes", "Flag[]", "ConceptNameCodeSequence", "concepts", f"SOPClassUID in {PDF}"),
])  # fmt: skip


def builder(table: MappingTable = TABLE) -> StudyBuilder:
    out = StudyBuilder(table, Site())
    out.add(header(), "slice")
    letter = header(
        series=2, SOPClassUID=PDF, Modality="DOC", DocumentTitle="Letter",
        ConceptNameCodeSequence=[code("1", "LN", "one"), code("2", "LN", "two")],
    )  # fmt: skip
    out.add(letter, "letter")
    return out


def test_a_document_is_a_resource_of_its_own_of_the_same_patient() -> None:
    (study,) = builder().studies()
    (letter,) = (r for r in study.resources if r["resourceType"] == "Basic")
    assert letter["code"]["text"] == "Letter"
    assert letter["subject"] == study.imaging_study["subject"]
    assert letter["identifier"] == study.imaging_study["basedOn"]
    reference = letter["extension"][0]["valueReference"]["reference"]
    assert reference == f"ImagingStudy/{study.imaging_study['id']}"


def test_rows_can_give_whole_resources_with_ids_that_last() -> None:
    flags = [[r for r in b.studies()[0].resources if r["resourceType"] == "Flag"]
             for b in (builder(), builder())]  # fmt: skip
    assert [f["text"] for f in flags[0]] == ["one", "two"]
    assert flags[0] == flags[1]
    assert len({f["id"] for f in flags[0]}) == 2


def test_the_trail_knows_of_them() -> None:
    trail = builder().studies()[0].trail
    (entry,) = trail.of("Basic.code.text")
    assert entry.origin == "letter"
    assert any(o.row == "letter.reason" and o.reason == "absent" for o in trail.omissions)


def test_what_is_withdrawn_is_none() -> None:
    out = builder()
    out.add(rejection([f"{ROOT}.1.2.1"], "113001", "Rejected for Quality Reasons"))
    assert not any(r["resourceType"] in ("Basic", "Flag") for r in out.studies()[0].resources)


def test_saved_the_table_maps_the_same(tmp_path: Path) -> None:
    again = MappingTable.load(TABLE.save(tmp_path / "t.toml"))
    assert builder(again).studies()[0].resources == builder().studies()[0].resources


def test_a_report_whose_title_has_neither_code_nor_meaning_still_has_a_code() -> None:
    nameless = [code("", "SCT", "")]
    report = header(series=3, SOPClassUID=SR, Modality="SR", ConceptNameCodeSequence=nameless)
    out = StudyBuilder(MappingTable.load(), Site())
    out.add(report, "report")
    (study,) = out.studies()
    (made,) = (r for r in study.resources if r["resourceType"] == "DiagnosticReport")
    assert made["code"] == {"text": "Structured report"}
