"""The RIS: orders and patient news by HL7, with what they do and how they are refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

import pytest

from labkit.dicom import sample
from labkit.hl7 import PatientChange, send
from labkit.lab.ris import Ris
from labkit.lab.workflow_verbs import Acknowledgement
from labkit.pacs import Archive, EventLog, Worklist
from tests.hl7.samples import MERGE, OMI, ORM, UPDATE, cancel


@dataclass
class Register:
    told: list[PatientChange] = field(default_factory=list)

    def change(self, change: PatientChange) -> str:
        self.told.append(change)
        return "told"


@dataclass
class Desk:
    ris: Ris
    worklist: Worklist
    archive: Archive
    register: Register
    log: EventLog

    def say(self, message: str | bytes) -> Acknowledgement:
        return Acknowledgement.of(send("127.0.0.1", self.ris.port, message))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    worklist, archive = Worklist(tmp_path / "worklist"), Archive(tmp_path / "archive")
    register, log = Register(), EventLog(tmp_path / "log")
    when = datetime(2026, 1, 15, 9, tzinfo=timezone.utc)
    ris = Ris(worklist, archive, register, log, clock=lambda: when)
    ris.listen()
    yield Desk(ris, worklist, archive, register, log)
    ris.hang_up()
    archive.close()


@pytest.mark.parametrize("order", [ORM, OMI])
def test_an_order_is_scheduled_changed_and_cancelled(desk: Desk, order: str) -> None:
    assert desk.say(order)
    (entry,) = desk.worklist.entries()
    step = entry.ScheduledProcedureStepSequence[0]
    assert step.ScheduledProcedureStepStatus == "SCHEDULED"
    again = desk.say(order)
    assert (again.code, again.error_code or "205") == ("AE", "205")
    assert desk.say(
        order.replace("ORC|NW|", "ORC|XO|").replace("CTHEAD^CT head", "CTHEAD^CT skull")
    )
    (entry,) = desk.worklist.entries()
    assert "skull" in entry.RequestedProcedureDescription
    assert desk.say(cancel(order))
    assert desk.worklist.entries() == []
    assert not desk.say(cancel(order))


def test_what_has_begun_is_not_cancelled(desk: Desk) -> None:
    desk.say(OMI)
    assert desk.worklist.set_status("SPS2600151", "2.25.82", "STARTED")
    refused = desk.say(cancel(OMI))
    assert (refused.code, refused.error_code) == ("AE", "207")
    assert "STARTED" in repr(refused)
    assert len(desk.worklist.entries()) == 1


@pytest.mark.parametrize(
    ("change", "code", "error"),
    [
        (lambda m: m.replace("OMI^O23^OMI_O23", "ORU^R01"), "AR", "200"),
        (lambda m: m.replace("OMI^O23^OMI_O23", "ADT^A01"), "AR", "201"),
        (lambda m: m.replace("|M2|", "||"), "AE", "101"),
        (lambda m: m.replace("|NG2600151|", "||"), "AE", "101"),
        (lambda m: m.replace("ORC|NW|", "ORC|RP|"), "AE", "103"),
        (lambda m: m + "ORC|NW|P79|F79\n", "AE", "100"),
        (lambda m: m.replace("|SPS2600151|", "||"), "AE", "101"),
        (lambda m: "MSH" + m[4:], "AR", "100"),
    ],
)
def test_bad_messages_get_a_reason(
    desk: Desk, change: Callable[[str], str], code: str, error: str
) -> None:
    refused = desk.say(change(OMI))
    assert (refused.code, refused.error_code) == (code, error)
    assert refused.message
    assert desk.worklist.entries() == []
    assert any(f"{code} {error}" in line for line in desk.log.lines())


def test_an_update_reaches_worklist_archive_and_register(desk: Desk) -> None:
    desk.say(OMI)
    for path in sample("ct-head-followup").files[:2]:
        desk.archive.add_file(path)
    assert desk.say(UPDATE)
    (entry,) = desk.worklist.entries()
    assert entry.PatientName == "Quillfeather^Tobias^James"
    (correction,) = desk.archive.decisions.corrections
    assert (correction.reason, correction.at) == ("CORRECT", "20260115090000+0000")
    assert desk.register.told[0].values["PatientBirthDate"] == "19580305"
    assert any("1 scheduled step, 2 objects, FHIR: told" in line for line in desk.log.lines())
    assert not any("Quillfeather" in line for line in desk.log.lines())


def test_a_merge_moves_everything_to_the_one_that_stays(desk: Desk) -> None:
    desk.say(OMI.replace("NG-100231", "NG-100790").replace("Quillfeather^Tobias", "Doe^Jon"))
    assert desk.say(MERGE)
    (entry,) = desk.worklist.entries()
    assert (entry.PatientID, entry.PatientName) == ("NG-100231", "Quillfeather^Tobias")
    assert next(iter(desk.archive.decisions.corrections)).reason == "COERCE"


def test_a_name_in_other_characters_takes_the_worklist_item_along(desk: Desk) -> None:
    desk.say(OMI)
    said = UPDATE.replace("2.5.1", "2.5.1||||||UNICODE UTF-8").replace("Tobias^James", "Żółw")
    assert desk.say(said)
    (entry,) = desk.worklist.entries()
    assert (entry.PatientName, entry.SpecificCharacterSet) == ("Quillfeather^Żółw", "ISO_IR 192")
    assert desk.say(said.encode("utf-8"))


def test_lakesides_patient_of_the_same_id_is_not_touched(desk: Desk) -> None:
    desk.say(OMI.replace("NG-100231^^^NORTHGEN", "NG-100231^^^LAKESIDE"))
    assert desk.say(UPDATE)
    assert desk.worklist.entries()[0].PatientName == "Quillfeather^Tobias"


def test_it_keeps_its_port(desk: Desk) -> None:
    port = desk.ris.port
    desk.ris.follow("WORKLIST", False)
    desk.ris.follow("ARCHIVE", True)
    desk.ris.follow("WORKLIST", True)
    desk.ris.listen()
    assert desk.ris.port == port
