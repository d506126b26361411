"""One token at FHIR and at DICOMweb, in one process: what it opens, and what it does not."""

from __future__ import annotations

import pytest

from labkit.access.oauth import TokenPolicy
from tests.access.oauth.cases import STUDIES, instance_of
from tests.access.oauth.conftest import BASE, FHIR, WEB, World, uid_of
from tests.access.oauth.forging import unsigned

NAMES = ("ct-one", "mr-one", "ct-two", "misfiled", "nobody")


def seen(world: World, token: str) -> tuple[set[str], set[str]]:
    """The studies of which a token reads the ImagingStudy, and those of which it reads pixels."""
    records = {n for n in NAMES if world.get(f"{FHIR}/ImagingStudy/{n}", token).status_code == 200}
    pixels = set()
    for name in NAMES:
        uid = uid_of(name)
        whole = f"{WEB}/studies/{uid}"
        one = f"{whole}/series/{uid}.1/instances/{uid}.1.1"
        ways = [
            world.get(whole, token, Accept='multipart/related; type="application/dicom"'),
            world.get(f"{whole}/metadata", token),
            world.get(f"{one}/frames/1", token),
            world.get(f"{one}/rendered", token, Accept="image/png"),
            world.get(f"{one}/bulkdata/7FE00010", token),
        ]
        found = {answer.status_code for answer in ways[:4]}
        assert found == {200} or 200 not in found, (name, [a.status_code for a in ways])
        if 200 in found:
            pixels.add(name)
    listed = world.get(f"{WEB}/studies", token)
    if listed.status_code in (200, 204):
        rows = listed.json() if listed.content else []
        uids = {row["0020000D"]["Value"][0] for row in rows}
        assert uids == {uid_of(name) for name in pixels}
    else:
        assert listed.status_code == 403
    return records, pixels


@pytest.mark.parametrize(
    ("scope", "patient", "opens"),
    [
        ("patient/ImagingStudy.rs", "p1", {"ct-one", "mr-one"}),
        ("patient/ImagingStudy.read", "p1", {"ct-one", "mr-one"}),
        ("patient/*.rs", "p1", {"ct-one", "mr-one"}),
        ("patient/ImagingStudy.rs", "p2", {"ct-two"}),
        ("patient/ImagingStudy.rs?modality=CT", "p1", {"ct-one"}),
        ("patient/ImagingStudy.rs?modality=CT&status=available", "p1", {"ct-one"}),
        ("patient/ImagingStudy.rs?modality=CT&status=cancelled", "p1", set()),
        ("patient/ImagingStudy.rs?modality=CT patient/ImagingStudy.rs?modality=MR", "p1",
         {"ct-one", "mr-one"}),
        ("user/ImagingStudy.rs", "", {"ct-one", "mr-one", "ct-two"}),
        ("user/ImagingStudy.rs?modality=MR", "", {"mr-one"}),
        ("user/ImagingStudy.rs?_count=1", "", set()),
        ("user/ImagingStudy.rs?made-up=1", "", set()),
        ("user/ImagingStudy.rs?_id=mr-one", "", {"mr-one"}),
        ("user/Patient.rs", "", set()),
        ("user/ImagingStudy.cud", "", set()),
    ],
)  # fmt: skip
def test_who_reads_the_record_reads_the_pixels_and_no_others(
    world: World, scope: str, patient: str, opens: set[str]
) -> None:
    records, pixels = seen(world, world.token(scope, patient))
    assert pixels == opens
    # A study whose objects name another patient is described, but its pixels are not given.
    assert records - {"misfiled"} == opens


def test_a_system_reads_all_that_is_described(world: World) -> None:
    records, pixels = seen(world, world.token("system/*.rs", user=""))
    assert pixels == {"ct-one", "mr-one", "ct-two"}
    assert records == {"ct-one", "mr-one", "ct-two", "misfiled"}


def test_a_patient_who_logs_in_is_a_user_of_her_own_data(world: World) -> None:
    made = world.server.issue("viewer", scope="user/*.rs", subject="one")
    assert seen(world, made["access_token"])[1] == {"ct-one", "mr-one"}
    assert world.get(f"{FHIR}/Patient/p2", made["access_token"]).status_code == 404


def test_what_refers_to_nobody(world: World) -> None:
    token = world.token("patient/*.cruds", "p1")
    status = {
        path: world.get(f"{FHIR}/{path}", token).status_code
        for path in ("Practitioner/chen", "Organization/north", "Device/ct1", "Binary/b1",
                     "Binary/b2", "Patient/p1", "Patient/p2", "Patient/p1/_history",
                     "Patient/p1/_history/1", "_history")
    }  # fmt: skip
    assert status == {
        "Practitioner/chen": 200, "Organization/north": 200, "Device/ct1": 404, "Binary/b1": 200,
        "Binary/b2": 404, "Patient/p1": 200, "Patient/p2": 404, "Patient/p1/_history": 200,
        "Patient/p1/_history/1": 200, "_history": 200,
    }  # fmt: skip
    bundle = world.get(f"{FHIR}/_history", token).json()
    whose = {entry["resource"]["id"] for entry in bundle["entry"]}
    assert "p1" in whose
    assert not whose & {"p2", "ct-two", "b2", "ct1"}


def test_a_limited_scope_gives_no_earlier_versions(world: World) -> None:
    token = world.token("user/ImagingStudy.rs?modality=CT")
    assert world.get(f"{FHIR}/ImagingStudy/ct-one", token).status_code == 200
    for path in (
        "ImagingStudy/ct-one/_history",
        "ImagingStudy/ct-one/_history/1",
        "ImagingStudy/_history",
        "_history",
    ):
        assert world.get(f"{FHIR}/{path}", token).status_code == 403, path


