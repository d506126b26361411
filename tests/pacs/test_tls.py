"""A node that speaks TLS: on its own port, or on a second one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from pydicom import dcmread

from labkit.common.errors import AssociationError, LabError
from labkit.dimse import (
    Authority,
    Peer,
    client_context,
    echo,
    find_dcmtk,
    get,
    identifier,
    server_context,
    store,
)
from tests.pacs.conftest import Running, Start, real


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"))


def secured(node: Running, ca: Authority, *, mutual: bool = False) -> Peer:
    clients = ca.certificate if mutual else None
    port = node.node.listen_tls(server_context(ca.credential("ARCHIVE"), clients=clients))
    tls = client_context(ca.certificate, ca.credential("LEARNER"))
    return Peer("ARCHIVE", "127.0.0.1", port, tls=tls)


def test_a_second_port_with_tls_beside_the_plain_one(
    archive_node: Running, ca: Authority, tmp_path: Path
) -> None:
    peer = secured(archive_node, ca)
    large = dcmread(real("MR_small.dcm")[0])
    large.Rows = large.Columns = 2048
    large.PixelData = bytes(range(256)) * (2 * 2048 * 2048 // 256)
    large.save_as(tmp_path / "large.dcm")
    assert len(store(peer, tmp_path / "large.dcm").stored) == 1
    got = get(peer, identifier("STUDY", StudyInstanceUID=large.StudyInstanceUID))
    assert [ds.PixelData for ds in got.datasets] == [large.PixelData]
    assert echo(archive_node.peer).status == 0x0000
    assert archive_node.logged("listening with TLS on a second port")


def test_the_only_port_may_speak_tls(start: Start, ca: Authority) -> None:
    node = start("ARCHIVE", tls=server_context(ca.credential("ARCHIVE")))
    assert echo(node.peer, tls=client_context(ca.certificate)).status == 0x0000
    with pytest.raises(AssociationError):
        echo(node.peer, timeout=5)
    assert node.logged("TLS handshake failed: the other side does not speak TLS on this port")


def test_node_authentication_is_logged_where_it_fails(archive_node: Running, ca: Authority) -> None:
    peer = secured(archive_node, ca, mutual=True)
    assert echo(peer).status == 0x0000
    with pytest.raises(AssociationError, match="asks for a client certificate"):
        echo(peer, tls=client_context(ca.certificate), timeout=5)
    assert archive_node.logged("TLS handshake failed: the client showed no certificate")


def test_a_stopped_node_ends_both(start: Start, ca: Authority) -> None:
    node = start()
    peer = secured(node, ca)
    again = secured(node, ca)  # takes the place of the first
    with pytest.raises(AssociationError):
        echo(peer, timeout=5)
    assert echo(again).status == 0x0000
    node.node.stop()
    with pytest.raises(AssociationError):
        echo(again, timeout=5)
    with pytest.raises(LabError, match="does not run"):
        secured(node, ca)


DCMTK = find_dcmtk("echoscu")


@pytest.mark.skipif(DCMTK is None, reason="DCMTK is not installed")
@pytest.mark.parametrize(
    ("mutual", "options", "code"),
    [
        (False, "+tla +cf CA", 0),
        (False, "+tla", 1),  # trusts nobody
        (False, "", 1),  # no TLS
        (True, "+tls KEY CERT +cf CA", 0),
        (True, "+tla +cf CA", 1),
    ],
)
def test_dcmtk(archive_node: Running, ca: Authority, mutual: bool, options: str, code: int) -> None:
    assert DCMTK is not None
    peer = secured(archive_node, ca, mutual=mutual)
    mine = ca.credential("LEARNER")
    files = {"CA": ca.certificate, "KEY": mine.key, "CERT": mine.certificate}
    words = [str(files.get(word, word)) for word in options.split()]
    command = [str(DCMTK[0]), *words, "-aec", "ARCHIVE", peer.host, str(peer.port)]
    done = subprocess.run(command, capture_output=True, timeout=30, check=False)
    assert done.returncode == code, done.stderr
