"""A record as a DICOM audit message (PS3.15 A.5), XML for the schema of A.5.1."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from lxml import etree
from pydicom.sr.coding import Code

from labkit.access.audit.chain import Record
from labkit.access.audit.events import TRANSACTIONS, code

RFC3881 = "RFC-3881"
"""Coding scheme of the ID types 1 to 12 (PS3.15 A.5.1.2.4), as A.5.3 spells it."""
PATIENT_NUMBER = ("2", RFC3881, "Patient Number")
SEARCH_CRITERIA = ("10", RFC3881, "Search Criteria")
URI = ("12", RFC3881, "URI")

_LAB = "urn:labkit:audit"


def audit_message(record: Record, source: str = "labkit") -> bytes:
    """Make the message of a record.

    Parameters
    ----------
    record
        Of kind ``"access"`` or ``"event"``: what a search showed is no message of its own, since a
        Query message "does not record the response to the query" (A.5.3.10).
    source
        Audit Source ID.

    Returns
    -------
    bytes
        One document, UTF-8.

    Raises
    ------
    KeyError
        The record is a ``"result"``.
    """
    root = etree.Element("AuditMessage")
    _event(root, record)
    for participant in participants(record):
        _participant(root, participant)
    at = etree.SubElement(root, "AuditSourceIdentification", AuditSourceID=source)
    etree.SubElement(at, "AuditSourceTypeCode", {"csd-code": "4"})
    _objects(root, record)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _event(root: Any, record: Record) -> None:
    allowed = bool(record["allowed"])
    event = etree.SubElement(
        root, "EventIdentification",
        EventActionCode=str(record.get("act", "E")), EventDateTime=str(record["at"]),
        EventOutcomeIndicator="0" if allowed else "8",
    )  # fmt: skip
    _coded(event, "EventID", code(str(record["event"])))
    for keyword in event_types(record):
        _coded(event, "EventTypeCode", code(keyword))
    if (action := str(record.get("action", ""))) in TRANSACTIONS:
        _coded(event, "EventTypeCode", (action, "IHE Transactions", TRANSACTIONS[action]))
    etree.SubElement(event, "EventOutcomeDescription").text = str(record["reason"])


def event_types(record: Record) -> list[str]:
    """Return the keywords of Event Type Codes (CID 401, 403) of a record."""
    found = [str(record["type"])] if record.get("type") else []
    if record["event"] == "SecurityAlert" and not found:
        found.append("AccessControlDecision")
    if record.get("purpose") in ("BTG", "ETREAT"):
        found.append("EmergencyOverrideStarted")
    return found


def participants(record: Record) -> list[dict[str, str]]:
    """Return who had part: id, other names, requestor, keyword of the role, network point."""
    door, grant = str(record.get("door", "")), record.get("grant", {})
    asker = {
        "id": str(grant.get("subject") or grant.get("client") or record.get("actor") or "unknown"),
        "alternative": _alternative(record), "requestor": "true", "role": "", "network": "",
    }  # fmt: skip
    if record.get("address"):
        asker["network"] = str(record["address"])
    node = {"id": door or "labkit", "alternative": "" if _is_url(door) else f"AETITLES={door}",
            "requestor": "false", "role": "", "network": door if _is_url(door) else ""}  # fmt: skip
    if not door:
        node["alternative"] = ""
    event, what = record["event"], record.get("what", {})
    if event in ("Query", "DICOMInstancesTransferred"):  # A.5.3.10, A.5.3.7
        asker["role"], node["role"] = "SourceRoleID", "DestinationRoleID"
    elif event == "BeginTransferringDICOMInstances":  # A.5.3.3
        node["role"] = "SourceRoleID"
        destination = str(what.get("destination", ""))
        if destination and destination != record.get("actor"):
            other = {"id": destination, "alternative": f"AETITLES={destination}",
                     "requestor": "false", "role": "DestinationRoleID", "network": ""}  # fmt: skip
            return [node, other, asker]
        asker["role"] = "DestinationRoleID"
    elif event == "Export":  # to whoever asked (IHE ITI TF-2 3.43.6)
        node["role"], asker["role"] = "SourceRoleID", "DestinationRoleID"
    elif event == "Import":  # ITI TF-2 3.41.7
        asker["role"], node["role"] = "SourceRoleID", "DestinationRoleID"
    elif event == "ApplicationActivity":  # A.5.3.1
        node["role"] = "Application"
    return [asker, node]


def _alternative(record: Record) -> str:
    if _is_url(str(record.get("door", ""))):
        return str(record.get("grant", {}).get("client", ""))
    actor = str(record.get("actor", ""))
    return f"AETITLES={actor}" if actor and record.get("door") else ""


def _is_url(text: str) -> bool:
    return "://" in text


def _participant(root: Any, said: Mapping[str, str]) -> None:
    attributes = {"UserID": said["id"], "UserIsRequestor": said["requestor"]}
    if said["alternative"]:
        attributes["AlternativeUserID"] = said["alternative"]
    if said["network"]:
        attributes["NetworkAccessPointID"] = said["network"]
        attributes["NetworkAccessPointTypeCode"] = "5" if _is_url(said["network"]) else "2"
    element = etree.SubElement(root, "ActiveParticipant", attributes)
    if said["role"]:
        _coded(element, "RoleIDCode", code(said["role"]))


def _objects(root: Any, record: Record) -> None:
    what, life = record.get("what", {}), str(record.get("life", ""))
    study = str(what.get("StudyInstanceUID", ""))
    if study:
        element = _object(root, study, "2", "3", life, code("StudyInstanceUID"), study)
        if what.get("SOPInstanceUID"):
            _described(element, what)
    elif what.get("resourceType"):
        name = f"{what['resourceType']}/{what.get('id', '')}".rstrip("/")
        _object(root, name, "2", "4", life, URI, name)
    patient = str(what.get("PatientID") or what.get("patient", ""))
    if what.get("PatientID") and what.get("IssuerOfPatientID"):  # CX, as IHE's transactions want
        patient = f"{patient}^^^&{what['IssuerOfPatientID']}&ISO"
    if patient:  # the name is mandatory in the schema, and is not recorded here: the id stands in
        _object(root, patient, "1", "1", "", PATIENT_NUMBER, patient)
    if record.get("query"):
        _query(root, record)
    if record.get("event") == "AuditLogUsed":  # A.5.3.2
        _object(root, str(record.get("door", _LAB)), "2", "13", "", URI, "Security Audit Log")


def _described(element: Any, what: Mapping[str, str]) -> None:
    told = etree.SubElement(element, "ParticipantObjectDescription")
    if what.get("AccessionNumber"):
        etree.SubElement(told, "Accession", Number=what["AccessionNumber"])
    sop = etree.SubElement(told, "SOPClass", NumberOfInstances="1")
    if what.get("SOPClassUID"):
        sop.set("UID", what["SOPClassUID"])
    etree.SubElement(sop, "Instance", UID=what["SOPInstanceUID"])


def _query(root: Any, record: Record) -> None:
    """A.5.3.10: the SOP class with the encoded identifier, or the URI with its query."""
    syntax = str(record.get("transfer_syntax", ""))
    if record.get("sop_class"):
        id_: str = str(record["sop_class"])
        kind: Code | tuple[str, str, str] = code("SOPClassUID")
    else:
        id_, kind = str(record["door"]), URI
    element = _object(root, id_, "2", "3" if syntax else "24", "", kind)
    etree.SubElement(element, "ParticipantObjectQuery").text = str(record["query"])
    if syntax:
        value = base64.b64encode(syntax.encode()).decode()
        etree.SubElement(element, "ParticipantObjectDetail", type="TransferSyntax", value=value)


def _object(
    root: Any, id_: str, kind: str, role: str, life: str, id_type: Code | tuple[str, str, str],
    name: str = "",
) -> Any:  # fmt: skip
    attributes = {"ParticipantObjectID": id_, "ParticipantObjectTypeCode": kind,
                  "ParticipantObjectTypeCodeRole": role}  # fmt: skip
    if life:
        attributes["ParticipantObjectDataLifeCycle"] = life
    element = etree.SubElement(root, "ParticipantObjectIdentification", attributes)
    _coded(element, "ParticipantObjectIDTypeCode", id_type)
    if name:
        etree.SubElement(element, "ParticipantObjectName").text = name
    return element


def _coded(parent: Any, name: str, said: Code | tuple[str, str, str]) -> None:
    value, scheme, meaning = said[0], said[1], said[2]
    etree.SubElement(
        parent, name, {"csd-code": value, "codeSystemName": scheme, "originalText": meaning}
    )
