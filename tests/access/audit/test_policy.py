"""AuditedPolicy: each answer is on record before it is given, and no more than is needed."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from labkit.access import Grant, StoredSubjects, granted
from labkit.access.audit import AuditedPolicy, AuditTrail, about_subjects, glass_recorder
from labkit.access.audit.policy import UNWRITTEN
from labkit.common.access import ALLOW_ALL, DENY_ALL, AccessRequest
from labkit.common.occasion import Occasion, occasion
from labkit.fhir import FhirStore
from tests.access.audit.conftest import CHEN, FHIR, WEB, Clock, Says


def asked(action: str = "read", node: str = WEB, **resource: str) -> AccessRequest:
    return AccessRequest("chen", action, node, resource)


def test_allowed_and_refused_are_recorded_with_reason_grant_and_what(trail: AuditTrail) -> None:
    policy = AuditedPolicy(Says("1.3"), trail)
    with granted(CHEN):
        assert policy.decide(asked(StudyInstanceUID="1.2", PatientID="P1"))
        assert not policy.decide(asked(StudyInstanceUID="1.3", PatientID="P1"))
    yes, no = trail.records()
    assert (yes["allowed"], yes["event"], yes["reason"]) == (
        True, "DICOMInstancesAccessed", "treatment")  # fmt: skip
    assert yes["grant"] == {"client": "viewer", "subject": "chen", "scope": "user/*.rs",
                            "token": "jti-1", "actors": ["Practitioner/chen"]}  # fmt: skip
    assert yes["what"] == {"PatientID": "P1", "StudyInstanceUID": "1.2"}
    assert (yes["door"], yes["purpose"]) == (WEB, "TREAT")
    assert (no["allowed"], no["event"], no["reason"]) == (
        False, "SecurityAlert", "the patient does not consent")  # fmt: skip


def test_of_a_patient_no_more_than_the_id(trail: AuditTrail) -> None:
    AuditedPolicy(ALLOW_ALL, trail).decide(
        asked(PatientID="P1", PatientName="MARKED^NAME", PatientBirthDate="19500101", token="abc")
    )
    assert next(trail.records())["what"] == {"PatientID": "P1"}


def test_if_the_record_cannot_be_written_the_answer_is_no(trail: AuditTrail) -> None:
    policy = AuditedPolicy(ALLOW_ALL, trail)
    assert policy.decide(asked())
    trail.close()
    decision = policy.decide(asked())
    assert not decision
    assert decision.reason == UNWRITTEN
    with occasion(Occasion()):
        assert not policy.decide(asked())


def test_if_nobody_can_say_whose_it_is_the_answer_is_no(trail: AuditTrail) -> None:
    def fails(request: AccessRequest) -> dict[str, str]:
        raise OSError

    assert not AuditedPolicy(ALLOW_ALL, trail, about=fails).decide(asked())


def test_a_policy_that_raises_has_refused_and_is_recorded(trail: AuditTrail) -> None:
    class Broken:
        def decide(self, request: AccessRequest) -> object:
            raise ValueError("secret")

    assert not AuditedPolicy(Broken(), trail).decide(asked())  # type: ignore[arg-type]
    assert "ValueError" in next(trail.records())["reason"]
    assert "secret" not in json.dumps(next(trail.records()))


def test_an_echo_is_recorded_only_when_it_is_refused(trail: AuditTrail) -> None:
    echo = AccessRequest("LEARNER", "C-ECHO", "ARCHIVE")
    assert AuditedPolicy(ALLOW_ALL, trail).decide(echo)
    assert trail.count == 0
    assert not AuditedPolicy(DENY_ALL, trail).decide(echo)
    assert trail.count == 1


def test_a_search_of_a_thousand_studies_is_one_query_record(trail: AuditTrail) -> None:
    policy = AuditedPolicy(Says("1.2.7"), trail)
    with granted(CHEN), occasion(Occasion("127.0.0.1", "/studies", b"PatientID=P1&limit=5")):
        assert policy.decide(asked("search"))
        for number in range(1000):
            policy.decide(asked(StudyInstanceUID=f"1.2.{number}", PatientID=f"P{number}"))
    query, result = trail.records()
    assert query["event"] == "Query"
    assert base64.b64decode(query["query"]) == b"/studies?PatientID=P1&limit=5"
    assert (result["kind"], result["of"]) == ("result", query["seq"])
    assert (result["shown"]["count"], result["withheld"]["count"]) == (999, 1)
    assert result["withheld"]["studies"] == ["1.2.7"]
    assert trail.follow("1.2.3") == [query, result]


def test_the_query_is_recorded_before_its_answer(trail: AuditTrail) -> None:
    policy = AuditedPolicy(ALLOW_ALL, trail)
    with occasion(Occasion()):
        policy.decide(asked("search"))
        assert trail.count == 1


def test_the_same_decision_of_one_request_is_recorded_once(trail: AuditTrail) -> None:
    policy = AuditedPolicy(Says("1.3"), trail)
    with occasion(Occasion()):
        policy.decide(asked(StudyInstanceUID="1.2"))
        for _ in range(100):
            policy.decide(asked(StudyInstanceUID="1.2", PatientID="P1"))
        policy.decide(asked(StudyInstanceUID="1.3", PatientID="P1"))
    assert [(r["what"], r["allowed"]) for r in trail.records()] == [
        ({"StudyInstanceUID": "1.2"}, True),
        ({"PatientID": "P1", "StudyInstanceUID": "1.2"}, True),
        ({"PatientID": "P1", "StudyInstanceUID": "1.3"}, False),
    ]


def test_a_refused_search_hides_nothing_that_follows(trail: AuditTrail) -> None:
    class NoSearch:
        def decide(self, request: AccessRequest) -> object:
            return (DENY_ALL if request.action == "search" else ALLOW_ALL).decide(request)

    policy = AuditedPolicy(NoSearch(), trail)  # type: ignore[arg-type]
    with occasion(Occasion()):
        policy.decide(asked("search"))
        policy.decide(asked(StudyInstanceUID="1.2"))
    assert [r["event"] for r in trail.records()] == ["SecurityAlert", "DICOMInstancesAccessed"]


def test_writing_within_a_search_is_recorded(trail: AuditTrail) -> None:
    """A conditional create searches first (R4 http.html#ccreate)."""
    policy = AuditedPolicy(ALLOW_ALL, trail)
    with occasion(Occasion()):
        policy.decide(asked("search", FHIR, resourceType="Patient"))
        policy.decide(asked("create", FHIR, resourceType="Patient", id="p1"))
    assert [r.get("fhir") for r in trail.records()] == ["search", "create"]


def test_an_imaging_study_is_followed_by_its_uid(trail: AuditTrail, tmp_path: Path) -> None:
    store = FhirStore(tmp_path / "fhir.sqlite")
    store.put(
        {"resourceType": "ImagingStudy", "id": "ct", "status": "available",
         "identifier": [{"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"}],
         "subject": {"reference": "Patient/p1"}}, FHIR)  # fmt: skip
    policy = AuditedPolicy(ALLOW_ALL, trail, about=about_subjects(StoredSubjects(store, FHIR)))
    policy.decide(asked("read", FHIR, resourceType="ImagingStudy", id="ct"))
    policy.decide(asked("read", WEB, StudyInstanceUID="1.2.3"))
    assert [r["what"].get("patient") for r in trail.follow("1.2.3")] == ["Patient/p1"] * 2
    assert len(trail.of_patient("Patient/p1")) == 2


def test_a_broken_glass_is_an_alert_of_its_own(trail: AuditTrail, clock: Clock) -> None:
    record = glass_recorder(trail)
    record(asked(StudyInstanceUID="1.2", PatientID="P1"), Grant("er", purpose="BTG"), None)
    told = next(trail.records())
    assert (told["event"], told["type"]) == ("SecurityAlert", "EmergencyOverrideStarted")
    assert trail.follow("1.2") == [told]
    trail.close()
    with pytest.raises(Exception, match="closed"):
        record(asked(), Grant("er", purpose="BTG"), None)
