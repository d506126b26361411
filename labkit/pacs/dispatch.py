"""Which service answers a request, and what happens when one fails."""

from __future__ import annotations

import logging
from collections.abc import Callable

from labkit.common.occasion import Occasion, occasion
from labkit.pacs.config import Service
from labkit.pacs.exchange import PROCESSING_FAILURE, SOP_CLASS_NOT_SUPPORTED, Exchange
from labkit.pacs.scp import commitment, echo, find, get, move, mpps, store, worklist

_LOGGER = logging.getLogger(__name__)

# (service of the SOP class, kind of message) → provider
_PROVIDERS: dict[tuple[Service, str], Callable[[Exchange], None]] = {
    (Service.ECHO, "C_ECHO"): echo.serve,
    (Service.STORE, "C_STORE"): store.serve,
    (Service.FIND, "C_FIND"): find.serve,
    (Service.MOVE, "C_MOVE"): move.serve,
    (Service.GET, "C_GET"): get.serve,
    (Service.COMMITMENT, "N_ACTION"): commitment.serve,
    (Service.WORKLIST, "C_FIND"): worklist.serve,
    (Service.MPPS, "N_CREATE"): mpps.serve_create,
    (Service.MPPS, "N_SET"): mpps.serve_set,
}


def dispatch(x: Exchange) -> None:
    """Answer a request, whatever happens."""
    assoc = x.assoc
    service = x.config.service_of(str(x.context.abstract_syntax))
    kind = type(x.request).__name__
    provider = _PROVIDERS.get((service, kind)) if service else None
    assoc.dimse.cancel_req = {}
    if provider is None:
        x.warn(f"{kind.replace('_', '-')} refused (0122): not a message of {service}")
        x.respond(SOP_CLASS_NOT_SUPPORTED, comment="not a message of this SOP class")
        return
    try:
        with occasion(_occasion(x)):
            provider(x)
    except Exception as error:
        # The peer is to get an answer, and the learner a reason, whatever went wrong here.
        _LOGGER.exception("%s failed", kind)
        x.log("ERROR", f"{kind.replace('_', '-')} failed (0110): {type(error).__name__}: {error}")
        if not x.answered and assoc.is_established:
            x.respond(PROCESSING_FAILURE, comment=f"{type(error).__name__}; see the log")
    finally:
        assoc.dimse.cancel_req = {}


def _occasion(x: Exchange) -> Occasion:
    asked = getattr(x.request, "Identifier", None)  # of C-FIND, C-MOVE and C-GET (PS3.7 9.1)
    return Occasion(
        str(getattr(x.assoc.requestor, "address", "") or ""),
        query=asked.getvalue() if asked is not None else b"",
        sop_class=str(x.context.abstract_syntax),
        transfer_syntax=x.transfer_syntax,
    )
