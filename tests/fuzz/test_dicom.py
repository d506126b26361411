"""Part 10 files, DICOM JSON and their kin, spoilt."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

from labkit.common.errors import LabkitError
from labkit.dicom import header_rows, read
from labkit.dicom.layout import element_bytes
from labkit.dicomweb.dicom_json import dataset_of, text, to_json
from labkit.dicomweb.native_xml import to_xml
from labkit.exchange.media import read_medium
from labkit.exchange.soap import xml
from labkit.fhir.mapping import StudyBuilder
from labkit.pacs.header import read_header
from tests.fuzz.engine import Fuzz

pytestmark = [pytest.mark.fuzz, pytest.mark.filterwarnings("ignore")]
MARKS = [
    b"SQ\0\0\xff\xff\xff\xff",
    b"\xfe\xff\x00\xe0\xff\xff\xff\xff",
    b"UN\0\0",
    b"\xfe\xff\xdd\xe0\0\0\0\0",
    b"\x08\x00\x05\x00CS\x0a\x00ISO 2022 IR 87",
    b"1.2.840.10008.1.2.1.99\0",
    b"\xe0\x7f\x10\0",
]
SYNTAXES = [
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.1.99",
    "",
]


def test_a_file_is_read_shown_and_mapped_or_refused(fuzz: Fuzz) -> None:
    def target(data: bytes) -> None:
        try:
            ds = read(data)
        except LabkitError as error:
            assert error.remedy
            return
        assert all(row.path for row in header_rows(ds))
        value = to_json(ds)
        dataset_of(json.loads(text(value)))
        builder = StudyBuilder()
        builder.add(ds, "x")
        for study in builder.studies():
            json.dumps(study.resources)

    fuzz.run(target, "part10", few=150, many=20_000, marks=MARKS)


def test_an_encoded_data_set_is_indexed_or_refused(fuzz: Fuzz) -> None:
    def target(data: bytes) -> None:
        for syntax in SYNTAXES:
            try:
                read_header(data[-600:], syntax)
            except LabkitError as error:
                assert error.remedy

    fuzz.run(target, "part10", few=200, many=30_000, marks=MARKS)


def test_the_bytes_of_an_element_are_found_or_why_not(fuzz: Fuzz, tmp_path: Path) -> None:
    file = tmp_path / "x.dcm"

    def target(data: bytes) -> None:
        file.write_bytes(data)
        for path in ("PatientID", "PixelData", "ReferencedStudySequence[0].StudyInstanceUID"):
            try:
                found = element_bytes(file, path)
                assert found.parts
            except LabkitError as error:
                assert error.message

    fuzz.run(target, "part10", few=80, many=10_000, marks=MARKS)


def test_a_dicomdir_is_followed_or_said_to_be_damaged(fuzz: Fuzz, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"x")
    disc = tmp_path / "disc"
    disc.mkdir()

    def target(data: bytes) -> None:
        (disc / "DICOMDIR").write_bytes(data)
        medium = read_medium(disc)
        assert all(file.path.is_relative_to(disc) for file in medium.files)
        assert str(medium)

    fuzz.run(target, "dicomdir", few=40, many=4_000, marks=MARKS)


def test_dicom_json_is_read_or_refused(fuzz: Fuzz) -> None:
    def target(data: bytes) -> None:
        try:
            values = json.loads(data)
        except (ValueError, RecursionError):
            return
        for value in values if isinstance(values, list) else [values]:
            try:
                ds = dataset_of(value)
            except LabkitError as error:
                assert error.remedy
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                made = to_json(ds)
            text(made)
            xml.parse(to_xml(made))

    fuzz.run(
        target,
        "dicom-json",
        few=150,
        many=40_000,
        marks=[b'"vr":"SQ"', b'"Value":', b"null", b"[[[", b"{}", b"\\u0000"],
    )
