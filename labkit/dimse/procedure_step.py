"""MPPS: a modality says what it does and what it has done (PS3.4 F.7; PS3.7 10.1.3, 10.1.5)."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydicom.dataset import Dataset
from pydicom.uid import generate_uid
from pynetdicom.sop_class import ModalityPerformedProcedureStep

from labkit.dimse.association import Tls, associate, query_context
from labkit.dimse.peer import Peer
from labkit.dimse.status import Status
from labkit.dimse.trace import AssociationTrace


@dataclass(frozen=True)
class MppsResult:
    """What an N-CREATE or N-SET of a procedure step got.

    Attributes
    ----------
    status
        0x0110 with "may no longer be updated" is the answer to an N-SET after the final state.
    SOPInstanceUID
        The step: what later N-SETs name.
    trace
        Every PDU of the association.
    """

    status: Status
    SOPInstanceUID: str
    trace: AssociationTrace = field(repr=False)

    def raise_for_status(self) -> None:
        """Raise `DimseError` if the status is a failure."""
        self.status.raise_for_status("MPPS")


def mpps_create(
    peer: Peer,
    attributes: Dataset,
    *,
    uid: str | None = None,
    ae_title: str = "LEARNER",
    timeout: float = 30.0,
    tls: Tls = None,
) -> MppsResult:
    """Say that a step has begun (N-CREATE).

    Parameters
    ----------
    peer, ae_title, timeout, tls
        As of `labkit.dimse.associate`.
    attributes
        Performed Procedure Step Status (0040,0252) must be IN PROGRESS, else the peer answers
        0x0106 (PS3.4 F.7.2.1.2).
    uid
        The SOP Instance UID of the step; ``None`` makes one.

    Raises
    ------
    AssociationError
        No association, or it was lost; a failure status does not raise.
    """
    instance = uid or str(generate_uid())
    contexts = [query_context(ModalityPerformedProcedureStep)]
    with associate(peer, contexts, ae_title=ae_title, timeout=timeout, tls=tls) as link:
        link.require(ModalityPerformedProcedureStep)
        answer, _ = link.operate(
            "N-CREATE-RSP",
            link.assoc.send_n_create,
            attributes,
            ModalityPerformedProcedureStep,
            instance,
            link.next_id(),
        )
    return MppsResult(Status.of(answer, "MPPS"), instance, link.trace)


def mpps_set(
    peer: Peer,
    uid: str,
    modifications: Dataset,
    *,
    ae_title: str = "LEARNER",
    timeout: float = 30.0,
    tls: Tls = None,
) -> MppsResult:
    """Say how a step goes on, or that it is over (N-SET): COMPLETED or DISCONTINUED.

    Parameters
    ----------
    peer, ae_title, timeout, tls
        As of `labkit.dimse.associate`.
    uid
        The step, as `mpps_create` gave it.
    modifications
        What has changed; the final N-SET lists the instances made (PS3.4 F.7.2.2.2).

    Raises
    ------
    AssociationError
        No association, or it was lost; a failure status does not raise.
    """
    contexts = [query_context(ModalityPerformedProcedureStep)]
    with associate(peer, contexts, ae_title=ae_title, timeout=timeout, tls=tls) as link:
        link.require(ModalityPerformedProcedureStep)
        answer, _ = link.operate(
            "N-SET-RSP",
            link.assoc.send_n_set,
            modifications,
            ModalityPerformedProcedureStep,
            uid,
            link.next_id(),
        )
    return MppsResult(Status.of(answer, "MPPS"), uid, link.trace)
