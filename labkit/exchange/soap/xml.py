"""XML from strangers, read safely; everything in the exchange that reads XML reads it here.

What a parser does for a document beyond reading it is what attackers use: a DTD's entities grow a
line into gigabytes, or fetch a file or an address. SOAP has no use for it (SOAP 1.2 Part 1, 5: no
DTD, no processing instruction), so a document with a DTD is refused before it is parsed.
"""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from labkit.common.errors import DataError

Element = Any
"""An element of lxml, which has no types of its own."""

MOST_XML = 16 * 1024 * 1024
"""Bytes of one XML document that are read at most. One text in it has 10 MB at most (libxml2)."""

# All that may stand before the root element, but a DTD. It cannot fail, so it cannot backtrack.
_PROLOG = re.compile(rb"(?:\xef\xbb\xbf)?(?:[ \t\r\n]|<\?.*?\?>|<!--.*?-->)*", re.DOTALL)
# What XML 1.0 has no way to write (2.2, Char): lxml refuses it with an error of its own.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def parse(data: bytes, *, most: int = MOST_XML) -> Element:
    """Read one document in UTF-8; comments and processing instructions are left out.

    Parameters
    ----------
    most
        Bytes that it may have.

    Raises
    ------
    DataError
        It is too large, has a DTD, is not well-formed, or is in another encoding.
    """
    if len(data) > most:
        raise DataError(
            f"an XML document of {len(data)} bytes is more than the {most} that are read",
            remedy="Send documents as MTOM attachments, and fewer of them in one message.",
        )
    prolog = _PROLOG.match(data)
    if prolog and data[prolog.end() : prolog.end() + 9].upper() == b"<!DOCTYPE":
        raise DataError(
            "the XML has a document type declaration (DTD), which is refused",
            remedy="Leave the DOCTYPE out: SOAP allows none (SOAP 1.2 Part 1, section 5).",
        )
    # The encoding is given, not taken from the document: no other spelling of a DTD can hide.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DataError(
            f"the XML cannot be read: {str(error)[:200]}",
            remedy="Send one well-formed document in UTF-8.",
        ) from error
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        raise DataError("the XML has a DTD, or no root element", remedy="Leave the DOCTYPE out.")
    return root


def to_bytes(element: Element, *, declaration: bool = False) -> bytes:
    """Write an element in UTF-8."""
    written: bytes = etree.tostring(element, encoding="UTF-8", xml_declaration=declaration)
    return written


def make(name: str, nsmap: dict[str | None, str] | None = None, /, **attributes: str) -> Element:
    """Make an element of its name in Clark's notation, ``{namespace}local``."""
    return etree.Element(name, attributes, nsmap=nsmap)


def add(parent: Element, name: str, text: str | None = None, /, **attributes: str) -> Element:
    """Add a child, with text.

    Raises
    ------
    DataError
        The text has a character that XML cannot carry.
    """
    child = etree.SubElement(parent, name)
    for key, value in attributes.items():
        child.set(key, writable(value))
    if text is not None:
        child.text = writable(text)
    return child


def writable(text: str) -> str:
    """Return `text` where XML can carry it.

    Raises
    ------
    DataError
        It has a control character or half of a surrogate pair (XML 1.0, 2.2).
    """
    if bad := _NOT_XML.search(text):
        raise DataError(
            f"{text[:40]!r} has the character U+{ord(bad.group()):04X}, which XML cannot carry",
            remedy="Take the character out of the value.",
        )
    return text


def children(element: Element, name: str | None = None) -> list[Element]:
    """Return the child elements, of one name where it is given."""
    return list(element.iterchildren(name)) if name else list(element.iterchildren("{*}*"))


def text_of(element: Element | None) -> str:
    """Return the text of an element without space around it; ``""`` of ``None``."""
    return "" if element is None else str("".join(element.itertext())).strip()
