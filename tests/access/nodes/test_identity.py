"""User identities at a guarded archive (PS3.7 D.3.3.7): what is checked, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pynetdicom.pdu_primitives import UserIdentityNegotiation
from pynetdicom.sop_class import Verification

from labkit.access.nodes import AllowList, NodePolicy, NodeUser
from labkit.common.errors import AssociationError, AssociationRejected, UsageError
from labkit.dimse import (
    Authority,
    Peer,
    associate,
    echo,
    new_ae,
    store,
)
from labkit.dimse.association import query_context
from labkit.dimse.certificate import describe
from labkit.dimse.identity import UserIdentity
from tests.access.nodes.conftest import Guard, Tokens, as_user, entry, rejection
from tests.pacs.conftest import real

CT = real("CT_small.dcm")[0]
RIGHT = UserIdentity("chen", "c0rrect horse", confirm=True)


def test_user_and_passcode_over_tls(guard: Guard, chen: NodeUser) -> None:
    listed = entry(identity="passcode", users=("chen",), actors=("Organization/city",))
    node = guard(AllowList([listed], [chen]))
    peer = as_user(node.tls, RIGHT)
    assert echo(peer, ae_title="MR1").status == 0x0000
    grant = node.seen.asked[-1][1]
    assert grant is not None and grant.subject == "chen" and grant.purpose == "ETREAT"
    assert grant.actors == {"Organization/city", "Practitioner/chen"}
    for wrong in (UserIdentity("chen", "guess"), UserIdentity("adams", "c0rrect horse")):
        assert rejection(as_user(node.tls, wrong)) == (1, 2, 1)
    assert node.logged("rejected (1/2/1)", "user name or passcode is wrong")
    assert rejection(as_user(node.tls, UserIdentity("chen"))) == (1, 2, 1)
    assert node.logged("of type 1; its entry wants passcode")
    assert rejection(as_user(node.tls, None)) == (1, 2, 1)
    assert node.logged("it brings no user identity")
    assert not any("guess" in line or "horse" in line for line in node.log.lines())


def test_a_passcode_without_tls_is_refused_even_if_it_is_right(
    guard: Guard, chen: NodeUser
) -> None:
    node = guard(AllowList([entry(identity="passcode", users=("chen",))], [chen]))
    assert rejection(as_user(node.plain, RIGHT)) == (1, 2, 1)
    assert node.logged("a passcode without TLS: anybody on the way can read it")


def test_a_node_vouches_for_its_user_if_it_has_proven_itself(
    guard: Guard, ca: Authority, chen: NodeUser
) -> None:
    subject = describe(ca.credential("MR1").certificate).subject
    node = guard(AllowList([entry(subject=subject, identity="username", users=("chen",))], [chen]))
    assert echo(as_user(node.tls, UserIdentity("chen", confirm=True)), ae_title="MR1").status == 0
    assert rejection(as_user(node.tls, UserIdentity("adams"))) == (1, 2, 1)
    assert rejection(as_user(node.tls, RIGHT)) == (1, 2, 1)  # not checked, so not taken


@pytest.mark.parametrize(("kind", "says"), [(3, "a Kerberos ticket"), (4, "a SAML assertion")])
def test_what_nobody_can_check_is_refused(guard: Guard, kind: int, says: str) -> None:
    node = guard(AllowList([entry()]))
    item = UserIdentityNegotiation()
    item.user_identity_type, item.primary_field = kind, b"opaque"
    item.positive_response_requested = False
    contexts = [query_context(str(Verification))]
    with (
        pytest.raises(AssociationRejected) as caught,
        associate(node.plain, contexts, ae_title="MR1", negotiation=[item]),
    ):
        pass
    assert (caught.value.result, caught.value.source, caught.value.reason) == (1, 2, 1)
    assert node.logged(f"it brings {says}, which nobody here can check")


def test_a_token(guard: Guard) -> None:
    tokens = Tokens()
    with pytest.raises(UsageError, match="go together"):
        NodePolicy(AllowList([]), verifier=tokens)
    policy = NodePolicy(AllowList([entry(identity="token")]), verifier=tokens, tokens=tokens)
    node = guard(policy)
    good = UserIdentity(token="e30.e30.c2ln", confirm=True)
    assert echo(as_user(node.tls, good), ae_title="MR1").status == 0x0000
    grant = node.seen.asked[-1][1]
    assert grant is not None and (grant.client_id, grant.subject) == ("MR1", "chen")
    assert (grant.scope, grant.patient, grant.token_id) == ("user/*.r", "p1", "7")
    refused = store(as_user(node.tls, good), CT, ae_title="MR1")
    assert [item.status for item in refused.items] == [0x0124]
    assert rejection(as_user(node.tls, UserIdentity(token="e30.e30.bm8"))) == (1, 2, 1)
    assert rejection(as_user(node.plain, good)) == (1, 2, 1)
    assert node.logged("its token does not hold (ValueError)")


def test_a_token_where_nobody_checks_any(guard: Guard) -> None:
    node = guard(AllowList([entry(identity="token")]))
    assert rejection(as_user(node.tls, UserIdentity(token="e30.e30.c2ln"))) == (1, 2, 1)
    assert node.logged("tokens are not checked here")


def test_an_acceptor_that_ignores_user_identities_is_noticed(guard: Guard) -> None:
    ae = new_ae("ARCHIVE", timeout=10)
    ae.add_supported_context(Verification)
    server = ae.start_server(("127.0.0.1", 0), block=False)
    peer = Peer("ARCHIVE", "127.0.0.1", server.server_address[1], identity=RIGHT)
    with pytest.raises(AssociationError, match="without a word on the user identity"):
        echo(peer)
    assert echo(replace(peer, identity=UserIdentity("chen", "x"))).status == 0x0000
    server.shutdown()
    ae.shutdown()
