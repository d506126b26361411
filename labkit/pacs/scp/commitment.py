"""Storage commitment, push model (PS3.4 Annex J): "may I delete my copy now?"

The answer to the N-ACTION says only that the question was received. The answer to the question is
an N-EVENT-REPORT, on a new association to the asker where its address is known, else on the same
one.
"""

from __future__ import annotations

import threading
import time

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pynetdicom import build_context, build_role
from pynetdicom.dimse_primitives import N_EVENT_REPORT
from pynetdicom.sop_class import StorageCommitmentPushModel, StorageCommitmentPushModelInstance

from labkit.common.errors import AssociationError, DataError
from labkit.common.wording import counted
from labkit.dimse import Peer, associate
from labkit.pacs.exchange import NOT_AUTHORISED, SUCCESS, Exchange

NO_SUCH_INSTANCE = 0x0112
INVALID_ARGUMENT = 0x0115
NO_SUCH_ACTION = 0x0123
CLASS_INSTANCE_CONFLICT = 0x0119
DUPLICATE_TRANSACTION = 0x0131
REQUEST_COMMITMENT = 1
ALL_COMMITTED, FAILURES_EXIST = 1, 2
_WAITS = (0.0, 1.0, 5.0)  # seconds before each try to report


def serve(x: Exchange) -> None:
    """Answer an N-ACTION, and then the question in it."""
    request = x.request
    decision = x.may("N-ACTION", {})
    if not decision:
        _refuse(x, NOT_AUTHORISED, decision.reason)
    elif str(request.RequestedSOPInstanceUID) != StorageCommitmentPushModelInstance:
        _refuse(x, NO_SUCH_INSTANCE, "not the well-known Storage Commitment instance")
    elif request.ActionTypeID != REQUEST_COMMITMENT:
        _refuse(x, NO_SUCH_ACTION, f"action type {request.ActionTypeID} is not 1")
    else:
        _take(x)


def _take(x: Exchange) -> None:
    try:
        asked = x.decode(x.request.ActionInformation)
        transaction, items = _read(asked)
    except DataError as error:
        _refuse(x, INVALID_ARGUMENT, error.message)
        return
    report, event_type = _judge(x, transaction, items)
    failed = len(report.get("FailedSOPSequence", ()))
    x.info(f"N-ACTION storage commitment: {counted(len(items), 'object')}, {failed} not committed")
    x.respond(SUCCESS, ActionTypeID=REQUEST_COMMITMENT)
    peer = x.around.destinations.get(x.actor)
    if peer is None:
        _report_here(x, report, event_type)
        return
    # On another thread: the asker may first want to release this association.
    threading.Thread(
        target=_report_there, args=(x, peer, report, event_type), name="commitment", daemon=True
    ).start()


def _read(asked: Dataset) -> tuple[str, list[Dataset]]:
    transaction = str(asked.get("TransactionUID") or "")
    items = list(asked.get("ReferencedSOPSequence") or ())
    if not transaction or not items:
        raise DataError("Transaction UID and Referenced SOP Sequence are required")
    for item in items:
        if not item.get("ReferencedSOPClassUID") or not item.get("ReferencedSOPInstanceUID"):
            raise DataError("a reference lacks its SOP Class or SOP Instance UID")
    return transaction, items


def _judge(x: Exchange, transaction: str, items: list[Dataset]) -> tuple[Dataset, int]:
    """Sort the references into committed and failed (PS3.4 J.3.3)."""
    duplicate = transaction in x.around.transactions
    x.around.transactions.append(transaction)
    committed: list[Dataset] = []
    failed: list[Dataset] = []
    for item in items:
        reason = DUPLICATE_TRANSACTION if duplicate else _reason(x, item)
        answer = Dataset()
        answer.ReferencedSOPClassUID = item.ReferencedSOPClassUID
        answer.ReferencedSOPInstanceUID = item.ReferencedSOPInstanceUID
        if reason:
            answer.FailureReason = reason
            x.warn(f"not committed ({reason:04X}): {item.ReferencedSOPInstanceUID}")
        (failed if reason else committed).append(answer)
    report = Dataset()
    report.TransactionUID = transaction
    report.RetrieveAETitle = x.config.ae_title
    if committed:
        report.ReferencedSOPSequence = Sequence(committed)
    if failed:
        report.FailedSOPSequence = Sequence(failed)
    return report, FAILURES_EXIST if failed else ALL_COMMITTED


def _reason(x: Exchange, item: Dataset) -> int:
    """Why an object cannot be committed to, or 0: it is in the index *and* on the disk."""
    held = x.archive.get(str(item.ReferencedSOPInstanceUID))
    if held is None or not held.path.exists():
        return NO_SUCH_INSTANCE
    entry = held.entry
    whose = {"PatientID": entry.patient_id, "StudyInstanceUID": entry.study_instance_uid}
    if not x.may("N-ACTION", whose):  # a promise to keep it would tell that it is here
        return NO_SUCH_INSTANCE
    if held.entry.sop_class_uid != item.ReferencedSOPClassUID:
        return CLASS_INSTANCE_CONFLICT
    return 0


def _report_here(x: Exchange, report: Dataset, event_type: int) -> None:
    """Report on the association that the question came on."""
    message = N_EVENT_REPORT()
    message.MessageID = 1
    message.AffectedSOPClassUID = StorageCommitmentPushModel
    message.AffectedSOPInstanceUID = StorageCommitmentPushModelInstance
    message.EventTypeID = event_type
    message.EventInformation = x.encoded_stream(report)
    x.assoc.dimse.send_msg(message, x.context.context_id)
    response = x.await_message()
    if response is None:
        x.warn(
            f"N-EVENT-REPORT: {x.actor} did not wait for it, and its address is not known here "
            "(register it: labkit nodes add AE HOST PORT)"
        )
    else:
        x.info(f"N-EVENT-REPORT type {event_type} answered {response.Status:04X}")


def _report_there(x: Exchange, peer: Peer, report: Dataset, event_type: int) -> None:
    """Report on a new association, proposing the SCP role for ourselves (PS3.4 J.3.3.1.2)."""
    for wait in _WAITS:
        time.sleep(wait)
        try:
            with associate(
                peer,
                [build_context(StorageCommitmentPushModel)],
                ae_title=x.config.ae_title,
                timeout=x.config.timeout,
                negotiation=[build_role(StorageCommitmentPushModel, scp_role=True)],
            ) as link:
                status, _ = link.assoc.send_n_event_report(
                    report,
                    event_type,
                    StorageCommitmentPushModel,
                    StorageCommitmentPushModelInstance,
                )
                if "Status" not in status:
                    continue
                x.info(f"N-EVENT-REPORT type {event_type} answered {status.Status:04X}")
                return
        except (AssociationError, ValueError) as error:
            problem = error.message if isinstance(error, AssociationError) else str(error)
            x.warn(f"N-EVENT-REPORT to {peer.ae_title} failed: {problem}")
    x.warn(f"N-EVENT-REPORT to {peer.ae_title} given up")


def _refuse(x: Exchange, status: int, why: str) -> None:
    x.warn(f"N-ACTION refused ({status:04X}): {why}")
    x.respond(status, comment=why)
