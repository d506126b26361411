"""C-MOVE and C-GET against running nodes."""

import socket
import time

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import build_context, build_role, evt
from pynetdicom.dimse_primitives import C_MOVE
from pynetdicom.sop_class import (
    CTImageStorage,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)

from labkit.dimse import Receiver, associate, get, identifier, move, store
from labkit.dimse.association import query_context
from labkit.pacs.part10 import read_object
from tests.pacs.conftest import Running, Start, real

FILES = ("CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "SC_rgb_rle.dcm", "image_dfl.dcm")
CT = "1.3.6.1.4.1.5962.1.2.1.20040119072730.12322"


@pytest.fixture
def full(archive_node: Running) -> Running:
    assert not store(archive_node.peer, real(*FILES)).failed
    return archive_node


def study(uid: str = CT) -> Dataset:
    return identifier("STUDY", StudyInstanceUID=uid)


def studies(node: Running) -> list[str]:
    return list(dict.fromkeys(s.entry.study_instance_uid for s in node.archive.stored()))


def test_move_sends_every_object_byte_for_byte(full: Running, start: Start) -> None:
    other = start("WORKSTN")
    full.destinations.add("WORKSTN", "127.0.0.1", other.peer.port)
    moved = move(full.peer, study("\\".join(studies(full))), "WORKSTN")
    assert (moved.status.code, moved.completed, moved.failed) == (0, len(FILES), 0)
    assert moved.pending == len(FILES)  # at the start, then after each object but the last
    for held in full.archive.stored():
        copy = other.archive.get(held.entry.sop_instance_uid)
        assert copy is not None
        assert read_object(copy.path)[1] == read_object(held.path)[1]
    assert other.logged("ARCHIVE#1", "C-STORE stored")


def test_move_says_that_it_has_begun_before_the_destination_has_answered(full: Running) -> None:
    """So that one that watches one association at a time, as movescu does, takes the other."""
    with socket.create_server(("127.0.0.1", 0)) as slow:
        full.destinations.add("SLOW", *slow.getsockname())
        context = query_context(StudyRootQueryRetrieveInformationModelMove)
        request = C_MOVE()
        request.AffectedSOPClassUID, request.MoveDestination = context.abstract_syntax, "SLOW"
        with associate(full.peer, [context]) as link:
            agreed = link.require(context.abstract_syntax)
            answers = link.query(request, agreed, study())
            first, _ = next(answers)  # the connection is made, and nobody has accepted it yet
            assert first.Status == 0xFF00
            assert first.NumberOfRemainingSuboperations == 1
            assert first.NumberOfCompletedSuboperations == 0
            slow.accept()[0].close()
            (last,) = [status for status, _ in answers]
    assert (last.Status, last.NumberOfFailedSuboperations) == (0xA702, 1)


def test_an_unknown_destination_is_a801(full: Running) -> None:
    moved = move(full.peer, study(), "NOWHERE")
    assert moved.status.code == 0xA801
    assert full.logged("A801", "NOWHERE is unknown")


def test_a_destination_that_does_not_listen_is_a702_with_the_failed_list(full: Running) -> None:
    with Receiver("GONE") as receiver:
        port = receiver.peer.port
    full.destinations.add("GONE", "127.0.0.1", port)
    moved = move(full.peer, study(), "GONE")
    assert (moved.status.code, moved.completed, moved.failed) == (0xA702, 0, 1)
    assert moved.failed_uids == (dcmread(real("CT_small.dcm")[0]).SOPInstanceUID,)
    assert full.logged("no association with GONE")


def test_a_destination_that_takes_only_some_is_b000(full: Running, start: Start) -> None:
    narrow = start("NARROW", accepted_transfer_syntaxes=frozenset({"1.2.840.10008.1.2.1"}))
    narrow.archive.add_file(_changed(full, CT))  # another object of that UID: refused with 0111
    full.destinations.add("NARROW", "127.0.0.1", narrow.peer.port)
    moved = move(full.peer, study("\\".join(studies(full))), "NARROW")
    assert (moved.status.code, moved.completed, moved.failed) == (0xB000, len(FILES) - 1, 1)
    assert moved.failed_uids == (_object_of(full, CT),)
    # The compressed ones were decoded on the way, as the destination takes nothing else.
    for held in narrow.archive.stored():
        assert held.entry.transfer_syntax == "1.2.840.10008.1.2.1"
        assert held.dataset().pixel_array.size


def _object_of(node: Running, study_uid: str) -> str:
    (held,) = (s for s in node.archive.stored() if s.entry.study_instance_uid == study_uid)
    return held.entry.sop_instance_uid


def _changed(node: Running, study_uid: str):  # type: ignore[no-untyped-def]
    held = node.archive.get(_object_of(node, study_uid))
    assert held is not None
    ds = held.dataset()
    ds.PatientName = "Somebody^Else"
    path = node.archive.root / "changed.dcm"
    ds.save_as(path)
    return path


def test_nothing_found_is_a_success_with_nothing_done(full: Running) -> None:
    full.destinations.add("WORKSTN", "127.0.0.1", 1)
    moved = move(full.peer, study("1.2.3"), "WORKSTN")
    assert (moved.status.code, moved.completed, moved.failed) == (0, 0, 0)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (identifier("STUDY", StudyInstanceUID=None), "StudyInstanceUID is missing"),
        (identifier("STUDY", PatientID="1CT1"), "StudyInstanceUID is missing"),
        (identifier("STUDY", StudyInstanceUID=CT, PatientName="A*"), "PatientName"),
        (identifier("SERIES", SeriesInstanceUID="1.2"), "StudyInstanceUID is missing"),
        (identifier("SERIES", StudyInstanceUID=["1.2", "1.3"], SeriesInstanceUID="1.2"), "several"),
        (identifier("PATIENT", PatientID="1CT1"), "Query/Retrieve Level"),
    ],
)
def test_a_retrieval_has_unique_keys_only(full: Running, asked: Dataset, words: str) -> None:
    full.destinations.add("WORKSTN", "127.0.0.1", 1)
    moved = move(full.peer, asked, "WORKSTN")
    assert moved.status.code == 0xA900
    assert full.logged("C-MOVE failed (A900)", words)


