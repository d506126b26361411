"""The guard by itself: what it says before it knows enough, and when a part of it fails."""

from __future__ import annotations

from typing import Any

import pytest

from labkit.access import Grant, granted
from labkit.common.access import AccessRequest, Decision
from labkit.dimse.admission import Applicant
from labkit.lab.enterprise import Enterprise
from labkit.lab.secure.mark import agree
from labkit.lab.secure.rights import RIGHTS
from labkit.lab.secure.wiring import WEB, SecureGuarding
from labkit.lab.workspace import Workspace

LANTERNWICK = Grant(
    "workbook", "lanternwick", "user/*.cruds",
    actors=frozenset({"Organization/north-general", "Practitioner/lanternwick"}),
)  # fmt: skip
READ = AccessRequest("x", "read", "FHIR", {"resourceType": "ImagingStudy", "id": "ct-head"})


@pytest.fixture
def guarding(secure_workspace: Workspace, enterprise: Enterprise) -> SecureGuarding:
    found = enterprise.guarding
    assert isinstance(found, SecureGuarding)
    return found


def test_before_the_lab_is_ready_every_door_refuses(tmp_path_factory: Any) -> None:
    workspace = Workspace.at(tmp_path_factory.mktemp("new") / "lab")
    workspace.prepare()
    agree(workspace, secure=True)
    new = SecureGuarding(workspace)
    for door in (*WEB, *RIGHTS, "ANYTHING"):
        with granted(LANTERNWICK):
            decision = new.policy_of(door).decide(READ)
        assert not decision and "starting" in decision.reason
        if door in RIGHTS:
            answer = new.admission(door)["admission"].admit(Applicant("MR1", door, "127.0.0.1"))
            assert not answer.admitted
    new.close()


def test_a_door_that_is_not_known_refuses(guarding: SecureGuarding) -> None:
    with granted(LANTERNWICK):
        assert not guarding.policy_of("BACKDOOR").decide(READ)


def test_nobody_is_refused_at_every_door(guarding: SecureGuarding) -> None:
    for door in (*WEB, *RIGHTS):
        for action in ("read", "search", "C-FIND", "C-MOVE", "C-ECHO", "create", "?"):
            for resource in ({}, {"resourceType": "Patient", "id": "quillfeather"}):
                request = AccessRequest("LEARNER", action, door, resource)
                assert not guarding.policy_of(door).decide(request), (door, action)
    with granted(LANTERNWICK):
        assert guarding.policy_of("FHIR").decide(READ)
        assert not guarding.policy_of("ARCHIVE").decide(READ)  # a token is no node


def test_a_part_that_raises_refuses(
    guarding: SecureGuarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Any, request: AccessRequest) -> Decision:
        raise RuntimeError("broken")

    for part in ("consent.ConsentPolicy", "oauth.TokenPolicy"):
        with monkeypatch.context() as patch, granted(LANTERNWICK):
            assert guarding.policy_of("FHIR").decide(READ)
            patch.setattr(f"labkit.access.{part}.decide", broken)
            decision = guarding.policy_of("FHIR").decide(READ)
            assert not decision and "RuntimeError" in decision.reason


def test_without_a_record_nothing_is_allowed(
    guarding: SecureGuarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: Any, **more: Any) -> Any:
        raise OSError(28, "No space left on device")

    with granted(LANTERNWICK):
        monkeypatch.setattr("labkit.access.audit.AuditTrail.append", full)
        decision = guarding.policy_of("FHIR").decide(READ)
        assert not decision and "recorded" in decision.reason


def test_a_study_whose_patient_is_not_certain_is_nobodys(guarding: SecureGuarding) -> None:
    unknown = {"StudyInstanceUID": "1.2.3.4", "PatientID": "NG-100231"}
    with granted(LANTERNWICK):
        assert not guarding.policy_of("DICOMWEB").decide(AccessRequest("x", "read", "W", unknown))
