"""A modality at work: worklist, MPPS, images, C-STORE, storage commitment; one line a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labkit.common.errors import LabkitError
from labkit.dimse import (
    Peer,
    Receiver,
    mpps_create,
    mpps_set,
    request_commitment,
    store,
    worklist,
)
from labkit.lab import images, reporting
from labkit.lab.performed import Performed, Step

if TYPE_CHECKING:
    import ssl

    from pydicom import Dataset

    from labkit.dimse import AssociationTrace, MppsResult
    from labkit.dimse.association import Tls
    from labkit.pacs import EventLog

COMMITMENT_WAIT = 4.0
"""Seconds until a report that has not come counts as missing; archives here take far less."""


@dataclass
class Modality:
    """One modality with its settings of this moment.

    Parameters
    ----------
    name
        ``"MR1"``, ``"US1"`` or ``"US2"``.
    settings
        All of its settings.
    peers
        Where the nodes are: ``"ARCHIVE"``, ``"ROUTER"``, ``"WORKLIST"``.
    log
        Its own event log.
    tls
        What to speak TLS with, where its settings say so.
    listed
        Has the archive know where the modality listens while the block runs.
    receive_tls
        What it listens with; ``None``: without TLS.
    """

    name: str
    settings: Mapping[str, Any]
    peers: Mapping[str, Peer]
    log: EventLog
    tls: Tls = None
    listed: Callable[[Peer], AbstractContextManager[None]] = lambda own: nullcontext()
    receive_tls: ssl.SSLContext | None = None
    _steps: list[Step] = field(default_factory=list, init=False)
    _traces: list[AssociationTrace] = field(default_factory=list, init=False)

    def examine(
        self, number: int, patient: Dataset | None = None, *, discontinued: str = ""
    ) -> Performed:
        """Do one examination: the order that is scheduled for this station, sent where it belongs.

        Parameters
        ----------
        number
            Counts its examinations.
        patient
            Whose name and ID are taken in place of those of the order: a slip at the console.
        discontinued
            Why it stops after the first image, one of `labkit.lab.reporting.REASONS`; else ``""``.
        """
        order = self._order() if self.settings["worklist"] else None
        if order is not None and patient is not None:
            for keyword in images.PERSON:
                setattr(order, keyword, patient.get(keyword, ""))
        if self.settings["worklist"] and order is None:
            return self._performed("no examination", [])
        made = images.make(self.name, order, self.settings, number)[: 1 if discontinued else None]
        first = made[0]
        step = self._begin(made, order, number) if self.settings["mpps"] else ""
        # As the modality shows it: the text that was typed or copied, not the bytes that it writes.
        shown = order.PatientName if order is not None else "a patient entered by hand"
        what = f"{first.get('StudyDescription') or first.Modality} of {shown}"
        self._say("images", True, f"{len(made)} made", None)
        stored = self._send(made)
        if stored and self.settings["commitment"]:
            self._commit(stored)
        if step:
            self._end(step, made, discontinued)
        return self._performed(what, made)

    def _begin(self, made: list[Dataset], order: Dataset | None, number: int) -> str:
        """Say that the step has begun, and write it into the images; its UID, ``""`` if refused."""
        ds = reporting.begun(made[0], order, self.settings["ae_title"], number)
        uid = self._report(
            lambda: mpps_create(self.peers["WORKLIST"], ds, **self._calling()), "N-CREATE", ds
        )
        if uid:
            reporting.tie(made, ds, uid)
        return uid

    def _end(self, step: str, made: list[Dataset], discontinued: str) -> None:
        """Say how it ended. Images that could not be sent were made all the same."""
        ds = reporting.ended(made, self.settings["called"], discontinued)
        self._report(
            lambda: mpps_set(self.peers["WORKLIST"], step, ds, **self._calling()), "N-SET", ds
        )

    def _report(self, send: Callable[[], MppsResult], verb: str, ds: Dataset) -> str:
        done = self._try("mpps", send)
        if done is None:
            return ""
        self._traces.append(done.trace)
        ok = done.status.category in ("Success", "Warning")
        said = f"{verb} {ds.PerformedProcedureStepStatus}: {done.status}"
        self._say("mpps", ok, said, done.status.code)
        return str(done.SOPInstanceUID) if ok else ""

    def _order(self) -> Dataset | None:
        """Ask the worklist for the first step of this station (PS3.4 K.6.1.2)."""
        step = {"ScheduledStationAETitle": self.settings["station"]}
        keys = {
            "ScheduledProcedureStepSequence": step,
            **dict.fromkeys(
                ("IssuerOfPatientID", "PatientBirthDate", "PatientSex", "ReferringPhysicianName")
            ),
        }
        found = self._try(
            "worklist",
            lambda: worklist(self.peers["WORKLIST"], keys, **self._calling()),
        )
        if found is None:
            return None
        self._traces.append(found.trace)
        count = len(found)
        self._say("worklist", count > 0, f"{count} scheduled for {step['ScheduledStationAETitle']}",
                  found.status.code)  # fmt: skip
        return found[0] if count else None

    def _send(self, made: list[Dataset]) -> list[Any]:
        target = self.peers[self.settings["sends_to"]]
        peer = Peer(self.settings["called"], target.host, self.settings["port"] or target.port)
        sent = self._try("store", lambda: store(peer, made, **self._calling(), tls=self.tls))
        if sent is None:
            return []
        self._traces.extend(sent.traces)
        for item in sent.items:
            code = item.status.code if item.status is not None else None
            again = f", after {item.attempts} tries" if item.attempts > 1 else ""
            said = f"{item.status}{again}" if item.status is not None else item.problem
            self._say("store", item.stored, f"C-STORE: {said}", code)
        return sent.stored if not sent.failed else []

    def _commit(self, stored: list[Any]) -> None:
        target = self.peers[self.settings["sends_to"]]
        peer = Peer(self.settings["called"], target.host, self.settings["port"] or target.port)
        # Most archives send the report to the address that they have for the asker (PS3.4 J.3.3).
        receiver = Receiver(self.settings["ae_title"], tls=self.receive_tls)
        with receiver as own, self.listed(own.peer):
            result = self._try(
                "commitment",
                lambda: request_commitment(
                    peer, stored,
                    receiver=own, wait=COMMITMENT_WAIT, **self._calling(), tls=self.tls,
                ),
            )  # fmt: skip
        if result is None:
            return
        self._traces.append(result.trace)
        if not result.answered:
            said = f"N-ACTION {result.status}, and no N-EVENT-REPORT came"
        else:
            said = f"{len(result.committed)} committed, {len(result.failed)} not"
        ok = bool(result.answered and not result.failed)
        self._say("commitment", ok, said, result.status.code)

    def _calling(self) -> dict[str, Any]:
        return {"ae_title": self.settings["ae_title"], "timeout": self.settings["timeout"]}

    def _try(self, name: str, act: Callable[[], Any]) -> Any:
        """Do it; what fails becomes a step that says so, and ``None``."""
        try:
            return act()
        except LabkitError as error:
            trace = getattr(error, "trace", None)
            self._traces.extend([trace] if trace is not None else [])
            self._say(name, False, error.message, None)
            return None

    def _say(self, name: str, ok: bool, said: str, status: int | None) -> None:
        self._steps.append(Step(name, ok, said, status))
        self.log.write("INFO" if ok else "WARNING", self.name, "-", f"{name}: {said}")

    def _performed(self, what: str, made: list[Dataset]) -> Performed:
        keywords = ("PatientID", "AccessionNumber", "StudyInstanceUID", "SeriesInstanceUID")
        identifiers = {k: str(made[0].get(k, "")) for k in keywords} if made else {}
        uids = [str(ds.SOPInstanceUID) for ds in made]
        return Performed(f"{self.name}: {what}", self._steps, identifiers, uids, self._traces)
