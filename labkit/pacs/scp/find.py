"""Query (PS3.4 C.4.1): answers with one pending response for each match."""

from __future__ import annotations

from labkit.common.access import ALLOW_ALL
from labkit.common.errors import DataError
from labkit.common.wording import counted
from labkit.pacs.config import PATIENT_ROOT
from labkit.pacs.exchange import (
    CANCEL,
    NOT_AUTHORISED,
    PENDING,
    PENDING_WITH_WARNING,
    SUCCESS,
    Exchange,
)
from labkit.pacs.hidden import Visible, remembered, shown
from labkit.pacs.identifier import IdentifierError, Query, Root, read_query
from labkit.pacs.negotiate import relational_agreed
from labkit.pacs.query import find

UNABLE_TO_PROCESS = 0xC000


def root_of(x: Exchange) -> Root:
    """The information model of the SOP class in use."""
    return Root.PATIENT if str(x.context.abstract_syntax) in PATIENT_ROOT else Root.STUDY


def visible_to(x: Exchange, action: str, **more: str) -> Visible:
    """Return what says whether the peer may have a patient's study."""

    def ask(patient_id: str, study: str) -> bool:
        resource = {"PatientID": patient_id, "StudyInstanceUID": study, **more}
        return bool(x.may(action, resource))

    return remembered(ask)


def serve(x: Exchange) -> None:
    """Answer a C-FIND."""
    decision = x.may("C-FIND", {})
    if not decision:
        x.warn(f"C-FIND refused: {decision.reason}")
        x.respond(NOT_AUTHORISED, comment=decision.reason)
        return
    root = root_of(x)
    try:
        identifier = x.decode(x.request.Identifier)
        query = read_query(identifier, root, relational=relational_agreed(x.assoc, x.context))
    except IdentifierError as error:
        x.warn(f"C-FIND failed ({error.status:04X}): {error.message}")
        x.respond(error.status, comment=error.message, offending=error.offending)
        return
    except DataError as error:
        x.warn(f"C-FIND failed ({UNABLE_TO_PROCESS:04X}): {error.message}")
        x.respond(UNABLE_TO_PROCESS, comment=error.message)
        return
    for reason in query.ignored:
        x.info(f"C-FIND: key ignored, answered with FF01: {reason}")
    _answer(x, query)


def _answer(x: Exchange, query: Query) -> None:
    status = PENDING_WITH_WARNING if query.ignored else PENDING
    sent = hidden = 0
    open_ = x.around.policy is ALLOW_ALL
    visible = visible_to(x, "C-FIND")
    matches = find(x.archive, query, x.config.ae_title, unknown_matches=x.config.unknown_matches)
    for match in matches:
        if x.cancelled():
            x.info(f"C-FIND cancelled by the peer after {counted(sent, 'match')}")
            x.respond(CANCEL)
            return
        if x.lost:
            x.warn(f"C-FIND ended with the association after {counted(sent, 'match')}")
            return
        if not open_ and not shown(match, query, x.archive, visible):
            hidden += 1
            continue
        x.respond(status, match.answer.to_bytes(x.encoding, query.character_set))
        sent += 1
    withheld = f", {hidden} withheld by the access policy" if hidden else ""
    keys = ", ".join([*query.conditions, *query.collections]) or "no key with a value"
    x.info(
        f"C-FIND {query.root.value} {query.level.value} by {keys}: {counted(sent, 'match')}"
        f"{withheld}"
    )
    x.respond(SUCCESS)
