"""An order as a worklist item, field by field."""

from __future__ import annotations

import pytest

from labkit.hl7 import ORDER_TABLE, MessageError, patient_change, read, worklist_item
from labkit.hl7.values import birth_date, moment, sex
from tests.hl7.samples import MERGE, OMI, ORM, UPDATE


def test_orm() -> None:
    ds = worklist_item(read(ORM))
    step = ds.ScheduledProcedureStepSequence[0]
    assert ds.PatientName == "Świerszczyk^Żółwina"
    assert (ds.PatientID, ds.IssuerOfPatientID) == ("NG-100733", "NORTHGEN")
    assert ds.SpecificCharacterSet == "ISO_IR 192"
    assert ds.AccessionNumber == "NG2600150"
    assert ds.StudyInstanceUID == "2.25.81"
    assert ds.ReferringPhysicianName == "Rowanberry^Agatha^^Dr"
    assert ds.RequestingPhysician == "Parsnipper^Leopold^^Dr"
    assert ds.ReasonForTheRequestedProcedure == "Headache"
    assert ds.RequestedProcedurePriority == "STAT"
    assert ds.RequestedProcedureCodeSequence[0].CodeValue == "CTHEAD"
    assert (step.ScheduledProcedureStepID, step.Modality) == ("SPS2600150", "CT")
    assert step.ScheduledStationAETitle == "CT1"
    assert step.ScheduledProcedureStepStartDate == "20260116"
    assert step.ScheduledProcedureStepStartTime == "090000"


def test_omi() -> None:
    ds = worklist_item(read(OMI))
    step = ds.ScheduledProcedureStepSequence[0]
    assert "SpecificCharacterSet" not in ds
    assert (ds.AccessionNumber, ds.RequestedProcedureID) == ("NG2600151", "RP2600151")
    assert ds.StudyInstanceUID == "2.25.82"
    assert ds.RequestedProcedurePriority == "ROUTINE"
    assert step.ScheduledProtocolCodeSequence[0].CodeMeaning == "Head protocol"
    assert step.ScheduledProcedureStepDescription == "Head protocol"
    assert (step.ScheduledStationName, step.ScheduledProcedureStepLocation) == (
        "Scanner 1", "Room 2",
    )  # fmt: skip


def test_a_study_uid_is_made_of_the_order() -> None:
    without = "\n".join(ORM.splitlines()[:-1])
    first, again = worklist_item(read(without)), worklist_item(read(without))
    assert first.StudyInstanceUID == again.StudyInstanceUID
    assert first.StudyInstanceUID.startswith("2.25.")
    other = worklist_item(read(without.replace("NG2600150", "NG2600999")))
    assert other.StudyInstanceUID != first.StudyInstanceUID


def test_the_issuer_is_the_receivers_where_the_order_names_none() -> None:
    assert worklist_item(read(ORM.replace("^^^NORTHGEN", "")), issuer="X").IssuerOfPatientID == "X"


def test_names_in_three_groups() -> None:
    names = "Kumorizora^Haru^^^^^^A~曇空^晴^^^^^^I~くもりぞら^はる^^^^^^P"
    ds = worklist_item(read(ORM.replace("Świerszczyk^Żółwina", names)))
    assert ds.PatientName == "Kumorizora^Haru=曇空^晴=くもりぞら^はる"


@pytest.mark.parametrize(
    ("old", "new", "code", "field"),
    [
        ("NG-100733^^^NORTHGEN", "", "101", "PID-3.1"),
        ("Świerszczyk^Żółwina", "", "101", "PID-5"),
        ("|CT|||", "||||", "101", "OBR-24"),
        ("^^^202601160900^^S", "", "101", "ORC-7.4"),
        ("202601160900", "tomorrow", "102", "ORC-7.4"),
        ("202601160900", "20261399", "102", "ORC-7.4"),
        ("NG2600150", "A" * 17, "102", "OBR-18"),
        ("2.25.81", "study one", "102", "ZDS-1.1"),
        ("2.25.81", "1.02", "102", "ZDS-1.1"),
    ],
)
def test_what_an_order_lacks_is_said(old: str, new: str, code: str, field: str) -> None:
    assert old in ORM
    with pytest.raises(MessageError) as caught:
        worklist_item(read(ORM.replace(old, new)))
    assert (caught.value.code, caught.value.field) == (code, field)


def test_the_table_reads() -> None:
    row = next(row for row in ORDER_TABLE if row.keyword == "AccessionNumber")
    assert (row.tag, row.orm, row.omi) == ("(0008,0050)", "OBR-18", "IPC-1")


def test_values() -> None:
    assert sex("U") == ""
    assert birth_date("1958", "PID-7") == ""
    assert birth_date("195803041200", "PID-7") == "19580304"
    assert moment("20260115080000.123+0100", "MSH-7") == ("20260115", "080000")


def test_an_update_says_what_is_true_from_now_on() -> None:
    change = patient_change(read(UPDATE))
    assert (change.event, change.patient_id, change.issuer) == ("A08", "NG-100231", "NORTHGEN")
    assert change.values["PatientName"] == "Quillfeather^Tobias^James"
    assert change.values["PatientBirthDate"] == "19580305"
    empty = patient_change(read(UPDATE.replace("19580305", "")), issuer="NORTHGEN")
    assert "PatientBirthDate" not in empty.values


def test_a_merge_names_the_one_that_goes() -> None:
    change = patient_change(read(MERGE))
    assert (change.event, change.patient_id) == ("A40", "NG-100790")
    assert change.values["PatientID"] == "NG-100231"
    with pytest.raises(MessageError, match="itself"):
        patient_change(read(MERGE.replace("NG-100790", "NG-100231")))
    with pytest.raises(MessageError) as caught:
        patient_change(read(MERGE.replace("MRG|NG-100790^^^NORTHGEN^MR", "")))
    assert caught.value.field == "MRG-1.1"
