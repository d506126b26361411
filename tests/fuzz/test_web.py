"""Multipart bodies, query strings and media types, spoilt."""

from __future__ import annotations

from urllib.parse import parse_qsl

import pytest

from labkit.common.errors import DataError, LabkitError
from labkit.dicomweb.media import parse
from labkit.dicomweb.multipart import Begin, End, Event, Parser
from labkit.dicomweb.parameters import read_search
from labkit.dicomweb.problems import WebError
from labkit.dicomweb.source import Place
from labkit.fhir.mapping.sources.received import received
from labkit.pacs.keys import Level
from tests.fuzz.engine import Fuzz

pytestmark = [pytest.mark.fuzz, pytest.mark.filterwarnings("ignore")]
MARKS = [b"\r\n--b\r\n", b"\r\n--b--", b"--b", b"\r\n\r\n", b"Content-Type: application/dicom\r\n"]


def said(pieces: list[bytes]) -> tuple[list[Event], str]:
    """What is found in a body that comes in these pieces; content is put together."""
    parser, found, problem = Parser("b"), list[Event](), ""
    try:
        for piece in pieces:
            for event in parser.feed(piece):
                if isinstance(event, bytes) and found and isinstance(found[-1], bytes):
                    found[-1] += event
                else:
                    found.append(event)
        parser.close()
    except DataError as error:
        assert error.remedy
        problem = error.message
    return found, problem


def test_a_multipart_body_means_the_same_however_it_is_cut(fuzz: Fuzz) -> None:
    def target(data: bytes) -> None:
        whole = said([data])
        at = len(data) // 3
        assert said([data[:at], data[at : at + 1], data[at + 1 :]]) == whole
        if len(data) < 300:
            assert said([data[n : n + 1] for n in range(len(data))]) == whole
        depth = 0
        for event in whole[0]:
            depth += isinstance(event, Begin) - isinstance(event, End)
            assert depth in (0, 1)

    fuzz.run(target, "multipart", few=300, many=60_000, marks=MARKS)


def test_what_a_service_was_sent_is_read_or_refused(fuzz: Fuzz) -> None:
    def target(data: bytes) -> None:
        for kind in ("multipart/related; boundary=b", "application/dicom+json"):
            try:
                assert received(data, kind)
            except LabkitError as error:
                assert error.remedy

    fuzz.run(target, "multipart", few=80, many=20_000, marks=[*MARKS, b"[{}]", b"DICM"])


def test_a_search_of_qido_is_understood_or_refused(fuzz: Fuzz) -> None:
    def target(data: bytes) -> None:
        pairs = parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True)
        for level in (Level.STUDY, Level.IMAGE):
            try:
                read_search(level, Place("1.2" if level is Level.IMAGE else ""), pairs)
            except WebError as error:
                assert error.status == 400

    fuzz.run(
        target,
        "qido",
        few=200,
        many=60_000,
        marks=[b"&limit=", b"&includefield=", b"&0020000D=", b".00080050", b",", b"*"],
    )


def test_a_media_type_is_read(fuzz: Fuzz) -> None:
    def target(data: bytes) -> None:
        kind = parse(data.decode("latin-1"))
        assert 0 <= kind.quality <= 1

    fuzz.run(target, "media-type", few=200, many=60_000, marks=[b";q=", b'"', b"=", b",", b"\\"])
