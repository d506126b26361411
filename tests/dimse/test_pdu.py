"""The PDU decoder, on what pynetdicom encodes, and on garbage."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.dimse import TracedPdu, decode_pdu, echo
from labkit.dimse.command_set import message_section
from tests.effort import effort


def field(decoded, name):
    return next(f for f in decoded.fields if f.name == name)


def test_fields_cover_every_byte_of_a_request(scp) -> None:
    request = echo(scp.peer).trace.pdus[0]
    decoded = decode_pdu(request)
    assert decoded.name == "A-ASSOCIATE-RQ"
    assert decoded.problems == ()
    at = 0
    for f in decoded.fields:
        assert f.offset == at
        at += f.length
    assert at == request.length
    assert field(decoded, "Calling AE title").value == "LEARNER"
    assert field(decoded, "Abstract syntax name").meaning == "Verification SOP Class"
    assert str(field(decoded, "Maximum length received").section) == "PS3.8 D.1.1"


@pytest.mark.parametrize(
    ("hexa", "name", "words"),
    [
        ("03000000000400010107", "A-ASSOCIATE-RJ", "called AE title not recognised"),
        ("03000000000400010103", "A-ASSOCIATE-RJ", "calling AE title not recognised"),
        ("03000000000400020302", "A-ASSOCIATE-RJ", "local limit exceeded"),
        ("03000000000400090909", "A-ASSOCIATE-RJ", "not a listed value"),
        ("05000000000400000000", "A-RELEASE-RQ", ""),
        ("06000000000400000000", "A-RELEASE-RP", ""),
        ("07000000000400000206", "A-ABORT", "invalid PDU parameter value"),
        ("07000000000400000000", "A-ABORT", "not significant"),
    ],
)
def test_short_pdus(hexa: str, name: str, words: str) -> None:
    decoded = decode_pdu(bytes.fromhex(hexa))
    assert decoded.name == name
    assert decoded.problems == ()
    assert words in str(decoded)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "there are no bytes"),
        (b"\x16\x03\x01\x02\x00", "TLS handshake"),
        (b"GET / HTTP/1.1", "HTTP"),
        (b"\x00", "no PDU has type 00H"),
        (bytes.fromhex("030000000004"), "PDU length says 4 bytes; 0 follow"),
        (bytes.fromhex("04000000000600000064 0103"), "an item of 100 bytes does not fit"),
        (bytes.fromhex("040000000006000000020203"), "a context ID is odd, not 2"),
    ],
)
def test_problems_say_what_and_where(data: bytes, problem: str) -> None:
    assert any(problem in p for p in decode_pdu(data).problems)


def item(kind: int, body: bytes) -> bytes:
    return bytes([kind, 0]) + len(body).to_bytes(2, "big") + body


def associate_with(*items: bytes) -> bytes:
    body = b"\0\1\0\0" + b"ARCHIVE".ljust(16) + b"CT1".ljust(16) + bytes(32) + b"".join(items)
    return b"\1\0" + len(body).to_bytes(4, "big") + body


CT = b"1.2.840.10008.5.1.4.1.1.2"
FIND = b"1.2.840.10008.5.1.4.1.2.2.1"


@pytest.mark.parametrize(
    ("sub_item", "name", "value", "section"),
    [
        (item(0x51, b"\0\0\0\0"), "Maximum length received", "0  no limit", "PS3.8 D.1.1"),
        (item(0x52, b"1.2.3"), "Implementation class UID", "1.2.3", "PS3.7 D.3.3.2.1"),
        (item(0x53, b"\0\0\0\1"), "Maximum number operations performed", "1  synchronous",
         "PS3.7 D.3.3.3.1"),
        (item(0x54, b"\0\x19" + CT + b"\0\1"), "SCP-role", "1  supported", "PS3.7 D.3.3.4.1"),
        (item(0x55, b"LABKIT"), "Implementation version name", "LABKIT", "PS3.7 D.3.3.2.3"),
        (item(0x56, b"\0\x1b" + FIND + b"\1\0\1"), "Fuzzy semantic matching of person names",
         "1  yes", "PS3.4 C.5.1.1"),
        (item(0x57, b"\0\x19" + CT + b"\0\x05" + b"1.2.4" + b"\0\x07\0\x05" + b"1.2.5"),
         "Related general SOP Class UID", "1.2.5", "PS3.7 D.3.3.6.1"),
        (item(0x58, b"\2\1\0\3bob\0\6secret"), "Primary field", "bob  username",
         "PS3.7 D.3.3.7.1"),
        (item(0x59, b"\0\2ok"), "Server response", "6f6b", "PS3.7 D.3.3.7.2"),
        (item(0x7F, b"??"), "Unknown item's bytes", "3f3f", "PS3.8 9.3.1"),
    ],
)  # fmt: skip
def test_every_user_information_sub_item(sub_item, name, value, section) -> None:
    decoded = decode_pdu(associate_with(item(0x50, sub_item)))
    assert decoded.problems == ()
    found = field(decoded, name)
    assert f"{found.value}  {found.meaning}".strip() == value
    assert str(found.section) == section
    assert "secret" not in str(decoded)


def test_a_broken_item_does_not_hide_the_next() -> None:
    decoded = decode_pdu(associate_with(item(0x50, item(0x51, b"\0") + item(0x55, b"LABKIT"))))
    assert any("Maximum length received takes 4 bytes, 1 are there" in p for p in decoded.problems)
    assert field(decoded, "Implementation version name").value == "LABKIT"


def test_a_cut_pdu_says_so_and_nothing_else() -> None:
    whole = bytes.fromhex("0400000003e6 000003e2 0102") + bytes(992)
    decoded = decode_pdu(TracedPdu(0.0, "requestor", len(whole), whole[:100]))
    assert decoded.problems == ("the trace kept 100 of its 1004 bytes",)
    assert field(decoded, "Data set fragment").meaning == "992 bytes"


@settings(max_examples=effort(300, 60_000), deadline=None)
@given(st.binary(max_size=400))
def test_never_raises(data: bytes) -> None:
    assert decode_pdu(data).type == (data[0] if data else 0)


@settings(max_examples=effort(300, 60_000), deadline=None)
@given(st.integers(1, 7), st.binary(max_size=300), st.data())
def test_never_raises_on_nearly_good_pdus(kind: int, body: bytes, data) -> None:
    pdu = bytearray(bytes([kind, 0]) + len(body).to_bytes(4, "big") + body)
    if kind in (1, 2):
        pdu = bytearray(associate_with(item(0x20, body), item(0x50, body)))
        pdu[0] = kind
    for _ in range(data.draw(st.integers(0, 4))):
        pdu[data.draw(st.integers(1, len(pdu) - 1))] = data.draw(st.integers(0, 255))
    decoded = decode_pdu(bytes(pdu))
    assert str(decoded)
    assert all(f.offset + f.length <= len(pdu) for f in decoded.fields)


def command(*elements: tuple[int, bytes]) -> bytes:
    raw = b"".join(
        b"\0\0" + e.to_bytes(2, "little") + len(v).to_bytes(4, "little") + v for e, v in elements
    )
    body = b"\x01\x03" + raw
    value = len(body).to_bytes(4, "big") + body
    return b"\4\0" + len(value).to_bytes(4, "big") + value


@pytest.mark.parametrize(
    ("element", "raw", "line"),
    [
        (0x0002, b"1.2.840.10008.1.1\0",
         "(0000,0002) Affected SOP Class UID: 1.2.840.10008.1.1  Verification SOP Class"),
        (0x0100, b"\x20\x80", "(0000,0100) Command Field: 8020H  C-FIND-RSP"),
        (0x0100, b"\x77\x77", "(0000,0100) Command Field: 7777H  not a listed command"),
        (0x0600, b"WORKSTN ", "(0000,0600) Move Destination: WORKSTN"),
        (0x0700, b"\0\0", "(0000,0700) Priority: 0  medium"),
        (0x0800, b"\1\1", "(0000,0800) Command Data Set Type: 0101H  no data set"),
        (0x0900, b"\0\0", "(0000,0900) Status: 0000H  Success"),
        (0x0901, b"\x10\0\x20\0", "(0000,0901) Offending Element: (0010,0020)"),
        (0x1020, b"\7\0", "(0000,1020) Number of Remaining Sub-operations: 7"),
        (0x0000, b"\7\0\0\0", "(0000,0000) Command Group Length: 7"),
        (0x1111, b"ab", "(0000,1111) unknown: 61 62"),
        (0x0900, b"\0", "(0000,0900) Status:"),
    ],
)  # fmt: skip
def test_elements_of_a_command_set(element: int, raw: bytes, line: str) -> None:
    assert line in str(decode_pdu(command((element, raw))))


def test_a_status_is_read_as_its_service_has_it() -> None:
    decoded = decode_pdu(command((0x0100, b"\x21\x80"), (0x0900, b"\x01\xa8")))
    status = decoded.fields[-1]
    assert status.meaning == "Failure: Move destination unknown"
    assert str(status.section) == "PS3.7 9.3.4.2"


@pytest.mark.parametrize(
    ("name", "section"),
    [
        ("C-STORE-RQ", "9.3.1.1"), ("C-FIND-RSP", "9.3.2.2"), ("C-CANCEL-RQ", "9.3.2.3"),
        ("C-GET-RQ", "9.3.3.1"), ("C-MOVE-RSP", "9.3.4.2"), ("C-ECHO-RSP", "9.3.5.2"),
        ("N-EVENT-REPORT-RQ", "10.3.1.1"), ("N-CREATE-RSP", "10.3.5.2"), ("other", "6.3.1"),
    ],
)  # fmt: skip
def test_messages_have_their_sections(name: str, section: str) -> None:
    assert str(message_section(name)) == f"PS3.7 {section}"
