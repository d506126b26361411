"""Every way not to get an association has its words and a remedy."""

import socket

import pytest

from labkit.common.errors import (
    AssociationAborted,
    AssociationError,
    AssociationRejected,
    ResponseTimeout,
    UsageError,
)
from labkit.dimse import associate, echo
from labkit.dimse.refusal import unreachable
from tests.dimse.wire import Wire, answering, between, read_pdu


@pytest.mark.parametrize(
    ("numbers", "message", "remedy"),
    [
        ("010101", "no reason given (rejected (permanent), 1/1/1", "read its log"),
        ("010102", "application context name not supported", "check host and port"),
        ("010103", "calling AE title not recognised", "Have LEARNER added"),
        ("010107", "called AE title not recognised", "does not go by ARCHIVE"),
        ("020201", "rejected (transient), 2/2/1", "user identity"),
        ("010202", "protocol version not supported", "another version"),
        ("020301", "temporary congestion", "try again"),
        ("020302", "local limit exceeded", "as many associations as it may"),
        ("010104", "reserved (rejected (permanent), 1/1/4", "reserves this reason"),
        ("090909", "not a listed value", "read their log"),
    ],
)
def test_rejections(numbers: str, message: str, remedy: str) -> None:
    rejecting = answering(bytes.fromhex(f"03000000000400{numbers}"))
    with rejecting as wire, pytest.raises(AssociationRejected) as caught:
        echo(wire.peer, timeout=3)
    error = caught.value
    assert message in error.message
    assert "PS3.8 Table 9-21" in error.message
    assert remedy in error.remedy
    assert (error.result, error.source, error.reason) == tuple(bytes.fromhex(numbers))
    assert error.trace.end == "rejected"


@pytest.mark.parametrize(
    ("numbers", "message"),
    [("0000", "the program itself gave up"), ("0202", "unexpected PDU"), ("0209", "not a listed")],
)
def test_aborts(numbers: str, message: str) -> None:
    aborting = answering(bytes.fromhex(f"070000000004 0000 {numbers}"))
    with aborting as wire, pytest.raises(AssociationAborted, match=message) as caught:
        echo(wire.peer, timeout=3)
    assert caught.value.trace.end == "aborted"
    assert "log says why" in caught.value.remedy


def test_silence() -> None:
    with (
        answering() as wire,
        pytest.raises(ResponseTimeout, match="no A-ASSOCIATE-AC within"),
    ):
        echo(wire.peer, timeout=0.3)


def test_silence_after_the_association(scp) -> None:
    mute = between(scp.peer, lambda pdu: b"" if pdu[0] == 4 else pdu)
    with mute as wire, pytest.raises(ResponseTimeout, match="no C-ECHO-RSP within") as caught:
        echo(wire.peer, timeout=0.5)
    assert [pdu.data[0] for pdu in caught.value.trace.pdus] == [1, 2, 4, 7]


def test_closed_before_an_answer() -> None:
    closing = Wire(lambda connection, number: read_pdu(connection))
    with closing as wire, pytest.raises(AssociationAborted, match="closed the conn") as caught:
        echo(wire.peer, timeout=3)
    assert "wants TLS" in caught.value.remedy


@pytest.mark.parametrize(
    "garbage",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x15\x03\x01\x00\x02\x02\x46",
        bytes(64),
        b"\x02\0\0\0\0\5abcde",
    ],
)
def test_garbage_for_an_answer(garbage: bytes) -> None:
    with answering(garbage) as wire, pytest.raises(AssociationError) as caught:
        echo(wire.peer, timeout=2)
    assert caught.value.remedy


def test_abort_while_an_answer_is_awaited(scp) -> None:
    abort = bytes.fromhex("07000000000400000000")
    aborting = between(scp.peer, lambda pdu: abort if pdu[0] == 4 else pdu)
    with aborting as wire, pytest.raises(AssociationAborted, match="aborted the association"):
        echo(wire.peer, timeout=3)


@pytest.mark.parametrize(
    ("why", "words"),
    [
        (ConnectionRefusedError(), "nothing listens"),
        (TimeoutError(), "timed out"),
        (OSError(113, "No route to host"), "No route to host"),
        (None, "no connection"),
    ],
)
def test_no_connection(why, words: str, scp) -> None:
    error = unreachable(why, scp.peer)
    assert words in error.message
    assert error.remedy
    assert str(scp.peer.port) not in str(error)


def test_the_number_of_contexts(scp) -> None:
    for contexts in ([], [None] * 129):
        with (
            pytest.raises(UsageError, match="presentation contexts"),
            associate(scp.peer, contexts),
        ):
            pass


def test_an_error_in_the_body_aborts(scp) -> None:
    from labkit.dimse.association import query_context

    contexts = [query_context("1.2.840.10008.1.1")]
    with pytest.raises(ZeroDivisionError), associate(scp.peer, contexts) as link:
        _ = 1 / 0
    assert link.trace.end == "aborted"


def test_a_port_that_is_not_dicom() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        from labkit.dimse import Peer

        with pytest.raises(ResponseTimeout):
            echo(Peer("ARCHIVE", "127.0.0.1", server.getsockname()[1]), timeout=0.3)
