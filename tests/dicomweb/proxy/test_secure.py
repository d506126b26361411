"""TLS, both ways, and credentials for the PACS behind."""

from dataclasses import replace
from pathlib import Path

from pynetdicom import evt

from labkit.dicomweb import Place
from labkit.dicomweb.proxy import ProxySettings, ProxySource, Upstream
from labkit.dimse import Authority, Peer, client_context, server_context
from labkit.dimse.identity import UserIdentity
from tests.contract.pacs.cases import small, uid
from tests.dicomweb.proxy.conftest import StartPacs, StartStub


def test_the_pacs_is_called_with_tls(pacs: StartPacs, tmp_path: Path) -> None:
    ca = Authority(tmp_path / "tls")
    context = server_context(ca.credential("LEGACY"), clients=ca.certificate)
    behind = pacs(tls=context)
    behind.hold(small(1), small(1, 1, 2))
    ours = client_context(ca.certificate, ca.credential("PROXY"))
    peer = Peer("LEGACY", "127.0.0.1", behind.peer.port, tls=ours)
    settings = ProxySettings([Upstream(peer)], cache=tmp_path / "cache")
    with ProxySource(settings) as source:
        assert len(list(source.instances(Place(uid(1))))) == 2


def test_what_c_move_sends_comes_with_tls(pacs: StartPacs, tmp_path: Path) -> None:
    ca = Authority(tmp_path / "tls")
    behind = pacs()
    behind.hold(small(1), small(1, 1, 2))
    settings = ProxySettings(
        [Upstream(behind.peer, retrieve="c-move")], cache=tmp_path / "cache",
        receive_tls=server_context(ca.credential("PROXY")),
    )  # fmt: skip
    with ProxySource(settings) as source:
        tls = client_context(ca.certificate, ca.credential("LEGACY"))
        us = Peer("PROXY", "127.0.0.1", source.receive_port, tls=tls)
        behind.destinations.replace({"PROXY": us})
        assert len(list(source.instances(Place(uid(1))))) == 2


def test_the_pacs_is_told_who_calls(stub: StartStub, tmp_path: Path) -> None:
    behind = stub()
    behind.objects = [small(1)]
    told: list[tuple[str, bytes, bytes]] = []

    def identified(event: evt.Event) -> tuple[bool, None]:
        calling = str(event.assoc.requestor.ae_title).strip()
        told.append((calling, event.primary_field, event.secondary_field))
        return True, None

    behind.handlers = [(evt.EVT_USER_ID, identified)]
    behind.kill()
    behind.start()
    identity = UserIdentity("gateway", "secret")
    peer = replace(behind.peer, calling="GATEWAY", identity=identity)
    with ProxySource(ProxySettings([Upstream(peer)], cache=tmp_path / "cache")) as source:
        assert len(list(source.instances(Place(uid(1))))) == 1
    assert set(told) == {("GATEWAY", b"gateway", b"secret")} and len(told) == 2
