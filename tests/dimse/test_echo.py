import pytest

from labkit.common.errors import AssociationError, AssociationRejected, UsageError
from labkit.dimse import Peer, echo


def test_success(scp) -> None:
    result = echo(scp.peer, ae_title="CT1")
    assert result.status == 0x0000
    assert result.trace.end == "released"
    assert result.trace.requestor.ae_title == "CT1"
    # RQ, AC, C-ECHO-RQ, C-ECHO-RSP, RELEASE-RQ, RELEASE-RP: seen whole, from both ends
    assert [pdu.data[0] for pdu in result.trace.pdus] == [1, 2, 4, 4, 5, 6]
    result.raise_for_status()


def test_wrong_called_title(scp) -> None:
    with pytest.raises(AssociationRejected) as caught:
        echo(Peer("WRONG", scp.peer.host, scp.peer.port))
    error = caught.value
    assert (error.result, error.source, error.reason) == (1, 1, 7)
    assert "called AE title not recognised" in error.message
    assert "WRONG" in error.remedy
    assert error.trace.end == "rejected"


def test_nobody_listens() -> None:
    with pytest.raises(AssociationError, match="nothing listens where ARCHIVE should be"):
        echo(Peer("ARCHIVE", "127.0.0.1", 1))


def test_host_does_not_resolve() -> None:
    with pytest.raises(AssociationError, match="no connection to ARCHIVE"):
        echo(Peer("ARCHIVE", "no-such-host.invalid", 104))


@pytest.mark.parametrize(
    "option", [{"timeout": 0}, {"timeout": "5"}, {"timeout": True}, {"tls": "x"}, {"ae_title": ""}]
)
def test_options_that_cannot_be(scp, option) -> None:
    with pytest.raises(UsageError) as caught:
        echo(scp.peer, **option)
    assert caught.value.remedy


def test_a_peer_is_needed() -> None:
    with pytest.raises(UsageError, match="a peer is a Peer"):
        echo("ARCHIVE")  # type: ignore[arg-type]
