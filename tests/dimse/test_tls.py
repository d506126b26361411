"""TLS between our own SCU and SCP: what passes, what is refused, and in which words."""

from __future__ import annotations

import ssl
import stat
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from pynetdicom.sop_class import Verification

from labkit.common.errors import AssociationAborted, AssociationError, UsageError
from labkit.dimse import Authority, Peer, client_context, echo, new_ae, server_context
from labkit.dimse.tls import explain


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stranger"))


class Listening:
    """An SCP and what it said of failed handshakes."""

    def __init__(self, context: ssl.SSLContext | None) -> None:
        ae = new_ae("ARCHIVE", timeout=5)
        ae.add_supported_context(Verification)
        self.server = ae.start_server(("127.0.0.1", 0), block=False, ssl_context=context)
        self.failures: list[str] = []
        self.told = threading.Event()
        self.server.tls_failed = self.tls_failed
        self.peer = Peer("ARCHIVE", "127.0.0.1", self.server.server_address[1])
        self.ae = ae

    def tls_failed(self, error: OSError) -> None:
        self.failures.append(explain(error)[0])
        self.told.set()

    def forget(self) -> None:
        self.failures.clear()
        self.told.clear()


@pytest.fixture(scope="module")
def servers(ca: Authority) -> Iterator[dict[str, Listening]]:
    mine = ca.credential("ARCHIVE")
    old = ca.credential("OLD", not_after=datetime(2020, 1, 1, tzinfo=timezone.utc))
    made = {
        "tls": Listening(server_context(mine)),
        "mutual": Listening(server_context(mine, clients=ca.certificate)),
        "plain": Listening(None),
        "expired": Listening(server_context(old)),
    }
    yield made
    for each in made.values():
        each.server.shutdown()
        each.ae.shutdown()


def test_an_echo_over_tls(servers: dict[str, Listening], ca: Authority) -> None:
    result = echo(servers["tls"].peer, tls=client_context(ca.certificate))
    assert result.status == 0x0000
    assert [pdu.data[0] for pdu in result.trace.pdus] == [1, 2, 4, 4, 5, 6]  # PDUs, no TLS records


def test_a_peer_carries_its_context(servers: dict[str, Listening], ca: Authority) -> None:
    plain = servers["tls"].peer
    peer = Peer("ARCHIVE", plain.host, plain.port, tls=client_context(ca.certificate))
    assert echo(peer).status == 0x0000
    assert peer == plain and "tls" not in repr(peer)


def test_node_authentication(servers: dict[str, Listening], ca: Authority) -> None:
    context = client_context(ca.certificate, ca.credential("LEARNER"))
    assert echo(servers["mutual"].peer, tls=context).status == 0x0000


@pytest.mark.parametrize(
    ("server", "client", "said", "logged"),
    [
        ("plain", "ours", "does not speak TLS on this port", None),
        ("tls", "strange", "unable to get local issuer certificate", "who signed our certificate"),
        ("expired", "ours", "certificate has expired", "our certificate has expired"),
        ("mutual", "ours", "asks for a client certificate", "showed no certificate"),
        ("mutual", "forged", "does not trust who signed our certificate", "not accepted"),
    ],
)
def test_what_fails_says_why_at_both_ends(
    servers: dict[str, Listening],
    ca: Authority,
    stranger: Authority,
    server: str,
    client: str,
    said: str,
    logged: str | None,
) -> None:
    contexts: dict[str, Any] = {
        "ours": lambda: client_context(ca.certificate),
        "strange": lambda: client_context(stranger.certificate),
        "forged": lambda: client_context(ca.certificate, stranger.credential("LEARNER")),
    }
    scp = servers[server]
    scp.forget()
    with pytest.raises(AssociationError, match="no TLS connection to ARCHIVE") as caught:
        echo(scp.peer, tls=contexts[client](), timeout=5)
    assert said in caught.value.message and caught.value.remedy
    if logged:
        scp.told.wait(5)  # the alert goes out first
        assert len(scp.failures) == 1 and logged in scp.failures[0]


def test_without_tls_at_a_tls_port(servers: dict[str, Listening]) -> None:
    servers["tls"].forget()
    with pytest.raises(AssociationAborted, match="closed the connection") as caught:
        echo(servers["tls"].peer, timeout=5)
    assert "wants TLS" in caught.value.remedy
    servers["tls"].told.wait(5)
    assert servers["tls"].failures == ["the other side does not speak TLS on this port"]


def test_an_old_version_of_tls_is_refused(servers: dict[str, Listening], ca: Authority) -> None:
    context = ssl.create_default_context(cafile=ca.certificate)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(AssociationError, match="no TLS"):
        echo(servers["tls"].peer, tls=context, timeout=5)


def test_tls_1_2_is_enough(servers: dict[str, Listening], ca: Authority) -> None:
    context = client_context(ca.certificate)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    assert echo(servers["tls"].peer, tls=context).status == 0x0000


def test_certificates_are_made_once_and_the_key_is_private(tmp_path: Path) -> None:
    first = Authority(tmp_path)
    mine = first.credential("ARCHIVE")
    again = Authority(tmp_path)
    assert again.credential("ARCHIVE") == mine
    client_context(again.certificate, mine)  # key and certificate still belong together
    other = again.credential("OTHER")
    client_context(first.certificate, other)
    if sys.platform != "win32":
        for key in tmp_path.glob("*.key"):
            assert stat.S_IMODE(key.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "a b"])
def test_a_name_that_is_no_file(ca: Authority, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        ca.credential(name)


def test_files_that_are_no_certificates(ca: Authority, tmp_path: Path) -> None:
    junk = tmp_path / "junk.pem"
    junk.write_text("no PEM")
    for path in (junk, tmp_path / "nothing.pem"):
        with pytest.raises(UsageError, match="cannot be used"):
            client_context(path)


def test_what_is_no_tls_problem_is_not_explained() -> None:
    assert explain(ConnectionResetError()) == ("", "")
    assert "TLS failed" in explain(ssl.SSLError(1, "[SSL] something new"))[0]
    assert "during the TLS handshake" in explain(ssl.SSLEOFError(8, "EOF"))[0]
