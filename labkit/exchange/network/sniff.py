"""Which messages go over a connection: DIMSE commands and HTTP requests, seen from outside.

Only as much is looked at as says what a message is: command sets and heads of requests. What is no
DICOM and no HTTP/1.1 is carried all the same, and not counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator

Want = tuple[str, int]
"""``("take", n)`` bytes, ``("skip", n)`` bytes, ``("head", most)``: up to an empty line."""
Grammar = Generator[Want, bytes, None]
Told = Callable[[str, str], None]
"""Called with the kind of a message and what it is about."""

_P_DATA = 0x04
_PDU_TYPES = frozenset(range(1, 8))
_MOST_HEAD = 65536
_COMMAND_FIELD = b"\x00\x00\x00\x01\x02\x00\x00\x00"
COMMANDS = {
    0x0001: "C-STORE", 0x0010: "C-GET", 0x0020: "C-FIND", 0x0021: "C-MOVE", 0x0030: "C-ECHO",
    0x0100: "N-EVENT-REPORT", 0x0110: "N-GET", 0x0120: "N-SET", 0x0130: "N-ACTION",
    0x0140: "N-CREATE", 0x0150: "N-DELETE",
}  # fmt: skip
"""Command Field (0000,0100) of requests (PS3.7 E.1)."""
_REQUEST = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.[01]\r\n")
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d+)", re.I)
_CHUNKED = re.compile(rb"\r\ntransfer-encoding:[^\r]*chunked", re.I)
_ACTION = re.compile(rb"action=\"?([^\";\r]+)", re.I)
_SOAP = re.compile(rb"\r\ncontent-type:([^\r]*(?:soap\+xml|application/xop)[^\r]*)", re.I)


class Sniffer:
    """Follows one direction of a connection.

    Parameters
    ----------
    grammar
        Asks for what it wants to see, and is sent it.
    """

    def __init__(self, grammar: Grammar) -> None:
        self._grammar = grammar
        self._buffer = bytearray()
        self._want: Want | None = next(grammar)

    def feed(self, data: bytes) -> None:
        """Take in what has gone by."""
        while self._want is not None:
            kind, count = self._want
            if kind == "skip" and not self._buffer and count >= len(data):
                self._want = (kind, count - len(data)) if count > len(data) else self._next(b"")
                return  # nothing of it is looked at: no copy either
            self._buffer += data
            data = b""
            if not self._step(kind, count):
                return

    def _step(self, kind: str, count: int) -> bool:
        """Give the grammar what it wants; whether there was enough of it."""
        if kind == "head":
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self._buffer) > count:
                    self._want = None
                return False
            count = end + 4
        elif len(self._buffer) < count:
            if kind == "skip":
                self._want = (kind, count - len(self._buffer))
                self._buffer.clear()
            return False
        taken = b"" if kind == "skip" else bytes(self._buffer[:count])
        del self._buffer[:count]
        self._want = self._next(taken)
        return True

    def _next(self, taken: bytes) -> Want | None:
        try:
            return self._grammar.send(taken)
        except (StopIteration, ValueError):  # the end, or no message of its kind after all
            self._buffer.clear()
            return None


def dimse(told: Told) -> Grammar:
    """Read PDUs (PS3.8 9.3), and tell of each request (PS3.7 6.3.1)."""
    command = b""
    while True:
        head = yield "take", 6
        kind, left = head[0], int.from_bytes(head[2:6], "big")
        if kind not in _PDU_TYPES:
            return
        if kind != _P_DATA:
            yield "skip", left
            continue
        while left > 0:
            item = yield "take", 6
            size, control = int.from_bytes(item[:4], "big") - 2, item[5]
            left -= size + 6
            if size < 0 or left < 0:
                return
            if not control & 1 or len(command) + size > _MOST_HEAD:  # a fragment of a data set
                yield "skip", size
                continue
            command += yield "take", size
            if control & 2:
                _tell_command(command, told)
                command = b""


def _tell_command(command: bytes, told: Told) -> None:
    at = command.find(_COMMAND_FIELD)
    if at >= 0:
        name = COMMANDS.get(int.from_bytes(command[at + 8 : at + 10], "little"))
        if name:
            told(name, "")


def http(told: Told) -> Grammar:
    """Read requests of HTTP/1.1 (RFC 9112), and tell of each; of SOAP with its action."""
    while True:
        head = yield "head", _MOST_HEAD
        request = _REQUEST.match(head)
        if request is None:
            return
        soap = _SOAP.search(head)
        action = _ACTION.search(soap[1]) if soap else None
        path = request[2].split(b"?")[0].decode("ascii", "replace")
        if soap:
            told("SOAP", action[1].decode("ascii", "replace") if action else path)
        else:
            told(request[1].decode(), path)
        length = _LENGTH.search(head)
        if _CHUNKED.search(head):
            yield from _chunks()
        elif length:
            yield "skip", int(length[1])


def _chunks() -> Generator[Want, bytes, None]:
    """Skip a body in chunks (RFC 9112 7.1)."""
    size = b""
    while True:
        size += yield "take", 1
        if not size.endswith(b"\r\n"):
            if len(size) > 1000:
                raise ValueError("no chunk")
            continue
        count = int(size.split(b";")[0].strip() or b"0", 16)
        size = b""
        if not count:
            break
        yield "skip", count + 2
    last = b""
    while not (last.endswith(b"\r\n") and (last == b"\r\n" or last.endswith(b"\r\n\r\n"))):
        last += yield "take", 1
        if len(last) > _MOST_HEAD:
            raise ValueError("no trailer")


def quiet(told: Told) -> Grammar:
    """Look at nothing: answers of HTTP, and what is of another kind."""
    while True:
        yield "skip", 1 << 40
