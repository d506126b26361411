"""A policy whose every answer is on record before it is given."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from labkit.access.audit.entry import entry_of
from labkit.access.audit.events import event_of
from labkit.access.audit.trail import AuditTrail
from labkit.access.grant import Grant, current_grant
from labkit.common.access import AccessPolicy, AccessRequest, Decision, decide
from labkit.common.occasion import Occasion, current_occasion

About = Callable[[AccessRequest], Mapping[str, str]]
_READS = {"C-FIND", "read", "vread", "search", "ITI-18", "ITI-38"}
_MOST_LISTED = 5000
UNWRITTEN = "the decision could not be recorded, so the answer is no"


@dataclass
class _Batch:
    """The decisions of one request so far."""

    first: int = 0
    of: int = 0
    searching: bool = False
    seen: set[tuple[Any, ...]] = field(default_factory=set)
    shown: _Listed = field(default_factory=lambda: _Listed())
    withheld: _Listed = field(default_factory=lambda: _Listed())


@dataclass
class _Listed:
    count: int = 0
    studies: dict[str, None] = field(default_factory=dict)
    patients: dict[str, None] = field(default_factory=dict)
    resources: dict[str, None] = field(default_factory=dict)

    def add(self, what: Mapping[str, str]) -> None:
        self.count += 1
        for names, found in (
            (("StudyInstanceUID",), self.studies),
            (("PatientID", "patient"), self.patients),
        ):
            for name in names:
                if what.get(name) and len(found) < _MOST_LISTED:
                    found[what[name]] = None
        if what.get("resourceType") and len(self.resources) < _MOST_LISTED:
            self.resources[f"{what['resourceType']}/{what.get('id', '')}"] = None

    def data(self) -> dict[str, Any]:
        found = {"studies": self.studies, "patients": self.patients, "resources": self.resources}
        return {"count": self.count, **{name: list(each) for name, each in found.items() if each}}


class AuditedPolicy:
    """Asks another policy, and records what it said, why, to whom and about what.

    If the record cannot be written, the answer is no. Within one request (an `Occasion`) a search
    is one record, and a second that tells what its answer showed and withheld; the same decision
    about the same study is recorded once. A service that asks before it looks, and again when it
    knows whose data it is, leaves two records: the later one has the number of the first, ``of``.

    Parameters
    ----------
    policy
        Decides.
    trail
        Where the records go.
    about
        Says more of what a request touches, such as the study of an ImagingStudy: see
        `about_subjects`. What it cannot say is left out; an error of it counts as a no.
    quiet
        Acts that touch no data, not recorded while they are allowed: C-ECHO, that monitoring sends
        all day long.
    """

    def __init__(
        self,
        policy: AccessPolicy,
        trail: AuditTrail,
        *,
        about: About | None = None,
        quiet: Collection[str] = ("C-ECHO",),
    ) -> None:
        self._policy, self._trail, self._about, self._quiet = policy, trail, about, set(quiet)

    def decide(self, request: AccessRequest) -> Decision:
        """Ask, record, answer."""
        decision = decide(self._policy, request)
        if decision and request.action in self._quiet:
            return decision
        now = current_occasion()
        try:
            about = self._about(request) if self._about else {}
            if now is None:
                self._record(request, decision, None, about)
            else:
                with now.lock:
                    self._within(now, request, decision, about)
        except Exception:
            return Decision(False, UNWRITTEN)
        return decision

    def _record(
        self,
        request: AccessRequest,
        decision: Decision,
        now: Occasion | None,
        about: Mapping[str, str],
        of: int = 0,
    ) -> int:
        grant = current_grant()
        entry = entry_of(request, decision, grant, now, self._trail.mark, about)
        if of:
            entry["of"] = of
        return int(self._trail.append(entry)["seq"])

    def _within(
        self, now: Occasion, request: AccessRequest, decision: Decision, about: Mapping[str, str]
    ) -> None:
        batch: _Batch = now.facts.setdefault(self, _Batch())
        known = {**request.resource, **about}
        if batch.searching and request.action in _READS:
            (batch.shown if decision else batch.withheld).add(known)
            return
        study, patient = known.get("StudyInstanceUID", ""), bool(
            known.get("PatientID") or known.get("patient"))  # fmt: skip
        fact = (request.action, decision.allowed, study,
                known.get("id", ""), known.get("destination", ""))  # fmt: skip
        # Once with the patient is enough; the door asks before it knows whose study it is.
        if (*fact, True) in batch.seen or (*fact, patient) in batch.seen:
            return
        number = self._record(request, decision, now, about, batch.first)
        batch.first = batch.first or number
        batch.seen.add((*fact, patient))
        kind = event_of(request.action, fhir="resourceType" in request.resource)
        if decision and kind.search and not batch.of:
            batch.of, batch.searching = number, True
            now.at_end(lambda: self._result(batch))

    def _result(self, batch: _Batch) -> None:
        if not batch.shown.count and not batch.withheld.count:
            return
        self._trail.append(
            {"kind": "result", "of": batch.of, "allowed": True, "reason": "what the answer held",
             "shown": batch.shown.data(), "withheld": batch.withheld.data()}
        )  # fmt: skip


def glass_recorder(trail: AuditTrail) -> Callable[[AccessRequest, Grant, object], None]:
    """Make the recorder of a `ConsentPolicy`: each broken glass is a Security Alert of its own.

    It raises where the record cannot be written, and then the glass stays whole.
    """

    def record(request: AccessRequest, grant: Grant, ruling: object) -> None:
        found = Decision(True, f"emergency override: {getattr(ruling, 'reason', '')}")
        entry = entry_of(request, found, grant, current_occasion(), trail.mark, {})
        entry.pop("search", None)
        trail.append({**entry, "kind": "event", "event": "SecurityAlert", "act": "E",
                      "type": "EmergencyOverrideStarted", "purpose": ""})  # fmt: skip

    return record
