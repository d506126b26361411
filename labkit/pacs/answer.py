"""Writing the identifier of an answer straight to bytes (PS3.5 7.1).

A query may have thousands of answers of a dozen values each. Their text comes from the index, so
they are encoded here without building a data set; only what comes out of a stored object is a
pydicom element.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_data_element
from pydicom.sequence import Sequence as DicomSequence

from labkit.pacs.header import LONG_VRS, Encoding
from labkit.pacs.text import character_set_for, encode, encodings_of

_SPECIFIC_CHARACTER_SET = 0x00080005
_NUMBERS = {"US": "H", "UL": "I", "SS": "h", "SL": "i"}


@dataclass
class Answer:
    """The elements of one identifier.

    Attributes
    ----------
    texts
        Tag → VR and value as text, several values joined with a backslash.
    elements
        Elements taken from a stored object.
    """

    texts: dict[int, tuple[str, str]] = field(default_factory=dict)
    elements: dict[int, DataElement] = field(default_factory=dict)

    def to_bytes(self, encoding: Encoding, character_set: str) -> bytes:
        """Encode, in ascending order of tags.

        Parameters
        ----------
        encoding
            Of the presentation context's transfer syntax.
        character_set
            Specific Character Set of the query; the answer is in it if it can be (PS3.4
            C.4.1.1.3.2).
        """
        used = character_set_for(
            [*self.texts.values(), *_texts_of(self.elements.values())], character_set
        )
        encodings = encodings_of(used)
        texts = dict(self.texts)
        if used:
            texts[_SPECIFIC_CHARACTER_SET] = ("CS", used)
        parts: list[bytes] = []
        for tag in sorted({*texts, *self.elements}):
            if tag in texts:
                vr, text = texts[tag]
                parts.append(_encode(tag, vr, _value(vr, text, encodings, encoding), encoding))
            else:
                parts.append(_encode_element(self.elements[tag], encodings, encoding))
        return b"".join(parts)


def _value(vr: str, text: str, encodings: list[str], encoding: Encoding) -> bytes:
    if vr in _NUMBERS:
        order = "<" if encoding.little else ">"
        numbers = [int(number) for number in text.split("\\") if number]
        return struct.pack(f"{order}{len(numbers)}{_NUMBERS[vr]}", *numbers)
    raw = encode(text, vr, encodings)
    if len(raw) % 2:
        raw += b"\x00" if vr == "UI" else b" "
    return raw


def _encode(tag: int, vr: str, value: bytes, encoding: Encoding) -> bytes:
    order = "<" if encoding.little else ">"
    head = struct.pack(order + "HH", tag >> 16, tag & 0xFFFF)
    if encoding.implicit:
        return head + struct.pack(order + "I", len(value)) + value
    if vr in LONG_VRS:
        return head + vr.encode() + b"\x00\x00" + struct.pack(order + "I", len(value)) + value
    return head + vr.encode() + struct.pack(order + "H", len(value)) + value


def _encode_element(element: DataElement, encodings: list[str], encoding: Encoding) -> bytes:
    file = DicomBytesIO()
    file.is_little_endian, file.is_implicit_VR = encoding.little, encoding.implicit
    write_data_element(file, element, encodings)
    return bytes(file.getvalue())


def _texts_of(elements: Iterable[DataElement]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for element in elements:
        if element.VR == "SQ":
            for item in element.value:
                found += _texts_of(item)
        elif isinstance(element.value, bytes):
            continue
        elif element.VR not in ("OB", "OW", "UN") and element.value is not None:
            found.append((str(element.VR), _joined(element.value)))
    return found


def _joined(value: object) -> str:
    if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue":
        return "\\".join(str(part) for part in value)  # type: ignore[attr-defined]
    return str(value)


def asked_items(key: DataElement, stored: DataElement) -> DataElement:
    """Of a sequence, only the attributes that the key's item asks for (PS3.4 C.2.2.2.6)."""
    if stored.VR != "SQ" or not key.value or not len(key.value[0]):
        return stored
    items = []
    for item in stored.value:
        answered = Dataset()
        for asked in key.value[0]:
            if asked.tag in item:
                answered.add(asked_items(asked, item[asked.tag]))
            else:
                answered.add_new(asked.tag, asked.VR, None)
        items.append(answered)
    return DataElement(stored.tag, "SQ", DicomSequence(items))
