"""Sending stored objects to another node, as C-MOVE and the router do.

Objects go out as the bytes they came in. Only where the peer does not take their transfer syntax
are they encoded anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from pynetdicom import build_context, evt
from pynetdicom.dimse_primitives import C_STORE

from labkit.common.errors import AssociationError, DataError
from labkit.dimse import Link, Peer, associate
from labkit.dimse.codec import put_uid
from labkit.pacs.convert import NATIVE, convert
from labkit.pacs.part10 import read_data_set

_MOST_CONTEXTS = 128  # PS3.8 9.3.2.2
_TRIES = 2


@dataclass(frozen=True)
class Shipment:
    """One object to be sent."""

    sop_class: str
    sop_instance: str
    transfer_syntax: str
    path: Path
    encoded: Callable[[Path], memoryview] = read_data_set
    """Gives its data set as it is to go out, where that is not as it is stored."""


@dataclass(frozen=True)
class Delivery:
    """What became of it: the peer's status, or why there is none."""

    shipment: Shipment
    status: int | None
    problem: str = ""
    tried: bool = True
    """False if it was still to be sent when the association was lost for good."""


@dataclass(frozen=True)
class Originator:
    """Who asked for it: Move Originator AE Title and Message ID (PS3.7 9.3.1.1)."""

    ae_title: str
    message_id: int


def deliver(
    peer: Peer,
    shipments: Iterable[Shipment],
    *,
    ae_title: str,
    timeout: float = 30.0,
    originator: Originator | None = None,
    stop: Callable[[], bool] = lambda: False,
    connected: Callable[[], None] | None = None,
) -> Iterator[Delivery]:
    """Send objects, each on its own transfer syntax where the peer takes it.

    An association that is lost is opened once more, and the object whose answer is missing sent
    again: a receiver has to bear that, since the answer may have been lost after it stored the
    object.

    Parameters
    ----------
    stop
        Asked before each object; ends the delivery where it says yes.
    connected
        Called each time that a connection to the peer is open, before the association is asked for.

    Raises
    ------
    AssociationError
        The first association was not had. Later losses are in the deliveries.
    """
    handlers = [(evt.EVT_CONN_OPEN, lambda event: connected())] if connected else []
    first = True
    for batch in _batches(shipments):
        waiting = list(batch)
        tries = 0
        while waiting and tries < _TRIES:
            try:
                with associate(
                    peer,
                    _contexts(waiting),
                    ae_title=ae_title,
                    timeout=timeout,
                    handlers=handlers,
                ) as link:
                    first = False
                    accepted = contexts_of(link.assoc)
                    while waiting:
                        if stop():
                            return
                        done = _send(link, accepted, waiting[0], originator)
                        waiting.pop(0)
                        tries = 0
                        yield done
            except AssociationError as error:
                if first:
                    raise
                tries += 1
                problem = error.message
        for number, shipment in enumerate(waiting):
            yield Delivery(shipment, None, problem, tried=number == 0)


def _contexts(shipments: Iterable[Shipment]) -> list[Any]:
    """One context for each class and transfer syntax, so that the peer cannot choose another.

    And for each class one with the uncompressed ones, as PS3.5 10.1 demands.
    """
    pairs = dict.fromkeys((s.sop_class, s.transfer_syntax) for s in shipments)
    contexts = [build_context(sop_class, syntax) for sop_class, syntax in pairs]
    contexts += [build_context(sop, list(NATIVE[:2])) for sop in dict.fromkeys(p[0] for p in pairs)]
    return contexts


def _batches(shipments: Iterable[Shipment]) -> Iterator[list[Shipment]]:
    batch: list[Shipment] = []
    pairs: set[tuple[str, str]] = set()
    for shipment in shipments:
        pairs.add((shipment.sop_class, shipment.transfer_syntax))
        if len(pairs) + len({pair[0] for pair in pairs}) > _MOST_CONTEXTS:
            yield batch
            batch, pairs = [], {(shipment.sop_class, shipment.transfer_syntax)}
        batch.append(shipment)
    if batch:
        yield batch


def _send(
    link: Link,
    accepted: Mapping[tuple[str, str], Any],
    shipment: Shipment,
    originator: Originator | None,
) -> Delivery:
    context = choose_context(accepted, shipment)
    if context is None:
        return Delivery(shipment, None, "the peer accepted no presentation context for it")
    try:
        request = store_request(shipment, str(context.transfer_syntax[0]), link.next_id())
    except (DataError, OSError) as error:
        return Delivery(shipment, None, str(error).splitlines()[0])
    if originator is not None:
        request.MoveOriginatorApplicationEntityTitle = originator.ae_title
        request.MoveOriginatorMessageID = originator.message_id
    status = link.exchange(request, context, "C-STORE-RSP")
    return Delivery(shipment, int(status.Status))


def contexts_of(assoc: Any) -> dict[tuple[str, str], Any]:
    """The contexts that an association may send in, by SOP class and transfer syntax."""
    return {
        (str(context.abstract_syntax), str(context.transfer_syntax[0])): context
        for context in assoc.accepted_contexts
        if context.as_scu
    }


def choose_context(accepted: Mapping[tuple[str, str], Any], shipment: Shipment) -> Any:
    """The accepted context to send an object in; its own transfer syntax comes first."""
    for syntax in (shipment.transfer_syntax, *NATIVE):
        if (shipment.sop_class, syntax) in accepted:
            return accepted[shipment.sop_class, syntax]
    return None


def store_request(shipment: Shipment, transfer_syntax: str, message_id: int) -> Any:
    """Make the C-STORE request of an object.

    Raises
    ------
    DataError
        It cannot be converted to `transfer_syntax`.
    OSError
        It cannot be read.
    """
    data = shipment.encoded(shipment.path)
    request = C_STORE()
    request.MessageID = message_id
    request.Priority = 0  # medium
    put_uid(request, "AffectedSOPClassUID", shipment.sop_class)
    put_uid(request, "AffectedSOPInstanceUID", shipment.sop_instance)
    if transfer_syntax != shipment.transfer_syntax:
        data = memoryview(convert(bytes(data), shipment.transfer_syntax, transfer_syntax))
    request.DataSet = BytesIO(data)
    if len(data) % 2:  # fragments have an even length (PS3.8 E.1): only a deflated one is odd
        request.DataSet = BytesIO(bytes(data) + b"\x00")
    return request
