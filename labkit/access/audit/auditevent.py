"""A record as a FHIR R4 AuditEvent, after the patterns of IHE Basic Audit Log Patterns (BALP).

The patterns are followed where they fit: agents with their roles, the patient and the data as
entities, ``urn:ietf:params:oauth:jti:`` as the agent's policy. No profile is claimed in
``meta.profile``, since nothing here proves it.
"""

from __future__ import annotations

import base64
from typing import Any

from labkit.access.audit.chain import Record
from labkit.access.audit.events import TRANSACTIONS, code
from labkit.access.audit.message import event_types, participants

DCM = "http://dicom.nema.org/resources/ontology/DCM"
_TYPE = "http://terminology.hl7.org/CodeSystem/audit-event-type"
_REST = "http://hl7.org/fhir/restful-interaction"
_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
_OBJECT = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
_USER = "https://profiles.ihe.net/ITI/BALP/CodeSystem/UserAgentTypes"
_IHE = "urn:ihe:event-type-code"  # as IHE BALP has it
_JTI = "urn:ietf:params:oauth:jti:"


def audit_event(record: Record, source: str = "labkit") -> dict[str, Any]:
    """Make the AuditEvent of a record.

    Parameters
    ----------
    record
        Of kind ``"access"`` or ``"event"``.
    source
        Who reports: ``source.observer.display``.

    Returns
    -------
    dict
        The resource, without an id.

    Raises
    ------
    KeyError
        The record is a ``"result"``.
    """
    rest = record.get("fhir", "") if record["allowed"] else ""
    event: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "type": {"system": _TYPE, "code": "rest", "display": "RESTful Operation"}
        if rest else _coding(str(record["event"])),
    }  # fmt: skip
    subtypes = [{"system": _REST, "code": "search-type" if rest == "search" else _interaction(rest),
                 "display": rest}] if rest else []  # fmt: skip
    subtypes += [_coding(keyword) for keyword in event_types(record)]
    if (action := str(record.get("action", ""))) in TRANSACTIONS:
        subtypes.append({"system": _IHE, "code": action, "display": TRANSACTIONS[action]})
    if subtypes:
        event["subtype"] = subtypes
    event |= {
        "action": str(record.get("act", "E")),
        "recorded": str(record["at"]),
        "outcome": "0" if record["allowed"] else "8",
        "outcomeDesc": str(record["reason"]),
    }
    if record.get("purpose"):
        event["purposeOfEvent"] = [{"coding": [{"system": _REASON, "code": record["purpose"]}]}]
    event["agent"] = _agents(record)
    event["source"] = {"observer": {"display": source},
                       "type": [{"system": "http://terminology.hl7.org/CodeSystem/security-source-type",
                                 "code": "4", "display": "Application Server"}]}  # fmt: skip
    entities = _entities(record)
    if entities:
        event["entity"] = entities
    return event


def _interaction(name: str) -> str:
    return "history-instance" if name == "history" else name


def _coding(keyword: str) -> dict[str, str]:
    found = code(keyword)
    return {"system": DCM, "code": found.value, "display": found.meaning}


def _agents(record: Record) -> list[dict[str, Any]]:
    grant = record.get("grant", {})
    agents = []
    for said in participants(record):
        agent: dict[str, Any] = {"who": {"display": said["id"]}}
        if said["role"]:
            agent["type"] = {"coding": [_coding(said["role"])]}
        agent["requestor"] = said["requestor"] == "true"
        if said["alternative"]:
            agent["altId"] = said["alternative"]
        if said["network"]:
            kind = "5" if "://" in said["network"] else "2"
            agent["network"] = {"address": said["network"], "type": kind}
        if agent["requestor"] and grant.get("token"):
            agent.setdefault("type", {"coding": []})["coding"].append(
                {"system": _USER, "code": "UserOauthAgent"}
            )
            agent["policy"] = [_JTI + str(grant["token"])]
        who = next((a for a in grant.get("actors", ()) if a.startswith("Practitioner/")), "")
        if agent["requestor"] and who:
            agent["who"]["reference"] = who
        agents.append(agent)
    return agents


def _entities(record: Record) -> list[dict[str, Any]]:
    what = record.get("what", {})
    entities: list[dict[str, Any]] = []
    patient = str(what.get("patient", ""))
    if patient or what.get("PatientID"):
        about: dict[str, Any] = {}
        if patient.startswith("Patient/"):
            about["reference"] = patient
        if what.get("PatientID"):
            issuer = str(what.get("IssuerOfPatientID", ""))
            system = {"system": f"urn:oid:{issuer}"} if issuer else {}
            about["identifier"] = {**system, "value": str(what["PatientID"])}
        elif patient and "reference" not in about:
            about["identifier"] = {"value": patient}
        entities.append({"what": about, **_roles("1", "Person", "1", "Patient")})
    if what.get("StudyInstanceUID"):
        uid = {"system": "urn:dicom:uid", "value": f"urn:oid:{what['StudyInstanceUID']}"}
        entities.append(
            {"what": {"identifier": uid}, **_roles("2", "System Object", "3", "Report")}
        )
    elif what.get("resourceType") and what.get("id"):
        reference = f"{what['resourceType']}/{what['id']}"
        roles = _roles("2", "System Object", "4", "Domain Resource")
        entities.append({"what": {"reference": reference}, **roles})
    if record.get("query"):
        query = str(record["query"])
        entity: dict[str, Any] = {**_roles("2", "System Object", "24", "Query"), "query": query}
        if not record.get("sop_class"):
            text = base64.b64decode(query).decode("utf-8", "replace")
            entity["detail"] = [{"type": "query", "valueString": text}]
        entities.append(entity)
    return entities


def _roles(kind: str, display: str, role: str, meaning: str) -> dict[str, Any]:
    return {
        "type": {"system": _OBJECT, "code": kind, "display": display},
        "role": {"system": _ROLE, "code": role, "display": meaning},
    }
