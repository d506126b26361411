"""Command sets to and from pynetdicom's primitives, without a pydicom data set on the way.

pynetdicom encodes each command set twice through ``pydicom.write_dataset`` (once to learn its
length), which costs more than all else that an answer takes. Group 0000 has few VRs and is always
Implicit VR Little Endian (PS3.7 6.3.1), so it is packed directly here. Which elements a message has
is pynetdicom's table, their VRs are pydicom's; a test holds the bytes against pynetdicom's own for
every message. Whatever is unusual is left to pynetdicom.
"""

from __future__ import annotations

import re
import struct
from io import BytesIO
from typing import Any

from pydicom import config
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.tag import BaseTag, Tag
from pydicom.uid import UID
from pynetdicom.dimse import _RQ_TO_MESSAGE, _RSP_TO_MESSAGE
from pynetdicom.dimse_messages import (
    _COMMAND_SET_KEYWORDS,
    _DATASET_KEYWORDS,
    _MESSAGE_TYPES,
    _MSG_TO_PRIMITVE,
)

_FIELD, _DATA_TYPE, _LENGTH = 0x0100, 0x0800, 0x0000
_NO_DATA, _WITH_DATA = 0x0101, 0x0001

# Message -> [(element, keyword, VR)], in tag order.
_LAYOUT: dict[str, list[tuple[int, str, str]]] = {
    name: sorted(
        (int(tag_for_keyword(keyword) or 0), keyword, dictionary_VR(keyword))
        for keyword in keywords
        if keyword not in ("CommandGroupLength", "CommandField", "CommandDataSetType")
    )
    for name, keywords in _COMMAND_SET_KEYWORDS.items()
}
_CODE = {name: code for code, (name, _) in _MESSAGE_TYPES.items()}
_PRIMITIVE = {
    code: (_MSG_TO_PRIMITVE[cls.__name__.rpartition("_R")[0]], _DATASET_KEYWORDS.get(cls.__name__))
    for code, (_, cls) in _MESSAGE_TYPES.items()
}
_ELEMENTS = {
    int(tag_for_keyword(keyword) or 0): (keyword, dictionary_VR(keyword))
    for keywords in _COMMAND_SET_KEYWORDS.values()
    for keyword in keywords
}
# Where the primitives keep their UIDs. Their setters make and check each UID five times over.
_UID_SLOTS = {
    "AffectedSOPClassUID": "_affected_sop_class_uid",
    "AffectedSOPInstanceUID": "_affected_sop_instance_uid",
    "RequestedSOPClassUID": "_requested_sop_class_uid",
    "RequestedSOPInstanceUID": "_requested_sop_instance_uid",
}
_CONFORMING = re.compile(r"(?:0|[1-9][0-9]*)(?:\.(?:0|[1-9][0-9]*))*").fullmatch  # PS3.5 9.1


class Unusual(Exception):
    """Leave this one to pynetdicom."""


def encode_message(primitive: Any) -> tuple[bytes, memoryview]:
    """Give the command set and the encoded data set of a primitive; the latter may be empty.

    Raises
    ------
    Unusual
        A value that is not of the plain kinds.
    """
    answer = primitive.MessageIDBeingRespondedTo is not None
    cls = (_RSP_TO_MESSAGE if answer else _RQ_TO_MESSAGE)[type(primitive)]
    name = cls.__name__.replace("_", "-")
    keyword = _DATASET_KEYWORDS.get(cls.__name__)
    data_set = getattr(primitive, keyword) if keyword else None
    if getattr(primitive, "_dataset_path", None) is not None:
        raise Unusual
    parts = [
        (_FIELD, struct.pack("<H", _CODE[name])),
        (_DATA_TYPE, struct.pack("<H", _WITH_DATA if data_set else _NO_DATA)),
    ]
    for element, attribute, vr in _LAYOUT[name]:
        value = getattr(primitive, attribute, None)
        if value is not None:
            parts.append((element, _pack(vr, value)))
    parts.sort()
    body = b"".join(struct.pack("<HHL", 0, e, len(raw)) + raw for e, raw in parts)
    command = struct.pack("<HHLL", 0, _LENGTH, 4, len(body)) + body
    # getvalue() shares the bytes that a BytesIO was made of; getbuffer() would copy them.
    return command, memoryview(data_set.getvalue() if data_set else b"")


