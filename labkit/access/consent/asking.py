"""From what a service asks to questions to the consents: whose data, of which kind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from labkit.access.consent.content import codes, dates, labels, references
from labkit.access.consent.question import Question
from labkit.access.references import reference_of
from labkit.access.subjects import Subjects, patient_of

_NOBODY = ""


class UnknownSubjectError(LookupError):
    """Whose data it is cannot be said for certain."""


@runtime_checkable
class Searching(Protocol):
    """Subjects that can be searched, as `labkit.access.StoredSubjects` can."""

    def search(
        self, kind: str, criteria: Mapping[str, str], *, most: int = 1000
    ) -> list[dict[str, Any]]:
        """Return the resources that meet the criteria."""
        ...


class Asking:
    """Makes questions.

    Parameters
    ----------
    subjects
        Says whose data it is.
    base_url
        Of the FHIR server.
    """

    def __init__(self, subjects: Subjects, base_url: str) -> None:
        self._subjects, self._base = subjects, base_url

    def questions(self, resource: Mapping[str, str], action: str, now: datetime) -> list[Question]:
        """Return what has to be permitted, all of it; nothing where it is nobody's data.

        Raises
        ------
        UnknownSubjectError
            Whose data it is cannot be said.
        """
        if "resourceType" in resource:
            return self._of_resource(resource, action, now)
        planned = resource.get("ScheduledStudyInstanceUID", "")
        if planned and self._subjects.study(planned) is not None:
            return [
                *self._of_dicom("", resource.get("PatientID", ""), action, now),
                *self._of_dicom(planned, "", action, now),
            ]
        uid = resource.get("StudyInstanceUID", "")
        if uid or resource.get("PatientID"):
            return self._of_dicom(uid, resource.get("PatientID", ""), action, now)
        return []

    def _of_dicom(self, uid: str, patient_id: str, action: str, now: datetime) -> list[Question]:
        """Ask about DICOM objects: an ImagingStudy says whose they are."""
        study = self._subjects.study(uid) if uid else None
        if study is not None:
            patient = patient_of(study, self._base)
            if not patient or not self._agrees(patient, patient_id):
                raise UnknownSubjectError(
                    "the ImagingStudy and the objects do not agree whose they are"
                )
            return [replace(self._about(study, patient, now), is_resource=False, study=uid)]
        if uid and action not in ("collect", "correct"):
            raise UnknownSubjectError("no ImagingStudy, or not just one, has this UID")
        patient = self._named(patient_id)
        if not patient and action == "collect":
            return []  # storing shows nothing to anybody, and nobody is known to have objected
        if not patient:
            raise UnknownSubjectError("no Patient, or not just one, has this Patient ID")
        # An order, or a study that is only coming to be: a class of its own, and no dates yet.
        kind = "ImagingStudy" if action == "collect" else "ServiceRequest"
        return [Question(patient, kind, "", now, is_resource=False, study=uid, base_url=self._base)]

    def _agrees(self, patient: str, patient_id: str) -> bool:
        """Whether a Patient has this Patient ID, where the service told one."""
        if not patient_id:
            return True
        body = self._subjects.resource("Patient", patient) or {}
        return any(str(each.get("value")) == patient_id for each in body.get("identifier", ()))

    def _named(self, patient_id: str) -> str:
        if not patient_id or not isinstance(self._subjects, Searching):
            return _NOBODY
        if set(patient_id) & set(",|$\\"):  # a search has characters of its own
            return _NOBODY
        found = self._subjects.search("Patient", {"identifier": patient_id}, most=2)
        return str(found[0]["id"]) if len(found) == 1 else _NOBODY

    def _of_resource(self, asked: Mapping[str, str], action: str, now: datetime) -> list[Question]:
        kind, id_ = asked["resourceType"], asked.get("id", "")
        body = (self._subjects.resource(kind, id_) if id_ else None) or {}
        known = bool(body) or action == "collect"  # of a new one there is nothing to know yet
        body = body or {"resourceType": kind, "id": id_}
        said = reference_of({"reference": asked.get("patient", "")}, self._base)
        patients = {patient_of(body, self._base), said.removeprefix("Patient/")} - {_NOBODY}
        if said and not said.startswith("Patient/"):
            raise UnknownSubjectError(f"{said} is no Patient of this server")
        if patients:
            each = sorted(patients)
            return [replace(self._about(body, patient, now), known=known) for patient in each]
        return self._of_what_it_names(body, now)

    def _of_what_it_names(self, body: Mapping[str, Any], now: datetime) -> list[Question]:
        """Ask for what is nobody's own but tells of somebody: as it is, and as what it names."""
        out: list[Question] = []
        for name in sorted(references(body, self._base)):
            kind, _, id_ = name.partition("/")
            target = self._subjects.resource(kind, id_) if id_ and "/" not in id_ else None
            patient = patient_of(target or {}, self._base)
            if target and patient:
                out += [self._about(target, patient, now), self._about(body, patient, now)]
        return out

    def _about(self, body: Mapping[str, Any], patient: str, now: datetime) -> Question:
        kind = str(body["resourceType"])
        return Question(
            patient, kind, f"{kind}/{body.get('id', '')}", now, labels=labels(body),
            codes=codes(body), dates=dates(body), refers_to=references(body, self._base),
            base_url=self._base,
        )  # fmt: skip

    def linked(self, question: Question, consents: Iterable[Mapping[str, Any]]) -> Question:
        """Add what the resources that consents name have to do with the data."""
        by, unreadable = set(), set()
        for name in _named_by(consents, self._base):
            kind, _, id_ = name.partition("/")
            body = self._subjects.resource(kind, id_) if id_ else None
            if body is None:
                unreadable.add(name)
            elif question.reference in references(body, self._base):
                by.add(name)
        return replace(
            question, referred_by=frozenset(by), unreadable=frozenset(unreadable)
        )  # fmt: skip


def _named_by(consents: Iterable[Mapping[str, Any]], base_url: str) -> set[str]:
    """Return what the ``data`` of provisions refer to, but for studies named by their UID."""
    found: set[str] = set()
    waiting = [consent.get("provision") for consent in consents]
    while waiting:
        rule = waiting.pop()
        if isinstance(rule, Mapping):
            data, nested = rule.get("data"), rule.get("provision")
            for each in data if isinstance(data, list) else ():
                if isinstance(each, Mapping):
                    found.add(reference_of(each.get("reference"), base_url))
            waiting += nested if isinstance(nested, list) else []
    return {name for name in found if name and not name.startswith("urn:oid:")}
