"""A made-up week of a hospital in an audit trail, for lessons: nothing of it is about anybody.

The same seed gives the same week. What was planted in it is told beside it, so that a check knows
the truth without having to find it in the way that it examines.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from labkit.access.audit.chain import Record
from labkit.access.audit.entry import entry_of
from labkit.access.audit.trail import AuditTrail
from labkit.access.grant import Grant
from labkit.common.access import AccessRequest, Decision
from labkit.common.occasion import Occasion

WEB, FHIR = "https://north-general.example/dicom-web", "https://north-general.example/fhir"
STUDY = "2.25.7{:02d}000{:03d}"
VIP = ("NG-2026-001", "Patient/quagmire")
"""The same person: Patient ID (0010,0020), and as the FHIR server has her."""
TREATMENT = Decision(True, "treatment at North General; the patient agrees")
_STAFF = ("lanternwick", "fennimuckle", "rowanberry")
_CURIOUS = ("drizzlecomb", "mossop", "tarragon", "wimplethorpe")


@dataclass
class Truth:
    """What was planted.

    Attributes
    ----------
    saw_vip
        Who saw anything of the VIP.
    unexplained
        Numbers of the records of a broken glass for which nobody said why.
    hoarder
        Who took too many studies within an hour.
    disclosed
        Numbers of the records that an accounting of disclosures to the VIP has to list.
    copies
        Where copies of the VIP's study are.
    offset
        By how many seconds the other site's clock is ahead.
    """

    saw_vip: set[str] = field(default_factory=set)
    unexplained: list[int] = field(default_factory=list)
    hoarder: str = ""
    disclosed: list[int] = field(default_factory=list)
    copies: set[str] = field(default_factory=set)
    offset: int = 0


@dataclass
class Week:
    """A week of records.

    Attributes
    ----------
    records
        Of North General, oldest first.
    lakeside
        What Lakeside's own trail says of what it received, by its own clock.
    study
        Study Instance UID of the VIP's study.
    """

    trail: AuditTrail
    truth: Truth
    study: str
    lakeside: list[Record] = field(default_factory=list)

    @property
    def records(self) -> list[Record]:
        """All records, oldest first."""
        return list(self.trail.records())


class _Writer:
    """Writes decisions as the services would, at times of its own."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)  # nosec B311: made up, and the same each time
        self.now = datetime(2026, 3, 2, 7, 30, tzinfo=timezone.utc)
        key = self.random.getrandbits(256).to_bytes(32, "big")
        self.trail = AuditTrail(folder, clock=lambda: self.now, key=key,
                                source="north-general", sync=lambda fd: None)  # fmt: skip

    def later(self, seconds: float = 0) -> None:
        """Let time pass: a few minutes, unless told how long."""
        self.now += timedelta(seconds=seconds or self.random.randint(60, 900))

    def act(
        self, who: Grant, action: str, door: str, what: Mapping[str, str],
        decision: Decision = TREATMENT, *, why: str = "", query: bytes = b"",
    ) -> int:  # fmt: skip
        """Write one decision; returns its number."""
        request = AccessRequest(who.subject or who.client_id, action, door, what)
        now = Occasion(f"10.1.0.{10 + len(who.client_id)}", "/studies", query)
        entry = entry_of(request, decision, who, now, self.trail.mark, {})
        if why:
            entry["purpose_reason"] = why
        return int(self.trail.append(entry)["seq"])

    def listed(self, of: int, shown: Mapping[str, str], withheld: int = 0) -> None:
        """Write what a search showed: patients by study."""
        self.trail.append(
            {"kind": "result", "of": of, "allowed": True, "reason": "what the answer held",
             "shown": {"count": len(shown), "studies": list(shown),
                       "patients": sorted(set(shown.values()))},
             "withheld": {"count": withheld}})  # fmt: skip


def made_up_week(folder: Path, seed: int = 11) -> Week:
    """Write a week into a new folder.

    Raises
    ------
    LabError
        The folder is in use.
    """
    w, truth = _Writer(folder, seed), Truth()
    vip_study = STUDY.format(seed % 100, 1)
    week = Week(w.trail, truth, vip_study)
    others = {STUDY.format(seed % 100, n): f"NG-2026-{n:03d}" for n in range(2, 60)}
    w.trail.note("ApplicationActivity", "recording begins", type="ApplicationStart", door="ARCHIVE")
    _days_of_work(w, others, 24)
    _vip(w, truth, vip_study, others)
    _days_of_work(w, others, 16)
    _broken_glass(w, truth, others)
    _hoarder(w, truth, others)
    _days_of_work(w, others, 16)
    _disclosures(w, truth, vip_study)
    _lakeside(w, week, others)
    return week


def user(name: str, purpose: str = "TREAT", client: str = "viewer") -> Grant:
    """Make the grant of a person at an application."""
    return Grant(client, name, "user/*.rs", purpose=purpose, token_id=f"t-{client}-{name}")


def _days_of_work(w: _Writer, others: Mapping[str, str], count: int) -> None:
    for study in w.random.sample(sorted(others), count):
        w.later()
        about = {"StudyInstanceUID": study, "PatientID": others[study]}
        modality = w.random.choice(["CT1", "MR1", "US1"])
        w.act(Grant(modality), "C-STORE", "ARCHIVE", about)
        w.later()
        who = user(w.random.choice(_STAFF))
        number = w.act(who, "search", WEB, {}, query=b"StudyDate=20260302&ModalitiesInStudy=CT")
        w.listed(number, {study: others[study]})
        w.later(20)
        w.act(who, "read", WEB, about)
        if w.random.random() < 0.3:
            w.act(Grant("WORKSTN"), "C-MOVE", "ARCHIVE", {**about, "destination": "WORKSTN"})


