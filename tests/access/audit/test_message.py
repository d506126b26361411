"""Every kind of record as XML for the standard's schema, and as a valid AuditEvent."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from lxml import etree

from labkit.access import Grant, granted
from labkit.access.audit import (
    AuditedPolicy,
    AuditTrail,
    audit_event,
    audit_message,
)
from labkit.access.audit.chain import Record
from labkit.access.audit.events import _EVENTS, _FHIR, code
from labkit.common.access import AccessRequest
from labkit.common.occasion import Occasion, occasion
from labkit.fhir import validate
from tests.access.audit.conftest import CHEN, FHIR, WEB, Says

SCHEMA = etree.RelaxNG(etree.parse(str(Path(__file__).with_name("audit-message.rng"))))
ABOUT = {"PatientID": "P1", "StudyInstanceUID": "1.2", "SOPInstanceUID": "1.2.1.1",
         "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4", "AccessionNumber": "A1"}  # fmt: skip


def recorded(trail: AuditTrail, request: AccessRequest, grant: Grant | None = CHEN) -> Record:
    dimse = not request.node.startswith("http")
    now = Occasion("10.0.0.7", "" if dimse else "/studies", b"PatientID=P1&PatientName=DOE")
    if dimse:
        now.query = b"\x10\x00\x20\x00\x02\x00\x00\x00P1"
        now.sop_class, now.transfer_syntax = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.1.2"
    with granted(grant), occasion(now):
        AuditedPolicy(Says("1.3"), trail).decide(request)
    return list(trail.records())[-1]


def parsed(record: Record) -> etree._Element:
    root = etree.fromstring(audit_message(record, "labkit"))
    SCHEMA.assertValid(root)
    assert validate(audit_event(record)) == []
    return root


def of(root: etree._Element, path: str) -> list[str]:
    return [str(found) for found in root.xpath(path)]


@pytest.mark.parametrize("purpose", ["TREAT", "BTG", ""])
@pytest.mark.parametrize("study", ["1.2", "1.3", ""])
@pytest.mark.parametrize("action", [*_EVENTS, "something else"])
def test_acts_of_dicom(trail: AuditTrail, action: str, study: str, purpose: str) -> None:
    door = "ARCHIVE" if action[:2] in ("C-", "N-") else WEB
    what = {**ABOUT, "StudyInstanceUID": study} if study else {}
    if action == "C-MOVE":
        what["destination"] = "WORKSTN"
    grant = Grant("LEARNER", "LEARNER", purpose=purpose) if purpose else None
    record = recorded(trail, AccessRequest("LEARNER", action, door, what), grant)
    root = parsed(record)
    assert of(root, "//EventID/@csd-code") == [code(record["event"]).value]
    assert of(root, "//@EventOutcomeIndicator") == ["8" if study == "1.3" else "0"]
    assert ("110127" in of(root, "//EventTypeCode/@csd-code")) == (purpose == "BTG")
    requestors = of(root, "//ActiveParticipant[@UserIsRequestor='true']/@UserID")
    assert requestors == ["LEARNER"]


@pytest.mark.parametrize("patient", ["Patient/p1", ""])
@pytest.mark.parametrize("action", [*_FHIR, "validate"])
def test_acts_of_fhir(trail: AuditTrail, action: str, patient: str) -> None:
    what = {"resourceType": "ImagingStudy", "id": "s1", "patient": patient, "query": "name=Doe"}
    record = recorded(trail, AccessRequest("chen", action, FHIR, what))
    parsed(record)
    event = audit_event(record)
    if action in _FHIR:
        assert event["type"]["code"] == "rest"
    [asker] = [agent for agent in event["agent"] if agent["requestor"]]
    assert asker["policy"] == ["urn:ietf:params:oauth:jti:jti-1"]
    assert asker["who"] == {"display": "chen", "reference": "Practitioner/chen"}


def test_a_move_names_source_destination_and_who_asked(trail: AuditTrail) -> None:
    request = AccessRequest("LEARNER", "C-MOVE", "ARCHIVE", {**ABOUT, "destination": "WORKSTN"})
    root = parsed(recorded(trail, request, Grant("LEARNER")))
    assert of(root, "//EventID/@originalText") == ["Begin Transferring DICOM Instances"]
    roles = {p.get("UserID"): of(p, "RoleIDCode/@csd-code") for p in root.iter("ActiveParticipant")}
    assert roles == {"ARCHIVE": ["110153"], "WORKSTN": ["110152"], "LEARNER": []}
    assert of(root, "//ActiveParticipant[@UserID='LEARNER']/@AlternativeUserID") == [
        "AETITLES=LEARNER"]  # fmt: skip
    assert of(root, "//ActiveParticipant[@UserID='LEARNER']/@NetworkAccessPointID") == ["10.0.0.7"]
    assert of(root, "//ParticipantObjectIdentification/@ParticipantObjectID") == [
        "1.2", "P1", "1.2.840.10008.5.1.4.1.2.2.1"]  # fmt: skip


def test_a_query_has_its_identifier_and_transfer_syntax_in_base64(trail: AuditTrail) -> None:
    root = parsed(recorded(trail, AccessRequest("LEARNER", "C-FIND", "ARCHIVE"), Grant("LEARNER")))
    [query] = root.iter("ParticipantObjectQuery")
    assert base64.b64decode(query.text or "") == b"\x10\x00\x20\x00\x02\x00\x00\x00P1"
    [value] = of(root, "//ParticipantObjectDetail[@type='TransferSyntax']/@value")
    assert base64.b64decode(value) == b"1.2.840.10008.1.2"


def test_a_query_of_a_url_has_names_marked(trail: AuditTrail) -> None:
    record = recorded(trail, AccessRequest("chen", "search", WEB))
    [query] = parsed(record).iter("ParticipantObjectQuery")
    text = base64.b64decode(query.text or "").decode()
    assert text == f"/studies?PatientID=P1&PatientName={trail.mark('DOE')}"
    assert audit_event(record)["entity"][0]["detail"][0]["valueString"] == text


def test_events_that_are_no_decision(trail: AuditTrail) -> None:
    trail.note("ApplicationActivity", "the lab has started", type="ApplicationStart", door="lab")
    trail.note("AuditLogUsed", "records 1 to 7 were read", actor="auditor", door="audit")
    trail.note("UserAuthentication", "wrong password", type="Login", allowed=False, actor="chen",
               door="http://127.0.0.1/auth")  # fmt: skip
    trail.note("NetworkEntry", "joined", type="Attach", actor="US1")
    for record in trail.records():
        parsed(record)
    assert of(parsed(list(trail.records())[1]), "//ParticipantObjectName/text()") == [
        "Security Audit Log"]  # fmt: skip


def test_the_schema_refuses_what_is_not_a_message(trail: AuditTrail) -> None:
    root = parsed(recorded(trail, AccessRequest("chen", "read", WEB, ABOUT)))
    root.remove(root[0])
    assert not SCHEMA.validate(root)
