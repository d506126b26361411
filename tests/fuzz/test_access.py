"""Tokens, scopes, reports to a board, answers to a marker, HL7 v2."""

from __future__ import annotations

import contextlib
import io
import socket

import pytest

from labkit.access.oauth.reading import BadToken, read_jwt
from labkit.access.scopes import ScopeError, granted_scopes, parse_scopes, to_v2
from labkit.common.errors import LabkitError
from labkit.exercises.wire import Report, read_report
from labkit.hl7 import message as hl7
from labkit.hl7.mllp import frame, receive
from labkit.hl7.orders import worklist_item
from labkit.hl7.patients import patient_change
from labkit.workshop.marks.wire import Reader
from tests.fuzz.engine import Fuzz

pytestmark = [pytest.mark.fuzz, pytest.mark.filterwarnings("ignore")]
KEYS = {
    "keys": [
        {
            "kty": "EC",
            "crv": "P-256",
            "kid": "k1",
            "alg": "ES256",
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        }
    ]
}


def test_no_text_is_a_token(fuzz: Fuzz) -> None:
    def target(data: bytes) -> None:
        with pytest.raises(BadToken):
            read_jwt(data.decode("latin-1"), KEYS, types=("at+jwt",))

    fuzz.run(
        target, "token", few=200, many=30_000, marks=[b".", b"..", b"e30", b"eyJhbGciOiJub25lIn0"]
    )


def test_scopes_are_understood_or_refused_and_never_widened(fuzz: Fuzz) -> None:
    def target(data: bytes) -> None:
        words = data.decode("utf-8", "replace")
        try:
            scopes = parse_scopes(words)
        except ScopeError as error:
            assert error.remedy
            return
        assert parse_scopes(to_v2(words)) == scopes
        kept = parse_scopes(granted_scopes(words, ["patient/ImagingStudy.rs", "launch"]))
        assert all(s.context == "patient" and s.resource == "ImagingStudy" for s in kept)
        assert all(set(s.permissions) <= set("rs") for s in kept)

    fuzz.run(
        target,
        "scopes",
        few=200,
        many=60_000,
        marks=[b" ", b"patient/", b"system/", b"*", b".rs", b".cruds", b"?", b"&", b"="],
    )


def test_a_report_to_the_board_is_read_or_refused(fuzz: Fuzz) -> None:
    def target(data: bytes) -> None:
        try:
            report = read_report(data)
        except LabkitError as error:
            assert error.remedy
            return
        assert isinstance(report, Report)
        assert read_report(report.body()) == report

    fuzz.run(
        target,
        "board",
        few=200,
        many=60_000,
        marks=[b'"n":', b"NaN", b"1e5", b'"slug":', b"null", b"\\ud800", b"+23:59", b"T99"],
    )


def test_an_answer_is_a_value_or_cannot_be_read(fuzz: Fuzz) -> None:
    def target(data: bytes) -> None:
        with contextlib.suppress(Exception):  # as `talk` takes whatever a reader may raise
            value = Reader(data, str).load()
            assert not callable(value) or isinstance(value, type)

    fuzz.run(
        target,
        "answers",
        few=100,
        many=20_000,
        marks=[
            b"c",
            b"R",
            b"b",
            b"\x93",
            b"\x94",
            b"(",
            b"t",
            b"\x81",
            b"\x8c\x04exec",
            b"\x8c\x08builtins",
        ],
    )


def test_a_message_of_hl7_is_acted_on_or_answered_with_a_code(fuzz: Fuzz) -> None:
    def target(data: bytes) -> None:
        try:
            message = hl7.read(data)
        except hl7.MessageError as error:
            assert error.code
            return
        for act in (worklist_item, patient_change):
            try:
                act(message)
            except hl7.MessageError as error:
                assert error.code

    fuzz.run(
        target,
        "hl7",
        few=30,
        many=3_000,
        marks=[b"|", b"^", b"~", b"&", b"\\T\\", b"\r", b"PID|", b"MSH|^~\\&|"],
    )


def test_frames_of_mllp_are_found(fuzz: Fuzz) -> None:
    class Line(socket.socket):
        def __init__(self, data: bytes) -> None:
            self._stream = io.BytesIO(data)

        def recv(self, size: int, flags: int = 0) -> bytes:
            return self._stream.read(3)

    def target(data: bytes) -> None:
        line, left = Line(data), b""
        for _ in range(200):
            message, left = receive(line, left)
            if message is None:
                return
            assert b"\x1c\r" not in message
        raise AssertionError("it does not end")

    fuzz.run(target, "mllp", few=200, many=60_000, marks=[b"\x0b", b"\x1c", b"\r", b"\x1c\r"])
    assert frame
