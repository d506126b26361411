"""An archive that knows its nodes by a list, over TLS and without."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from labkit.access import Grant, current_grant
from labkit.access.nodes import AllowList, NodeEntry, NodePolicy, NodeUser, hash_passcode
from labkit.common.access import AccessPolicy, AccessRequest, Decision, decide
from labkit.common.errors import AssociationRejected
from labkit.dimse import Authority, Peer, client_context, echo, server_context
from labkit.dimse.identity import UserIdentity
from labkit.pacs import Archive, Destinations, EventLog, NodeConfig, PacsNode

HOME = ("127.0.0.1",)


@dataclass
class Seen:
    """A policy that remembers on whose behalf it was asked."""

    policy: AccessPolicy

    def __post_init__(self) -> None:
        self.asked: list[tuple[AccessRequest, Grant | None]] = []

    def decide(self, request: AccessRequest) -> Decision:
        self.asked.append((request, current_grant()))
        return decide(self.policy, request)


@dataclass
class Guarded:
    """A node that listens with TLS and without, and what it keeps."""

    node: PacsNode
    plain: Peer
    tls: Peer
    archive: Archive
    log: EventLog
    seen: Seen
    destinations: Destinations

    def logged(self, *words: str, within: float = 5.0) -> bool:
        """Whether a line has these words; it may be written after the peer has its answer."""
        deadline = time.monotonic() + within
        while not any(all(word in line for word in words) for line in self.log.lines()):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True


Guard = Callable[..., Guarded]


@pytest.fixture(scope="session")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("nodes-ca"))


@pytest.fixture(scope="session")
def chen() -> NodeUser:
    return NodeUser("chen", hash_passcode("c0rrect horse"), ("Practitioner/chen",), "ETREAT")


@pytest.fixture
def guard(tmp_path: Path, ca: Authority) -> Iterator[Guard]:
    """Start guarded nodes; they end with the test."""
    running: list[Guarded] = []

    def start(policy: NodePolicy | AllowList) -> Guarded:
        nodes = policy if isinstance(policy, NodePolicy) else NodePolicy(policy)
        folder = tmp_path / f"node{len(running)}"
        archive, log = Archive(folder), EventLog(folder / "log")
        seen, destinations = Seen(nodes), Destinations(folder / "destinations.json")
        node = PacsNode(
            NodeConfig("ARCHIVE"), archive,
            policy=seen, admission=nodes, log=log, destinations=destinations,
        )  # fmt: skip
        plain = Peer("ARCHIVE", "127.0.0.1", node.start())
        port = node.listen_tls(
            server_context(ca.credential("ARCHIVE"), clients=ca.certificate, revoked=ca.revocations)
        )
        tls = Peer("ARCHIVE", "127.0.0.1", port, tls=shows(ca, "MR1"))
        running.append(Guarded(node, plain, tls, archive, log, seen, destinations))
        return running[-1]

    yield start
    for each in running:
        each.node.stop()
        each.archive.close()


def shows(ca: Authority, name: str) -> object:
    """A context that shows the certificate of `name`."""
    return client_context(ca.certificate, ca.credential(name))


def as_user(peer: Peer, identity: UserIdentity | None, tls: object = None) -> Peer:
    return Peer(
        peer.ae_title, peer.host, peer.port, tls=tls or peer.tls, identity=identity  # type: ignore[arg-type]
    )  # fmt: skip


def entry(ae_title: str = "MR1", **values: object) -> NodeEntry:
    """An entry that may echo and store, from here."""
    parts: dict[str, object] = {"addresses": HOME, "services": ("C-ECHO", "C-STORE"), **values}
    return NodeEntry(ae_title, **parts)  # type: ignore[arg-type]


def rejection(peer: Peer, ae_title: str = "MR1", **values: Any) -> tuple[int, int, int]:
    with pytest.raises(AssociationRejected) as caught:
        echo(peer, ae_title=ae_title, timeout=10, **values)
    error = caught.value
    return error.result, error.source, error.reason


class Tokens:
    """Knows one token, as a verifier; and lets it read, as a policy."""

    def verify(self, token: str) -> Grant:
        if token != "e30.e30.c2ln":
            raise ValueError("signature")
        return Grant(
            "app", "chen", "user/*.r", "p1", frozenset({"Practitioner/chen"}), token_id="7"
        )

    def decide(self, request: AccessRequest) -> Decision:
        grant = current_grant()
        assert grant is not None and grant.patient == "p1"
        return Decision(request.action == "C-ECHO", "the token is for reading")
