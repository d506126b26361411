"""What an acceptor answers to presentation contexts is what pynetdicom would answer."""

from __future__ import annotations

from typing import Any

import pytest
from pynetdicom import build_context, build_role
from pynetdicom.presentation import (
    AllStoragePresentationContexts,
    PresentationContext,
    negotiate_as_acceptor,
)
from pynetdicom.sop_class import CTImageStorage, MRImageStorage, Verification

from labkit.dimse.entity import new_ae
from labkit.dimse.presentation import agree

IMPLICIT, EXPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"


def proposed(*wanted: tuple[str, list[str]]) -> list[PresentationContext]:
    contexts = [build_context(uid, syntaxes) for uid, syntaxes in wanted]
    for number, context in enumerate(contexts):
        context.context_id = 2 * number + 1
    return contexts


MANY = proposed(
    *((c.abstract_syntax, [EXPLICIT, IMPLICIT]) for c in AllStoragePresentationContexts[:120]),
    (CTImageStorage, [BIG]),
    (CTImageStorage, [IMPLICIT]),
    (Verification, [IMPLICIT]),
)


@pytest.mark.parametrize("roles", [{}, {CTImageStorage: (False, True), MRImageStorage: (1, 1)}])
@pytest.mark.parametrize("scu,scp", [(None, None), (True, True), (True, False), (False, False)])
def test_the_answer_is_pynetdicoms(roles: dict[Any, Any], scu: Any, scp: Any) -> None:
    supported = [
        build_context(CTImageStorage, [IMPLICIT, EXPLICIT]),
        build_context(MRImageStorage, [BIG]),
    ]
    for context in supported:
        context.scu_role, context.scp_role = scu, scp
    asked = {uid: tuple(map(bool, role)) for uid, role in roles.items()}
    theirs, their_roles = negotiate_as_acceptor(MANY, supported, asked)
    for _ in range(2):
        ours, our_roles = agree(MANY, supported, asked)
        assert [vars(context) for context in ours] == [vars(context) for context in theirs]
        assert [vars(role) for role in our_roles] == [vars(role) for role in their_roles]


def test_who_offers_less_is_answered_less() -> None:
    """What is remembered depends on what is supported, not on what was proposed alone."""
    both = agree(MANY[:1], [build_context(MANY[0].abstract_syntax, [IMPLICIT, EXPLICIT])], {})
    one = agree(MANY[:1], [build_context(MANY[0].abstract_syntax, [EXPLICIT])], {})
    none = agree(MANY[:1], [], {})
    assert [a[0][0].transfer_syntax[0] for a in (both, one)] == [IMPLICIT, EXPLICIT]
    assert [a[0][0].result for a in (both, one, none)] == [0, 0, 3]


def test_contexts_and_roles_are_agreed_on() -> None:
    scp, scu = new_ae("SCP"), new_ae("SCU")
    scp.add_supported_context(CTImageStorage, [IMPLICIT], scu_role=True, scp_role=True)
    server = scp.start_server(("127.0.0.1", 0), block=False)
    wanted = proposed((CTImageStorage, [EXPLICIT]), (CTImageStorage, [IMPLICIT, EXPLICIT]))
    role = build_role(CTImageStorage, scu_role=True, scp_role=True)
    try:
        assoc = scu.associate(*server.server_address, wanted, "SCP", ext_neg=[role])
        assert [(cx.context_id, cx.as_scu, cx.as_scp) for cx in assoc.accepted_contexts] == [
            (3, True, True)
        ]
        assert [(cx.context_id, cx.result) for cx in assoc.rejected_contexts] == [(1, 4)]
        assert list(assoc.acceptor.role_selection) == [CTImageStorage]
        (asked,) = server.active_associations
        assert asked.requestor.primitive.presentation_context_definition_list == wanted
        assoc.release()
    finally:
        server.shutdown()
        scp.shutdown()
