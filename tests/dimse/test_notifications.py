"""MPPS and storage commitment."""

import pytest
from pydicom.dataset import Dataset

from labkit.common.errors import DimseError, UsageError
from labkit.dimse import Receiver, decode_messages, mpps_create, mpps_set, request_commitment, store


def step(status: str) -> Dataset:
    ds = Dataset()
    ds.PerformedProcedureStepStatus = status
    return ds


def test_a_step_from_begin_to_end(scp) -> None:
    begun = mpps_create(scp.peer, step("IN PROGRESS"))
    assert begun.status == 0x0000
    begun.raise_for_status()
    ended = mpps_set(scp.peer, begun.SOPInstanceUID, step("COMPLETED"))
    assert (ended.status, ended.SOPInstanceUID) == (0x0000, begun.SOPInstanceUID)
    assert scp.steps[begun.SOPInstanceUID].PerformedProcedureStepStatus == "COMPLETED"
    assert ended.trace.end == "released"


def test_a_step_must_begin_in_progress(scp) -> None:
    refused = mpps_create(scp.peer, step("COMPLETED"), uid="1.2.3")
    assert str(refused.status) == "0x0106 Invalid Attribute Value"
    assert str(refused.status.section) == "PS3.7 C"
    with pytest.raises(DimseError):
        refused.raise_for_status()
    assert mpps_set(scp.peer, "1.2.3", step("COMPLETED")).status == 0x0112


def test_a_step_that_cannot_be_encoded(scp) -> None:
    broken = step("IN PROGRESS")
    broken.add_new("Rows", "US", "many")
    with pytest.raises(UsageError, match="cannot be encoded"):
        mpps_create(scp.peer, broken)


def test_commitment_on_the_same_association(scp, ct) -> None:
    sent = store(scp.peer, ct)
    result = request_commitment(scp.peer, sent.stored)
    assert (result.status, result.answered) == (0x0000, True)
    assert result.committed == (ct.SOPInstanceUID,)
    assert result.failed == ()
    result.raise_for_status()
    names = [message.name for message in decode_messages(result.trace)]
    assert sorted(names) == [
        "N-ACTION-RQ", "N-ACTION-RSP", "N-EVENT-REPORT-RQ", "N-EVENT-REPORT-RSP",
    ]  # fmt: skip
    assert result.trace.end == "released", "and not before the report was answered"


def test_commitment_of_something_that_is_not_there(scp, ct) -> None:
    result = request_commitment(scp.peer, [ct, (ct.SOPClassUID, "1.2.3")])
    assert result.committed == (ct.SOPInstanceUID,)
    ((uid, reason),) = result.failed
    assert (uid, str(reason)) == ("1.2.3", "0x0112 No Such SOP Instance")


def test_commitment_on_a_new_association(scp, ct) -> None:
    with Receiver("LEARNER") as receiver:
        scp.report_to = receiver.peer
        result = request_commitment(scp.peer, [ct], receiver=receiver)
    assert result.answered
    assert result.committed == (ct.SOPInstanceUID,)
    assert receiver.events[0][0] == 1
    assert receiver.traces[0].requestor.ae_title == "ARCHIVE"


def test_no_report_is_no_promise(scp, ct) -> None:
    scp.report_to = "none"
    result = request_commitment(scp.peer, [ct], wait=0.2)
    assert (bool(result.status), result.answered, result.committed) == (True, False, ())
    with Receiver("LEARNER") as receiver:
        result = request_commitment(scp.peer, [ct], wait=0.2, receiver=receiver)
    assert not result.answered


def test_a_refused_request_does_not_wait(scp, ct) -> None:
    scp.report_to, scp.action_status = "none", 0x0213
    result = request_commitment(scp.peer, [ct], wait=60)
    assert str(result.status) == "0x0213 Resource Limitation"
    with pytest.raises(DimseError, match="storage commitment"):
        result.raise_for_status()


@pytest.mark.parametrize("instances", [[], [7], [("a",)], [Dataset()]])
def test_what_cannot_be_committed(scp, instances) -> None:
    with pytest.raises(UsageError):
        request_commitment(scp.peer, instances)
