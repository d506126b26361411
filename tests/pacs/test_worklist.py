"""Modality Worklist and MPPS: what is scheduled, begun and done."""

from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from labkit.common.errors import DataError
from labkit.dimse import Peer, echo, mpps_create, mpps_set, worklist
from labkit.pacs import MppsStore, Worklist
from tests.pacs.conftest import Running, Start


def order(number: int, **values: object) -> Dataset:
    step = Dataset()
    step.Modality = "CT"
    step.ScheduledStationAETitle = "CT1"
    step.ScheduledProcedureStepStartDate = "20260115"
    step.ScheduledProcedureStepStartTime = "0800"
    step.ScheduledPerformingPhysicianName = ""
    step.ScheduledProcedureStepID = f"S{number}"
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 192"
    ds.PatientName = "Müller^Änne"
    ds.PatientID = f"P{number}"
    ds.AccessionNumber = f"A{number}"
    ds.StudyInstanceUID = f"1.2.{number}"
    ds.RequestedProcedureID = f"R{number}"
    for keyword, value in values.items():
        setattr(step if keyword in step else ds, keyword, value)
    ds.ScheduledProcedureStepSequence = [step]
    return ds


@pytest.fixture
def ris(start: Start, tmp_path: Path) -> Running:
    scheduled = Worklist(tmp_path / "worklist")
    scheduled.replace(
        [
            order(1),
            order(2, Modality="MR", ScheduledStationAETitle="MR1", PatientName="Sato^Ken"),
            order(3, ScheduledProcedureStepStartDate="20260120"),
            order(4, ScheduledPerformingPhysicianName="Who^Doctor", PatientID=""),
        ]
    )
    return start("WORKLIST", worklist=scheduled, mpps=MppsStore(tmp_path / "mpps"))


def ids(peer: Peer, keys: dict[str, object]) -> list[str]:
    found = worklist(peer, keys)
    assert found.status.code == 0
    return [str(match.AccessionNumber) for match in found]


def step(**keys: object) -> dict[str, object]:
    return {"ScheduledProcedureStepSequence": keys}


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, ["A1", "A2", "A3", "A4"]),
        (step(Modality="MR"), ["A2"]),
        (step(ScheduledStationAETitle="CT1"), ["A1", "A3", "A4"]),
        (step(Modality="CT", ScheduledStationAETitle="MR1"), []),
        (step(ScheduledProcedureStepStartDate="20260116-20260131"), ["A3"]),
        (step(ScheduledProcedureStepStartDate="-20260115"), ["A1", "A2", "A4"]),
        (step(ScheduledProcedureStepStartTime="0700-0900"), ["A1", "A2", "A3", "A4"]),
        ({"PatientName": "müller*"}, ["A1", "A3", "A4"]),
        ({"PatientName": "S?to^*"}, ["A2"]),
        # A required key that is unknown matches every value (PS3.4 C.2.2.1.2).
        ({"PatientID": "P1"}, ["A1", "A4"]),
        (step(ScheduledPerformingPhysicianName="Who*"), ["A1", "A2", "A3", "A4"]),
        ({"AccessionNumber": "A2"}, ["A2"]),
    ],
)
def test_matching(ris: Running, keys: dict[str, object], expected: list[str]) -> None:
    assert ids(ris.peer, keys) == expected


def test_what_is_asked_is_returned_in_a_character_set_that_has_it(ris: Running) -> None:
    (match,) = worklist(ris.peer, {"AccessionNumber": "A1"})
    assert match.PatientName == "Müller^Änne"
    assert match.ScheduledProcedureStepSequence[0].ScheduledProcedureStepID == "S1"
    assert "ScheduledProcedureStepLocation" not in match.ScheduledProcedureStepSequence[0]


def test_a_bad_date_is_refused_with_the_reason(ris: Running) -> None:
    found = worklist(ris.peer, step(ScheduledProcedureStepStartDate="2026-01-15"))
    assert found.status.code == 0xA900
    assert ris.logged("ScheduledProcedureStepStartDate", "is no DA")


def test_a_node_without_orders_answers_with_none(start: Start) -> None:
    assert len(worklist(start("EMPTY").peer)) == 0


