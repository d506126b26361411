"""ITI-20: RFC 5424 messages over TLS with octet counting, both sides with certificates."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from labkit.access.audit import AuditTrail, SyslogReceiver, SyslogSender, forward
from labkit.access.audit.syslog import frame, syslog_message
from labkit.common.errors import NetworkError
from labkit.dimse import Authority, client_context
from labkit.dimse.tls import server_context
from tests.access.audit.test_message import SCHEMA


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path / "ca")


@pytest.fixture
def receiver(authority: Authority) -> Iterator[SyslogReceiver]:
    context = server_context(authority.credential("ARR"), clients=authority.certificate)
    receiver = SyslogReceiver(context)
    yield receiver
    receiver.close()


def filled(trail: AuditTrail) -> None:
    trail.note("ApplicationActivity", "started", type="ApplicationStart", door="Ä-lab")
    trail.append({"kind": "result", "of": 1, "allowed": True, "reason": "no message of its own"})
    trail.note("SecurityAlert", "refused", allowed=False, door="ARCHIVE", actor="EVIL")


def test_records_arrive_as_messages(
    trail: AuditTrail, authority: Authority, receiver: SyslogReceiver
) -> None:
    filled(trail)
    tls = client_context(authority.certificate, authority.credential("ARCHIVE"))
    with SyslogSender("127.0.0.1", receiver.port, tls=tls) as sender:
        assert forward(trail, sender, since=0, host="lab host") == 3
        one, two = receiver.wait(2)
    assert re.match(
        rb"<85>1 2026-01-15T08:00:01\.000\+00:00 lab_host labkit \d+ DICOM\+RFC3881 - \xef\xbb\xbf",
        one,
    )
    assert two.startswith(b"<84>1 ")
    for each in (one, two):
        SCHEMA.assertValid(etree.fromstring(each.partition(b"\xef\xbb\xbf")[2]))
    with SyslogSender("127.0.0.1", receiver.port, tls=tls) as sender:
        assert forward(trail, sender, since=2, host="lab") == 3
        assert len(receiver.wait(3)) == 3


def test_a_sender_without_a_certificate_is_refused(
    trail: AuditTrail, authority: Authority, receiver: SyslogReceiver
) -> None:
    filled(trail)
    with pytest.raises(NetworkError):  # TLS 1.3 tells a client only when it reads or writes on
        sender = SyslogSender("127.0.0.1", receiver.port, tls=client_context(authority.certificate))
        while not receiver.refused:
            sender.send(b"x")
        for _ in range(1000):
            sender.send(b"x" * 1000)
    assert receiver.messages == []


def test_a_repository_that_is_not_ours_gets_nothing(
    authority: Authority, receiver: SyslogReceiver, tmp_path: Path
) -> None:
    other = Authority(tmp_path / "other")
    with pytest.raises(NetworkError, match="No TLS"):
        SyslogSender("127.0.0.1", receiver.port, tls=client_context(other.certificate))


def test_no_repository(authority: Authority) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NetworkError, match="No audit record repository"):
        SyslogSender("127.0.0.1", port, tls=client_context(authority.certificate))


def test_length_is_of_octets() -> None:
    assert frame("Ä".encode()) == b"2 \xc3\x84"


def test_a_field_has_no_blanks(trail: AuditTrail) -> None:
    filled(trail)
    record = next(trail.records())
    head = syslog_message(record, source="", host="a b\nc").partition(b"\xef\xbb\xbf")[0]
    assert head.split(b" ")[2:4] == [b"a_b_c", b"-"]
