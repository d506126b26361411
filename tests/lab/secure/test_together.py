"""The parts together: the learner at work, a patient who denies, a glass that is broken."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from labkit.common.errors import HttpError, LabkitError, UsageError
from labkit.dicom.samples import studies
from labkit.dicomweb import DicomwebClient
from labkit.dimse import find, identifier, move, store
from labkit.fhir import FhirClient
from labkit.fhir.outcome import FhirError
from labkit.lab.secure.facets import SecureLab


def fhir(lab: SecureLab, token: str) -> FhirClient:
    return FhirClient(lab.fhir.url, headers={"Authorization": f"Bearer {token}"})


def web(url: str, token: str) -> DicomwebClient:
    return DicomwebClient(url, headers={"Authorization": f"Bearer {token}"})


def lakeside(lab: SecureLab, **more: str) -> str:
    return lab.auth.token("lakeside-viewer", scope="user/*.rs", user="parsnipper", **more)


def hidden(act: Callable[[], object]) -> bool:
    """Whether something is answered as if it were not there."""
    try:
        return not act()
    except HttpError as error:
        return error.status == 404


def test_a_learner_works_as_in_the_open_lab(secure_lab: SecureLab) -> None:
    assert secure_lab.secure and secure_lab.whole_health()
    study = secure_lab.sample("dx-hand-followup")
    assert store(secure_lab.archive, study.datasets())
    wanted = identifier("STUDY", StudyInstanceUID=study.study_uid)
    assert len(find(secure_lab.archive, wanted)) == 1
    with secure_lab.receiver() as receiver:
        secure_lab.add_node(receiver.peer)
        assert move(secure_lab.archive, wanted, "LEARNER").status.code == 0
    assert len(receiver.received) == 1
    with secure_lab.fhir.client() as client:
        assert client.read("ImagingStudy/ct-chest")["subject"]["reference"] == "Patient/thistlewick"
    assert secure_lab.dicomweb.client().metadata(study.study_uid)
    assert secure_lab.proxy.client().studies()
    assert secure_lab.open_study(AccessionNumber="NG2600106")


def test_the_modalities_work_too(secure_lab: SecureLab) -> None:
    secure_lab.configure("MR1", mpps=True, commitment=True)
    done = secure_lab.examine("MR1")
    assert done, repr(done)
    assert secure_lab.examine("US1")
    deadline = time.monotonic() + 20
    while len(secure_lab.routing.queue()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not len(secure_lab.routing.queue())  # ROUTER has sent it on, by TLS


def test_who_is_denied_finds_nothing_at_any_door(secure_lab: SecureLab) -> None:
    study = secure_lab.sample("ct-chest").study_uid
    token = lakeside(secure_lab)
    with fhir(secure_lab, token) as client:
        seen = {each["id"] for each in client.search("ImagingStudy")}
        assert "ct-head" in seen and not seen & {"ct-chest", "dx-chest", "pt-chest"}
        assert hidden(lambda: client.read("ImagingStudy/ct-chest"))
        assert hidden(lambda: client.read("Patient/thistlewick"))
    client_of_web = web(secure_lab.dicomweb.url, token)
    assert hidden(lambda: client_of_web.studies(StudyInstanceUID=study))
    assert hidden(lambda: client_of_web.metadata(study))
    assert client_of_web.metadata(secure_lab.sample("dx-hand").study_uid)
    # The lab's own LEARNER, of North General, is not denied.
    assert len(find(secure_lab.archive, identifier("STUDY", StudyInstanceUID=study))) == 1


def test_a_consent_acts_at_once_and_a_reset_puts_it_back(secure_lab: SecureLab) -> None:
    study = secure_lab.sample("dx-hand").study_uid
    client = web(secure_lab.dicomweb.url, lakeside(secure_lab))
    assert client.metadata(study)
    began = time.monotonic()
    assert secure_lab.consents.withdraw("brackenfold")["status"] == "inactive"
    assert hidden(lambda: client.metadata(study))
    assert time.monotonic() - began < 1.0
    assert len(find(secure_lab.archive, identifier("STUDY", StudyInstanceUID=study))) == 0
    given = secure_lab.consents.of("brackenfold")[0]
    secure_lab.consents.put({**given, "status": "active"})
    assert client.metadata(study)
    secure_lab.consents.withdraw("brackenfold")
    secure_lab.reset()
    assert secure_lab.consents.of("brackenfold")[0]["status"] == "active"


def test_what_is_no_consent_is_not_stored(secure_lab: SecureLab) -> None:
    given = secure_lab.consents.of("brackenfold")[0]
    for wrong, says in (
        ({"resourceType": "Patient", "id": "x"}, "no Consent"),
        ({**given, "patient": {"reference": "Patient/nobody"}}, "no patient"),
        ({**given, "status": "on"}, "no valid Consent"),
    ):
        with pytest.raises(UsageError, match=says):
            secure_lab.consents.put(wrong)
    with pytest.raises(UsageError, match="no Consent/nobody"):
        secure_lab.consents.withdraw("nobody")


def test_the_glass_is_broken_with_a_reason_and_on_record(secure_lab: SecureLab) -> None:
    study = secure_lab.sample("ct-chest").study_uid
    before = secure_lab.audit.last
    token = lakeside(secure_lab, purpose="BTG", reason="found unconscious, no relatives")
    assert web(secure_lab.dicomweb.url, token).metadata(study)
    kinds = {record.get("type") for record in secure_lab.audit.records(since=before)}
    assert "EmergencyOverrideStarted" in kinds


def test_one_patient_with_one_token(secure_lab: SecureLab) -> None:
    user = secure_lab.auth.users["rowanberry"]
    answer = secure_lab.auth.client("viewer").login(
        user.id, user.password, scope="launch/patient patient/*.rs",
        aud=secure_lab.fhir.url, patient="quillfeather",
    )  # fmt: skip
    token = answer["access_token"]
    with fhir(secure_lab, token) as client:
        assert {each["id"] for each in client.search("Patient")} == {"quillfeather"}
    client_of_web = web(secure_lab.dicomweb.url, token)
    assert client_of_web.metadata(secure_lab.sample("ct-head").study_uid)
    assert hidden(lambda: client_of_web.metadata(secure_lab.sample("dx-hand").study_uid))


def test_systems_prove_themselves_with_their_keys(secure_lab: SecureLab) -> None:
    answer = secure_lab.auth.client("backend").credentials("system/*.rs")
    with fhir(secure_lab, answer["access_token"]) as client:
        seen = {each["id"] for each in client.search("ImagingStudy")}
        assert seen >= {study.slug for study in studies()}
    # Research is another purpose than the patients have agreed to.
    answer = secure_lab.auth.client("research").credentials("system/*.rs")
    with fhir(secure_lab, answer["access_token"]) as client:
        assert list(client.search("ImagingStudy")) == []


def test_one_token_is_for_its_service(secure_lab: SecureLab) -> None:
    pixels = secure_lab.auth.token(aud=secure_lab.dicomweb.url)
    assert web(secure_lab.dicomweb.url, pixels).studies()
    with fhir(secure_lab, pixels) as client, pytest.raises(FhirError) as refused:
        client.read("Patient/quillfeather")
    assert refused.value.status == 401


def test_every_refusal_and_every_look_is_on_record(secure_lab: SecureLab) -> None:
    study = secure_lab.sample("dx-hand").study_uid
    secure_lab.dicomweb.client().metadata(study)
    with pytest.raises(LabkitError):
        web(secure_lab.dicomweb.url, "no.to.ken").metadata(study)
    found = secure_lab.audit.follow(study)
    assert any(record["allowed"] and record.get("door") for record in found)
    alerts = [r for r in secure_lab.audit.records() if r.get("event") == "SecurityAlert"]
    assert any(record["door"] == "DICOMWEB" for record in alerts)
    used = [r for r in secure_lab.audit.records() if r.get("event") == "AuditLogUsed"]
    assert any(r.get("StudyInstanceUID") == study for r in used)
    assert secure_lab.audit.verify()


def test_a_reset_keeps_the_audit_aside(secure_lab: SecureLab) -> None:
    secure_lab.dicomweb.client().studies()
    head, before = secure_lab.audit.last, secure_lab.audit.aside
    secure_lab.reset()
    (new,) = set(secure_lab.audit.aside) - set(before)
    (record,) = (r for r in secure_lab.audit.records() if new in r["reason"])
    assert record["seq"] == 1 and f"{head + 1} records" in record["reason"]
    assert (secure_lab.workspace / "secure" / "audit" / new).is_dir()


def test_what_would_open_a_door_is_not_done(secure_lab: SecureLab) -> None:
    for act in (
        lambda: secure_lab.faults.inject("wrong-ae-title"),
        lambda: secure_lab.listen_tls("ARCHIVE"),
        lambda: secure_lab.configure("LEGACY", tls=False),
    ):
        with pytest.raises(UsageError):
            act()


def test_a_restart_keeps_what_there_was(secure_lab: SecureLab) -> None:
    from labkit.lab import launch
    from labkit.lab.workspace import Workspace

    secure_lab.consents.withdraw("pebbleworth")
    last, key = secure_lab.audit.last, secure_lab.auth.clients["backend"].key
    launch.stop(Workspace(secure_lab.workspace))
    launch.start(Workspace(secure_lab.workspace))  # without the word: it is secure all the same
    assert secure_lab.whole_health()
    assert secure_lab.consents.of("pebbleworth")[0]["status"] == "inactive"
    assert secure_lab.audit.last >= last and secure_lab.audit.verify()
    assert secure_lab.auth.clients["backend"].key == key
