"""The RIS of North General: takes orders and patient news by HL7 v2, and acts on them.

An order becomes a step on the worklist. What ADT says of a patient (IHE Patient Information
Reconciliation, RAD-12) reaches all that know the patient: worklist, archive and FHIR server. The
workstation and the clinic's old archive hear nothing of it, as in most hospitals.
"""

from __future__ import annotations

import itertools
import ssl
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from pydicom.dataset import Dataset

from labkit.common.errors import DataError, LabkitError, PortTaken
from labkit.common.wording import counted
from labkit.hl7 import (
    Hl7Message,
    MessageError,
    MllpListener,
    PatientChange,
    acknowledge,
    patient_change,
    read,
    worklist_item,
)
from labkit.pacs import Archive, EventLog, Worklist
from labkit.pacs.corrections import KEYWORDS, Correction
from labkit.pacs.log import now

HL7 = "HL7"
"""By this name its port is remembered."""
ISSUER = "NORTHGEN"
"""Who issues the patient IDs of this RIS: taken where a message names no assigning authority."""
_UNDER_WAY = ("STARTED", "COMPLETED", "DISCONTINUED")


class PatientRegister(Protocol):
    """Where patients are registered beside the archive."""

    def change(self, change: PatientChange) -> str:
        """Act on an update or a merge; say in words what was done."""
        ...


class Ris:
    """Answers HL7 messages.

    Parameters
    ----------
    worklist
        Where orders go.
    archive
        Whose patients are reconciled.
    register
        Told of each patient change.
    log
        Of the node WORKLIST. It names orders and message IDs, not patients.
    clock
        Gives the time of acknowledgements and corrections.
    tls
        What messages are taken with (MLLP over TLS, as IHE ITI-19 has it); ``None``: plain TCP.
    """

    def __init__(
        self,
        worklist: Worklist,
        archive: Archive,
        register: PatientRegister,
        log: EventLog,
        *,
        clock: Callable[[], datetime] = now,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._worklist, self._archive, self._register = worklist, archive, register
        self._log = log
        self._clock = clock
        self._numbers = itertools.count(1)
        self._one_by_one = threading.Lock()  # two messages about one patient must not mix
        self._listener = MllpListener(self.answer, tls=tls)
        self.port = 0

    def listen(self, port: int = 0) -> None:
        """Take messages, at `port` or at the one it had, where that is free."""
        if self._listener.running:
            return
        try:
            self.port = self._listener.start(port or self.port)
        except PortTaken:
            self.port = self._listener.start()

    def hang_up(self) -> None:
        """Take no more messages."""
        self._listener.stop()

    def follow(self, node: str, on: bool) -> None:
        """Be switched on and off with the node WORKLIST, which is the same machine."""
        if node == "WORKLIST":
            self.listen() if on else self.hang_up()

    def answer(self, data: bytes) -> bytes:
        """Act on a message; the bytes of its acknowledgement."""
        message: Hl7Message | None = None
        error: MessageError | None = None
        with self._one_by_one:
            try:
                message = read(data)
                done = self._act(message)
                self._write("INFO", f"{message.kind} {message.control_id}: AA, {done}")
            except MessageError as refused:
                error = refused
            except LabkitError as failed:  # the disk is full, say: the sender must keep its message
                error = MessageError(failed.message, "207", remedy=failed.remedy)
            if error is not None:
                who = f"{message.kind} {message.control_id}" if message else "a message"
                said = f"{who}: {error.accept} {error.code}, {error.message}"
                self._write("WARNING", said)
            number = f"RIS{next(self._numbers)}"
            ack = acknowledge(message, error, control_id=number, when=self._clock())
            return ack.encode(message.codec if message is not None else "ascii", "replace")

    def _act(self, message: Hl7Message) -> str:
        message.require("MSH-10")
        kind = message.get("MSH-9.1")
        if message.kind in ("ORM^O01", "OMI^O23"):
            return self._order(message)
        if message.kind in ("ADT^A08", "ADT^A40"):
            return self._patient(patient_change(message, issuer=ISSUER))
        known = kind in ("ORM", "OMI", "ADT")
        raise MessageError(
            f"{message.kind or 'a message without MSH-9'} is not handled here",
            "201" if known else "200", field="MSH-9", accept="AR",
            remedy="Send ORM^O01, OMI^O23, ADT^A08 or ADT^A40.",
        )  # fmt: skip

    def _order(self, message: Hl7Message) -> str:
        if len(message.all("ORC")) != 1:
            raise MessageError(
                f"the message has {len(message.all('ORC'))} orders", "100", field="ORC",
                remedy="Send one order (ORC, OBR) a message.",
            )  # fmt: skip
        control = message.require("ORC-1")
        item = worklist_item(message, issuer=ISSUER)
        step = item.ScheduledProcedureStepSequence[0]
        step_id, study = str(step.ScheduledProcedureStepID), str(item.StudyInstanceUID)
        held = self._worklist.get(step_id, study)
        what = f"step {step_id} of order {item.AccessionNumber}"
        if control == "NW":
            if held is not None:
                raise MessageError(
                    f"{what} exists already", "205", field="ORC-2",
                    remedy="Change it with ORC-1 XO, or give the new order IDs of its own.",
                )  # fmt: skip
            self._schedule(item)
            return f"{what} scheduled"
        if control not in ("XO", "CA"):
            raise MessageError(
                f"order control {control!r} is not handled here", "103", field="ORC-1",
                remedy="Send NW (new), XO (change) or CA (cancel).",
            )  # fmt: skip
        if held is None:
            raise MessageError(
                f"there is no {what}", "204", field="ORC-2",
                remedy="Name the order as it was sent: its accession, step and study.",
            )  # fmt: skip
        status = str(held.ScheduledProcedureStepSequence[0].ScheduledProcedureStepStatus)
        if status in _UNDER_WAY:
            raise MessageError(
                f"{what} is {status}: too late", "207", field="ORC-1",
                remedy="Call the department: the modality has begun.",
            )  # fmt: skip
        if control == "CA":
            self._worklist.remove(step_id, study)
            return f"{what} cancelled"
        self._schedule(item)
        return f"{what} changed"

    def _schedule(self, item: Dataset) -> None:
        try:
            self._worklist.add(item)
        except DataError as error:
            raise MessageError(error.message, "102", remedy=error.remedy) from error

    def _patient(self, change: PatientChange) -> str:
        at = self._clock().strftime("%Y%m%d%H%M%S%z")
        reason = "COERCE" if change.event == "A40" else "CORRECT"  # defined terms of (0400,0565)
        correction = Correction(
            change.patient_id, change.issuer, change.values, at, "ARCHIVE", reason
        )

        def amend(entry: Dataset) -> bool:
            known = {k: str(entry.get(k) or "") for k in KEYWORDS}
            changes = correction.changes(known)
            for keyword, value in changes.items():
                setattr(entry, keyword, value)
            if changes and change.character_set:
                entry.SpecificCharacterSet = change.character_set
            return bool(changes)

        steps = self._worklist.amend(amend)
        objects = len(self._archive.correct(correction))
        told = self._register.change(change)
        return f"{counted(steps, 'scheduled step')}, {counted(objects, 'object')}, FHIR: {told}"

    def _write(self, level: str, text: str) -> None:
        self._log.write(level, "WORKLIST", "HL7", text)
