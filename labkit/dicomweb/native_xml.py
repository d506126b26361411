"""The Native DICOM Model: a data set as XML, made of its DICOM JSON (PS3.19 A.1, PS3.18 F.1)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from xml.etree.ElementTree import Element, SubElement, tostring

from pydicom.datadict import keyword_for_tag

from labkit.dicomweb.media import XML
from labkit.dicomweb.multipart import Writer
from labkit.dicomweb.source import Json

_NAMESPACE = "http://dicom.nema.org/PS3.19/models/NativeDICOM"
_NAME_PARTS = ("FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix")
# No document may have these, escaped or not (XML 1.0 2.2): one of them in one value would make the
# whole answer unreadable.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_xml(ds: Json) -> bytes:
    """Write one data set; a character that XML does not allow becomes U+FFFD."""
    root = Element("NativeDicomModel", {"xmlns": _NAMESPACE})
    _fill(root, ds)
    body: bytes = tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>' + body


def xml_parts(writer: Writer, values: Iterable[Json]) -> Iterator[bytes]:
    """Write a multipart body with one part a data set."""
    for value in values:
        yield from writer.part({"Content-Type": XML}, [to_xml(value)])
    yield writer.end()


def _fill(parent: Element, ds: Json) -> None:
    for tag, element in ds.items():
        found = SubElement(parent, "DicomAttribute", {"tag": tag, "vr": element["vr"]})
        keyword = keyword_for_tag(int(tag, 16))
        if keyword:
            found.set("keyword", keyword)
        if "BulkDataURI" in element:
            SubElement(found, "BulkData", {"uri": _text(element["BulkDataURI"])})
        if "InlineBinary" in element:
            SubElement(found, "InlineBinary").text = element["InlineBinary"]
        for number, value in enumerate(element.get("Value", []), 1):
            _value(found, element["vr"], number, value)


def _value(parent: Element, vr: str, number: int, value: object) -> None:
    at = {"number": str(number)}
    if vr == "SQ" and isinstance(value, dict):
        _fill(SubElement(parent, "Item", at), value)
    elif vr == "PN" and isinstance(value, dict):
        name = SubElement(parent, "PersonName", at)
        for group, text in value.items():
            words = SubElement(name, group)
            for part, word in zip(_NAME_PARTS, str(text).split("^"), strict=False):
                if word:
                    SubElement(words, part).text = _text(word)
    else:
        SubElement(parent, "Value", at).text = "" if value is None else _text(value)


def _text(value: object) -> str:
    return _NOT_IN_XML.sub("\ufffd", str(value))
