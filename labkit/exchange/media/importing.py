"""Import a medium into an archive, with the house's identifiers: a plan first, then the deed.

The steps are those of IHE's Import Reconciliation Workflow (RAD TF-1 21, RAD TF-2 4.61): find out
who the patient is here, coerce, store; what cannot be decided is a question for a person.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydicom.dataset import Dataset

from labkit.common.errors import LabkitError, UsageError
from labkit.common.wording import counted
from labkit.exchange.manifests.values import text
from labkit.exchange.media.coercion import coerce
from labkit.exchange.media.medium import Medium, MediumFile, whole
from labkit.exchange.media.patients import (
    LocalPatient,
    Match,
    contradictions,
    matches,
    patient_of,
)

READY, QUESTION, LEFT, IMPORTED, FAILED = "ready", "question", "left out", "imported", "failed"
Deliver = Callable[[Sequence[Dataset]], Mapping[str, str]]
"""Store data sets; return why each that failed did, by SOP Instance UID."""
_BATCH = 50


@dataclass(frozen=True)
class StudyPlan:
    """What is to happen, or has happened, to one study of a medium.

    Attributes
    ----------
    theirs
        The patient, as the medium says it; its key for a decision is `key`.
    patient
        The patient here, where it is decided who that is.
    why
        Why it is this patient; or what the question is.
    candidates
        Who it may be, where that is the question.
    accession
        Of the local order.
    state
        ``ready``, ``question``, ``left out``, ``imported``, ``failed`` (in part or whole).
    failures
        Why, by SOP Instance UID.
    """

    study_uid: str
    theirs: LocalPatient
    files: tuple[MediumFile, ...] = field(repr=False)
    state: str
    why: str
    patient: LocalPatient | None = None
    candidates: tuple[LocalPatient, ...] = ()
    accession: str = ""
    failures: Mapping[str, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What to call this patient in a decision: ``1001234^^^LAKESIDE``."""
        return f"{self.theirs.id}^^^{self.theirs.issuer}"

    def __str__(self) -> str:
        here = f" -> {self.patient.id}" if self.patient else ""
        return f"{self.state}: {self.key}{here}, {counted(len(self.files), 'object')} ({self.why})"


@dataclass(frozen=True)
class Plan:
    """What is to happen to a medium, or has."""

    medium: Medium
    studies: tuple[StudyPlan, ...]

    @property
    def questions(self) -> tuple[StudyPlan, ...]:
        """What a person has to decide."""
        return tuple(study for study in self.studies if study.state == QUESTION)

    @property
    def clear(self) -> bool:
        """Whether nothing is left to decide and nothing has failed."""
        return all(study.state in (READY, IMPORTED, LEFT) for study in self.studies)

    def __str__(self) -> str:
        lines = [str(self.medium), *(f"  {problem}" for problem in self.medium.problems)]
        return "\n".join([*lines, *(f"  {study}" for study in self.studies)])

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "objects": len(self.medium.files),
            "problems": [{"kind": p.kind, "where": p.where, "text": p.text}
                         for p in self.medium.problems],
            "studies": [{
                "study": s.study_uid, "key": s.key, "name": s.theirs.name, "state": s.state,
                "why": s.why, "patient": s.patient.id if s.patient else None,
                "accession": s.accession, "objects": len(s.files),
                "candidates": [str(c) for c in s.candidates], "failures": dict(s.failures),
            } for s in self.studies],
        }  # fmt: skip


def plan(
    medium: Medium,
    house: Iterable[LocalPatient],
    *,
    decisions: Mapping[str, str] | None = None,
    accessions: Mapping[str, str] | None = None,
) -> Plan:
    """Say what an import would do; nothing is stored.

    Parameters
    ----------
    house
        The patients of the house.
    decisions
        What a person decided: the medium's patient, ``1001234^^^LAKESIDE``, to a Patient ID of the
        house (with ``^^^`` and its issuer where that is needed), or to ``""``: left out.
    accessions
        Study Instance UID → Accession Number of the local order.

    Raises
    ------
    UsageError
        A decision is about nobody on the medium, or names nobody of the house.
    """
    known = list(house)
    decided = dict(decisions or {})
    found = [
        _planned(uid, files, known, decided, (accessions or {}).get(uid, ""))
        for uid, files in medium.studies.items()
    ]
    keys = {study.key for study in found}
    for key, choice in decided.items():
        if key not in keys:
            raise UsageError(f"Nobody on the medium is {key}.",
                             remedy=f"There is {', '.join(sorted(keys)) or 'nobody'}.")  # fmt: skip
        if choice:
            _chosen(choice, known)
    return Plan(medium, tuple(found))


