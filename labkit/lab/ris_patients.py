"""What an ADT message does to the Patient resources of the FHIR server.

FHIR has a link for it: the record that is gone stays, inactive, and says which one replaces it
(R4 patient.html, Patient.link). Nobody who holds an old reference is left without an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit.common.errors import LabkitError
from labkit.fhir import FhirClient
from labkit.hl7 import PatientChange
from labkit.lab.ris import Ris
from labkit.lab.secure.guarding import RIS_CLIENT, Guarding
from labkit.lab.stories import GENDER, human_names, system_of

if TYPE_CHECKING:
    from labkit.lab.cast import Cast

_SITES = {"NORTHGEN": "North General", "LAKESIDE": "Lakeside Clinic"}


class FhirPatients:
    """Patients on a FHIR server.

    Parameters
    ----------
    url
        Gives the server's base URL; it may move.
    headers
        Gives what is sent with each request, such as a token.
    """

    def __init__(
        self, url: Callable[[], str], headers: Callable[[], dict[str, str]] = dict
    ) -> None:
        self._url, self._headers = url, headers

    def change(self, change: PatientChange) -> str:
        """Update a Patient, or link two; an error is told, not raised: HL7 has been accepted."""
        try:
            with FhirClient(self._url(), headers=self._headers(), timeout=5.0) as fhir:
                if change.event == "A40":
                    return _merge(fhir, change)
                return _update(fhir, change)
        except LabkitError as error:
            return f"not told ({error.message})"


def north_general(cast: Cast, fhir_url: Callable[[], str], guarding: Guarding) -> Ris:
    """The RIS of North General, put together from the nodes of a lab."""
    archive, log = cast.archives["ARCHIVE"], cast.logs["WORKLIST"]
    register = FhirPatients(fhir_url, lambda: guarding.headers(RIS_CLIENT))
    return Ris(cast.worklist, archive, register, log, tls=guarding.server_tls("WORKLIST"))


def _find(fhir: FhirClient, patient_id: str, issuer: str) -> dict[str, Any] | None:
    system = system_of(_SITES.get(issuer, issuer))
    return next(fhir.search("Patient", identifier=f"{system}|{patient_id}"), None)


def _update(fhir: FhirClient, change: PatientChange) -> str:
    patient = _find(fhir, change.patient_id, change.issuer)
    if patient is None:
        return "no such Patient"
    values = change.values
    if "PatientName" in values:
        patient["name"] = list(human_names(values["PatientName"]))
    if "PatientSex" in values:
        patient["gender"] = GENDER.get(values["PatientSex"], "unknown")
    if "PatientBirthDate" in values:
        date = values["PatientBirthDate"]
        patient["birthDate"] = f"{date[:4]}-{date[4:6]}-{date[6:]}"
    fhir.update(patient)
    return f"Patient/{patient['id']} updated"


def _merge(fhir: FhirClient, change: PatientChange) -> str:
    gone = _find(fhir, change.patient_id, change.issuer)
    stays = _find(fhir, change.values["PatientID"], change.values.get("IssuerOfPatientID", ""))
    if gone is None or stays is None:
        return "no such Patient"
    gone["active"] = False
    _link(gone, stays, "replaced-by")
    _link(stays, gone, "replaces")
    fhir.update(gone)
    fhir.update(stays)
    return f"Patient/{gone['id']} replaced by Patient/{stays['id']}"


def _link(patient: dict[str, Any], other: dict[str, Any], kind: str) -> None:
    link = {"other": {"reference": f"Patient/{other['id']}"}, "type": kind}
    if link not in patient.setdefault("link", []):
        patient["link"].append(link)
