from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import JPEG2000

from labkit.common.errors import AssociationAborted, DimseError, PortTaken, UsageError
from labkit.dimse import Peer, Receiver, decode_negotiation, get, identifier, move, store
from labkit.dimse.retrieve import _storage_contexts
from tests.dimse.wire import between


def study(ct: Dataset) -> Dataset:
    return identifier("STUDY", StudyInstanceUID=ct.StudyInstanceUID)


def test_move_to_a_receiver(scp, ct, tmp_path: Path) -> None:
    with Receiver("LEARNER", folder=tmp_path / "in") as receiver:
        scp.destinations["LEARNER"] = receiver.peer
        result = move(scp.peer, study(ct), receiver.peer)
        assert receiver.wait(1)
        assert not receiver.wait(2, timeout=0.05)
        assert repr(receiver) == "<Receiver LEARNER: 1 object>"
        assert repr(receiver.peer) == "Peer(LEARNER)"
    assert (result.status, result.completed, result.failed) == (0x0000, 1, 0)
    assert result.failed_uids == ()
    result.raise_for_status()
    (received,) = receiver.received
    assert received.PatientName == ct.PatientName
    assert received.file_meta.MediaStorageSOPInstanceUID == ct.SOPInstanceUID
    (trace,) = receiver.traces
    assert (trace.node, trace.requestor.ae_title, trace.end) == ("LEARNER", "ARCHIVE", "released")
    saved = tmp_path / "in" / f"{ct.SOPInstanceUID}.dcm"
    assert store(scp.peer, saved).stored


def test_move_to_nowhere(scp, ct) -> None:
    result = move(scp.peer, study(ct), "NODEST")
    assert str(result.status) == "0xA801 Move destination unknown"
    with pytest.raises(DimseError, match="C-MOVE ended with 0xA801"):
        result.raise_for_status()


def test_move_to_a_receiver_that_is_gone(scp, ct) -> None:
    scp.destinations["GONE"] = Peer("GONE", "127.0.0.1", 1)
    assert move(scp.peer, study(ct), "GONE").status.category == "Failure"


def test_move_whose_sub_operations_fail(scp, ct) -> None:
    with Receiver("LEARNER", folder=None) as receiver:
        receiver._folder = Path("/nonexistent/folder")  # so that every write fails: 0xA700
        scp.destinations["LEARNER"] = receiver.peer
        result = move(scp.peer, study(ct), "LEARNER")
    assert (result.completed, result.failed) == (0, 1)
    assert result.failed_uids == (ct.SOPInstanceUID,)
    assert result.status != 0x0000


def test_get(scp, ct) -> None:
    result = get(scp.peer, study(ct))
    assert (result.status, result.completed) == (0x0000, 1)
    assert [ds.SOPInstanceUID for ds in result.datasets] == [ct.SOPInstanceUID]
    assert result.datasets[0].file_meta.TransferSyntaxUID
    contexts = decode_negotiation(result.trace).contexts
    assert {cx.name for cx in contexts[1:]} == {"CT Image Storage"}, "C-FIND told which to propose"
    levels = [ds.QueryRetrieveLevel for ds in scp.asked]
    assert levels[0] == "STUDY"


def test_get_where_find_says_sop_classes_in_study(scp, ct) -> None:
    ct.SOPClassesInStudy = [ct.SOPClassUID, "1.2.840.10008.5.1.4.1.1.4"]
    scp.objects = {ct.SOPInstanceUID: ct}
    result = get(scp.peer, study(ct))
    names = {cx.name for cx in decode_negotiation(result.trace).contexts[1:]}
    assert names == {"CT Image Storage", "MR Image Storage"}
    assert len(scp.asked) == 1


def test_get_where_find_finds_nothing(scp) -> None:
    result = get(scp.peer, identifier("STUDY", StudyInstanceUID="1.2.3"))
    assert (result.status, result.completed, result.datasets) == (0x0000, 0, [])
    assert len(decode_negotiation(result.trace).contexts) > 100, "all that there are"


def test_get_with_classes_given(scp, ct) -> None:
    result = get(scp.peer, study(ct), storage_classes=["1.2.840.10008.5.1.4.1.1.4"])
    assert result.datasets == []
    assert not scp.asked
    assert result.failed == 1


@pytest.mark.parametrize("count", [1, 2, 40, 126, 127, 150])
def test_never_more_than_127_storage_contexts(count: int) -> None:
    contexts = _storage_contexts([f"1.2.{i}" for i in range(count)])
    assert len(contexts) <= 127
    assert len({cx.abstract_syntax for cx in contexts}) == min(count, 127)
    first = [s for cx in contexts if cx.abstract_syntax == "1.2.0" for s in cx.transfer_syntax]
    assert JPEG2000 in first


def test_lost_on_the_way(scp, ct) -> None:
    lose = lambda pdu: None if pdu[0] == 4 else pdu  # noqa: E731
    with between(scp.peer, lose) as wire, pytest.raises(AssociationAborted, match="C-MOVE-RSP"):
        move(wire.peer, study(ct), "LEARNER", timeout=3)


def test_receiver_outside_its_block() -> None:
    with pytest.raises(UsageError, match="does not listen yet"):
        _ = Receiver("LEARNER").peer
    for wrong in ({"ae_title": "TITLE THAT IS TOO LONG"}, {"port": 99999}, {"port": "x"}):
        with pytest.raises(UsageError):
            Receiver(**{"ae_title": "LEARNER", **wrong})
    with pytest.raises(UsageError, match="cannot be made"), Receiver("LEARNER", folder=__file__):
        pass


def test_receiver_on_a_taken_port(scp) -> None:
    with pytest.raises(PortTaken, match="cannot be listened on"), Receiver("X", scp.peer.port):
        pass
