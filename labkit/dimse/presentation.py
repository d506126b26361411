"""Presentation contexts as an acceptor takes and answers them (PS3.8 9.3.2.2, 9.3.3.2).

A storage SCU proposes up to 128 of them with each association, and the same ones each time.
pynetdicom makes some 700 UIDs on the way to the answer and checks each of them. Here its own items
and its own negotiation are asked once for each context, and what they gave is remembered. So what
is remembered is shared by associations, and only read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from functools import cached_property, lru_cache
from typing import Any

from pynetdicom.pdu import A_ASSOCIATE_AC, A_ASSOCIATE_RQ
from pynetdicom.pdu_items import PresentationContextItemAC, PresentationContextItemRQ
from pynetdicom.presentation import PresentationContext, negotiate_as_acceptor

_PROPOSED = 0x20
_SMALL = 1024  # bytes of an item that is remembered; a peer may send 64 KiB
_REMEMBERED = 1024  # items: what eight different programs propose

Role = tuple[bool | None, bool | None]
"""Whether the requestor is to be SCU, and SCP, of a SOP class (PS3.7 D.3.3.4)."""


class _ProposedItem(PresentationContextItemRQ):  # type: ignore[misc]
    @property
    def item_type(self) -> int:
        """Say what it is; pynetdicom knows the item's own class only."""
        return _PROPOSED

    @cached_property
    def _context(self) -> PresentationContext:
        return super().to_primitive()

    def to_primitive(self) -> PresentationContext:
        """Give the context that is proposed; always the same object."""
        return self._context


@lru_cache(maxsize=_REMEMBERED)
def _proposed(item: bytes) -> _ProposedItem:
    read = _ProposedItem()
    read.decode(item)
    return read


class Proposal(A_ASSOCIATE_RQ):  # type: ignore[misc]
    """An A-ASSOCIATE-RQ; its presentation contexts are those of an earlier one where equal."""

    pdu_type = 0x01

    def _wrap_generate_items(self, bytestream: bytes) -> list[Any]:
        items: list[Any] = []
        for kind, item in self._generate_items(bytestream):
            if kind == _PROPOSED and len(item) <= _SMALL:
                items.append(_proposed(item))
            else:
                items += super()._wrap_generate_items(item)
        return items


def agree(
    proposed: Sequence[PresentationContext],
    supported: Sequence[PresentationContext],
    roles: Mapping[str, Role],
) -> tuple[list[PresentationContext], list[Any]]:
    """Negotiate as acceptor.

    Returns
    -------
    list of PresentationContext
        The answer to each context, in ascending order of their IDs.
    list of SCP_SCU_RoleSelectionNegotiation
        The answers to proposed `roles`, by SOP Class UID.
    """
    known = {context.abstract_syntax: context for context in supported}
    answers: dict[tuple[int, str], PresentationContext] = {}
    answered_roles: dict[str, Any] = {}
    for context in proposed:
        uid = context.abstract_syntax
        answer, role = _agree(context, known.get(uid), roles.get(uid))
        answers[context.context_id, uid] = answer
        if role is not None:
            answered_roles[uid] = role
    in_order = sorted(answers.values(), key=lambda context: int(context.context_id))
    return in_order, [answered_roles[uid] for uid in sorted(answered_roles)]


@lru_cache(maxsize=_REMEMBERED)
def _agree(
    proposed: PresentationContext, supported: PresentationContext | None, role: Role | None
) -> tuple[PresentationContext, Any]:
    answers, roles = negotiate_as_acceptor(
        [proposed],
        [] if supported is None else [supported],
        {} if role is None else {proposed.abstract_syntax: role},
    )
    return answers[0], roles[0] if roles else None


def encode_acceptance(primitive: Any) -> bytes:
    """Encode an A-ASSOCIATE-AC (PS3.8 9.3.3): pynetdicom's, with the items of contexts put in.

    Parameters
    ----------
    primitive
        pynetdicom's ``A_ASSOCIATE`` that accepts.
    """
    bare = copy(primitive)
    bare.presentation_context_definition_results_list = []
    data: bytes = A_ASSOCIATE_AC(bare).encode()
    at = 78 + int.from_bytes(data[76:78], "big")  # where the Application Context Item ends
    items = b"".join(map(_answered, primitive.presentation_context_definition_results_list))
    rest = b"".join((data[6:at], items, data[at:]))
    return data[:2] + len(rest).to_bytes(4, "big") + rest


@lru_cache(maxsize=_REMEMBERED)
def _answered(context: PresentationContext) -> bytes:
    item = PresentationContextItemAC()
    item.from_primitive(context)
    encoded: bytes = item.encode()
    return encoded
