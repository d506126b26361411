"""Messages: read as they come, and told what is wrong with them."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.common.errors import UsageError
from labkit.hl7 import MessageError, acknowledge, read
from labkit.hl7.charset import codec_of, dicom_term
from tests.effort import effort
from tests.hl7.samples import OMI, ORM

WHEN = datetime(2026, 1, 15, 8)


def test_fields_are_asked_for_as_hl7_writes_them() -> None:
    message = read(ORM)
    assert message.kind == "ORM^O01"
    assert message.get("PID-3.1") == "NG-100733"
    assert message.get("PID-3.4.1") == "NORTHGEN"
    assert message.get("obr-4.2") == "CT head & neck"  # \T\ stands for &
    assert message.get("ZZZ-1", "none") == "none"
    assert message.require("MSH-10") == "M1"
    assert [segment.name for segment in message.segments][:2] == ["MSH", "PID"]
    assert "ORM^O01" in repr(message)
    with pytest.raises(UsageError, match="no field"):
        message.get("PatientID")


def test_two_quotation_marks_are_no_value() -> None:
    assert read(ORM.replace("|19720130|", '|""|')).get("PID-7") == ""


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_lines_end_in_any_way(end: str) -> None:
    assert len(read(end.join(ORM.splitlines()) + end).segments) == 6


@pytest.mark.parametrize(
    ("name", "codec"),
    [("8859/1", "latin-1"), ("8859/2", "iso8859-2"), ("UNICODE UTF-8", "utf-8")],
)
def test_msh_18_says_how_to_read_the_bytes(name: str, codec: str) -> None:
    who = "Grün" if name == "8859/1" else "Świerszczyk"
    text = ORM.replace("UNICODE UTF-8", name).replace("Świerszczyk^Żółwina", who)
    message = read(text.encode(codec))
    assert message.get("PID-5.1") == who
    term = {"8859/1": "ISO_IR 100", "8859/2": "ISO_IR 101"}.get(name, "ISO_IR 192")
    assert dicom_term(message.codec) == term


def test_character_sets_without_a_dicom_term_become_utf_8() -> None:
    assert codec_of("8859/16") == "iso8859-16"
    assert dicom_term("iso8859-16") == "ISO_IR 192"
    assert dicom_term("ascii") == ""
    assert codec_of("8859/99") is None


@pytest.mark.parametrize(
    ("data", "accept", "code"),
    [
        (b"", "AR", "100"),
        (b"GET / HTTP/1.1\r\n", "AR", "100"),
        (ORM.replace("|2.3.1|", "|9.9|"), "AR", "203"),
        (ORM.replace("UNICODE UTF-8", "KLINGON"), "AE", "103"),
        (ORM.encode("utf-8").replace(b"UNICODE UTF-8", b""), "AE", "102"),
    ],
)
def test_what_is_wrong_with_a_message_is_said(data: bytes | str, accept: str, code: str) -> None:
    with pytest.raises(MessageError) as caught:
        read(data)
    assert (caught.value.accept, caught.value.code) == (accept, code)
    assert caught.value.remedy


@settings(max_examples=effort(60, 2000), deadline=None)
@given(st.data())
def test_garbage_is_an_error_of_ours(data: st.DataObject) -> None:
    whole = bytearray(ORM.encode("utf-8"))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=4))
        whole = whole or bytearray(b"x")
    try:
        read(bytes(whole))
    except MessageError as error:
        ack = acknowledge(None, error, control_id="1", when=WHEN)
        assert f"MSA|{error.accept}|" in ack


def test_an_acknowledgement_says_whether_and_why() -> None:
    message = read(OMI)
    assert "\rMSA|AA|M2\r" in acknowledge(message, control_id="7", when=WHEN)
    error = MessageError("PID-3 is missing | here", "101", field="PID-3", remedy="Fill it in.")
    ack = read(acknowledge(message, error, control_id="8", when=WHEN))
    assert (ack.kind, ack.get("MSA-1"), ack.get("MSA-2")) == ("ACK^O23", "AE", "M2")
    assert (ack.get("ERR-2.1"), ack.get("ERR-2.3"), ack.get("ERR-3.1")) == ("PID", "3", "101")
    assert ack.get("ERR-8").endswith("Fill it in.")
    assert ack.get("MSH-5") == "HIS"


def test_before_version_2_5_the_reason_stands_in_msa_3() -> None:
    error = MessageError("no such event", "201", accept="AR")
    ack = acknowledge(read(ORM), error, control_id="8", when=WHEN)
    assert "MSA|AR|M1|no such event" in ack
    assert "ERR" not in ack