def test_get_returns_objects_as_they_are_stored(full: Running) -> None:
    for uid in studies(full):
        got = get(full.peer, study(uid))
        assert (got.status.code, got.completed, len(got.datasets)) == (0, 1, 1)
        held = full.archive.get(got.datasets[0].SOPInstanceUID)
        assert held is not None
        kept = held.dataset()
        assert got.datasets[0].file_meta.TransferSyntaxUID == kept.file_meta.TransferSyntaxUID
        assert got.datasets[0] == kept


def test_get_at_every_level_of_both_models(full: Running) -> None:
    ds = dcmread(real("CT_small.dcm")[0])
    keys = {
        "PATIENT": {"PatientID": "1CT1"},
        "STUDY": {"StudyInstanceUID": CT},
        "SERIES": {"SeriesInstanceUID": ds.SeriesInstanceUID},
        "IMAGE": {"SOPInstanceUID": ds.SOPInstanceUID},
    }
    given: dict[str, object] = {}
    for level, key in keys.items():
        given |= key
        got = get(full.peer, identifier(level, **given), model="patient")
        assert (got.status.code, got.completed) == (0, 1), level
    del given["PatientID"]
    assert get(full.peer, identifier("IMAGE", **given)).completed == 1


def test_get_without_role_selection_fails_and_says_why(full: Running) -> None:
    uid = StudyRootQueryRetrieveInformationModelGet
    contexts = [build_context(uid), build_context(CTImageStorage)]
    with associate(full.peer, contexts) as link:
        answers = list(link.assoc.send_c_get(study(), uid))
    status, failed = answers[-1]
    assert status.Status == 0xA702
    assert failed.FailedSOPInstanceUIDList == _object_of(full, CT)
    assert full.logged("no presentation context with role selection")


@pytest.mark.parametrize(
    "syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"]
)
def test_get_converts_what_the_peer_cannot_read(full: Running, syntax: str) -> None:
    received: list[Dataset] = []

    def keep(event: evt.Event) -> int:
        ds = event.dataset
        ds.file_meta = event.file_meta
        received.append(ds)
        return 0

    uid = StudyRootQueryRetrieveInformationModelGet
    classes = {s.entry.sop_class_uid for s in full.archive.stored()}
    contexts = [build_context(uid), *(build_context(c, syntax) for c in classes)]
    roles = [build_role(c, scp_role=True) for c in classes]
    handlers = [(evt.EVT_C_STORE, keep)]
    with associate(full.peer, contexts, handlers=handlers, negotiation=roles) as link:
        *_, (status, _) = link.assoc.send_c_get(study("\\".join(studies(full))), uid)
    assert status.Status == 0
    assert len(received) == len(FILES)
    for ds in received:
        assert ds.file_meta.TransferSyntaxUID == syntax
        held = full.archive.get(ds.SOPInstanceUID)
        assert held is not None
        assert (ds.pixel_array == held.dataset().pixel_array).all()


def test_move_is_cancelled(full: Running, start: Start) -> None:
    ds = dcmread(real("MR_small.dcm")[0])
    for number in range(60):
        ds.SOPInstanceUID = f"1.2.3.{number}"
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        path = full.archive.root / "one.dcm"
        ds.save_as(path)
        full.archive.add_file(path)
    other = start("WORKSTN")
    full.destinations.add("WORKSTN", "127.0.0.1", other.peer.port)
    uid = StudyRootQueryRetrieveInformationModelMove
    last = None
    with associate(full.peer, [build_context(uid)]) as link:
        asked = study(ds.StudyInstanceUID)
        for number, (status, _) in enumerate(link.assoc.send_c_move(asked, "WORKSTN", uid, 7)):
            last = status
            if number == 3:
                link.assoc.send_c_cancel(7, query_model=uid)
    assert last is not None
    assert last.Status == 0xFE00
    assert last.NumberOfRemainingSuboperations + last.NumberOfCompletedSuboperations == 61
    assert 3 <= last.NumberOfCompletedSuboperations < 61
    assert full.logged("C-MOVE cancelled by the peer (FE00)")
    time.sleep(0.05)
    assert len(list(other.archive.stored())) == last.NumberOfCompletedSuboperations


def test_a_peer_that_goes_away_during_a_get_leaves_the_node_well(full: Running) -> None:
    uid = StudyRootQueryRetrieveInformationModelGet

    def leave(event: evt.Event) -> int:
        event.assoc.abort()
        return 0

    contexts = [build_context(uid), build_context(CTImageStorage)]
    roles = [build_role(CTImageStorage, scp_role=True)]
    handlers = [(evt.EVT_C_STORE, leave)]
    with associate(full.peer, contexts, timeout=1, handlers=handlers, negotiation=roles) as link:
        list(link.assoc.send_c_get(study(), uid))
    assert full.logged("C-GET ended with the association")
    assert get(full.peer, study()).completed == 1
