"""Retrieval by C-MOVE (PS3.4 C.4.2): sends objects to a third party, on a new association."""

from __future__ import annotations

from collections.abc import Callable

from labkit.common.errors import AssociationError
from labkit.common.wording import counted
from labkit.dimse import Peer
from labkit.pacs.exchange import NOT_AUTHORISED, Exchange
from labkit.pacs.retrieval import Tally
from labkit.pacs.scp.find import visible_to
from labkit.pacs.scp.retrieve import entries_wanted, finish, pending, shipments_of, withdrawn
from labkit.pacs.sender import Originator, Shipment, deliver

MOVE_DESTINATION_UNKNOWN = 0xA801


def serve(x: Exchange) -> None:
    """Answer a C-MOVE."""
    title = str(x.request.MoveDestination).strip()
    decision = x.may("C-MOVE", {"destination": title})
    if not decision:
        x.warn(f"C-MOVE refused ({NOT_AUTHORISED:04X}): {decision.reason}")
        x.respond(NOT_AUTHORISED, comment=decision.reason)
        return
    destination = x.around.destinations.get(title)
    if destination is None:
        known = ", ".join(x.around.destinations) or "none"
        x.warn(
            f"C-MOVE refused (A801): destination {title} is unknown; known: {known} "
            "(register it: labkit nodes add AE HOST PORT)"
        )
        x.respond(MOVE_DESTINATION_UNKNOWN, comment=f"move destination {title} is unknown here")
        return
    visible = visible_to(x, "C-MOVE", destination=title)
    entries = entries_wanted(x, "C-MOVE", visible)
    if entries is None:
        return
    x.info(f"C-MOVE: {counted(len(entries), 'object')} to {title}")
    _send(x, destination, shipments_of(x, entries), withdrawn(entries, visible))


def _send(
    x: Exchange, destination: Peer, shipments: list[Shipment], ended: Callable[[], bool]
) -> None:
    tally = Tally(len(shipments))
    cancelled = False

    def stop() -> bool:
        nonlocal cancelled
        cancelled = cancelled or x.cancelled() or ended()
        return cancelled or x.lost

    deliveries = deliver(
        destination,
        shipments,
        ae_title=x.config.ae_title,
        timeout=x.config.timeout,
        originator=Originator(x.actor, x.request.MessageID),
        stop=stop,
        # A first pending response (PS3.7 9.1.4), though nothing is sent yet. A requestor that is
        # the destination too may watch one association at a time: DCMTK's movescu looks for a
        # connection, then waits up to a second for a response.
        connected=lambda: pending(x, tally),
    )
    try:
        for delivery in deliveries:
            uid = delivery.shipment.sop_instance
            tally.count(uid, delivery.status)
            if delivery.status != 0x0000:
                code = "no answer" if delivery.status is None else f"{delivery.status:04X}"
                x.warn(
                    f"C-MOVE: {destination.ae_title} did not take {uid} ({code}) {delivery.problem}"
                )
            pending(x, tally)
    except AssociationError as error:
        x.warn(f"C-MOVE: no association with {destination.ae_title}: {error.message}")
        tally.fail(shipment.sop_instance for shipment in shipments)
    if x.lost:
        x.warn(f"C-MOVE ended with the association: {tally}")
        return
    finish(x, tally, "C-MOVE", cancelled=cancelled)
