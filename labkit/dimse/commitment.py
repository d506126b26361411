"""Storage commitment: ask an archive to promise, and wait for the promise (PS3.4 J)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom import evt
from pynetdicom.sop_class import (
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
)

from labkit.common.errors import UsageError
from labkit.dimse.association import Tls, associate, query_context
from labkit.dimse.link import Link
from labkit.dimse.peer import Peer
from labkit.dimse.receiver import Receiver
from labkit.dimse.status import Status
from labkit.dimse.store import SentItem
from labkit.dimse.trace import AssociationTrace

Instances = Iterable[Dataset | SentItem | tuple[str, str]]
_STEP = 0.1  # seconds between looks at the two ways by which a report may come


@dataclass(frozen=True)
class CommitmentResult:
    """What became of a request for commitment.

    Attributes
    ----------
    status
        Of the N-ACTION. Success only means that the request was received (PS3.4 J.3.2).
    transaction_uid
        What ties the report to the request.
    answered
        Whether a report came in time.
    committed
        SOP Instance UIDs the archive takes responsibility for.
    failed
        SOP Instance UID and failure reason of those it does not.
    trace
        The association of the request; a report on an association of its own is in the
        receiver's traces.
    """

    status: Status
    transaction_uid: str
    answered: bool
    committed: tuple[str, ...]
    failed: tuple[tuple[str, Status], ...]
    trace: AssociationTrace = field(repr=False)

    def raise_for_status(self) -> None:
        """Raise `DimseError` if the request itself was refused."""
        self.status.raise_for_status("storage commitment (N-ACTION)")


def request_commitment(
    peer: Peer,
    instances: Instances,
    *,
    receiver: Receiver | None = None,
    wait: float = 10.0,
    ae_title: str = "LEARNER",
    timeout: float = 30.0,
    tls: Tls = None,
) -> CommitmentResult:
    """Ask for storage commitment, and wait for the N-EVENT-REPORT.

    The report may come on the same association, which is kept open so long, or on a new one to
    the address that the archive has for `ae_title` (PS3.4 J.3.3). For that, give a `receiver`
    of the same AE title whose address the archive knows.

    Parameters
    ----------
    peer, ae_title, timeout, tls
        As of `labkit.dimse.associate`.
    instances
        Data sets, `StoreResult.stored`, or pairs of SOP Class and SOP Instance UID.
    receiver
        Listens for the report on a new association.
    wait
        Seconds to wait for the report. An archive may take longer, hours even.

    Raises
    ------
    AssociationError
        No association, or it was lost before the N-ACTION was answered.
    UsageError
        There are no instances.
    """
    action = Dataset()
    action.TransactionUID = generate_uid()
    action.ReferencedSOPSequence = [_reference(item) for item in instances]
    if not action.ReferencedSOPSequence:
        raise UsageError(
            "there are no instances to commit", remedy="Give those stored: result.stored."
        )
    transaction = str(action.TransactionUID)
    reports: list[tuple[int, Dataset]] = []

    def on_report(event: Any) -> tuple[int, None]:
        reports.append((event.event_type, event.event_information))
        return 0x0000, None

    with associate(
        peer,
        [query_context(StorageCommitmentPushModel)],
        ae_title=ae_title,
        timeout=timeout,
        tls=tls,
        handlers=[(evt.EVT_N_EVENT_REPORT, on_report)],
    ) as link:
        link.require(StorageCommitmentPushModel)
        answer, _ = link.operate(
            "N-ACTION-RSP",
            link.assoc.send_n_action,
            action,
            1,  # Request Storage Commitment, PS3.4 Table J.3-1
            StorageCommitmentPushModel,
            StorageCommitmentPushModelInstance,
            link.next_id(),
        )
        status = Status.of(answer, "COMMITMENT")
        report = _await(link, reports, receiver, transaction, wait if status else 0.0)
    return CommitmentResult(
        status,
        transaction,
        report is not None,
        _uids(report, "ReferencedSOPSequence"),
        _failures(report),
        link.trace,
    )


def _await(
    link: Link,
    reports: list[tuple[int, Dataset]],
    receiver: Receiver | None,
    transaction: str,
    wait: float,
) -> Dataset | None:
    deadline = time.monotonic() + wait
    while True:
        for _, information in list(reports):
            if information.get("TransactionUID") == transaction:
                return information
        left = deadline - time.monotonic()
        if left <= 0 or (receiver is None and not link.assoc.is_established):
            return None
        if receiver is None:
            time.sleep(min(_STEP, left))
        elif found := receiver.wait_event(transaction, min(_STEP, left)):
            return found[1]


def _reference(item: Dataset | SentItem | tuple[str, str]) -> Dataset:
    reference = Dataset()
    try:
        pair = item if isinstance(item, tuple) else (item.SOPClassUID, item.SOPInstanceUID)
        reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = map(str, pair)
    except (AttributeError, ValueError, TypeError) as error:
        raise UsageError(
            f"{item!r} does not name a SOP class and a SOP instance",
            remedy="Give data sets, result.stored, or (SOP Class UID, SOP Instance UID) pairs.",
        ) from error
    return reference


def _uids(report: Dataset | None, sequence: str) -> tuple[str, ...]:
    items = (report.get(sequence) or []) if report is not None else []
    return tuple(str(item.get("ReferencedSOPInstanceUID", "")) for item in items)


def _failures(report: Dataset | None) -> tuple[tuple[str, Status], ...]:
    items = (report.get("FailedSOPSequence") or []) if report is not None else []
    return tuple(
        (
            str(item.get("ReferencedSOPInstanceUID", "")),
            Status(int(item.get("FailureReason", 0x0110)), "COMMITMENT"),
        )
        for item in items
    )
