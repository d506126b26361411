"""Storage commitment, on the same and on a new association."""

import time

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import build_context, evt
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance

from labkit.dimse import Receiver, associate, request_commitment, store
from tests.pacs.conftest import Running, real

FILES = ("CT_small.dcm", "MR_small.dcm")


def pairs(node: Running) -> list[tuple[str, str]]:
    entries = [held.entry for held in node.archive.stored()]
    return [(entry.sop_class_uid, entry.sop_instance_uid) for entry in entries]


def test_what_is_stored_is_committed_on_the_same_association(archive_node: Running) -> None:
    store(archive_node.peer, real(*FILES))
    answer = request_commitment(archive_node.peer, pairs(archive_node), wait=5)
    assert answer.status.code == 0
    assert sorted(answer.committed) == sorted(uid for _, uid in pairs(archive_node))
    assert not answer.failed


def test_failures_carry_their_reason(archive_node: Running) -> None:
    store(archive_node.peer, real(*FILES))
    (ct_class, ct), (_, mr) = pairs(archive_node)
    answer = request_commitment(
        archive_node.peer, [(ct_class, ct), (ct_class, mr), (ct_class, "1.2.3")], wait=5
    )
    assert answer.committed == (ct,)
    assert [(uid, status.code) for uid, status in answer.failed] == [
        (mr, 0x0119),
        ("1.2.3", 0x0112),
    ]
    assert archive_node.logged("not committed (0112): 1.2.3")


def test_an_object_whose_file_is_gone_is_not_committed(archive_node: Running) -> None:
    store(archive_node.peer, real("CT_small.dcm"))
    (held,) = archive_node.archive.stored()
    held.path.unlink()
    answer = request_commitment(archive_node.peer, pairs(archive_node), wait=5)
    assert [status.code for _, status in answer.failed] == [0x0112]


def test_the_report_comes_on_a_new_association_where_the_address_is_known(
    archive_node: Running,
) -> None:
    store(archive_node.peer, real(*FILES))
    with Receiver("LEARNER") as receiver:
        archive_node.destinations.add("LEARNER", "127.0.0.1", receiver.peer.port)
        answer = request_commitment(
            archive_node.peer, pairs(archive_node), receiver=receiver, wait=5
        )
        assert len(answer.committed) == 2
        assert [kind for kind, _ in receiver.events] == [1]
    assert archive_node.logged("N-EVENT-REPORT type 1 answered 0000")


def action(**values: object) -> Dataset:
    ds = Dataset()
    item = Dataset()
    item.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    item.ReferencedSOPInstanceUID = "1.2.3"
    ds.TransactionUID = generate_uid()
    ds.ReferencedSOPSequence = [item]
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


@pytest.mark.parametrize(
    ("ds", "kind", "instance", "status"),
    [
        (action(), 1, "1.2.3", 0x0112),
        (action(), 2, StorageCommitmentPushModelInstance, 0x0123),
        (action(TransactionUID=""), 1, StorageCommitmentPushModelInstance, 0x0115),
        (action(ReferencedSOPSequence=[]), 1, StorageCommitmentPushModelInstance, 0x0115),
        (action(ReferencedSOPSequence=[Dataset()]), 1, StorageCommitmentPushModelInstance, 0x0115),
    ],
)
def test_a_request_that_cannot_be_is_refused(
    archive_node: Running, ds: Dataset, kind: int, instance: str, status: int
) -> None:
    with associate(archive_node.peer, [build_context(StorageCommitmentPushModel)]) as link:
        answer, _ = link.assoc.send_n_action(ds, kind, StorageCommitmentPushModel, instance)
    assert answer.Status == status
    assert archive_node.logged(f"N-ACTION refused ({status:04X})")


def test_the_same_transaction_twice_is_a_failure(archive_node: Running) -> None:
    ds = action()
    reports: list[Dataset] = []
    uid = StorageCommitmentPushModel

    def keep(event: evt.Event) -> tuple[int, None]:
        reports.append(event.event_information)
        return 0, None

    for _ in range(2):
        handlers = [(evt.EVT_N_EVENT_REPORT, keep)]
        with associate(archive_node.peer, [build_context(uid)], handlers=handlers) as link:
            link.assoc.send_n_action(ds, 1, uid, StorageCommitmentPushModelInstance)
            time.sleep(0.3)
    reasons = [report.FailedSOPSequence[0].FailureReason for report in reports]
    assert reasons == [0x0112, 0x0131]
