"""Associations with a guarded archive: who gets one, with what rejection, and as whom it works."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pynetdicom.sop_class import Verification

from labkit.access import Grant, current_grant, granted
from labkit.access.nodes import AllowList, NodeGrant, NodePolicy
from labkit.access.nodes.entries import ANYWHERE
from labkit.common.access import ALLOW_ALL, DENY_ALL, AccessRequest
from labkit.dimse import (
    Authority,
    Peer,
    Receiver,
    associate,
    echo,
    find,
    identifier,
    move,
    new_ae,
    request_commitment,
    server_context,
    store,
)
from labkit.dimse.admission import Admission, Applicant, admit
from labkit.dimse.association import query_context
from labkit.dimse.certificate import describe
from tests.access.nodes.conftest import Guard, Guarded, Tokens, as_user, entry, rejection, shows
from tests.pacs.conftest import real

CT = real("CT_small.dcm")[0]


def test_who_is_on_the_list_gets_in_and_may_what_it_says(guard: Guard) -> None:
    node = guard(AllowList([entry(actors=("Device/mr1",), purpose="TREAT")]))
    assert echo(node.plain, ae_title="MR1").status == 0x0000
    assert len(store(node.plain, CT, ae_title="MR1").stored) == 1
    asked, grant = node.seen.asked[-1]
    assert asked.action == "C-STORE" and asked.resource["PatientID"]
    assert isinstance(grant, NodeGrant)
    assert (grant.client_id, grant.subject, grant.scope) == ("MR1", "MR1", "")
    assert grant.actors == {"Device/mr1"}
    found = find(node.plain, identifier("STUDY", StudyInstanceUID=None), ae_title="MR1")
    assert found.status == 0x0124  # refused: not authorized (PS3.7 C.5.22)
    assert node.logged("admitted: on the list, with address 127.0.0.1")
    assert current_grant() is None


def test_what_is_not_on_the_list_is_told_one_thing_and_the_log_another(guard: Guard) -> None:
    node = guard(AllowList([entry(), entry("CT1", addresses=("10.1.0.0/16",))]))
    assert rejection(node.plain, "MR2") == (1, 1, 3)
    assert rejection(node.plain, "CT1") == (1, 1, 3)
    assert node.logged("rejected (1/1/3)", "MR2 is not on the list")
    assert node.logged("rejected (1/1/3)", "CT1 is on the list, but with an address other than")
    assert not node.seen.asked
    assert rejection(Peer("OTHER", node.plain.host, node.plain.port)) == (1, 1, 7)


def test_the_address_that_counts_is_that_of_the_connection(guard: Guard) -> None:
    node = guard(AllowList([entry()]))
    ae = new_ae("MR1", timeout=10)
    ae.add_requested_context(Verification)
    for source, accepted in (("127.0.0.1", True), ("127.0.0.2", False)):
        try:
            assoc = ae.associate(
                "127.0.0.1", node.plain.port, ae_title="ARCHIVE", bind_address=(source, 0)
            )
        except OSError:
            pytest.skip("this machine has no second loopback address")
        assert assoc.is_established is accepted
        assert assoc.is_rejected is not accepted
        if accepted:
            assoc.release()


def test_a_certificate_on_the_list(guard: Guard, ca: Authority) -> None:
    mine = describe(ca.credential("MR1").certificate)
    node = guard(
        AllowList([entry(addresses=(), subject=mine.subject, fingerprints=(mine.fingerprint,))])
    )
    assert echo(node.tls, ae_title="MR1").status == 0x0000
    assert node.logged(f"with certificate {mine.fingerprint[:16]}")
    assert rejection(node.plain) == (1, 1, 3)
    assert node.logged("MR1 is on the list, but with TLS")
    assert rejection(as_user(node.tls, None, shows(ca, "MR2"))) == (1, 1, 3)
    assert node.logged("a certificate for CN=MR1")
    assert rejection(node.tls, "MR2") == (1, 1, 3)  # a good certificate under another title


def test_an_unverified_certificate_is_none(guard: Guard, ca: Authority) -> None:
    """A server that does not ask for certificates has not proven one, whatever is shown."""
    mine = describe(ca.credential("MR1").certificate)
    node = guard(AllowList([entry(addresses=(), fingerprints=(mine.fingerprint,))]))
    port = node.node.listen_tls(server_context(ca.credential("ARCHIVE")))
    peer = Peer("ARCHIVE", "127.0.0.1", port, tls=node.tls.tls)
    assert rejection(peer) == (1, 1, 3)
    assert node.logged("MR1 is on the list, but with a certificate")


class Broken:
    def admit(self, applicant: Applicant) -> Admission:
        raise RuntimeError("disk")


@pytest.mark.parametrize("answer", [Broken(), None])
def test_an_admission_that_fails_has_refused(answer: Broken | None) -> None:
    policy: Any = answer or type("Says", (), {"admit": lambda self, applicant: True})()
    made = admit(policy, Applicant("MR1", "ARCHIVE", "127.0.0.1"))
    assert not made.admitted and made.rejection == (2, 1, 1) and made.reason


def test_a_broken_admission_over_the_wire() -> None:
    ae = new_ae("ARCHIVE", timeout=10, admission=Broken())
    ae.add_supported_context(Verification)
    server = ae.start_server(("127.0.0.1", 0), block=False)
    assert rejection(Peer("ARCHIVE", "127.0.0.1", server.server_address[1])) == (2, 1, 1)
    server.shutdown()
    ae.shutdown()


def test_a_policy_for_nodes_refuses_whoever_has_proven_nothing() -> None:
    policy = NodePolicy(AllowList([entry()]))
    asked = AccessRequest("MR1", "C-ECHO", "ARCHIVE")
    assert not policy.decide(asked)
    with granted(Grant("MR1")):  # of another door
        assert not policy.decide(asked)
    mine = NodeGrant("MR1", services=frozenset({"C-ECHO"}), entry=entry())
    with granted(mine):
        assert policy.decide(asked)
        assert not policy.decide(AccessRequest("CT1", "C-ECHO", "ARCHIVE"))
    with granted(replace(mine, scope="user/*.r")):
        assert "nobody here decides by tokens" in policy.decide(asked).reason
    for tokens, may in ((ALLOW_ALL, True), (DENY_ALL, False)):
        both = NodePolicy(AllowList([entry()]), verifier=Tokens(), tokens=tokens)
        with granted(replace(mine, scope="user/*.r")):
            assert bool(both.decide(asked)) is may


def test_an_entry_that_is_taken_away_counts_at_once(guard: Guard) -> None:
    policy = NodePolicy(AllowList([entry()]))
    node = guard(policy)
    with associate(node.plain, [query_context(str(Verification))], ae_title="MR1") as link:
        assert link.assoc.send_c_echo().Status == 0x0000
        policy.allow_list = AllowList([entry("CT1")])
        assert link.assoc.send_c_echo().Status == 0x0124
        policy.allow_list = AllowList([entry(services=("C-STORE",))])  # the same node, less allowed
        assert link.assoc.send_c_echo().Status == 0x0124
        policy.allow_list = AllowList([entry()])
        assert link.assoc.send_c_echo().Status == 0x0000
    assert node.logged("the entry of MR1 is no longer on the list")


def _full(guard: Guard) -> Guarded:
    services = ("C-ECHO", "C-STORE", "C-FIND", "C-MOVE", "C-GET", "N-ACTION")
    listed = entry("MR1", services=services, destinations=("WORKSTN",))
    node = guard(AllowList([listed, entry("CT1", services=services)]))
    store(node.plain, CT, ae_title="MR1")
    return node


def test_every_question_of_a_move_is_asked_as_who_has_associated(guard: Guard) -> None:
    node = _full(guard)
    with Receiver("WORKSTN") as workstation:
        there = workstation.peer
        node.destinations.add(there.ae_title, there.host, there.port)
        found = find(node.plain, identifier("STUDY", StudyInstanceUID=None), ae_title="MR1")
        study = str(found[0].StudyInstanceUID)
        wanted = identifier("STUDY", StudyInstanceUID=study)
        assert move(node.plain, wanted, "WORKSTN", ae_title="MR1").status == 0x0000
        assert workstation.wait(1)
        moved = [(r.resource, g) for r, g in node.seen.asked if r.action == "C-MOVE"]
        assert [sorted(resource) for resource, _ in moved] == [
            ["destination"], ["PatientID", "StudyInstanceUID", "destination"],
        ]  # fmt: skip
        refused = move(node.plain, wanted, "WORKSTN", ae_title="CT1")
        assert refused.status == 0x0124 and len(workstation.received) == 1
    assert node.logged("CT1 may not have it sent to WORKSTN")
    assert {g.client_id if g else None for r, g in node.seen.asked} == {"MR1", "CT1"}
    assert all(g is not None and g.client_id == r.actor for r, g in node.seen.asked)


def test_storage_commitment_too(guard: Guard) -> None:
    node = _full(guard)
    result = request_commitment(node.plain, [dcmread(CT)], ae_title="MR1")
    assert len(result.committed) == 1
    asked, grant = node.seen.asked[-1]
    assert asked.action == "N-ACTION" and grant is not None and grant.client_id == "MR1"


def test_many_at_once_do_not_mix(guard: Guard) -> None:
    titles = [f"CT{number}" for number in range(8)]
    node = guard(AllowList([entry(title) for title in titles]))
    begin = threading.Barrier(len(titles))

    def ask(title: str) -> None:
        begin.wait(10)
        for _ in range(5):
            echo(node.plain, ae_title=title)

    threads = [threading.Thread(target=ask, args=(title,)) for title in titles]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(node.seen.asked) == 40
    assert all(g is not None and g.client_id == r.actor for r, g in node.seen.asked)


def test_anywhere_is_said_on_purpose(guard: Guard, tmp_path: Path) -> None:
    node = guard(AllowList([entry(addresses=ANYWHERE)]))
    assert echo(node.plain, ae_title="MR1").status == 0x0000