def decode_message(command: bytes, data_set: BytesIO, context_id: int) -> tuple[Any, bool]:
    """Make the primitive that a command set stands for.

    Parameters
    ----------
    command
        The whole command set.
    data_set
        Where the data set will be; it becomes the primitive's.
    context_id
        The presentation context it came in.

    Returns
    -------
    primitive, data_follows
        The second is what Command Data Set Type (0000,0800) says.

    Raises
    ------
    Unusual
        An element that is not known, or not of the length that its VR has.
    ValueError, TypeError
        The primitive refuses a value, as pynetdicom's own decoding has it.
    """
    values = dict(_elements(command))
    code = values.get("CommandField")
    if code not in _PRIMITIVE or "CommandDataSetType" not in values:
        raise Unusual
    cls, keyword = _PRIMITIVE[code]
    primitive = cls()
    for name, value in values.items():
        if name in _UID_SLOTS:
            put_uid(primitive, name, value)
        elif hasattr(primitive, name):
            setattr(primitive, name, value)
    if keyword:
        setattr(primitive, keyword, data_set)
    primitive._context_id = context_id
    primitive._dataset_path = None
    primitive._dataset_file = None
    return primitive, values["CommandDataSetType"] != _NO_DATA


def decode_again(primitive: Any, data_set: BytesIO) -> Any:
    """Make a primitive of the same command set as another, which nobody has changed since.

    Each match of a C-FIND comes with the same one, byte for byte, and another identifier.
    """
    made = object.__new__(type(primitive))
    made.__dict__.update(primitive.__dict__)
    made.Identifier = data_set
    return made


def put_uid(primitive: Any, keyword: str, value: str) -> None:
    """Set a UID of a primitive that has it: as pynetdicom does, and at once where it conforms."""
    if not hasattr(primitive, keyword):
        return
    if 0 < len(value) <= 64 and _CONFORMING(value):
        uid = value if type(value) is UID else UID(value, config.IGNORE)
        setattr(primitive, _UID_SLOTS[keyword], uid)
    else:
        setattr(primitive, keyword, value)


def _elements(command: bytes) -> list[tuple[str, Any]]:
    found, at = [], 0
    while at < len(command):
        if at + 8 > len(command):
            raise Unusual
        group, element, length = struct.unpack_from("<HHL", command, at)
        end = at + 8 + length
        if group or element not in _ELEMENTS or end > len(command) or not length:
            raise Unusual
        keyword, vr = _ELEMENTS[element]
        found.append((keyword, _unpack(vr, command[at + 8 : end])))
        at = end
    return found


def _pack(vr: str, value: Any) -> bytes:
    if vr == "US" and isinstance(value, int):
        return struct.pack("<H", value)
    if vr == "UI" and isinstance(value, str):
        raw = value.encode("ascii")
        return raw + b"\0" * (len(raw) % 2)
    if vr in ("AE", "LO") and isinstance(value, str) and value.isascii() and "\\" not in value:
        raw = value.encode("ascii")
        return raw + b" " * (len(raw) % 2)
    if vr == "AT":
        tags = value if isinstance(value, list) else [value]
        if all(isinstance(tag, BaseTag) for tag in tags):
            return b"".join(struct.pack("<HH", tag.group, tag.element) for tag in tags)
    raise Unusual


def _unpack(vr: str, raw: bytes) -> Any:
    if vr == "US" and len(raw) == 2:
        return raw[0] | raw[1] << 8
    if vr == "UL" and len(raw) == 4:
        return int.from_bytes(raw, "little")
    if vr == "AT" and len(raw) == 4:
        return Tag(*struct.unpack("<HH", raw))
    if vr in ("UI", "AE", "LO") and raw.isascii() and b"\\" not in raw:
        text = raw.decode("ascii")
        if vr == "UI":
            return text.rstrip("\0 ")  # see put_uid
        return text.strip(" ") if vr == "AE" else text.rstrip("\0 ")
    raise Unusual
