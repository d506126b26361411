"""What a node answers to a request for an association (PS3.8 9.3, PS3.7 D.3.3)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from pynetdicom import build_context
from pynetdicom.pdu_primitives import SOPClassExtendedNegotiation

from labkit.pacs.config import SOP_CLASSES, NodeConfig, Service

_QUERY_MODELS = SOP_CLASSES[Service.FIND] | SOP_CLASSES[Service.MOVE] | SOP_CLASSES[Service.GET]


def contexts_for(config: NodeConfig, requested: list[Any]) -> list[Any]:
    """The presentation contexts a node supports, out of those requested.

    Made for each request, since a node that takes every storage class in every transfer syntax has
    some ten thousand of them. Of the transfer syntaxes proposed, the first that the node takes is
    agreed: the requestor puts the one it likes best first.
    """
    syntaxes: dict[str, dict[str, None]] = {}
    for context in requested:
        uid = str(context.abstract_syntax)
        taken = config.syntaxes_for(uid)
        if taken:
            order = syntaxes.setdefault(uid, {})
            order.update({str(s): None for s in context.transfer_syntax if str(s) in taken})
    return [_supported(config, uid, list(order)) for uid, order in syntaxes.items()]


def _supported(config: NodeConfig, uid: str, syntaxes: list[str]) -> Any:
    # A known class with none of its transfer syntaxes taken is to be result 4, not 3: it is named
    # with a syntax that was not proposed.
    taken = tuple(syntaxes) or ("1.2.840.10008.1.2.4.999",)
    service = config.service_of(uid)
    if service is Service.STORE:
        # C-GET turns the roles round: the requestor of the association receives (PS3.4 C.5.3).
        return _context(
            uid, taken, Service.STORE in config.services, Service.GET in config.services
        )
    if service is Service.COMMITMENT:
        return _context(uid, taken, True, False)
    return _context(uid, taken, None, None)


@lru_cache(maxsize=2048)
def _context(uid: str, syntaxes: tuple[str, ...], scu: bool | None, scp: bool | None) -> Any:
    """Make a context; shared by associations, since negotiation only reads it."""
    context = build_context(uid, list(syntaxes))
    context.scu_role, context.scp_role = scu, scp
    return context


def extended_answers(offered: dict[Any, bytes], config: NodeConfig) -> dict[Any, bytes]:
    """Extended negotiation of Query/Retrieve (PS3.4 C.5.1.1): relational is agreed, the rest not.

    Byte 1 relational, 2 combined date and time, 3 fuzzy names, 4 time zones; one byte for C-MOVE
    and C-GET.
    """
    return {
        uid: bytes([wanted[0] & 1]) + bytes(len(wanted) - 1)
        for uid, wanted in offered.items()
        if wanted and str(uid) in _QUERY_MODELS and config.service_of(str(uid)) is not None
    }


def relational_agreed(assoc: Any, context: Any) -> bool:
    """Whether relational queries or retrievals were negotiated for a SOP class."""
    for item in assoc.acceptor.user_information:
        if (
            isinstance(item, SOPClassExtendedNegotiation)
            and item.sop_class_uid == context.abstract_syntax
        ):
            return bool(item.service_class_application_information[:1] == b"\x01")
    return False
