"""What a token's scopes give: one policy for FHIR, DICOMweb, the façade and DIMSE.

There is no scope for DICOMweb. Pixels are read with the scope of the ImagingStudy that describes
them (SMART imaging access, draft): who may read the one may read the other, and nobody else may.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from labkit.access.grant import Grant, current_grant
from labkit.access.scopes import Scope, ScopeError, parse_scopes
from labkit.access.subjects import Subjects, patient_of
from labkit.common.access import AccessRequest, Decision

_FHIR = {
    "read": "r", "vread": "r", "history": "r", "search": "s", "create": "c", "update": "u",
    "patch": "u", "delete": "d",
}  # fmt: skip
_DICOM = {
    "search": "s", "read": "r", "store": "c", "delete": "d",
    "C-FIND": "s", "C-MOVE": "r", "C-GET": "r", "C-STORE": "c",
}  # fmt: skip
_ACTS = {"c": "create", "r": "read", "u": "update", "d": "delete", "s": "search"}
SHARED = frozenset(
    {
        "Endpoint",
        "HealthcareService",
        "Location",
        "Organization",
        "Practitioner",
        "PractitionerRole",
    }
)
"""Types about nobody: read by a token of one patient too, since her data refer to them."""
_MATCHED = ("_id", "_security", "_tag", "_profile", "_lastUpdated")
_PATIENT_LEVEL = ("PatientID", "StudyInstanceUID")


class Searchable(Protocol):
    """What is needed to hold a resource against the search parameters of a scope."""

    def search(
        self, kind: str, criteria: Mapping[str, str], *, most: int = 1000
    ) -> list[dict[str, Any]]:
        """Return what a search finds, without asking who may see it."""
        ...


class TokenPolicy:
    """Allows what the scopes and the patient of the current grant allow.

    A scope with search parameters gives reading only, and only of what matches *now*: what is
    created or changed, and earlier versions, cannot be held against them. Its study is matched as
    a whole: ``?modality=CT`` gives all of a study that has a CT series, as a search does.

    A grant without scopes is a node's, admitted by what decides over nodes: it passes at a DIMSE
    door, and nowhere else.

    Parameters
    ----------
    subjects
        Whose data it is. Without a method ``search`` no scope with parameters gives anything.
    """

    def __init__(self, subjects: Subjects) -> None:
        self._subjects = subjects

    def decide(self, request: AccessRequest) -> Decision:
        """Answer one request on behalf of `current_grant`."""
        grant, dimse = current_grant(), request.action[:2] in ("C-", "N-")
        if grant is None:
            return Decision(False, "nobody has shown a token")
        if not grant.scope:
            if dimse and not grant.patient:
                return Decision(True, "a node: who may associate decides")
            return Decision(False, "the grant has no scope")
        if request.action == "C-ECHO":
            return Decision(True, "an echo touches no data")
        try:
            scopes = parse_scopes(grant.scope)
        except ScopeError:
            return Decision(False, "the scopes of the token cannot be read")
        if "resourceType" in request.resource:
            return self._fhir(request, grant, scopes)
        return self._dicom(request, grant, scopes)

    # -- FHIR --

    def _fhir(self, request: AccessRequest, grant: Grant, scopes: tuple[Scope, ...]) -> Decision:
        resource, action = request.resource, request.action
        kind, id_ = resource["resourceType"], resource.get("id", "")
        if action == "validate":  # R4 resource-operation-validate: nothing is stored or shown
            named = any(scope.resource in ("*", kind) for scope in scopes)
            return Decision(named, "it is only checked" if named else _no(action, kind))
        letter = _FHIR.get(action, "")
        fitting = [scope for scope in scopes if letter and scope.names(kind, letter)]
        if action in ("vread", "history"):  # what was is not held against what is searched now
            fitting = [scope for scope in fitting if not scope.filters]
        if not fitting:
            return Decision(False, _no(action, kind))
        about_data = bool(id_ or "patient" in resource) or letter in "cud"
        if not about_data:
            return Decision(True, f"{fitting[0]}; each resource is asked about by itself")
        patient = resource.get("patient", "") or self._patient(kind, id_)
        return self._first(
            fitting, grant, lambda scope: self._why_not(
                scope, grant, letter, kind, id_, patient.removeprefix("Patient/")
            ),
        )  # fmt: skip

    def _patient(self, kind: str, id_: str) -> str:
        stored = self._subjects.resource(kind, id_) if id_ else None
        if stored is not None and kind == "Binary":  # R4 binary.html#security-context
            link = stored.get("securityContext") or {}
            target, _, target_id = str(link.get("reference", "")).partition("/")
            stored = self._subjects.resource(target, target_id) if target_id else None
        return patient_of(stored) if stored is not None else ""

    # -- DICOM --

    def _dicom(self, request: AccessRequest, grant: Grant, scopes: tuple[Scope, ...]) -> Decision:
        resource = request.resource
        letter = _DICOM.get(request.action, "")
        fitting = [scope for scope in scopes if letter and scope.names("ImagingStudy", letter)]
        if not fitting:
            return Decision(False, _no(request.action, "ImagingStudy"))
        if not any(name in resource for name in _PATIENT_LEVEL):
            return Decision(True, f"{fitting[0]}; each study is asked about by itself")
        uid = resource.get("StudyInstanceUID", "")
        study = self._subjects.study(uid) if uid else None
        if study is None and letter != "c":
            return Decision(False, "no ImagingStudy describes this study, so no scope gives it")
        owner = self._subjects.patient_of_study(uid) if study else ""
        if study is None:  # a new study: whose, is what its PatientID says
            owner = grant.patient if self._is(grant.patient, resource.get("PatientID", "")) else ""
        elif "PatientID" in resource and not self._is(owner, resource["PatientID"]):
            return Decision(False, "the objects name another patient than their ImagingStudy")
        id_ = str((study or {}).get("id", ""))
        return self._first(
            fitting, grant,
            lambda scope: self._why_not(scope, grant, letter, "ImagingStudy", id_, owner),
        )  # fmt: skip

    def _is(self, patient: str, patient_id: str) -> bool:
        """Whether a Patient is known by this Patient ID."""
        known = self._subjects.resource("Patient", patient) if patient else None
        entries = (known or {}).get("identifier", [])
        return bool(patient_id) and any(entry.get("value") == patient_id for entry in entries)

    # -- both --

    def _first(self, fitting: Iterable[Scope], grant: Grant, why_not: Any) -> Decision:
        """Take the first scope that gives it; else the reason of the last."""
        reason = ""
        for scope in fitting:
            reason = why_not(scope)
            if not reason:
                return Decision(True, f"{scope} of {grant.client_id}")
        return Decision(False, reason)

    def _why_not(
        self,
        scope: Scope,
        grant: Grant,
        letter: str,
        kind: str,
        id_: str,
        owner: str,
    ) -> str:
        """Say why a scope does not give it; ``""`` if it does."""
        limits = {name for name in grant.actors if name.startswith("Patient/")}
        if scope.context == "patient" or (scope.context == "user" and limits):
            mine = {grant.patient} if scope.context == "patient" else {n[8:] for n in limits}
            if not owner:
                if kind not in SHARED or letter not in "rs":
                    return f"it is not known to be of the patient of {scope.context}/"
            elif owner not in mine - {""}:
                return "it is of another patient than the token"
        if not scope.filters:
            return ""
        if letter not in "rs":
            return f"{scope} gives only reading of what is there now"
        return "" if self._matches(kind, id_, scope) else f"it does not match {scope}"

    def _matches(self, kind: str, id_: str, scope: Scope) -> bool:
        search = getattr(self._subjects, "search", None)
        if search is None or not id_:
            return False
        for name, value in scope.filters:
            if name.startswith("_") and name.partition(":")[0] not in _MATCHED:
                return False  # such as _count: it says how to answer, not what matches
            if name == "_id":
                if id_ not in value.split(","):
                    return False
            elif not search(kind, {"_id": id_, name: value}, most=1):
                return False
        return True


def _no(action: str, kind: str) -> str:
    letter = {**_FHIR, **_DICOM}.get(action, "")
    wanted = f"/{kind}.{letter}" if letter else "one that gives it"
    return f"no scope of the token gives {_ACTS.get(letter, action)} of {kind} (it takes {wanted})"
