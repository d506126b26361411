"""Which audit message an act is (PS3.15 A.5.3); codes are those of pydicom's PS3.16 tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code


@dataclass(frozen=True)
class Event:
    """The kind of message.

    Attributes
    ----------
    event
        Keyword of CID 400 Audit Event ID, such as ``"Query"``.
    action
        EventActionCode: ``C``, ``R``, ``U``, ``D`` or ``E``.
    life
        Participant Object Data Life Cycle (PS3.15 A.5.1.2.3).
    fhir
        RESTful interaction (R4 ``restful-interaction``), ``""`` where the act is none of FHIR.
    search
        Whether its answer is a list, of which each item is decided about.
    """

    event: str
    action: str
    life: str
    fhir: str = ""
    search: bool = False


_QUERY = Event("Query", "E", "6", search=True)
_EVENTS = {
    "C-FIND": _QUERY,
    "C-MOVE": Event("BeginTransferringDICOMInstances", "E", "10"),
    "C-GET": Event("BeginTransferringDICOMInstances", "E", "10"),
    "C-STORE": Event("DICOMInstancesTransferred", "C", "2"),
    "N-ACTION": Event("DICOMInstancesAccessed", "R", "4"),
    "N-CREATE": Event("ProcedureRecord", "C", "1"),
    "N-SET": Event("ProcedureRecord", "U", "3"),
    "search": _QUERY,
    "read": Event("DICOMInstancesAccessed", "R", "6"),
    "store": Event("DICOMInstancesTransferred", "C", "2"),
    "delete": Event("DICOMStudyDeleted", "D", "15"),
    # IHE: who gives documents and images audits an Export, who takes them an Import, and whoever
    # is asked what there is a Query (ITI TF-2 3.18.5.1.2, 3.41.7, 3.43.6; RAD TF-2 5.1).
    **dict.fromkeys(("ITI-18", "ITI-38"), Event("Query", "E", "6")),
    **dict.fromkeys(("ITI-39", "ITI-43", "RAD-69", "RAD-75"), Event("Export", "R", "6")),
    **dict.fromkeys(("ITI-41", "ITI-42"), Event("Import", "C", "1")),
}
# IHE's transactions of documents, as the side that serves them records them (ITI TF-2 3.18.5.1,
# 3.41.5.1, 3.42.5.1, 3.43.5.1): what comes in is an Import, what goes out an Export.
_IMPORT = Event("Import", "C", "2")
_EXPORT = Event("Export", "R", "10")
TRANSACTIONS = {
    "ITI-18": "Registry Stored Query",
    "ITI-38": "Cross Gateway Query",
    "ITI-39": "Cross Gateway Retrieve",
    "ITI-41": "Provide and Register Document Set-b",
    "ITI-42": "Register Document Set-b",
    "ITI-43": "Retrieve Document Set",
    "RAD-69": "Retrieve Imaging Document Set",
    "RAD-75": "Cross Gateway Retrieve Imaging Document Set",
}
"""Transactions of IHE that services ask a policy about, by name: the Event Type Code of each."""
_EVENTS |= {
    **dict.fromkeys(("ITI-18", "ITI-38"), _QUERY),
    **dict.fromkeys(("ITI-41", "ITI-42"), _IMPORT),
    **dict.fromkeys(("ITI-39", "ITI-43"), _EXPORT),
    **dict.fromkeys(("RAD-69", "RAD-75"), Event("DICOMInstancesTransferred", "R", "10")),
}
_FHIR = {
    "search": Event("Query", "E", "6", "search", search=True),
    "history": Event("Query", "E", "6", "history", search=True),
    "read": Event("PatientRecord", "R", "6", "read"),
    "vread": Event("PatientRecord", "R", "6", "vread"),
    "create": Event("PatientRecord", "C", "1", "create"),
    "update": Event("PatientRecord", "U", "3", "update"),
    "patch": Event("PatientRecord", "U", "3", "patch"),
    "delete": Event("PatientRecord", "D", "14", "delete"),
}
_OTHER = Event("ApplicationActivity", "E", "6")

REFUSED = "SecurityAlert"
"""What is refused is a Security Alert, whatever it was to be (PS3.15 A.5.3.10, note)."""


def event_of(action: str, *, fhir: bool = False) -> Event:
    """Return the kind of message of an act.

    Parameters
    ----------
    action
        As services say it to the policy: ``"C-FIND"``, ``"read"`` …
    fhir
        Whether a FHIR server was asked.
    """
    return (_FHIR if fhir else _EVENTS).get(action, _OTHER)


def code(keyword: str) -> Code:
    """Return the DICOM code (DCM) of a keyword, from PS3.16 as pydicom has it.

    Raises
    ------
    AttributeError
        There is no such concept.
    """
    return cast(Code, getattr(codes.DCM, keyword))
