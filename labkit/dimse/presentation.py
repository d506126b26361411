"""What an acceptor answers to the presentation contexts of a request (PS3.8 9.3.2.2, 9.3.3.2).

A storage SCU proposes up to 128 of them with each association, and the same ones each time.
pynetdicom makes and checks a UID at each step of its negotiation. Here it is asked once for each
context and what is supported of it, and its answer is remembered. So an answer is shared by
associations, and only read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from pynetdicom.presentation import PresentationContext, negotiate_as_acceptor

_REMEMBERED = 1024  # contexts: what eight different programs propose

Role = tuple[bool | None, bool | None]
"""Whether the requestor is to be SCU, and SCP, of a SOP class (PS3.7 D.3.3.4)."""


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
    offered = PresentationContext() if supported is None else supported  # of no class
    asked = {} if role is None else {proposed.abstract_syntax: role}
    answers, roles = negotiate_as_acceptor([proposed], [offered], asked)
    return answers[0], roles[0] if roles else None