def test_an_entry_needs_a_step_and_a_study(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        Worklist(tmp_path).add(Dataset())


def test_a_file_put_there_by_hand_is_listed(ris: Running, tmp_path: Path) -> None:
    other = Worklist(tmp_path / "other")
    other.add(order(9))
    (file,) = (tmp_path / "other").iterdir()
    (tmp_path / "worklist" / "mine.wl").write_bytes(file.read_bytes())
    (tmp_path / "worklist" / "broken.wl").write_bytes(b"no DICOM")
    assert "A9" in ids(ris.peer, {})


def performed(number: int = 1, status: str = "IN PROGRESS") -> Dataset:
    scheduled = Dataset()
    scheduled.ScheduledProcedureStepID = f"S{number}"
    scheduled.StudyInstanceUID = f"1.2.{number}"
    ds = Dataset()
    ds.ScheduledStepAttributesSequence = [scheduled]
    ds.PerformedProcedureStepID = "X1"
    ds.PerformedStationAETitle = "CT1"
    ds.PerformedProcedureStepStartDate = "20260115"
    ds.PerformedProcedureStepStartTime = "0805"
    ds.PerformedProcedureStepStatus = status
    ds.Modality = "CT"
    ds.PatientName = "Müller^Änne"
    ds.SpecificCharacterSet = "ISO_IR 192"
    return ds


def ended(status: str = "COMPLETED") -> Dataset:
    series = Dataset()
    series.SeriesInstanceUID = "1.2.3.4"
    ds = Dataset()
    ds.PerformedProcedureStepStatus = status
    ds.PerformedProcedureStepEndDate = "20260115"
    ds.PerformedProcedureStepEndTime = "0815"
    ds.PerformedSeriesSequence = [series]
    return ds


def test_a_step_from_begin_to_end(ris: Running) -> None:
    begun = mpps_create(ris.peer, performed())
    assert begun.status.code == 0
    assert ris.logged("scheduled step S1 is STARTED")
    assert "A1" in ids(ris.peer, {})
    done = mpps_set(ris.peer, begun.SOPInstanceUID, ended())
    assert done.status.code == 0
    assert "A1" not in ids(ris.peer, {})
    kept = ris.node.around.mpps.get(begun.SOPInstanceUID)  # type: ignore[union-attr]
    assert kept is not None
    assert (kept.PerformedProcedureStepStatus, kept.PatientName) == ("COMPLETED", "Müller^Änne")


def test_a_final_step_is_not_changed_any_more(ris: Running) -> None:
    begun = mpps_create(ris.peer, performed())
    mpps_set(ris.peer, begun.SOPInstanceUID, ended("DISCONTINUED"))
    again = mpps_set(ris.peer, begun.SOPInstanceUID, ended())
    assert again.status.code == 0x0110
    assert ris.logged("may no longer be updated")


def test_the_states_that_cannot_be(ris: Running) -> None:
    assert mpps_create(ris.peer, performed(status="COMPLETED")).status.code == 0x0106
    begun = mpps_create(ris.peer, performed())
    odd = Dataset()
    odd.PerformedProcedureStepStatus = "FINISHED"
    assert mpps_set(ris.peer, begun.SOPInstanceUID, odd).status.code == 0x0106
    empty = ended()
    del empty.PerformedSeriesSequence
    assert mpps_set(ris.peer, begun.SOPInstanceUID, empty).status.code == 0x0121
    moved = Dataset()
    moved.PatientName = "Somebody^Else"
    assert mpps_set(ris.peer, begun.SOPInstanceUID, moved).status.code == 0x0110
    assert mpps_set(ris.peer, "1.2.3", ended()).status.code == 0x0112
    uid = begun.SOPInstanceUID
    assert mpps_create(ris.peer, performed(), uid=uid).status.code == 0x0111


def test_what_a_new_step_needs(ris: Running) -> None:
    lacking = performed()
    del lacking.PerformedStationAETitle
    assert mpps_create(ris.peer, lacking).status.code == 0x0120
    lacking.PerformedStationAETitle = ""
    assert mpps_create(ris.peer, lacking).status.code == 0x0121


def test_a_node_without_a_store_refuses(start: Start) -> None:
    assert mpps_create(start("EMPTY").peer, performed()).status.code == 0x0110


def test_steps_survive_a_restart_and_can_be_cleared(ris: Running, tmp_path: Path) -> None:
    mpps_create(ris.peer, performed())
    again = MppsStore(tmp_path / "mpps")
    assert len(again.steps()) == 1
    again.clear()
    assert again.steps() == []
    assert echo(ris.peer).status.code == 0
