"""C-FIND: ask what is there (PS3.4 C.4.1, K.4.1; PS3.7 9.1.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, overload

from pydicom.dataset import Dataset
from pynetdicom.dimse_primitives import C_FIND
from pynetdicom.sop_class import (
    ModalityWorklistInformationFind,
    PatientRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelFind,
)

from labkit.common.errors import UsageError
from labkit.dimse.association import Tls, associate, query_context
from labkit.dimse.identifier import identifier as make_identifier
from labkit.dimse.peer import Peer
from labkit.dimse.status import Status
from labkit.dimse.table import cell, columns_of, html_table, text_table
from labkit.dimse.trace import AssociationTrace

_FIND = {
    "study": StudyRootQueryRetrieveInformationModelFind,
    "patient": PatientRootQueryRetrieveInformationModelFind,
}


class FindResult(Sequence[Dataset]):
    """The matches of a C-FIND, in the order they came; printed as a table of the keys asked for.

    Attributes
    ----------
    status
        The final status. Success with no match is a success (PS3.4 C.4.1.3.1).
    trace
        Every PDU of the association.
    asked
        The identifier that was sent.
    """

    def __init__(
        self, matches: list[Dataset], status: Status, trace: AssociationTrace, asked: Dataset
    ) -> None:
        self._matches = matches
        self.status = status
        self.trace = trace
        self.asked = asked

    @overload
    def __getitem__(self, index: int) -> Dataset: ...
    @overload
    def __getitem__(self, index: slice) -> list[Dataset]: ...
    def __getitem__(self, index: int | slice) -> Dataset | list[Dataset]:
        return self._matches[index]

    def __len__(self) -> int:
        return len(self._matches)

    def raise_for_status(self) -> None:
        """Raise `DimseError` if the status is a failure or a cancel."""
        self.status.raise_for_status("C-FIND")

    def sorted_by(self, *keywords: str) -> FindResult:
        """Return the same answer with its matches in the order of these attributes, as text.

        DICOM defines no order of the matches (PS3.4 C.4.1.3.1): each archive has its own.
        """
        columns = [tuple(keyword.split(".")) for keyword in keywords]
        matches = sorted(self._matches, key=lambda ds: [cell(ds, column) for column in columns])
        return FindResult(matches, self.status, self.trace, self.asked)

    def _heading(self) -> str:
        count = f"{len(self)} match" + ("" if len(self) == 1 else "es")
        return f"C-FIND: {count}, {self.status}"

    def __repr__(self) -> str:
        return "\n".join([self._heading(), *text_table(self._matches, columns_of(self.asked))])

    def _repr_html_(self) -> str:
        return html_table(self._heading(), self._matches, columns_of(self.asked))


def find(
    peer: Peer,
    identifier: Dataset,
    *,
    model: str = "study",
    limit: int | None = None,
    ae_title: str = "LEARNER",
    timeout: float = 30.0,
    tls: Tls = None,
) -> FindResult:
    """Send a C-FIND and collect what matches.

    Parameters
    ----------
    peer, ae_title, timeout, tls
        As of `labkit.dimse.associate`.
    identifier
        What `labkit.dimse.identifier` makes, or any data set with a Query/Retrieve Level.
    model
        ``"study"`` or ``"patient"``: the root of the information model (PS3.4 C.6.1, C.6.2).
    limit
        Send a C-CANCEL after so many matches (PS3.7 9.1.2.3); the status is then 0xFE00, unless
        the peer was done before it saw the cancel. Without it what the peer has, ``peer.most``.

    Raises
    ------
    AssociationError
        No association, or it was lost; a failure status does not raise.
    UsageError
        The model does not exist, or the identifier cannot be encoded.
    """
    return _query(
        peer, identifier, sop_class(_FIND, model), "C-FIND", limit, ae_title, timeout, tls
    )


def worklist(
    peer: Peer,
    keys: Dataset | Mapping[str, Any] | None = None,
    *,
    limit: int | None = None,
    ae_title: str = "LEARNER",
    timeout: float = 30.0,
    tls: Tls = None,
) -> FindResult:
    """Ask for the modality worklist: what is scheduled (PS3.4 K).

    Parameters
    ----------
    peer, limit, ae_title, timeout, tls
        As of `find`.
    keys
        An identifier, or keyword and value of what to match: ``{"ScheduledProcedureStepSequence":
        {"Modality": "CT"}}``. The usual return keys are asked for beside them. ``None`` asks for
        everything that is scheduled.

    Raises
    ------
    AssociationError
        No association, or it was lost; a failure status does not raise.
    """
    asked = keys if isinstance(keys, Dataset) else _worklist_identifier(keys or {})
    return _query(
        peer, asked, ModalityWorklistInformationFind, "MWL", limit, ae_title, timeout, tls
    )


# The attributes that a modality shows in its list: the matching and type 1 return keys of PS3.4
# Table K.6-1, in the order in which they read well.
_WORKLIST = ("PatientName", "PatientID", "AccessionNumber", "StudyInstanceUID",
             "RequestedProcedureID", "RequestedProcedureDescription")  # fmt: skip
_STEP = ("Modality", "ScheduledStationAETitle", "ScheduledProcedureStepStartDate",
         "ScheduledProcedureStepStartTime", "ScheduledPerformingPhysicianName",
         "ScheduledProcedureStepDescription", "ScheduledProcedureStepID")  # fmt: skip


def _worklist_identifier(keys: Mapping[str, Any]) -> Dataset:
    wanted: dict[str, Any] = {**dict.fromkeys(_WORKLIST), **keys}
    step = keys.get("ScheduledProcedureStepSequence") or {}
    if isinstance(step, Mapping):
        wanted["ScheduledProcedureStepSequence"] = {**dict.fromkeys(_STEP), **step}
    return make_identifier(None, **wanted)


def sop_class(models: Mapping[str, str], model: str) -> str:
    """Choose the SOP class of an information model by its root."""
    if model not in models:
        raise UsageError(
            f"there is no information model {model!r}",
            remedy=f"Use model={' or model='.join(map(repr, models))} (PS3.4 C.6).",
        )
    return models[model]


def check_identifier(identifier: Any, *, level: bool = True) -> Dataset:
    """Say what is wrong with an identifier before it is sent."""
    if not isinstance(identifier, Dataset):
        raise UsageError(
            f"an identifier is a data set, not {type(identifier).__name__}",
            remedy='Make one: identifier("STUDY", PatientID="…").',
        )
    if level and not identifier.get("QueryRetrieveLevel"):
        raise UsageError(
            "the identifier has no Query/Retrieve Level (0008,0052) (PS3.4 C.4.1.1.3.1)",
            remedy='Make it with identifier("STUDY", …), or set ds.QueryRetrieveLevel.',
        )
    return identifier


def _query(
    peer: Peer,
    asked: Dataset,
    uid: str,
    service: str,
    limit: int | None,
    ae_title: str,
    timeout: float,
    tls: Tls,
) -> FindResult:
    check_identifier(asked, level=service != "MWL")
    if limit is not None and (not isinstance(limit, int) or limit < 1):
        raise UsageError(
            f"a limit is a whole number from 1, not {limit!r}",
            remedy="Leave it out to get every match.",
        )
    if limit is None and isinstance(peer, Peer):
        limit = peer.most
    matches: list[Dataset] = []
    status = Status(0xFE00, service)
    with associate(peer, [query_context(uid)], ae_title=ae_title, timeout=timeout, tls=tls) as link:
        context = link.require(uid)
        request = C_FIND()
        request.AffectedSOPClassUID = uid
        cancelled = False
        for answer, match in link.query(request, context, asked):
            status = Status.of(answer, service)
            if match is not None:
                matches.append(match)
            if limit is not None and len(matches) >= limit and not cancelled:
                link.cancel(request, context)
                cancelled = True
    return FindResult(matches if limit is None else matches[:limit], status, link.trace, asked)
