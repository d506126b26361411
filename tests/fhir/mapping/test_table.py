"""The table: read, changed, saved, refused with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.common.errors import DataError, LabkitError, UsageError
from labkit.fhir.definitions import definitions
from labkit.fhir.mapping import MappingTable, Row, StudyBuilder
from labkit.fhir.mapping.compiled import Compiled
from labkit.fhir.mapping.r5 import definitions_r5
from tests.effort import effort
from tests.fhir.mapping.headers import header

TABLE = MappingTable.load()
ROW = Row("x", "ImagingStudy.description", "", "StudyDescription", "study", "string")


def test_saved_and_read_it_is_the_same(tmp_path: Path) -> None:
    odd = TABLE.added(Row("odd", "", "", "(0019,\"ACME 1.0\",10) + 'a'", "study", "string",
                          note='quotes "and" \\ back\tslash\x7f ü'))  # fmt: skip
    again = MappingTable.load(odd.save(tmp_path / "t.toml"))
    assert again == odd
    assert again.frozen == odd.frozen != TABLE.frozen
    assert hash(again) == hash(odd)


def test_every_row_has_its_section_and_maps_something() -> None:
    for row in TABLE:
        assert row.section, row.id
        assert row.r4 or row.r5, row.id


@pytest.mark.parametrize(("fhir", "tables"), [("R4", definitions), ("R5", definitions_r5)])
def test_every_path_is_an_element_of_its_version(fhir: str, tables: object) -> None:
    """Arrays are written as arrays, single elements as single: asked of the definitions."""
    types = tables().types  # type: ignore[operator]
    for level, path in Compiled(TABLE, fhir)._slots:
        at, names = path.split(".")[0].split("[")[0], path.split(".")[1:]
        for name in names:
            plain = name.split("[")[0]
            rule = types[at].get(plain)
            assert rule is not None, f"{path}: {at} has no {plain} in {fhir}"
            implied = level in ("series", "instance") and plain in ("series", "instance")
            assert implied or rule.repeats == ("[" in name), f"{path} in {fhir}"
            at = rule.type


def test_another_row_another_result() -> None:
    table = TABLE.replaced("study.description", source="StudyID").removed("series.number")
    builder = StudyBuilder(table)
    builder.add(header(StudyID="RP1", StudyDescription="Head"))
    study = builder.studies()[0].imaging_study
    assert study["description"] == "RP1"
    assert "number" not in study["series"][0]
    assert len(table) == len(TABLE) - 1


def test_a_private_element_is_found_by_its_creator() -> None:
    row = Row("p", "ImagingStudy.description", "", '(0009,"ACME 1.0",30)', "study", "string")
    builder = StudyBuilder(TABLE.added(row, before="study.description"))
    ds = header(StudyDescription="Head")
    ds.private_block(0x0009, "OTHER", create=True).add_new(0x30, "LO", "not this")
    ds.private_block(0x0009, "ACME 1.0", create=True).add_new(0x30, "LO", "this")
    builder.add(ds)
    study = builder.studies()[0]
    assert study.imaging_study["description"] == "this"
    assert '(0009,"ACME 1.0",30)' in study.trail.why("ImagingStudy.description")


REFUSED = [
    ({"transform": "strng"}, "string"),
    ({"level": "stud"}, "levels"),
    ({"differ": "maybe"}, "conflict"),
    ({"source": "StudyDescripton"}, "StudyDescription"),
    ({"source": "Rubbish_Xq"}, "keyword of PS3.6"),
    ({"r4": "imagingstudy"}, "ImagingStudy.series.modality"),
    ({"condition": "if Modality"}, "Modality in CT"),
    ({"condition": "has Modalty"}, "Modality"),
]


@pytest.mark.parametrize(("columns", "remedy"), REFUSED)
def test_a_wrong_column_says_what_to_write(columns: dict[str, str], remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        TABLE.replaced("study.description", **columns)
    assert "study.description" in caught.value.message
    assert remedy in caught.value.remedy


def test_a_wrong_file_says_what_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    with pytest.raises(DataError, match="cannot be read"):
        MappingTable.load(path)
    for text, words in [
        ("[[row]\n", "is not TOML"), ("[[row]]\nid = 3\n", "text in quotes"),
        ('[[row]]\nid = "a"\n', "no level"), ('[[row]]\nid = "a"\nwhy = "b"\n', "no column"),
    ]:  # fmt: skip
        path.write_text(text, "utf-8")
        with pytest.raises(LabkitError, match=words):
            MappingTable.load(path)


def test_ids_are_unique_and_known() -> None:
    with pytest.raises(UsageError, match="two rows"):
        TABLE.added(TABLE["study.uid"])
    with pytest.raises(UsageError, match=r"study\.uuid"):
        TABLE["study.uuid"]


def test_a_row_on_the_wrong_level_or_into_one_value_is_told() -> None:
    with pytest.raises(UsageError, match="level series"):
        StudyBuilder(TABLE.replaced("study.description", level="series"))
    builder = StudyBuilder(TABLE.replaced("study.description", transform="strings"))
    builder.add(header(StudyDescription="a"))
    with pytest.raises(UsageError, match="takes one value"):
        builder.studies()
    with pytest.raises(UsageError, match="STU3"):
        StudyBuilder(fhir="STU3")


def test_a_table_of_nothing_gives_nothing_and_does_not_fall() -> None:
    builder = StudyBuilder(MappingTable([]))
    builder.add(header())
    (study,) = builder.studies()
    assert [r["resourceType"] for r in study.resources] == ["ImagingStudy"]
    assert study.trail.entries == [] == study.trail.omissions


def test_conditions() -> None:
    table = TABLE.replaced("study.description", condition="Modality in CT|MR and has StudyID")
    for elements, expected in [({"StudyID": "1"}, "Head"), ({}, None),
                               ({"StudyID": "1", "Modality": "US"}, None)]:  # fmt: skip
        builder = StudyBuilder(table)
        builder.add(header(StudyDescription="Head", **elements))
        assert builder.studies()[0].imaging_study.get("description") == expected
    table = TABLE.replaced("study.description", condition="Modality not in CT")
    builder = StudyBuilder(table)
    builder.add(header(StudyDescription="Head"))
    assert "the row is for" in builder.studies()[0].trail.why("ImagingStudy.description")


def test_a_query_attribute_is_empty_and_says_why() -> None:
    builder = StudyBuilder(TABLE.replaced("study.series", source="NumberOfStudyRelatedSeries"))
    builder.add(header())
    trail = builder.studies()[0].trail
    assert "query-only" in trail.why("ImagingStudy.numberOfSeries")
    assert "no row" in trail.why("ImagingStudy.encounter")


@settings(max_examples=effort(50, 2000), deadline=None)
@given(st.text(max_size=200))
def test_garbage_is_refused_in_words(text: str) -> None:
    try:
        MappingTable.parse(text)
    except LabkitError as error:
        assert error.remedy
