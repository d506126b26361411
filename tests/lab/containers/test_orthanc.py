"""A whole lab with a real Orthanc as ARCHIVE and WORKSTN; all other nodes are the lab's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from labkit.common.errors import UsageError
from labkit.dicom import real_file, samples
from labkit.dimse import Peer, find, identifier, move, store
from labkit.lab.containers.products import Placed, Products
from labkit.lab.containers.supply import Supply
from labkit.lab.enterprise import Enterprise
from labkit.lab.workspace import Workspace
from labkit.pacs.corrections import Correction
from tests.contract.pacs.servers import find_program, free_port, running_orthanc, wait_for

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(find_program("Orthanc") is None, reason="needs Orthanc"),
]


@contextmanager
def orthanc(name: str, folder: Path) -> Iterator[Placed]:
    port, web = free_port(), free_port()
    settings: dict[str, object] = {
        "Name": name, "DicomAet": name, "DicomPort": port, "HttpPort": web,
        "RemoteAccessAllowed": False, "AuthenticationEnabled": False,
        "DicomCheckCalledAet": True, "DicomModalitiesInDatabase": True,
        **{f"DicomAlwaysAllow{act}": True for act in ("Echo", "Store", "Find", "Get", "Move")},
    }  # fmt: skip
    folder.mkdir()
    with running_orthanc(folder, settings):
        wait_for(Peer(name, "127.0.0.1", port))
        yield Placed("orthanc", "127.0.0.1", port, f"http://127.0.0.1:{web}", ("127.0.0.1", port))


@pytest.fixture(scope="module")
def enterprise(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enterprise]:
    folder = tmp_path_factory.mktemp("orthanc")
    with ExitStack() as stack:
        placed = {
            name: stack.enter_context(orthanc(name, folder / name))
            for name in ("ARCHIVE", "WORKSTN")
        }
        workspace = Workspace.at(folder / "lab")
        workspace.prepare()
        made = Enterprise(workspace, Supply(Products(placed)))
        made.start({})
        stack.callback(made.stop)
        yield made


@pytest.fixture
def fresh(enterprise: Enterprise) -> Enterprise:
    enterprise.reset()
    return enterprise


def peer(enterprise: Enterprise, name: str) -> Peer:
    node = enterprise.addresses()[name]
    return Peer(node.ae_title, node.host, node.port)


def test_a_reset_has_what_the_stories_begin_with_by_deletion(fresh: Enterprise) -> None:
    expected = sum(len(s.files) for s in samples.studies() if "ARCHIVE" in s.preloaded_in)
    assert len(fresh.objects("ARCHIVE")) == expected
    assert fresh.objects("WORKSTN") == []
    assert store(peer(fresh, "ARCHIVE"), [real_file("CT_small")]).stored
    mark = fresh.mark()
    assert len(fresh.objects("ARCHIVE")) == expected + 1
    fresh.reset()
    assert len(fresh.objects("ARCHIVE")) == expected
    assert mark["epoch"] != fresh.mark()["epoch"]


def test_a_move_goes_from_product_to_product_and_is_seen(fresh: Enterprise) -> None:
    study = samples.sample("dx-hand")
    mark = fresh.mark()
    keys = identifier("STUDY", StudyInstanceUID=study.study_uid)
    done = move(peer(fresh, "ARCHIVE"), keys, "WORKSTN")
    assert done.completed == len(study.files)
    came = fresh.objects("WORKSTN", since=mark["objects"]["WORKSTN"], epoch=mark["epoch"])
    assert {row["SOPInstanceUID"] for row in came} == {
        str(ds.SOPInstanceUID) for ds in study.datasets()
    }
    for row in came:
        assert (fresh.workspace.root / row["path"]).is_file()
    assert any("C-MOVE" in line for line in fresh.log("ARCHIVE")["lines"])


def test_withdrawn_and_put_back(fresh: Enterprise) -> None:
    study = samples.sample("dx-hand")
    gone = fresh.floor.withdraw_study("ARCHIVE", study.study_uid)
    assert len(gone) == len(study.files)
    keys = identifier("STUDY", StudyInstanceUID=study.study_uid)
    assert len(find(peer(fresh, "ARCHIVE"), keys)) == 0
    assert fresh.cast.archives["ARCHIVE"].add_files(study.files) == len(study.files)
    assert len(find(peer(fresh, "ARCHIVE"), keys)) == 1


def test_switched_off_at_the_door(fresh: Enterprise) -> None:
    fresh.stop_node("ARCHIVE")
    assert fresh.running()["ARCHIVE"] is False
    fresh.start_node("ARCHIVE")
    assert len(find(peer(fresh, "ARCHIVE"), identifier("STUDY", PatientID="NG-00417"))) >= 0


def test_a_correction_is_entered_with_what_was_before(fresh: Enterprise) -> None:
    study = samples.sample("dx-hand")
    ds = study.datasets()[0]
    values = {"PatientName": "Right^Name"}
    made = Correction(str(ds.PatientID), str(ds.IssuerOfPatientID), values, at="20260115090000")
    changed = fresh.cast.archives["ARCHIVE"].correct(made)
    assert str(ds.SOPInstanceUID) in changed
    keys = identifier("STUDY", StudyInstanceUID=study.study_uid, PatientName="")
    assert str(find(peer(fresh, "ARCHIVE"), keys)[0].PatientName) == "Right^Name"
    held = fresh.cast.archives["ARCHIVE"].get(str(ds.SOPInstanceUID))
    assert held is not None
    before = held.dataset().OriginalAttributesSequence[-1].ModifiedAttributesSequence[0]
    assert before.PatientName == ds.PatientName


def test_what_it_cannot_do_is_refused_and_changes_nothing(fresh: Enterprise) -> None:
    with pytest.raises(UsageError, match="cannot be set"):
        fresh.configure("ARCHIVE", {"room": 0})
    assert fresh.floor.changed() == {}
    with pytest.raises(UsageError, match="cannot reach MYBOX"):
        fresh.add_destination("MYBOX", "127.0.0.1", 104)


def test_a_fault_that_a_product_cannot_have_is_refused_by_name(fresh: Enterprise) -> None:
    assert "storage-full" in fresh.faults.public()["beyond"]
    with pytest.raises(UsageError, match="storage-full does not act here"):
        fresh.faults.inject("storage-full")
    assert fresh.floor.changed() == {}


def test_orthanc_takes_other_transfer_syntaxes_while_it_runs(fresh: Enterprise) -> None:
    fresh.faults.inject("syntax-refused")
    (trial,) = fresh.faults.repaired()
    assert not trial["ok"]
    fresh.configure("ARCHIVE", {"transfer_syntaxes": None})
    (trial,) = fresh.faults.repaired()
    assert trial["ok"], trial["said"]
    fresh.faults.clear()


def test_a_restart_finds_the_products_as_they_are(enterprise: Enterprise, tmp_path: Path) -> None:
    enterprise.reset()
    assert store(peer(enterprise, "ARCHIVE"), [real_file("CT_small")]).stored
    held = {row["SOPInstanceUID"] for row in enterprise.objects("ARCHIVE")}
    copied = tmp_path / "lab"
    shutil.copytree(enterprise.workspace.root, copied)
    again = Enterprise(Workspace.at(copied), Supply(enterprise.supply.products))
    again.start({})
    try:
        assert {row["SOPInstanceUID"] for row in again.objects("ARCHIVE")} == held
    finally:
        again.stop()
