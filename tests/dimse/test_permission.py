from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from labkit.common import DENY_ALL, AccessRequest, Decision
from labkit.common.errors import AccessDenied, AssociationRejected, UsageError
from labkit.dimse import Peer, Receiver, echo, find, get, identifier, move, store
from labkit.dimse.identity import UserIdentity


@dataclass
class NoStore:
    """Says no to C-STORE and to one destination, and remembers what it was asked."""

    asked: list[AccessRequest] = field(default_factory=list)

    def decide(self, request: AccessRequest) -> Decision:
        self.asked.append(request)
        bad = request.action == "C-STORE" or request.resource.get("MoveDestination") == "ELSEWHERE"
        return Decision(not bad, "the test says so")


def test_what_is_denied_never_reaches_the_wire(scp, ct) -> None:
    policy = NoStore()
    peer = replace(scp.peer, policy=policy, calling="NORTHAPP")
    wanted = identifier("STUDY", StudyInstanceUID=ct.StudyInstanceUID)
    with pytest.raises(AccessDenied, match=r"C-STORE to ARCHIVE is not allowed: the test") as no:
        store(peer, ct)
    assert no.value.remedy
    with pytest.raises(AccessDenied, match="C-MOVE to ARCHIVE"):
        move(peer, wanted, "ELSEWHERE")
    with pytest.raises(AccessDenied):
        echo(replace(peer, policy=DENY_ALL))
    assert scp.traces == [] and scp.stored == []
    assert {request.actor for request in policy.asked} == {"NORTHAPP"}


def test_what_is_allowed_goes_on(scp, ct) -> None:
    """C-GET proposes storage classes too, as SCP: that brings objects here and sends none."""
    peer = replace(scp.peer, policy=NoStore())
    wanted = identifier("STUDY", StudyInstanceUID=ct.StudyInstanceUID)
    assert echo(peer).status == 0x0000
    assert len(find(peer, wanted)) == 1
    assert len(get(peer, wanted).datasets) == 1
    with Receiver("LEARNER") as receiver:
        scp.destinations["LEARNER"] = receiver.peer
        assert move(peer, wanted, receiver.peer).completed == 1


def test_a_peer_says_what_it_knows_us_as(scp) -> None:
    peer = replace(scp.peer, calling="NORTHAPP", identity=UserIdentity("ada", "secret"))
    trace = echo(peer).trace
    assert trace.requestor.ae_title == "NORTHAPP"
    assert echo(peer, ae_title="OTHER").trace.requestor.ae_title == "OTHER"
    first = trace.pdus[0].data
    assert b"\x58\x00" in first and b"ada" in first and b"secret" in first
    assert "ada" not in repr(peer) and "secret" not in repr(peer.identity)
    assert b"ada" in echo(replace(peer, identity=UserIdentity("ada"))).trace.pdus[0].data


def test_an_identity_without_a_name_cannot_be() -> None:
    with pytest.raises(UsageError, match="user name"):
        UserIdentity("")


def test_a_receiver_that_is_open_to_the_network_names_its_callers(ct) -> None:
    with pytest.raises(UsageError, match="whom it takes"):
        Receiver("LEARNER", bind="0.0.0.0")
    with Receiver("LEARNER", bind="0.0.0.0", accept_calling=["ARCHIVE"]) as receiver:
        here = Peer("LEARNER", "127.0.0.1", receiver.peer.port)
        with pytest.raises(AssociationRejected) as no:
            store(here, ct)
        assert (no.value.source, no.value.reason) == (1, 3)
        assert store(here, ct, ae_title="ARCHIVE").stored