def test_nobody_writes_with_a_scope_for_reading(world: World) -> None:
    token = world.token("user/*.rs")
    sent = {"Authorization": f"Bearer {token}"}
    body = {"resourceType": "Patient", "active": True}
    answers = [
        world.http.post(f"{FHIR}/Patient", json=body, headers=sent),
        world.http.put(f"{FHIR}/Patient/p1", json={**body, "id": "p1"}, headers=sent),
        world.http.delete(f"{FHIR}/Patient/p1", headers=sent),
        world.http.post(f"{WEB}/studies", content=b"x", headers=sent),
    ]
    assert [answer.status_code for answer in answers] == [403] * 4
    for answer in answers:
        assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


def test_a_patients_token_does_not_write_to_another(world: World) -> None:
    sent = {"Authorization": f"Bearer {world.token('patient/*.cruds', 'p1')}"}
    study = {"resourceType": "ImagingStudy", "status": "available",
             "subject": {"reference": "Patient/p2"}}  # fmt: skip
    answer = world.http.post(f"{FHIR}/ImagingStudy", json=study, headers=sent)
    assert answer.status_code == 403
    limited = {"Authorization": f"Bearer {world.token('user/ImagingStudy.cruds?status=available')}"}
    answer = world.http.post(f"{FHIR}/ImagingStudy", json=study, headers=limited)
    assert answer.status_code == 403
    assert "only reading" in answer.text


@pytest.mark.parametrize(("name", "status"), [("ct-one", 200), ("ct-two", 409), ("misfiled", 409)])
def test_a_patients_token_stores_only_her_own_objects(world: World, name: str, status: int) -> None:
    import io

    uid, patient_id = STUDIES[name]
    file = io.BytesIO()
    instance_of(uid, patient_id).save_as(file, enforce_file_format=True)
    sent = {"Authorization": f"Bearer {world.token('patient/ImagingStudy.c', 'p1')}",
            "Content-Type": "application/dicom", "Accept": "application/dicom+json"}  # fmt: skip
    answer = world.http.post(f"{WEB}/studies", content=file.getvalue(), headers=sent)
    assert answer.status_code == status, answer.text


# -- how a token is shown --


@pytest.mark.parametrize("url", [f"{FHIR}/Patient/p1", f"{WEB}/studies"])
def test_how_a_token_is_shown(world: World, url: str) -> None:
    token = world.token("user/*.rs")
    assert world.get(url, token).status_code == 200
    cases: list[tuple[dict[str, str], str, int, str]] = [
        ({}, "", 401, ""),
        ({"Authorization": f"Basic {token}"}, "", 401, ""),
        ({"Authorization": token}, "", 401, ""),
        ({"Authorization": f"Bearer {token}x"}, "", 401, "invalid_token"),
        ({"Authorization": f"Bearer {unsigned(token)}"}, "", 401, "invalid_token"),
        ({"Authorization": "Bearer "}, "", 400, "invalid_request"),
        ({"Authorization": f"Bearer {token} {token}"}, "", 400, "invalid_request"),
        ({}, f"?access_token={token}", 400, "invalid_request"),
        ({"Authorization": f"Bearer {token}"}, f"?access_token={token}", 400, "invalid_request"),
        ({"Cookie": f"access_token={token}"}, "", 401, ""),
    ]
    for headers, query, status, error in cases:
        answer = world.http.get(url + query, headers=headers)
        assert answer.status_code == status, headers
        challenge = answer.headers["www-authenticate"]
        assert challenge.startswith("Bearer realm=")
        assert (f'error="{error}"' in challenge) if error else ("error" not in challenge)
        assert token not in answer.text + challenge
    twice = [("Authorization", f"Bearer {token}"), ("Authorization", "Bearer x")]
    assert world.http.get(url, headers=twice).status_code == 400


def test_what_is_open_to_all(world: World) -> None:
    assert world.get(f"{FHIR}/metadata").status_code == 200
    found = world.get(f"{FHIR}/.well-known/smart-configuration").json()
    assert "S256" in found["code_challenge_methods_supported"]
    assert "plain" not in found["code_challenge_methods_supported"]
    assert "smart-imaging-access" in found["capabilities"]
    for path in ("/metadata/", "//metadata", "/metadata%2f"):
        assert world.get(FHIR + path).status_code == 401, path
    assert world.http.post(f"{FHIR}/metadata").status_code == 401


def test_without_a_grant_the_policy_refuses(world: World) -> None:
    from labkit.access import Grant, granted
    from labkit.common.access import AccessRequest

    policy = TokenPolicy(_Nothing())
    about = {"PatientID": "PID-1", "StudyInstanceUID": uid_of("ct-one")}
    asked = AccessRequest("x", "C-FIND", "ARCHIVE", about)
    assert not policy.decide(asked)
    with granted(Grant("ARCHIVE")):  # a node: others decide
        assert policy.decide(asked)
        assert not policy.decide(AccessRequest("x", "read", BASE, about))
        assert not policy.decide(AccessRequest("x", "read", BASE, {"resourceType": "Patient"}))
    with granted(Grant("viewer", patient="p1")):
        assert not policy.decide(asked)
    with granted(Grant("viewer", scope="user/*.rs")):
        assert policy.decide(AccessRequest("x", "C-ECHO", "ARCHIVE"))
        assert policy.decide(AccessRequest("x", "C-FIND", "ARCHIVE"))
        assert not policy.decide(AccessRequest("x", "C-STORE", "ARCHIVE"))
        assert not policy.decide(AccessRequest("x", "N-ACTION", "ARCHIVE"))
        assert not policy.decide(asked)


class _Nothing:
    def study(self, uid: str) -> None:
        return None

    def patient_of_study(self, uid: str) -> str:
        return ""

    def resource(self, kind: str, id_: str) -> None:
        return None
