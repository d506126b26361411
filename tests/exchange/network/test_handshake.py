"""What TLS sends to greet is of one size on every machine."""

from __future__ import annotations

from pathlib import Path

from labkit.exchange.network.lines import Secrets, Tunnel


def test_one_group_is_offered(tmp_path: Path) -> None:
    """Each OpenSSL has a list of its own; the key share of some of its groups is 1 kB and more."""
    tunnel = Tunnel(Secrets(tmp_path, "1.3").contexts())
    hello = b"".join(data for forth, data in tunnel.handshake[:1] if forth)
    # RFC 8446 4.2.7: extension 10, 4 bytes, a list of 2 bytes: x25519
    assert bytes.fromhex("000a 0004 0002 001d") in hello
    assert len(hello) < 600
