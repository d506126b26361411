"""C-MOVE and C-GET: have objects sent (PS3.4 C.4.2, C.4.3; PS3.7 9.1.3, 9.1.4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import AllTransferSyntaxes
from pynetdicom import StoragePresentationContexts, build_context, build_role, evt
from pynetdicom.dimse_primitives import C_GET, C_MOVE
from pynetdicom.sop_class import (
    PatientRootQueryRetrieveInformationModelGet,
    PatientRootQueryRetrieveInformationModelMove,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)

from labkit.dimse.association import Tls, associate, query_context
from labkit.dimse.find import check_identifier, sop_class
from labkit.dimse.instances import storage_classes_of
from labkit.dimse.link import Link
from labkit.dimse.peer import Peer, check_ae_title
from labkit.dimse.permission import ask_destination
from labkit.dimse.status import Status
from labkit.dimse.trace import AssociationTrace

_MOVE = {
    "study": StudyRootQueryRetrieveInformationModelMove,
    "patient": PatientRootQueryRetrieveInformationModelMove,
}
_GET = {
    "study": StudyRootQueryRetrieveInformationModelGet,
    "patient": PatientRootQueryRetrieveInformationModelGet,
}


@dataclass(frozen=True)
class MoveResult:
    """What a C-MOVE or C-GET came to.

    Attributes
    ----------
    status
        The final status; 0xB000 is a warning: some sub-operations failed.
    completed, failed, warning
        C-STORE sub-operations, as the peer counted them.
    failed_uids
        The Failed SOP Instance UID List (0008,0058), where the peer gave one.
    trace
        Every PDU of the association.
    pending
        How many pending responses came before the final one; a peer may send none.
    """

    status: Status
    completed: int
    failed: int
    warning: int
    failed_uids: tuple[str, ...]
    trace: AssociationTrace = field(repr=False)
    pending: int = field(default=0, repr=False)

    def raise_for_status(self) -> None:
        """Raise `DimseError` if the status is a failure or a cancel."""
        self.status.raise_for_status(self.status.service)


@dataclass(frozen=True)
class GetResult(MoveResult):
    """What a C-GET came to, and the objects.

    Attributes
    ----------
    datasets
        The objects as received, each with its file meta information.
    """

    datasets: list[Dataset] = field(default_factory=list, repr=False)


def move(
    peer: Peer,
    identifier: Dataset,
    destination: str | Peer,
    *,
    model: str = "study",
    ae_title: str = "LEARNER",
    timeout: float = 30.0,
    tls: Tls = None,
) -> MoveResult:
    """Have `peer` send objects to `destination`, over an association that it opens itself.

    Parameters
    ----------
    peer, ae_title, timeout, tls
        As of `labkit.dimse.associate`; `timeout` is the longest silence between two answers.
    identifier
        The level, and unique keys only (PS3.4 C.4.2.1.4).
    destination
        An AE title that `peer` knows the address of; only the title is sent.
    model
        ``"study"`` or ``"patient"``.

    Raises
    ------
    AssociationError
        No association, or it was lost; a failure status does not raise.
    """
    title = check_ae_title(destination.ae_title if isinstance(destination, Peer) else destination)
    uid = sop_class(_MOVE, model)
    check_identifier(identifier)
    ask_destination(peer, peer.called_by(ae_title), title)
    with associate(peer, [query_context(uid)], ae_title=ae_title, timeout=timeout, tls=tls) as link:
        request = C_MOVE()
        request.AffectedSOPClassUID, request.MoveDestination = uid, title
        ending = _retrieve(link, "C-MOVE", request, identifier)
    return MoveResult(**ending, trace=link.trace)


def get(
    peer: Peer,
    identifier: Dataset,
    *,
    model: str = "study",
    storage_classes: Sequence[str] | None = None,
    ae_title: str = "LEARNER",
    timeout: float = 30.0,
    tls: Tls = None,
) -> GetResult:
    """Have `peer` send objects over this same association (no address of ours is needed).

    The caller plays SCP for the storage classes, which it must propose beforehand (PS3.4 C.5.3,
    PS3.7 D.3.3.4). Which ones, a C-FIND tells; then each is proposed in every transfer syntax.
    Where it does not, the storage classes pynetdicom lists are proposed, uncompressed.

    Parameters
    ----------
    peer, identifier, model, ae_title, timeout, tls
        As of `move`.
    storage_classes
        SOP class UIDs to propose; ``None``: ask with C-FIND.

    Raises
    ------
    AssociationError
        No association, or it was lost; a failure status does not raise.
    """
    uid = sop_class(_GET, model)
    check_identifier(identifier)
    if storage_classes is None:
        storage_classes = storage_classes_of(
            peer, identifier, model, ae_title=ae_title, timeout=timeout, tls=tls
        )
    received: list[Dataset] = []

    def keep(event: Any) -> int:
        ds = event.dataset
        ds.file_meta = event.file_meta
        received.append(ds)
        return 0x0000

    storage = _storage_contexts(storage_classes)
    roles = {cx.abstract_syntax: build_role(cx.abstract_syntax, scp_role=True) for cx in storage}
    with associate(
        peer,
        [query_context(uid), *storage],
        ae_title=ae_title,
        timeout=timeout,
        tls=tls,
        handlers=[(evt.EVT_C_STORE, keep)],
        negotiation=list(roles.values()),
    ) as link:
        request = C_GET()
        request.AffectedSOPClassUID = uid
        ending = _retrieve(link, "C-GET", request, identifier)
    return GetResult(**ending, trace=link.trace, datasets=received)


def _storage_contexts(storage_classes: Sequence[str]) -> list[Any]:
    """Build at most 127 contexts; the C-GET needs the 128th (PS3.8 9.3.2.2)."""
    if not storage_classes:
        return list(StoragePresentationContexts[:127])
    each = max(1, 127 // len(storage_classes))
    # One context a transfer syntax, so that the peer can send every object as it is.
    syntaxes = AllTransferSyntaxes[: max(each - 1, 0)]
    contexts = []
    for uid in list(storage_classes)[:127]:
        contexts += [build_context(uid, syntax) for syntax in syntaxes]
        rest = AllTransferSyntaxes[len(syntaxes) :]
        if rest:
            contexts.append(build_context(uid, rest))
    return contexts


def _retrieve(link: Link, service: str, request: Any, asked: Dataset) -> dict[str, Any]:
    """Go through the responses; the last one counts."""
    context = link.require(request.AffectedSOPClassUID)
    answers = list(link.query(request, context, asked))
    answer, failed = answers[-1]
    uids = failed.get("FailedSOPInstanceUIDList") if failed is not None else None
    if uids is None:
        uids = []
    return {
        "status": Status.of(answer, service),
        "completed": int(answer.get("NumberOfCompletedSuboperations") or 0),
        "failed": int(answer.get("NumberOfFailedSuboperations") or 0),
        "warning": int(answer.get("NumberOfWarningSuboperations") or 0),
        "failed_uids": tuple(filter(None, [uids] if isinstance(uids, str) else map(str, uids))),
        "pending": len(answers) - 1,
    }
