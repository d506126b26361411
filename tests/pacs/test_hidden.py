"""What is hidden is not there: counts, objects of a patient, UIDs that are taken."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import dcmread

from labkit.common import AccessRequest, Decision
from labkit.dimse import find, get, identifier, request_commitment, store
from labkit.pacs import hidden
from tests.pacs.conftest import Start, made

MR = "1.2.840.10008.5.1.4.1.1.4"


class Hides:
    """Hides studies; allows everything else."""

    def __init__(self, *studies: str) -> None:
        self.studies = set(studies)

    def decide(self, request: AccessRequest) -> Decision:
        return Decision(request.resource.get("StudyInstanceUID") not in self.studies, "")


def two_studies(tmp_path: Path) -> list[Path]:
    """Two studies of one patient, by makers of their own."""
    paths = []
    for number, maker in ((1, "Hidden Inc"), (2, "Shown Inc")):
        ds = dcmread(made(tmp_path, number))
        ds.PatientID, ds.ManufacturerModelName = "P", maker
        paths.append(tmp_path / f"study-{number}.dcm")
        ds.save_as(paths[-1])
    return paths


def test_a_patient_counts_what_may_be_seen(start: Start, tmp_path: Path) -> None:
    policy = Hides("1.2.1")
    node = start(policy=policy)
    for path in two_studies(tmp_path):
        node.archive.add_file(path)
    asked = identifier("PATIENT", PatientID="P", NumberOfPatientRelatedStudies=None,
                       NumberOfPatientRelatedInstances=None,
                       ManufacturerModelName=None)  # fmt: skip
    (patient,) = find(node.peer, asked, model="patient")
    assert patient.NumberOfPatientRelatedStudies == patient.NumberOfPatientRelatedInstances == 1
    assert not patient.ManufacturerModelName, "it would be read from the hidden study"
    asked.ManufacturerModelName = "Hidden Inc"
    assert len(find(node.peer, asked, model="patient")) == 0
    policy.studies = {"1.2.1", "1.2.2"}
    asked.ManufacturerModelName = None
    assert len(find(node.peer, asked, model="patient")) == 0
    policy.studies = set()
    (patient,) = find(node.peer, asked, model="patient")
    assert patient.NumberOfPatientRelatedStudies == 2
    assert patient.ManufacturerModelName == "Hidden Inc"


def test_what_is_hidden_is_not_committed_to(start: Start, tmp_path: Path) -> None:
    node = start(policy=Hides("1.2.1"))
    uids = []
    for path in two_studies(tmp_path):
        node.archive.add_file(path)
        uids.append(str(dcmread(path).SOPInstanceUID))
    done = request_commitment(node.peer, [(MR, uid) for uid in (*uids, "1.9.9")])
    assert done.committed == (uids[1],)
    assert {uid: status.code for uid, status in done.failed} == {uids[0]: 0x0112, "1.9.9": 0x0112}


def test_an_object_under_a_hidden_uid_is_set_aside(start: Start, tmp_path: Path) -> None:
    policy = Hides("1.2.1")
    node = start(policy=policy)
    first, second = two_studies(tmp_path)
    node.archive.add_file(first)
    forged = dcmread(second)
    forged.SOPInstanceUID = dcmread(first).SOPInstanceUID
    forged.file_meta.MediaStorageSOPInstanceUID = forged.SOPInstanceUID

    def status() -> int:
        (item,) = store(node.peer, [forged]).items
        assert item.status is not None
        return item.status.code

    assert status() == 0x0000
    (aside,) = (node.archive.root / "conflicts").glob("*.dcm")
    assert dcmread(aside).ManufacturerModelName == "Shown Inc", "it is not lost"
    assert node.logged("C-STORE set aside", aside.name)
    assert status() == 0x0000
    assert len(list((node.archive.root / "conflicts").iterdir())) == 1
    policy.studies = set()
    assert status() == 0x0111, "who may see it is told"
    (kept,) = get(node.peer, identifier("STUDY", StudyInstanceUID="1.2.1")).datasets
    assert kept.ManufacturerModelName == "Hidden Inc"


def test_leave_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now, answers = [100.0], [True, False]
    monkeypatch.setattr(hidden.time, "monotonic", lambda: now[0])
    visible = hidden.remembered(lambda patient, study: answers.pop(0))
    assert visible("P", "1.2")
    now[0] += hidden.FRESH / 2
    assert visible("P", "1.2")
    now[0] += hidden.FRESH
    assert not visible("P", "1.2"), "within a second of a long retrieve"
    assert hidden.FRESH < 1
