"""Messages are recognised however the bytes are cut up, and nothing else is taken for one."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest

from labkit.exchange.network.sniff import Grammar, Sniffer, Told, dimse, http


def pdv(data: bytes, control: int) -> bytes:
    return struct.pack(">IBB", len(data) + 2, 1, control) + data


def p_data(*items: bytes) -> bytes:
    body = b"".join(items)
    return struct.pack(">BBI", 4, 0, len(body)) + body


def command(field: int) -> bytes:
    element = struct.pack("<HHIH", 0, 0x0100, 2, field)
    return struct.pack("<HHII", 0, 0, 4, len(element)) + element


ASSOCIATE = struct.pack(">BBI", 1, 0, 200) + bytes(200)
RELEASE = struct.pack(">BBI", 5, 0, 4) + bytes(4)
STORE = command(0x0001)
DIMSE = (
    ASSOCIATE
    + p_data(pdv(STORE[:7], 1), pdv(STORE[7:], 3))  # a command in two fragments
    + p_data(pdv(b"\x00\x00\x00\x01\x02\x00\x00\x00\x20\x00" * 30, 0))  # a data set like a command
    + p_data(pdv(command(0x0020), 3), pdv(bytes(50), 2))
    + p_data(pdv(command(0x8001), 3))  # an answer
    + RELEASE
)
HTTP = (
    b"GET /dicom-web/studies?PatientID=1 HTTP/1.1\r\nHost: x\r\n\r\n"
    b"POST /studies HTTP/1.1\r\nContent-Length: 21\r\n\r\nGET /no HTTP/1.1\r\n\r\n."
    b'POST /xds HTTP/1.1\r\ncontent-type: application/soap+xml; action="urn:ihe:iti:2007:X"\r\n'
    b"Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nGET /\r\n3\r\nabc\r\n0\r\nTrailer: x\r\n\r\n"
    b"DELETE /studies/1 HTTP/1.1\r\n\r\n"
)
SAID = [
    (dimse, DIMSE, [("C-STORE", ""), ("C-FIND", "")]),
    (
        http,
        HTTP,
        [
            ("GET", "/dicom-web/studies"),
            ("POST", "/studies"),
            ("SOAP", "urn:ihe:iti:2007:X"),
            ("DELETE", "/studies/1"),
        ],
    ),
]


@pytest.mark.parametrize(("grammar", "data", "said"), SAID)
@pytest.mark.parametrize("step", [1, 2, 7, 1000, 1 << 20])
def test_messages_are_recognised_however_the_bytes_come(
    grammar: Callable[[Told], Grammar], data: bytes, said: list[tuple[str, str]], step: int
) -> None:
    heard: list[tuple[str, str]] = []
    sniffer = Sniffer(grammar(lambda kind, what: heard.append((kind, what))))
    for at in range(0, len(data), step):
        sniffer.feed(data[at : at + step])
    assert heard == said


@pytest.mark.parametrize("grammar", [dimse, http])
@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00" + bytes(600),
        b"GET / HTTP/1.1\r\n" + b"x" * 70000,
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 2000,
        p_data(struct.pack(">IBB", 1, 1, 1)),
        p_data(struct.pack(">IBB", 1 << 30, 1, 1)),
        b"",
    ],
)
def test_what_is_of_another_kind_is_let_go(grammar: Callable[[Told], Grammar], data: bytes) -> None:
    heard: list[str] = []
    sniffer = Sniffer(grammar(lambda kind, what: heard.append(kind)))
    for _ in range(3):
        sniffer.feed(data)
    assert set(heard) <= {"POST"}
    assert len(sniffer._buffer) < 70100
