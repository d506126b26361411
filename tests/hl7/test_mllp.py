"""MLLP: marks, two messages on one connection, and whoever sends something else."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from labkit.common.errors import NetworkError, PortTaken
from labkit.hl7 import MllpListener, mllp, send


@pytest.fixture
def port() -> Iterator[int]:
    listener = MllpListener(lambda message: b"got " + message)
    yield listener.start()
    listener.stop()
    assert not listener.running


def test_a_message_and_its_answer(port: int) -> None:
    assert send("127.0.0.1", port, "MSH|a\nPID|ż\n") == "got MSH|a\rPID|ż\r"
    assert send("127.0.0.1", port, b"bytes") == "got bytes"


def test_two_messages_in_pieces_on_one_connection(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(b"noise before" + mllp.START + b"on")
        connection.sendall(b"e" + mllp.END + mllp.frame(b"two"))
        first, rest = mllp.receive(connection)
        second, _ = mllp.receive(connection, rest)
    assert (first, second) == (b"got one", b"got two")


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(NetworkError, match="no HL7 connection"):
        send("127.0.0.1", port, "x", timeout=1)


def test_a_message_without_an_end(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mllp, "LIMIT", 1000)
    with socket.create_connection(("127.0.0.1", port), 5) as connection:
        connection.sendall(mllp.START + b"x" * 3000)
        assert connection.recv(10) == b""


def test_no_answer_is_no_acknowledgement() -> None:
    def fail(message: bytes) -> bytes:
        raise OSError("gone")

    listener = MllpListener(fail)
    port = listener.start()
    with pytest.raises(NetworkError, match="without an acknowledgement"):
        send("127.0.0.1", port, "x")
    with pytest.raises(PortTaken):
        MllpListener(fail).start(port)
    listener.stop()


def test_stopping_hangs_up(port: int) -> None:
    listener = MllpListener(lambda message: message)
    with socket.create_connection(("127.0.0.1", listener.start()), 5) as connection:
        connection.sendall(mllp.frame(b"one"))
        assert mllp.receive(connection)[0] == b"one"
        listener.stop()
        assert connection.recv(10) == b""
