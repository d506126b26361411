"""The policy: whose data a request is about, who asks, who writes, and what is on record."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labkit.access import Grant, StoredSubjects, granted
from labkit.access.consent import ConsentPolicy, StoredConsents
from labkit.common.access import AccessRequest, decide
from labkit.fhir import FhirStore
from tests.access.consent.making import V3, actor, consent, data
from tests.access.consent.test_engine import AXES

BASE = "http://127.0.0.1:8080/fhir"
CHEN = Grant("app", "chen", actors=frozenset({"Practitioner/chen"}))
EVE = Grant("app", "eve", actors=frozenset({"Practitioner/eve"}))
STUDY = {"PatientID": "MRN1", "StudyInstanceUID": "1.2.3"}
RESOURCES: list[dict[str, Any]] = [
    {"resourceType": "Patient", "id": "p1", "identifier": [{"value": "MRN1"}]},
    {"resourceType": "Patient", "id": "p2", "identifier": [{"value": "MRN2"}]},
    {"resourceType": "Organization", "id": "north"},
    {
        "resourceType": "ImagingStudy", "id": "s1", "status": "available",
        "identifier": [{"system": "urn:dicom:uid", "value": "urn:oid:1.2.3"}],
        "subject": {"reference": f"{BASE}/Patient/p1"},
        "basedOn": [{"reference": "ServiceRequest/o1"}],
    },
    {"resourceType": "ServiceRequest", "id": "o1", "subject": {"reference": "Patient/p1"}},
    {
        "resourceType": "DiagnosticReport", "id": "r1", "subject": {"reference": "Patient/p1"},
        "imagingStudy": [{"reference": "ImagingStudy/s1"}],
    },
    {"resourceType": "Provenance", "id": "v1", "target": [{"reference": "ImagingStudy/s1"}]},
]  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> FhirStore:
    store = FhirStore(tmp_path / "fhir.sqlite")
    for resource in RESOURCES:
        store.put(resource, BASE)
    return store


Make = Callable[..., ConsentPolicy]


@pytest.fixture
def made(store: FhirStore) -> Make:
    def make(**options: Any) -> ConsentPolicy:
        subjects, consents = StoredSubjects(store, BASE), StoredConsents(store, BASE)
        return ConsentPolicy(subjects, consents, **options)

    return make


def asks(policy: ConsentPolicy, grant: Grant | None, action: str, **resource: str) -> bool:
    with granted(grant):
        return bool(decide(policy, AccessRequest("app", action, "door", resource)))


def denying(*data_: dict[str, Any], name: str = "Practitioner/eve", **more: Any) -> dict[str, Any]:
    rule = {"type": "deny", "actor": [actor(name)], **more}
    return consent("OPTIN", provision=[{**rule, "data": list(data_)} if data_ else rule])


def test_without_a_grant_nothing_is_allowed(made: Make, store: FhirStore) -> None:
    store.put(consent("OPTIN"), BASE)
    assert not asks(made(), None, "read", **STUDY)
    assert not asks(made(), None, "C-ECHO")
    assert asks(made(), CHEN, "read", **STUDY)


def test_without_a_consent_the_default_decides(made: Make) -> None:
    assert not asks(made(), CHEN, "read", **STUDY)
    assert asks(made(default="permit"), CHEN, "read", **STUDY)


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("read", STUDY),
        ("C-FIND", STUDY),
        ("C-GET", STUDY),
        ("N-ACTION", STUDY),
        ("read", {"resourceType": "ImagingStudy", "id": "s1", "patient": "Patient/p1"}),
        ("vread", {"resourceType": "ImagingStudy", "id": "s1", "patient": "Patient/p2"}),
        ("history", {"resourceType": "ImagingStudy", "id": "s1"}),
        ("update", {"resourceType": "ImagingStudy", "id": "s1", "patient": "Patient/p2"}),
        ("delete", {"resourceType": "ImagingStudy", "id": "s1"}),
        ("read", {"resourceType": "DiagnosticReport", "id": "r1", "patient": "Patient/p1"}),
        ("read", {"resourceType": "ServiceRequest", "id": "o1", "patient": "Patient/p1"}),
        ("read", {"resourceType": "Provenance", "id": "v1"}),
        ("C-FIND", {"PatientID": "MRN1", "ScheduledStudyInstanceUID": "1.2.3"}),
    ],
)
def test_what_is_denied_about_a_study(
    made: Make, store: FhirStore, action: str, resource: dict[str, str]
) -> None:
    store.put(consent("OPTIN", id="c2") | {"patient": {"reference": "Patient/p2"}}, BASE)
    store.put(denying(data("related", "ImagingStudy/s1"), data("dependents", "ImagingStudy/s1")),
              BASE)  # fmt: skip
    policy = made()
    assert not asks(policy, EVE, action, **resource)
    assert asks(policy, CHEN, action, **resource)


def test_a_consent_for_the_resource_alone_leaves_the_pixels(made: Make, store: FhirStore) -> None:
    """R4 `instance` is the resource; `related` is what it tells of, too."""
    study = {"resourceType": "ImagingStudy", "id": "s1", "patient": "Patient/p1"}
    store.put(denying(data("instance", "ImagingStudy/s1")), BASE)
    assert not asks(made(), EVE, "read", **study)
    assert asks(made(), EVE, "read", **STUDY)
    store.put(denying(data("related", "ImagingStudy/s1")), BASE)
    assert not asks(made(), EVE, "read", **STUDY)


def test_what_is_nobodys_is_no_matter_of_consent(made: Make) -> None:
    assert asks(made(), EVE, "read", resourceType="Organization", id="north")
    assert asks(made(), EVE, "C-FIND")
    assert asks(made(), EVE, "search", resourceType="ImagingStudy", query="patient=p1")


def test_an_action_that_is_not_known_is_refused(made: Make, store: FhirStore) -> None:
    store.put(consent("OPTIN"), BASE)
    assert not asks(made(), CHEN, "export", **STUDY)


def test_images_and_resources_have_to_agree(made: Make, store: FhirStore) -> None:
    store.put(consent("OPTIN"), BASE)
    policy = made(default="permit")
    assert not asks(policy, CHEN, "read", PatientID="MRN2", StudyInstanceUID="1.2.3")
    assert not asks(policy, CHEN, "read", PatientID="MRN1", StudyInstanceUID="1.2.99")
    assert not asks(policy, CHEN, "C-STORE", PatientID="MRN2", StudyInstanceUID="1.2.3")
    twin = {**RESOURCES[3], "id": "s2", "subject": {"reference": "Patient/p2"}}
    store.put(twin, BASE)
    assert not asks(policy, CHEN, "read", **STUDY), "two resources claim these images"


def test_what_is_new_may_be_stored_and_is_not_seen(made: Make, store: FhirStore) -> None:
    unknown = {"PatientID": "MRN77", "StudyInstanceUID": "1.2.77"}
    assert asks(made(), CHEN, "C-STORE", **unknown)
    assert not asks(made(), CHEN, "C-FIND", **unknown)
    store.put(denying(), BASE)
    assert not asks(made(), EVE, "C-STORE", PatientID="MRN1", StudyInstanceUID="1.2.78")
    assert asks(made(), CHEN, "store", PatientID="MRN1", StudyInstanceUID="1.2.78")


def test_a_withdrawal_counts_at_once(made: Make, store: FhirStore) -> None:
    policy = made()
    for status in ("active", "inactive", "active", "entered-in-error"):
        store.put({**consent("OPTIN"), "status": status}, BASE)
        assert asks(policy, CHEN, "read", **STUDY) is (status == "active")
    store.put(consent("OPTIN"), BASE)
    store.delete("Consent", "c1")
    assert not asks(policy, CHEN, "read", **STUDY)


def test_where_it_is_sent_counts_too(made: Make, store: FhirStore) -> None:
    store.put(denying(name="Organization/lakeside"), BASE)
    lakeside, north = frozenset({"Organization/lakeside"}), frozenset({"Organization/north"})
    policy = made(recipients={"LEGACY": lakeside, "WORKSTN": north})
    assert asks(policy, CHEN, "C-MOVE", **STUDY, destination="WORKSTN")
    assert not asks(policy, CHEN, "C-MOVE", **STUDY, destination="LEGACY")
    assert not asks(policy, CHEN, "C-MOVE", **STUDY, destination="NOBODY"), "it may be lakeside"
    disclose = [{"coding": [{"system": V3 + "consentaction", "code": "disclose"}]}]
    store.put(denying(name="Practitioner/chen", action=disclose), BASE)
    assert asks(policy, CHEN, "C-GET", **STUDY)
    assert not asks(policy, CHEN, "C-MOVE", **STUDY, destination="WORKSTN")


def test_the_glass_is_broken_on_record_only(made: Make, store: FhirStore) -> None:
    store.put(denying(), BASE)
    emergency = Grant("app", "eve", actors=EVE.actors, purpose="BTG", reason="unconscious")
    noted: list[tuple[AccessRequest, Grant, Any]] = []
    policy = made(recorder=lambda *note: noted.append(note))
    assert asks(policy, emergency, "read", **STUDY)
    ((request, who, ruling),) = noted
    assert request.resource == STUDY and who is emergency and ruling.glass_broken
    assert not asks(made(), emergency, "read", **STUDY), "nobody would record it"

    def full(*note: object) -> None:
        raise OSError("the disk is full")

    assert not asks(made(recorder=full), emergency, "read", **STUDY)
    silent = Grant("app", "eve", actors=EVE.actors, purpose="BTG")
    assert not asks(policy, silent, "read", **STUDY) and len(noted) == 1
    chen = Grant("app", "chen", actors=CHEN.actors, purpose="BTG", reason="unconscious")
    assert asks(made(), chen, "read", **STUDY), "who is allowed breaks nothing"


def test_who_may_write_a_consent(made: Make, store: FhirStore) -> None:
    store.put(consent("OPTIN"), BASE)
    written = {"resourceType": "Consent", "id": "c1", "patient": "Patient/p1"}
    herself = Grant("portal", "p1", actors=frozenset({"Patient/p1"}))
    policy = made(stewards=frozenset({"Practitioner/registrar"}))
    registrar = Grant("app", "r", actors=frozenset({"Practitioner/registrar"}))
    for action in ("create", "update", "delete"):
        assert not asks(policy, CHEN, action, **written)
        assert asks(policy, herself, action, **written)
        assert asks(policy, registrar, action, **written)
    assert asks(policy, CHEN, "read", **written)
    theirs = {**written, "patient": "Patient/p2"}
    assert not asks(policy, herself, "update", **theirs), "nor make it another patient's"


def test_a_subscription_is_nobody_unless_told(made: Make, store: FhirStore) -> None:
    store.put(denying(), BASE)
    request = AccessRequest("Subscription/1", "read", "door", STUDY)
    with granted(CHEN):  # who writes may see it; who is told may not
        assert not decide(made(), request)
        assert not decide(made(subscribers=lambda name: EVE), request)
        assert decide(made(subscribers=lambda name: CHEN), request)


def test_linked_records_count(made: Make, store: FhirStore) -> None:
    store.put(consent("OPTIN"), BASE)
    old = {"other": {"reference": "Patient/p2"}, "type": "replaces"}
    store.put({**RESOURCES[0], "link": [old]}, BASE)
    assert asks(made(), EVE, "read", **STUDY), "the old record has no consent of its own"
    said = denying() | {"id": "c9", "patient": {"reference": "Patient/p2"}}
    store.put(said, BASE)
    assert not asks(made(), EVE, "read", **STUDY)
    assert asks(made(), CHEN, "read", **STUDY)


def test_too_many_consents_are_not_weighed_in_part(made: Make, store: FhirStore) -> None:
    with store.transaction():
        for number in range(201):
            store.put(consent("OPTIN", id=f"c{number}"), BASE)
    assert not asks(made(default="permit"), CHEN, "read", **STUDY)


def test_a_reason_says_which_provision_and_no_more(made: Make, store: FhirStore) -> None:
    store.put(denying(), BASE)
    ruling = made().rule(AccessRequest("app", "read", "door", STUDY), EVE)
    assert ruling.reason == "Consent/c1 denies it: Consent.provision.provision[0]"
    assert ruling.to_dict()["decided_by"]["element"] == "Consent.provision.provision[0]"
    assert [step.outcome for step in ruling.trail] == ["permit", "deny"]


def test_what_is_deleted_is_hidden_as_before(made: Make, store: FhirStore) -> None:
    """Of a report that is gone nobody knows what it referred to."""
    store.put(denying(data("dependents", "ImagingStudy/s1")), BASE)
    store.delete("DiagnosticReport", "r1")
    gone = {"resourceType": "DiagnosticReport", "id": "r1", "patient": "Patient/p1"}
    assert not asks(made(), EVE, "vread", **gone)
    assert asks(made(), CHEN, "vread", **gone)
    assert asks(made(), EVE, "create", resourceType="DiagnosticReport", id="", patient="Patient/p1")


def test_every_axis_has_a_question() -> None:
    named = {axis for axes, _, _ in AXES for axis in axes}
    assert named == {"actor", "action", "purpose", "class", "code", "securityLabel", "period",
                     "dataPeriod", "data"}  # fmt: skip
