"""What the audit says of IHE's transactions (ITI-20): one record a request, and what it showed."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from lxml import etree

from labkit.access.audit import AuditedPolicy, AuditTrail, audit_event, audit_message
from labkit.common.access import ALLOW_ALL
from labkit.exchange.parties import NORTH
from labkit.exchange.soap import SoapFault
from tests.exchange.xds.conftest import MARIGOLD, OTHER, Make, document
from tests.exchange.xds.test_policy import Policy

STUDY = "1.2.3^^^^urn:ihe:iti:xds:2016:studyInstanceUID"


@pytest.fixture
def trail(tmp_path: Path) -> AuditTrail:
    return AuditTrail(
        tmp_path / "audit",
        clock=lambda: datetime(2026, 1, 15, 8, tzinfo=timezone.utc),
        key=Ed25519PrivateKey.generate(),
    )


def test_each_transaction_is_on_record_before_it_is_answered(
    trail: AuditTrail, make_domain: Make
) -> None:
    domain = make_domain(AuditedPolicy(ALLOW_ALL, trail))
    domain.provide(document(1, referenceIdList=(STUDY,)), document(2))
    domain.consumer.retrieve(domain.consumer.find_documents(MARIGOLD))
    records = list(trail.records())
    acts = [(r["action"], r["event"], r["act"]) for r in records if r["kind"] == "access"]
    assert acts == [
        ("ITI-41", "Import", "C"),
        ("ITI-18", "Query", "E"),
        ("ITI-43", "Export", "R"),
        ("ITI-43", "Export", "R"),  # again, now that it is known whose document it is
    ]
    query, result = [r for r in records if r.get("action") == "ITI-18" or r["kind"] == "result"]
    assert query["what"] == {
        "PatientID": MARIGOLD.value,
        "IssuerOfPatientID": NORTH.authority,
    }
    assert result["of"] == query["seq"]
    assert result["shown"]["studies"] == ["1.2.3"]
    assert result["shown"]["patients"] == [MARIGOLD.value]


def test_the_messages_name_the_transaction_and_the_patient_with_the_issuer(
    trail: AuditTrail, make_domain: Make
) -> None:
    domain = make_domain(AuditedPolicy(ALLOW_ALL, trail))
    domain.consumer.find_documents(MARIGOLD)
    (record,) = trail.records()
    root = etree.fromstring(audit_message(record))
    codes = root.xpath("//EventTypeCode/@csd-code")
    assert codes == ["ITI-18"]
    assert root.xpath("//EventTypeCode/@codeSystemName") == ["IHE Transactions"]
    assert MARIGOLD.cx in root.xpath("//@ParticipantObjectID")
    event = audit_event(record)
    assert {"system": "urn:ihe:event-type-code", "code": "ITI-18",
            "display": "Registry Stored Query"} in event["subtype"]  # fmt: skip
    identifier = {"system": f"urn:oid:{NORTH.authority}", "value": MARIGOLD.value}
    assert event["entity"][0]["what"] == {"identifier": identifier}


def test_a_refusal_is_a_security_alert(trail: AuditTrail, make_domain: Make) -> None:
    domain = make_domain(AuditedPolicy(Policy(), trail))
    with pytest.raises(SoapFault):
        domain.consumer.find_documents(OTHER)
    (record,) = trail.records()
    assert (record["event"], record["allowed"]) == ("SecurityAlert", False)
