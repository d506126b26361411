import pytest

from labkit.common.errors import UsageError
from labkit.dimse import Peer


def test_a_peer_keeps_its_address_to_itself() -> None:
    peer = Peer(" ARCHIVE ", "10.0.0.7", 11112)
    assert repr(peer) == str(peer) == "Peer(ARCHIVE)"
    assert (peer.ae_title, peer.host, peer.port) == ("ARCHIVE", "10.0.0.7", 11112)
    assert peer == Peer("ARCHIVE", "10.0.0.7", 11112)
    assert Peer("A" * 16, "h", 65535)


@pytest.mark.parametrize(
    ("title", "words"),
    [
        ("", "blank"),
        ("   ", "blank"),
        ("A" * 17, "17 characters"),
        ("A\\B", "contains"),
        ("A\tB", "contains"),
        ("ÄRZTE", "contains"),
        (None, "not NoneType"),
        (b"ARCHIVE", "not bytes"),
    ],
)
def test_titles_that_cannot_be(title, words: str) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        Peer(title, "h", 104)
    assert caught.value.remedy


@pytest.mark.parametrize("port", [0, -1, 65536, "104", 104.0, None, True])
def test_ports_that_cannot_be(port) -> None:
    with pytest.raises(UsageError) as caught:
        Peer("ARCHIVE", "h", port)
    assert caught.value.remedy


@pytest.mark.parametrize("host", ["", "  ", None, 7])
def test_hosts_that_cannot_be(host) -> None:
    with pytest.raises(UsageError, match="needs a host"):
        Peer("ARCHIVE", host, 104)
