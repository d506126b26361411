"""Values picked out of an encoded data set are those that pydicom reads, or none are."""

from io import BytesIO
from itertools import product

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pynetdicom.dsutils import encode

from labkit.dimse.brief import NotPlain, tags_of, texts
from labkit.dimse.link import _in_brief

WANTED = tags_of("SOPInstanceUID", "SOPClassUID", "InstanceNumber", "Modality")


def answer(**values: object) -> Dataset:
    ds = Dataset()
    ds.QueryRetrieveLevel = "IMAGE"
    ds.SOPClassUID, ds.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3.4"
    ds.InstanceNumber = 7
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def raw(ds: Dataset, implicit: bool) -> bytes:
    data = encode(ds, implicit, True)
    assert data is not None
    return bytes(data)


@pytest.mark.parametrize("implicit", [False, True])
def test_they_are_what_pydicom_reads(implicit: bool) -> None:
    data = raw(answer(Modality="CT", TextValue="of a long VR", PatientName="A^B"), implicit)
    assert texts(data, WANTED, implicit=implicit) == {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "SOPInstanceUID": "1.2.3.4",
        "InstanceNumber": "7", "Modality": "CT",
    }  # fmt: skip
    assert texts(b"", WANTED, implicit=implicit) == {}


@pytest.mark.parametrize("implicit", [False, True])
def test_what_is_not_plain_is_left_to_pydicom(implicit: bool) -> None:
    nested = answer(ReferencedStudySequence=Sequence([answer()]))
    nested["ReferencedStudySequence"].is_undefined_length = True
    for ds in (answer(Modality=["CT", "MR"]), nested):
        data = raw(ds, implicit)
        with pytest.raises(NotPlain):
            texts(data, WANTED, implicit=implicit)
        found = _in_brief(BytesIO(data), (implicit, True, False), "C-FIND-RSP", WANTED)
        assert found is not None and found["SOPInstanceUID"] == "1.2.3.4"


def test_an_encoding_that_is_not_walked_over_gives_the_same() -> None:
    expected = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "SOPInstanceUID": "1.2.3.4",
        "InstanceNumber": "7", "Modality": "",
    }  # fmt: skip
    for encoding in ((False, False, False), (False, True, True)):
        data = encode(answer(), *encoding)
        assert data is not None
        found = _in_brief(BytesIO(data), encoding, "C-FIND-RSP", WANTED)
        assert found == expected, encoding
    assert _in_brief(None, (False, True, False), "C-FIND-RSP", WANTED) is None


@pytest.mark.parametrize("implicit", [False, True])
def test_bytes_that_are_cut_or_changed_are_refused_or_read(implicit: bool) -> None:
    whole = raw(answer(), implicit)
    for end in range(len(whole)):
        try:
            found = texts(whole[:end], WANTED, implicit=implicit)
        except NotPlain:
            continue
        assert found.items() <= texts(whole, WANTED, implicit=implicit).items()
    for at, value in product(range(len(whole)), (0, 0x41, 0xFF)):
        data = whole[:at] + bytes([value]) + whole[at + 1 :]
        try:
            texts(data, WANTED, implicit=implicit)
        except NotPlain:
            continue
