from datetime import date, datetime, time

import pytest
from pynetdicom.dsutils import encode

from labkit.common.errors import UsageError
from labkit.dimse import identifier


def test_keys() -> None:
    ds = identifier("study", PatientID="NG-0001", StudyDate="20250101-", StudyDescription=None)
    assert ds.QueryRetrieveLevel == "STUDY"
    assert (ds.PatientID, ds.StudyDate, ds.StudyDescription) == ("NG-0001", "20250101-", "")
    assert "SpecificCharacterSet" not in ds


def test_lists_of_uids_and_values_that_are_no_values() -> None:
    ds = identifier("STUDY", StudyInstanceUID=["1.2", "1.3"], StudyDate="20250101-20250131",
                    StudyTime="*", NumberOfStudyRelatedInstances=None, Rows=None)  # fmt: skip
    assert list(ds.StudyInstanceUID) == ["1.2", "1.3"]
    assert ds.StudyDate == "20250101-20250131"
    assert "Rows" in ds


def test_dates_and_numbers_of_python() -> None:
    ds = identifier(
        "IMAGE",
        StudyDate=date(2026, 1, 9),
        StudyTime=time(8, 5),
        AcquisitionDateTime=datetime(2026, 1, 9, 8, 5, 7),
        PatientID=17,
        InstanceNumber=3,
        PatientWeight=70.5,
        Rows=512,
        ModalitiesInStudy=["CT", "MR"],
    )
    assert (ds.StudyDate, ds.StudyTime) == ("20260109", "080500")
    assert ds.AcquisitionDateTime == "20260109080507"
    assert (ds.PatientID, ds.InstanceNumber, ds.Rows) == ("17", 3, 512)
    assert encode(ds, False, True)


def test_sequences() -> None:
    ds = identifier(None, ScheduledProcedureStepSequence={"Modality": "CT"}, PatientID=None,
                    RequestedProcedureCodeSequence=None,
                    ReferencedStudySequence=[{"ReferencedSOPInstanceUID": "1.2"}, {}])  # fmt: skip
    assert "QueryRetrieveLevel" not in ds
    assert ds.ScheduledProcedureStepSequence[0].Modality == "CT"
    assert len(ds.RequestedProcedureCodeSequence) == 0
    assert len(ds.ReferencedStudySequence) == 2
    made = identifier(None, RequestAttributesSequence=ds.ReferencedStudySequence[0])
    assert made.RequestAttributesSequence[0].ReferencedSOPInstanceUID == "1.2"


def test_a_name_beyond_ascii_takes_a_character_set() -> None:
    assert identifier("STUDY", PatientName="Müller*").SpecificCharacterSet == "ISO_IR 192"
    given = identifier("STUDY", PatientName="Müller*", SpecificCharacterSet="ISO_IR 100")
    assert given.SpecificCharacterSet == "ISO_IR 100"
    nested = identifier(
        None, ScheduledProcedureStepSequence={"ScheduledPerformingPhysicianName": "É"}
    )
    assert nested.SpecificCharacterSet == "ISO_IR 192"


@pytest.mark.parametrize(
    ("level", "keys", "words"),
    [
        ("INSTANCE", {}, "An instance is level IMAGE"),
        ("study ", {"PatienName": ""}, "PatientName"),
        ("STUDY", {"Zzzzzzzzzz": ""}, "HeaderBrowser"),
        ("STUDY", {"PatientName": {"a": 1}}, "not a sequence"),
        ("STUDY", {"RequestAttributesSequence": "x"}, "takes items"),
        ("STUDY", {"RequestAttributesSequence": 7}, "takes items"),
        ("STUDY", {"Rows": "many"}, "VR is US"),
        ("STUDY", {"AccessionNumber": ["1", "2"]}, "only UIDs can be listed"),
        (7, {}, "Use one of PATIENT"),
        ("STUDY", {"PatientID": True}, "is not text"),
        ("STUDY", {"PatientID": b"1"}, "is not text"),
        ("STUDY", {"StudyInstanceUID": 5}, "VR is UI"),
        ("STUDY", {"RequestAttributesSequence": ["x"]}, "takes items"),
    ],
)
def test_what_cannot_be_asked(level, keys: dict, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        identifier(level, **keys)
    assert words in str(caught.value)
    assert caught.value.remedy
