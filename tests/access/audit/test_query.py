"""What is kept of a query: keys and ids; names, birth dates and unknown values only as marks."""

from __future__ import annotations

import pytest
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filereader import read_dataset
from pydicom.filewriter import write_dataset

from labkit.access.audit.chain import Sealer
from labkit.access.audit.query import masked_identifier, masked_url
from tests.access.audit.conftest import KEY

MARK = Sealer(KEY).mark


@pytest.mark.parametrize(
    "kept",
    ["PatientID=P1&limit=10&offset=3", "StudyDate=20260101-20260131&ModalitiesInStudy=CT",
     "StudyInstanceUID=1.2,1.3&includefield=all", "0020000D=1.2", "00100020=P1",
     "identifier=urn:oid:1.2|P1&_count=50", "patient=Patient/p1&_include=ImagingStudy:subject",
     "PatientName="],
)  # fmt: skip
def test_kept(kept: str) -> None:
    assert masked_url(kept, MARK) == kept


@pytest.mark.parametrize(
    "name",
    ["PatientName", "00100010", "PatientBirthDate", "PatientSex", "PatientAddress", "name",
     "family", "given:exact", "birthdate", "phone", "_content", "_text", "unheard-of", "gender"],
)  # fmt: skip
def test_marked(name: str) -> None:
    assert masked_url(f"{name}=MARKED", MARK) == f"{name}={MARK('MARKED')}"


def test_marks_are_compared_and_not_read() -> None:
    assert MARK("Doe^Jane") == MARK(" DOE^JANE ") != MARK("Doe^John")
    assert MARK("Doe^Jane") != Sealer(b"x" * 32).mark("Doe^Jane")


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])
def test_an_identifier_stays_one(syntax: str) -> None:
    ds = Dataset()
    ds.QueryRetrieveLevel, ds.PatientID, ds.PatientName = "STUDY", "P1", "MARKED^NAME"
    ds.StudyInstanceUID, ds.PatientBirthDate = "", "19500101"
    item = Dataset()
    item.RequestedProcedureDescription, item.RequestedProcedureID = "MARKED WORDS", "RP1"
    ds.RequestAttributesSequence = [item]
    file = DicomBytesIO()
    file.is_little_endian, file.is_implicit_VR = True, syntax == "1.2.840.10008.1.2"
    write_dataset(file, ds)
    out = masked_identifier(file.getvalue(), syntax, MARK)
    assert b"MARKED" not in out
    assert b"19500101" not in out
    file = DicomBytesIO(out)
    found = read_dataset(file, syntax == "1.2.840.10008.1.2", True)
    assert (found.QueryRetrieveLevel, found.PatientID) == ("STUDY", "P1")
    assert str(found.PatientName) == MARK("MARKED^NAME")
    assert found.StudyInstanceUID == ""
    assert found.RequestAttributesSequence[0].RequestedProcedureID == "RP1"


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff" * 40, b"x" * 30_000])
def test_what_cannot_be_read_is_not_kept(data: bytes) -> None:
    assert masked_identifier(data, "1.2.840.10008.1.2.1", MARK) == b""
