"""The real services under an AuditedPolicy: what a request leaves in the trail."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pydicom.filereader import read_dataset
from starlette.testclient import TestClient

from labkit.access import Grant, granted
from labkit.access.audit import AuditedAdmission, AuditedPolicy, AuditTrail
from labkit.common.access import ALLOW_ALL
from labkit.dicom import read
from labkit.dicom.samples import studies
from labkit.dicomweb import ArchiveSource, dicomweb_app
from labkit.dimse import Peer, echo, find, identifier, store
from labkit.dimse.admission import NO_DECISION, Admission, Applicant
from labkit.fhir import FhirStore, fhir_app
from labkit.pacs import Archive, Destinations, EventLog, NodeConfig, PacsNode
from tests.access.audit.conftest import CHEN, FHIR, WEB, Says

FILES = {study.study_uid: sorted(study.files)[:3] for study in studies() if study.files}
SHOWN, HIDDEN = sorted(FILES)[:2]


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = Archive(tmp_path / "archive")
    for uid in (SHOWN, HIDDEN):
        archive.add_files(FILES[uid])
    yield archive
    archive.close()


@pytest.fixture
def policy(trail: AuditTrail) -> AuditedPolicy:
    return AuditedPolicy(Says(HIDDEN), trail)


@pytest.fixture
def web(archive: Archive, policy: AuditedPolicy) -> Iterator[TestClient]:
    app = dicomweb_app(ArchiveSource(archive), policy, base_url=WEB)

    async def known(scope: object, receive: object, send: object) -> None:
        with granted(CHEN):
            await app(scope, receive, send)  # type: ignore[arg-type]

    yield TestClient(known)  # type: ignore[arg-type]


def node(tmp_path: Path, archive: Archive, **parts: object) -> PacsNode:
    folder = tmp_path / "node"
    folder.mkdir()
    return PacsNode(
        NodeConfig("ARCHIVE"), archive, destinations=Destinations(folder / "d.json"),
        log=EventLog(folder / "log"), **parts,
    )  # type: ignore[arg-type]  # fmt: skip


def test_qido_is_one_query(web: TestClient, trail: AuditTrail) -> None:
    found = web.get("/studies?PatientName=MARKED*&fuzzymatching=false")
    assert found.status_code in (200, 204)
    web.get("/studies")
    records = list(trail.records())
    assert [r["kind"] for r in records] == ["access", "access", "result"]
    assert records[0]["address"] == "testclient"
    query = base64.b64decode(records[0]["query"]).decode()
    assert query == f"/studies?PatientName={trail.mark('MARKED*')}&fuzzymatching=false"
    assert records[2]["shown"]["studies"] == [SHOWN]
    assert records[2]["withheld"]["studies"] == [HIDDEN]


def test_wado_says_whose_study_and_a_refusal_too(web: TestClient, trail: AuditTrail) -> None:
    assert web.get(f"/studies/{SHOWN}/metadata").status_code == 200
    read_ = trail.follow(SHOWN)
    assert {r["event"] for r in read_} == {"DICOMInstancesAccessed"}
    assert len(read_) <= 2  # at the door, and when it is known whose it is
    assert read_[-1]["what"]["PatientID"] == str(read(FILES[SHOWN][0]).PatientID)
    assert web.get(f"/studies/{HIDDEN}/metadata").status_code in (403, 404)
    assert [r["event"] for r in trail.follow(HIDDEN)][-1] == "SecurityAlert"


def test_no_record_no_pixels(web: TestClient, trail: AuditTrail) -> None:
    trail.close()
    assert web.get(f"/studies/{SHOWN}/metadata").status_code == 403
    assert web.get("/studies").status_code == 403


def test_stow_is_one_record_a_study(web: TestClient, trail: AuditTrail) -> None:
    boundary = "b0undary"
    body = b"".join(
        b"--b0undary\r\nContent-Type: application/dicom\r\n\r\n" + path.read_bytes() + b"\r\n"
        for path in FILES[SHOWN]
    )
    kind = f'multipart/related; type="application/dicom"; boundary={boundary}'
    answer = web.post(
        "/studies", content=body + b"--b0undary--\r\n", headers={"Content-Type": kind}
    )
    assert answer.status_code == 200
    events = [r["event"] for r in trail.follow(SHOWN)]
    assert events == ["DICOMInstancesTransferred"]


def test_dimse(tmp_path: Path, archive: Archive, policy: AuditedPolicy, trail: AuditTrail) -> None:
    server = node(tmp_path, archive, policy=policy)
    peer = Peer("ARCHIVE", "127.0.0.1", server.start())
    try:
        assert echo(peer).status == 0
        found = find(peer, identifier("STUDY", PatientName="MARKED*", StudyInstanceUID=None))
        assert len(found) == 0
        found = find(peer, identifier("STUDY", StudyInstanceUID=None))
        assert [ds.StudyInstanceUID for ds in found] == [SHOWN]
        store(peer, FILES[SHOWN][0])
    finally:
        server.stop()
    query, other, result, stored = trail.records()
    assert [query["event"], other["event"], stored["event"]] == [
        "Query", "Query", "DICOMInstancesTransferred"]  # fmt: skip
    asked = read_dataset(
        BytesIO(base64.b64decode(query["query"])),
        query["transfer_syntax"] == "1.2.840.10008.1.2", True,
    )  # fmt: skip
    assert str(asked.PatientName) == trail.mark("MARKED*")
    assert query["address"] == "127.0.0.1"
    assert (result["shown"]["studies"], result["withheld"]["count"]) == ([SHOWN], 1)
    assert trail.verify()


def test_an_admission_is_on_record_or_is_not(
    tmp_path: Path, archive: Archive, trail: AuditTrail
) -> None:
    class Known:
        def admit(self, applicant: Applicant) -> Admission:
            known = applicant.calling == "LEARNER"
            return Admission(known, "known" if known else "not on the allow list")

    admission = AuditedAdmission(Known(), trail)
    server = node(tmp_path, archive, policy=ALLOW_ALL, admission=admission)
    peer = Peer("ARCHIVE", "127.0.0.1", server.start())
    try:
        assert echo(peer).status == 0
        with pytest.raises(Exception, match="reject"):
            echo(peer, ae_title="EVIL")
    finally:
        server.stop()
    good, bad = trail.records()
    assert (good["event"], good["type"], good["actor"]) == (
        "UserAuthentication", "Login", "LEARNER")  # fmt: skip
    assert (bad["event"], bad["type"], bad["allowed"]) == (
        "SecurityAlert", "NodeAuthentication", False)  # fmt: skip
    trail.close()
    answer = admission.admit(Applicant("LEARNER", "ARCHIVE", "127.0.0.1"))
    assert (answer.admitted, answer.rejection) == (False, NO_DECISION)


def test_fhir(tmp_path: Path, policy: AuditedPolicy, trail: AuditTrail) -> None:
    fhir = TestClient(fhir_app(FhirStore(tmp_path / "fhir.sqlite"), policy, base_url=FHIR))
    patient = {"resourceType": "Patient", "name": [{"family": "MARKED"}], "active": True}
    with granted(Grant("workbook", "chen")):
        made = fhir.post("/Patient", json=patient).json()
        fhir.get("/Patient?family=MARKED&_count=5")
        fhir.get(f"/Patient/{made['id']}")
    records = list(trail.records())
    assert [r.get("fhir") for r in records if r["kind"] == "access"] == [
        "create", "search", "read", "read"]  # fmt: skip
    assert records[-1]["of"] == records[-2]["seq"]  # asked again when it was known whose it is
    assert records[-1]["what"]["patient"] == f"Patient/{made['id']}"
    assert "MARKED" not in repr(records)
    texts = [base64.b64decode(r["query"]).decode() for r in records if "query" in r]
    assert texts == [f"/Patient?family={trail.mark('MARKED')}&_count=5"]
    [result] = [r for r in records if r["kind"] == "result"]
    assert result["shown"]["resources"] == [f"Patient/{made['id']}"]
