"""The lab's own policies over HAPI: scopes and consents, which lie in HAPI itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from labkit.access import AllOf
from labkit.access.consent import ConsentPolicy
from labkit.access.oauth import TokenPolicy
from labkit.access.remote import RemoteConsents, RemoteSubjects
from labkit.fhir import FhirError
from tests.containers.hapi_process import AT_HAND
from tests.containers.hapi_world import OPEN, SHUT, Guarded, found, uid_of

pytestmark = [
    pytest.mark.skipif(not AT_HAND, reason="LABKIT_HAPI_JAR names no jar; lab.py test containers"),
    pytest.mark.timeout(400),
]


def consent(patient: str, *denied: str, status: str = "active") -> dict[str, Any]:
    """Permits treatment to everybody but those who are denied."""
    system = "http://terminology.hl7.org/CodeSystem"
    role = {"coding": [{"system": f"{system}/v3-ParticipationType", "code": "PRCP"}]}
    deny = [
        {"type": "deny", "actor": [{"role": role, "reference": {"reference": who}}]}
        for who in denied
    ]
    purpose = [{"system": f"{system}/v3-ActReason", "code": "TREAT"}]
    provision = {"type": "permit", "purpose": purpose, **({"provision": deny} if deny else {})}
    return {
        "resourceType": "Consent", "id": f"of-{patient.partition('/')[2]}", "status": status,
        "scope": {"coding": [{"system": f"{system}/consentscope", "code": "patient-privacy"}]},
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "patient": {"reference": patient}, "dateTime": "2026-01-05T09:00:00Z",
        "policyRule": {"coding": [{"system": f"{system}/v3-ActCode", "code": "OPTOUT"}]},
        "provision": provision,
    }  # fmt: skip


@pytest.fixture
def governed(guarded: Guarded) -> Iterator[Guarded]:
    """HAPI with scopes and consents; SHUT denies Lakeside Clinic, and nobody else."""
    subjects = RemoteSubjects(guarded.url, guarded.lab.headers["x-labkit-key"])
    policy = ConsentPolicy(subjects, RemoteConsents(subjects))
    guarded.switch.policy = AllOf(TokenPolicy(subjects), policy)
    guarded.put(consent(OPEN))
    guarded.put(consent(SHUT, "Organization/lakeside"))
    yield guarded
    subjects.close()


def get(guarded: Guarded, token: str, path: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{guarded.url}/{path}", headers=headers, timeout=60, trust_env=False)


def patients(guarded: Guarded, token: str) -> set[str]:
    answer = get(guarded, token, "ImagingStudy?_count=50")
    if answer.status_code != 200:
        return set()
    return {reference[13:17] for reference in found(answer)} & {"open", "shut"}


def test_a_consent_denies_one_organisation_and_no_other(governed: Guarded) -> None:
    assert patients(governed, "north") == {"open", "shut"}
    assert patients(governed, "lakeside") == {"open"}
    assert get(governed, "north", "ImagingStudy/shut-0").status_code == 200
    assert get(governed, "lakeside", "ImagingStudy/shut-0").status_code == 404


def test_a_withdrawal_holds_from_the_next_request_on(governed: Guarded) -> None:
    assert patients(governed, "north") == {"open", "shut"}
    governed.put(consent(SHUT, "Organization/lakeside", "Organization/north-general"))
    assert patients(governed, "north") == {"open"}
    governed.put(consent(OPEN, status="inactive"))
    assert patients(governed, "north") == set()
    assert get(governed, "north", "ImagingStudy/open-0").status_code == 404


def test_a_token_has_no_more_than_its_scope_and_its_patient(governed: Guarded) -> None:
    assert patients(governed, "portal") == {"open"}
    assert patients(governed, "narrow") == set()
    assert get(governed, "narrow", "ImagingStudy/open-0").status_code == 403
    assert get(governed, "narrow", "ImagingStudy/nobody").status_code == 403
    assert get(governed, "narrow", "Patient/open").status_code == 200
    body = {"resourceType": "Patient", "id": "open"}
    headers = {"Authorization": "Bearer north", "Content-Type": "application/fhir+json"}
    answer = httpx.put(
        f"{governed.url}/Patient/open", json=body, headers=headers, timeout=60, trust_env=False
    )
    assert answer.status_code == 403, "a scope to read and search does not write"


def test_whose_study_it_is_can_be_asked(governed: Guarded) -> None:
    subjects = RemoteSubjects(governed.url, governed.lab.headers["x-labkit-key"])
    try:
        assert subjects.patient_of_study(uid_of("shut-0")) == "shut"
        assert subjects.study("1.2.3.4.5.6") is None
        assert subjects.resource("Patient", "shut") is not None
        assert subjects.resource("Patient", "nobody") is None
    finally:
        subjects.close()
    wrong = RemoteSubjects(governed.url, "another key of some length")
    try:
        with pytest.raises(FhirError, match="nobody has shown a token"):
            wrong.resource("Patient", "shut")
    finally:
        wrong.close()
