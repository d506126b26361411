"""From a StudyInstanceUID to the Patient, and several policies as one."""

from pathlib import Path

import pytest

from labkit.access import AllOf, Grant, StoredSubjects, current_grant, granted
from labkit.access.subjects import patient_of
from labkit.common.access import ALLOW_ALL, DENY_ALL, AccessRequest, Decision
from labkit.fhir import FhirStore

BASE = "http://127.0.0.1:8080/fhir"
ASKED = AccessRequest("anybody", "read", BASE)


def study(number: int, uid: str, patient: str) -> dict[str, object]:
    return {
        "resourceType": "ImagingStudy",
        "id": f"s{number}",
        "status": "available",
        "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}],
        "subject": {"reference": patient},
    }


@pytest.fixture
def subjects(tmp_path: Path) -> StoredSubjects:
    store = FhirStore(tmp_path / "fhir.sqlite")
    for resource in (
        {"resourceType": "Patient", "id": "p1"},
        study(1, "1.2.3", "Patient/p1"),
        study(2, "1.2.4", f"{BASE}/Patient/p2/_history/3"),
        study(3, "1.2.5", "http://elsewhere.example/fhir/Patient/p1"),
        study(4, "1.2.6", "Patient/p1"),
        study(5, "1.2.6", "Patient/p2"),
    ):
        store.put(resource, BASE)
    store.delete("Patient", "p1")
    return StoredSubjects(store, BASE)


@pytest.mark.parametrize(
    ("uid", "patient"),
    [
        ("1.2.3", "p1"),
        ("1.2.4", "p2"),
        ("1.2.5", ""),  # of another server: nobody here
        ("1.2.6", ""),  # two ImagingStudy resources: not certain
        ("1.2", ""),
        ("1.2.3|", ""),
        ("", ""),
    ],
)
def test_whose_study_it_is(subjects: StoredSubjects, uid: str, patient: str) -> None:
    assert subjects.patient_of_study(uid) == patient


def test_what_is_deleted_is_not_there(subjects: StoredSubjects) -> None:
    assert subjects.resource("Patient", "p1") is None
    assert subjects.resource("ImagingStudy", "s1")


def test_a_patient_is_about_itself_and_a_device_about_nobody() -> None:
    assert patient_of({"resourceType": "Patient", "id": "p9"}) == "p9"
    assert patient_of({"resourceType": "Device", "id": "d1", "patient": {"display": "x"}}) == ""


def test_all_have_to_allow() -> None:
    assert AllOf(ALLOW_ALL, ALLOW_ALL).decide(ASKED)
    assert AllOf(ALLOW_ALL, DENY_ALL).decide(ASKED) == DENY_ALL.decide(ASKED)
    assert not AllOf().decide(ASKED)


def test_a_part_that_raises_has_refused() -> None:
    class Broken:
        def decide(self, request: AccessRequest) -> Decision:
            raise KeyError(request)

    assert not AllOf(ALLOW_ALL, Broken()).decide(ASKED)


def test_a_grant_ends_with_its_block() -> None:
    assert current_grant() is None
    with granted(Grant("viewer")):
        assert current_grant() == Grant("viewer")
        with granted(None):
            assert current_grant() is None
    assert current_grant() is None
