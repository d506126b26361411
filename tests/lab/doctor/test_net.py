"""Names, ports and certificates, before real sockets."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from pynetdicom.sop_class import Verification

from labkit.dimse import Authority, client_context, new_ae, server_context
from labkit.lab.doctor import net
from labkit.lab.doctor.finding import LayerFails

HERE = "127.0.0.1"


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


Serve = Callable[..., int]


@pytest.fixture(scope="module")
def serve(ca: Authority) -> Iterator[Serve]:
    """Starts a server with a certificate of that name and end, or without TLS; its port."""
    made = []

    def start(name: str = "", not_after: datetime | None = None) -> int:
        shown = server_context(ca.credential(name, not_after=not_after)) if name else None
        ae = new_ae("ARCHIVE", timeout=5)
        ae.add_supported_context(Verification)
        made.append(ae)
        server = ae.start_server((HERE, 0), block=False, ssl_context=shown)
        return int(server.server_address[1])

    yield start
    for ae in made:
        ae.shutdown()


def test_names() -> None:
    assert net.resolve(HERE) == f"{HERE} is an address"
    assert HERE in net.resolve("localhost")
    for nobody in ("no-such-machine.invalid", "a" * 70, "under\x00"):
        with pytest.raises(LayerFails, match="there is no machine") as caught:
            net.resolve(nobody)
        assert "VPN" in caught.value.remedy


def test_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listening:
        listening.bind((HERE, 0))
        port = listening.getsockname()[1]
        listening.listen()
        assert net.reach(HERE, port) == f"port {port} is open"
    with pytest.raises(LayerFails, match="is closed") as caught:
        net.reach(HERE, port)
    assert "administrator" in caught.value.remedy

    def raising(error: OSError) -> None:
        def connect(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr(socket, "create_connection", connect)

    raising(TimeoutError())
    with pytest.raises(LayerFails, match="does not answer") as caught:
        net.reach(HERE, port)
    assert "firewall" in caught.value.remedy
    raising(OSError(101, "Network is unreachable"))
    with pytest.raises(LayerFails, match="Network is unreachable"):
        net.reach(HERE, port)


def test_a_certificate_that_is_right(ca: Authority, serve: Serve) -> None:
    said = net.shake_hands(HERE, serve("GOOD"), client_context(ca.certificate))
    assert said.startswith("TLSv1.") and f"certificate for {HERE}, valid until 3000-01-01" in said
    soon = datetime.now(timezone.utc) + timedelta(days=3, hours=1)
    assert "ONLY 3 DAYS LEFT" in net.shake_hands(
        HERE, serve("SOON", soon), client_context(ca.certificate)
    )


def test_certificates_that_are_wrong(ca: Authority, serve: Serve, tmp_path: Path) -> None:
    good = serve("GOOD")
    ours = client_context(ca.certificate)
    with pytest.raises(LayerFails, match="ended on 2020-01-01") as caught:
        net.shake_hands(HERE, serve("OLD", datetime(2020, 1, 1, tzinfo=timezone.utc)), ours)
    assert "renew" in caught.value.remedy
    with pytest.raises(LayerFails, match=r"is for 127\.0\.0\.1, localhost, not for pacs") as caught:
        net.shake_hands(HERE, good, ours, "pacs.example")
    assert "server_name" in caught.value.remedy
    stranger = client_context(Authority(tmp_path).certificate)
    with pytest.raises(LayerFails, match="labkit, whom this machine does not trust") as caught:
        net.shake_hands(HERE, good, stranger)
    assert "ca = " in caught.value.remedy


def test_no_tls_there(ca: Authority, serve: Serve) -> None:
    with pytest.raises(LayerFails) as caught:
        net.shake_hands(HERE, serve(), client_context(ca.certificate))
    assert "leave TLS out" in caught.value.remedy
    with pytest.raises(LayerFails, match="refused"):
        net.shake_hands(HERE, 1, ssl.create_default_context())
    assert net._certificate(HERE, 1, HERE) == ("?", "?", "", "somebody")


def test_the_way_to_another_machine() -> None:
    assert net.address_towards(HERE, 104) == HERE
    assert net.address_towards("no-such-machine.invalid", 104) == "the address of this machine"
