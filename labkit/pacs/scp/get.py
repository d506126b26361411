"""Retrieval by C-GET (PS3.4 C.4.3): sends objects back on the same association."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labkit.common.errors import DataError
from labkit.pacs.exchange import NOT_AUTHORISED, Exchange
from labkit.pacs.retrieval import Tally
from labkit.pacs.scp.find import visible_to
from labkit.pacs.scp.retrieve import entries_wanted, finish, pending, shipments_of, withdrawn
from labkit.pacs.sender import Shipment, choose_context, contexts_of, store_request


def serve(x: Exchange) -> None:
    """Answer a C-GET."""
    decision = x.may("C-GET", {})
    if not decision:
        x.warn(f"C-GET refused ({NOT_AUTHORISED:04X}): {decision.reason}")
        x.respond(NOT_AUTHORISED, comment=decision.reason)
        return
    visible = visible_to(x, "C-GET")
    entries = entries_wanted(x, "C-GET", visible)
    if entries is None:
        return
    tally = Tally(len(entries))
    accepted, ended = contexts_of(x.assoc), withdrawn(entries, visible)
    for number, shipment in enumerate(shipments_of(x, entries), start=1):
        if x.cancelled() or ended():
            finish(x, tally, "C-GET", cancelled=True)
            return
        status = _send(x, accepted, shipment, number)
        if x.lost:
            x.warn(f"C-GET ended with the association: {tally}")
            return
        tally.count(shipment.sop_instance, status)
        pending(x, tally)
    finish(x, tally, "C-GET")


def _send(
    x: Exchange, accepted: Mapping[tuple[str, str], Any], shipment: Shipment, number: int
) -> int | None:
    """Send one object as C-STORE request on this association; its status."""
    uid = shipment.sop_instance
    context = choose_context(accepted, shipment)
    if context is None:
        x.warn(
            f"C-GET: {uid} cannot be sent: no presentation context with role selection for its "
            f"SOP class {shipment.sop_class} (PS3.4 C.5.3)"
        )
        return None
    message_id = (x.request.MessageID + number) % 0x10000
    try:
        request = store_request(shipment, str(context.transfer_syntax[0]), message_id)
    except (DataError, OSError) as error:
        x.warn(f"C-GET: {uid} cannot be sent: {str(error).splitlines()[0]}")
        return None
    x.assoc.dimse.send_msg(request, context.context_id)
    _, response = x.assoc.dimse.get_msg(block=True)
    if response is None or response.MessageIDBeingRespondedTo != message_id:
        x.warn(f"C-GET: no answer to the C-STORE of {uid}")
        return None
    if response.Status != 0x0000:
        x.warn(f"C-GET: the peer answered {response.Status:04X} to the C-STORE of {uid}")
    return int(response.Status)