def _vip(w: _Writer, truth: Truth, study: str, others: Mapping[str, str]) -> None:
    about = {"StudyInstanceUID": study, "PatientID": VIP[0]}
    w.act(Grant("CT1"), "C-STORE", "ARCHIVE", about)
    w.later()
    treating, *curious = "lanternwick", *w.random.sample(_CURIOUS, 4)
    w.act(user(treating), "read", WEB, about)
    w.later()
    number = w.act(user(curious[0]), "search", WEB, {}, query=b"PatientName=QUAGMIRE*")
    w.listed(number, {study: VIP[0]})  # has the list, opens nothing
    w.later()
    herself = {"resourceType": "Patient", "id": "quagmire", "patient": VIP[1]}
    w.act(user(curious[1], client="ehr"), "read", FHIR, herself)
    w.later()
    no = Decision(False, "no relation to this patient")
    w.act(user(curious[2]), "read", WEB, about, no)
    number = w.act(user(curious[2]), "search", WEB, {}, query=b"PatientName=QUAGMIRE*")
    w.listed(number, {}, withheld=1)
    w.later()
    number = w.act(user(curious[3]), "search", WEB, {}, query=b"ModalitiesInStudy=MR")
    w.listed(number, dict(list(others.items())[:3]), withheld=1)
    w.later()
    w.act(Grant("WORKSTN"), "C-MOVE", "ARCHIVE", {**about, "destination": "CONSULT"})
    refused = Decision(False, "the patient denies Lakeside Clinic")
    w.act(Grant("LEGACY"), "C-MOVE", "ARCHIVE", {**about, "destination": "LEGACY"}, refused)
    truth.saw_vip = {treating, curious[0], curious[1]}
    truth.copies = {"ARCHIVE", "CONSULT", "viewer"}


def _broken_glass(w: _Writer, truth: Truth, others: Mapping[str, str]) -> None:
    override = Decision(True, "emergency override")
    said = "unconscious after a fall, no relative reached"
    for n, study in enumerate(w.random.sample(sorted(others), 6)):
        w.later()
        about = {"StudyInstanceUID": study, "PatientID": others[study]}
        who = user("rowanberry" if n % 2 else "tarragon", "BTG")
        if n == 4:
            no = Decision(False, "this role may not break the glass")
            w.act(who, "read", WEB, about, no)
            continue
        why = "" if n in (1, 3) else " " if n == 2 else said
        number = w.act(who, "read", WEB, about, override, why=why)
        if not why.strip():
            truth.unexplained.append(number)


def _hoarder(w: _Writer, truth: Truth, others: Mapping[str, str]) -> None:
    truth.hoarder = w.random.choice(_CURIOUS)
    busy = user("fennimuckle")
    studies = w.random.sample(sorted(others), 30)
    same = {"StudyInstanceUID": studies[0], "PatientID": others[studies[0]]}
    w.now = w.now.replace(minute=40, second=0) + timedelta(hours=1)
    for n, study in enumerate(
        studies
    ):  # across the full hour: no hour of the clock has all of them
        w.later(75)
        about = {"StudyInstanceUID": study, "PatientID": others[study]}
        w.act(user(truth.hoarder), "read", WEB, about)
        if n < 8:  # one study, opened again and again: many records, few studies
            for _ in range(4):
                w.act(busy, "read", WEB, same)
    number = w.act(busy, "search", WEB, {}, query=b"StudyDate=20260301-20260308")
    w.listed(number, dict(list(others.items())[:40]))  # a list is no export


def _disclosures(w: _Writer, truth: Truth, study: str) -> None:
    about = {"StudyInstanceUID": study, "PatientID": VIP[0]}
    chen, county = user("chen", "HRESCH", "research"), user("county", "PUBHLTH", "registry")
    w.later()
    agreed = Decision(True, "research; the review board has waived authorization")
    truth.disclosed.append(w.act(chen, "read", WEB, about, agreed))
    w.later()
    w.act(chen, "read", WEB, about, Decision(False, "not in the protocol"))
    w.act(user("pennywhistle", "HPAYMT", "billing"), "read", WEB, about)
    w.act(user("quagmire", "PATRQT", "portal"), "read", WEB, about)
    w.later()
    health = Decision(True, "a notifiable disease")
    report = {"resourceType": "DiagnosticReport", "id": "r1", "patient": VIP[1]}
    truth.disclosed.append(w.act(county, "read", FHIR, report, health))
    other = {"StudyInstanceUID": STUDY.format(99, 2), "PatientID": "NG-2026-002"}
    w.act(county, "read", WEB, other, health)
    truth.saw_vip |= {"chen", "pennywhistle", "quagmire", "county"}
    truth.copies |= {"research", "billing", "portal"}


def _lakeside(w: _Writer, week: Week, others: Mapping[str, str]) -> None:
    """Send studies to Lakeside, whose trail has a clock of its own and once a long queue."""
    week.truth.offset = w.random.choice([-1, 1]) * w.random.randint(200, 4000)
    for n, study in enumerate(w.random.sample(sorted(others), 9)):
        w.later()
        about = {"StudyInstanceUID": study, "PatientID": others[study]}
        w.act(Grant("ROUTER"), "C-MOVE", "ARCHIVE", {**about, "destination": "ROUTER"})
        waited = 7200 if n in (0, 5) else w.random.randint(1, 4)
        at = w.now + timedelta(seconds=week.truth.offset + waited)
        week.lakeside.append(
            {"seq": n + 1, "at": at.isoformat(), "kind": "access", "action": "C-STORE",
             "actor": "ARCHIVE", "door": "ROUTER", "event": "DICOMInstancesTransferred",
             "allowed": True, "reason": "known node", "what": about})  # fmt: skip