def carry_out(
    planned: Plan, deliver: Deliver, *, when: datetime, system: str, source: str = ""
) -> Plan:
    """Import what is ready; questions stay questions.

    Parameters
    ----------
    deliver
        Such as `labkit.exchange.media.by_dimse` and `by_web` make.
    when, system, source
        Of the Original Attributes Sequence, as `coerce` takes them.
    """
    done = [
        _imported(study, deliver, when, system, source) if study.state == READY else study
        for study in planned.studies
    ]
    return replace(planned, studies=tuple(done))


def _planned(
    uid: str, files: tuple[MediumFile, ...], house: list[LocalPatient], decided: dict[str, str],
    accession: str,
) -> StudyPlan:  # fmt: skip
    everybody = {(p.id, p.issuer): p for p in (patient_of(f.header) for f in files)}
    theirs = next(iter(everybody.values()))
    base = StudyPlan(uid, theirs, files, QUESTION, "", accession=accession)
    if len(everybody) > 1:
        names = ", ".join(f"{value} of {issuer or 'nobody'}" for value, issuer in everybody)
        return replace(base, why=f"the study names several patients: {names}")
    if base.key in decided:
        choice = decided[base.key]
        if not choice:
            return replace(base, state=LEFT, why="decided by a person")
        return replace(base, state=READY, patient=_chosen(choice, house), why="decided by a person")
    found = matches(theirs, house)
    if len(found) != 1:
        return replace(base, why=_question(theirs, found, house),
                       candidates=tuple(m.patient for m in found))  # fmt: skip
    (match,) = found
    against = contradictions(theirs, match.patient)
    if against:
        return replace(base, why=f"{match.why}, but {'; '.join(against)}",
                       candidates=(match.patient,))  # fmt: skip
    return replace(base, state=READY, patient=match.patient, why=match.why)


def _chosen(choice: str, house: list[LocalPatient]) -> LocalPatient:
    found = [p for p in house if choice in (p.id, f"{p.id}^^^{p.issuer}")]
    if len(found) != 1:
        many = f"{len(found)} patients" if found else "no patient"
        raise UsageError(f"The house has {many} {choice}.",
                         remedy="Register the patient first, or write ID^^^ISSUER.")  # fmt: skip
    return found[0]


def _question(theirs: LocalPatient, found: list[Match], house: list[LocalPatient]) -> str:
    if found:
        return f"{len(found)} patients of the house may be meant"
    same = [p for p in house if p.id == theirs.id]
    if same:
        return (f"nobody of the house; {theirs.id} is {same[0].name} here, and nothing says that "
                "it is the same person")  # fmt: skip
    return "nobody of the house"


def _imported(
    study: StudyPlan, deliver: Deliver, when: datetime, system: str, source: str
) -> StudyPlan:
    if study.patient is None:
        raise UsageError(f"Nobody has decided whose study {study.study_uid} is.",
                         remedy="Make the plan again with a decision.")  # fmt: skip
    failures: dict[str, str] = {}
    for start in range(0, len(study.files), _BATCH):
        batch: list[Dataset] = []
        for file in study.files[start : start + _BATCH]:
            try:
                ds = whole(file)
                if text(ds, "SOPInstanceUID") != file.uid:
                    raise UsageError("is another object than when the plan was made")
                batch.append(coerce(ds, study.patient, accession=study.accession, when=when,
                                    system=system, source=source))  # fmt: skip
            except LabkitError as error:
                failures[file.uid] = error.message
        if batch:
            failures |= deliver(batch)
    return replace(study, state=FAILED if failures else IMPORTED, failures=failures)
