"""Our command sets against pynetdicom's, for every message that it knows."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.tag import Tag
from pynetdicom import dimse_messages, dimse_primitives
from pynetdicom.dimse import _RQ_TO_MESSAGE, _RSP_TO_MESSAGE
from pynetdicom.dsutils import encode as pydicom_encode
from pynetdicom.pdu_primitives import P_DATA

from labkit.dimse.codec import Unusual, decode_message, encode_message
from tests.effort import effort

NAMES = sorted(name for name, _ in dimse_messages._MESSAGE_TYPES.values())
VALUES: dict[str, Any] = {
    "MessageID": 7,
    "Priority": 2,
    "AffectedSOPClassUID": "1.2.840.10008.5.1.4.1.1.2",
    "AffectedSOPInstanceUID": "1.2.3.45",
    "RequestedSOPClassUID": "1.2.840.10008.1.20.1",
    "RequestedSOPInstanceUID": "1.2.3.4",
    "MoveOriginatorApplicationEntityTitle": "ARCHIVE",
    "MoveOriginatorMessageID": 9,
    "MoveDestination": "WORKSTN",
    "Status": 0xA900,
    "OffendingElement": [Tag(0x00100010)],
    "ErrorComment": "no StudyInstanceUID",
    "ErrorID": 0xA710,
    "NumberOfRemainingSuboperations": 1,
    "NumberOfCompletedSuboperations": 2,
    "NumberOfFailedSuboperations": 3,
    "NumberOfWarningSuboperations": 0,
    "EventTypeID": 2,
    "ActionTypeID": 1,
    "AttributeIdentifierList": [Tag(0x00100010), Tag(0x00100020)],
}


def primitive_of(name: str, data: bytes | None, values: dict[str, Any] = VALUES) -> Any:
    service, _, kind = name.rpartition("-")
    cls = getattr(dimse_primitives, service.replace("-", "_"))
    primitive = cls()
    for keyword in dimse_messages._COMMAND_SET_KEYWORDS[name]:
        if keyword in values and hasattr(primitive, keyword):
            setattr(primitive, keyword, values[keyword])
    if kind == "RSP" or service == "C-CANCEL":
        primitive.MessageIDBeingRespondedTo = 7
    keyword = dimse_messages._DATASET_KEYWORDS.get(name.replace("-", "_"))
    if keyword and data is not None:
        setattr(primitive, keyword, BytesIO(data))
    return primitive


def theirs(primitive: Any) -> tuple[bytes, bytes]:
    answer = primitive.MessageIDBeingRespondedTo is not None
    message = (_RSP_TO_MESSAGE if answer else _RQ_TO_MESSAGE)[type(primitive)]()
    message.primitive_to_message(primitive)
    data = message.data_set.getvalue() if message.data_set else b""
    return pydicom_encode(message.command_set, True, True), data


def decoded_by_pynetdicom(command: bytes, data: bytes | None) -> Any:
    message = dimse_messages.DIMSEMessage()
    pdata = P_DATA()
    pdata.presentation_data_value_list.append((3, b"\3" + command))
    if data is not None:
        pdata.presentation_data_value_list.append((3, b"\2" + data))
    assert message.decode_msg(pdata)
    return message.message_to_primitive()


def plain(primitive: Any) -> dict[str, Any]:
    return {
        key: value.getvalue() if isinstance(value, BytesIO) else value
        for key, value in vars(primitive).items()
        if value is not None
    }


@pytest.mark.parametrize("data", [None, b"\x08\x00\x05\x00\x00\x00\x00\x00"])
@pytest.mark.parametrize("name", NAMES)
def test_the_bytes_are_pynetdicoms(name: str, data: bytes | None) -> None:
    primitive = primitive_of(name, data)
    command, encoded = encode_message(primitive)
    assert (command, bytes(encoded)) == theirs(primitive)


@pytest.mark.parametrize("data", [None, b"\x08\x00\x05\x00\x00\x00\x00\x00"])
@pytest.mark.parametrize("name", NAMES)
def test_the_primitives_are_pynetdicoms(name: str, data: bytes | None) -> None:
    values = {**VALUES, "AttributeIdentifierList": Tag(0x00100010)}
    command, encoded = theirs(primitive_of(name, data, values))
    carries = data if encoded else None
    ours, follows = decode_message(command, BytesIO(carries or b""), 3)
    assert follows is (carries is not None)
    assert plain(ours) == plain(decoded_by_pynetdicom(command, carries))


@settings(max_examples=effort(150, 60_000), deadline=None)
@given(
    name=st.sampled_from(NAMES),
    status=st.integers(0, 0xFFFF),
    comment=st.from_regex(r"[ -\[\]-~]{1,64}", fullmatch=True),
    uid=st.from_regex(r"[1-9](\.[1-9][0-9]{0,4}){1,8}", fullmatch=True),
    title=st.from_regex(r"[A-Z]([A-Z0-9_]{0,15})", fullmatch=True),
)
def test_any_values(name: str, status: int, comment: str, uid: str, title: str) -> None:
    values = {
        **VALUES,
        "Status": status,
        "ErrorComment": comment.strip() or "x",
        "AffectedSOPInstanceUID": uid,
        "MoveDestination": title,
        "AttributeIdentifierList": Tag(0x00100010),
    }
    primitive = primitive_of(name, None, values)
    command, _ = encode_message(primitive)
    assert command == theirs(primitive)[0]
    again, _ = decode_message(command, BytesIO(), 3)
    assert plain(again) == plain(decoded_by_pynetdicom(command, None))


def test_the_unusual_is_left_to_pynetdicom() -> None:
    primitive = primitive_of("C-STORE-RSP", None, {**VALUES, "ErrorComment": "Müller"})
    with pytest.raises(Unusual):
        encode_message(primitive)
    echo = encode_message(primitive_of("C-ECHO-RQ", None))[0]
    private = bytes.fromhex("0000 0111 02000000 0000")
    for broken in (
        b"",
        echo[:-1],
        echo[:20],
        echo + private,
        echo.replace(b"\x00\x00\x00\x01\x02", b"\x08\x00\x00\x01\x02"),
        echo.replace(b"\x30\x00", b"\x31\x00"),
        echo[:-10],
    ):
        with pytest.raises(Unusual):
            decode_message(broken, BytesIO(), 1)


@settings(max_examples=effort(300, 60_000), deadline=None)
@given(st.binary(max_size=120))
def test_garbage_is_unusual(raw: bytes) -> None:
    with pytest.raises((Unusual, ValueError, TypeError)):
        decode_message(raw, BytesIO(), 1)
