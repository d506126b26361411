"""Retrieval and storage commitment (PS3.4 C.4.2, C.4.3, J.3)."""

from pydicom.dataset import Dataset
from pynetdicom import build_context
from pynetdicom.sop_class import SecondaryCaptureImageStorage

from labkit.dimse import Receiver, associate, get, identifier, move, request_commitment, store
from tests.contract.pacs.cases import Holdings, small, uid
from tests.contract.pacs.servers import UNREACHABLE, Target

STUDY_ROOT_GET = "1.2.840.10008.5.1.4.1.2.2.3"
STUDY_ROOT_MOVE = "1.2.840.10008.5.1.4.1.2.2.2"


def study(number: int = 1) -> Dataset:
    return identifier("STUDY", StudyInstanceUID=uid(number))


def listen(target: Target) -> Receiver:
    return Receiver(target.destination, target.destination_port)


def test_move(holdings: Holdings) -> None:
    with listen(holdings.target) as receiver:
        moved = move(holdings.peer, study(), holdings.target.destination)
        assert (moved.status.code, moved.completed, moved.failed) == (0, 3, 0)
        assert {ds.SOPInstanceUID for ds in receiver.received} == {
            uid(1, 1, 1), uid(1, 1, 2), uid(1, 2, 1),
        }  # fmt: skip


def test_move_says_how_far_it_is(holdings: Holdings) -> None:
    with listen(holdings.target):
        assert move(holdings.peer, study(), holdings.target.destination).pending >= 2


def test_move_of_a_list_of_series(holdings: Holdings) -> None:
    asked = identifier("SERIES", StudyInstanceUID=uid(1), SeriesInstanceUID=[uid(1, 1), uid(1, 2)])
    with listen(holdings.target):
        assert move(holdings.peer, asked, holdings.target.destination).completed == 3


def test_move_to_an_unknown_destination_is_a801(holdings: Holdings) -> None:
    assert move(holdings.peer, study(), "NOWHERE").status.code == 0xA801


def test_move_to_a_destination_that_is_not_there_is_a702(holdings: Holdings) -> None:
    moved = move(holdings.peer, study(), UNREACHABLE)
    assert moved.status.code == 0xA702


def test_move_lists_what_failed(holdings: Holdings) -> None:
    moved = move(holdings.peer, study(), UNREACHABLE)
    assert set(moved.failed_uids) == {uid(1, 1, 1), uid(1, 1, 2), uid(1, 2, 1)}


def test_move_of_nothing_is_a_success(holdings: Holdings) -> None:
    moved = move(holdings.peer, study(99), holdings.target.destination)
    assert (moved.status.code, moved.completed) == (0, 0)


def test_move_without_a_unique_key_fails(holdings: Holdings) -> None:
    asked = identifier("SERIES", SeriesInstanceUID=uid(1, 1))
    status = move(holdings.peer, asked, holdings.target.destination).status
    assert status.code == 0xA900 or status.code >> 12 == 0xC


def test_move_is_cancelled(holdings: Holdings) -> None:
    objects = [small(60, 1, number) for number in range(100)]
    assert not store(holdings.peer, objects).failed
    last = 0
    with listen(holdings.target), associate(
        holdings.peer, [build_context(STUDY_ROOT_MOVE)]
    ) as link:  # fmt: skip
        answers = link.assoc.send_c_move(study(60), holdings.target.destination, STUDY_ROOT_MOVE, 7)
        for number, (status, _) in enumerate(answers):
            last = status.Status
            if number == 2:
                link.assoc.send_c_cancel(7, query_model=STUDY_ROOT_MOVE)
    assert last == 0xFE00


def test_get(holdings: Holdings) -> None:
    got = get(holdings.peer, study())
    assert (got.status.code, got.completed, got.failed) == (0, 3, 0)
    assert {ds.SOPInstanceUID for ds in got.datasets} == {
        uid(1, 1, 1), uid(1, 1, 2), uid(1, 2, 1),
    }  # fmt: skip


def test_get_one_image_by_patient_root(holdings: Holdings) -> None:
    asked = identifier(
        "IMAGE", PatientID="CONTRACT1", StudyInstanceUID=uid(1), SeriesInstanceUID=uid(1, 1),
        SOPInstanceUID=uid(1, 1, 2),
    )  # fmt: skip
    got = get(holdings.peer, asked, model="patient")
    assert [ds.SOPInstanceUID for ds in got.datasets] == [uid(1, 1, 2)]


def test_get_without_role_selection_fails(holdings: Holdings) -> None:
    contexts = [build_context(STUDY_ROOT_GET), build_context(SecondaryCaptureImageStorage)]
    with associate(holdings.peer, contexts) as link:
        *_, (status, _) = link.assoc.send_c_get(study(), STUDY_ROOT_GET)
    assert status.Status == 0xA702


def test_storage_commitment(holdings: Holdings) -> None:
    with listen(holdings.target) as receiver:
        answer = request_commitment(
            holdings.peer,
            [(SecondaryCaptureImageStorage, uid(1, 1, 1)), (SecondaryCaptureImageStorage, "1.2.3")],
            receiver=receiver, ae_title=holdings.target.destination, wait=10,
        )  # fmt: skip
    assert answer.status.code == 0
    assert answer.committed == (uid(1, 1, 1),)
    assert [(failed, status.code) for failed, status in answer.failed] == [("1.2.3", 0x0112)]
