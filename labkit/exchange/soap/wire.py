"""How a message is carried in HTTP: as ``application/soap+xml``, or as MTOM in a multipart body.

MTOM (SOAP Message Transmission Optimization Mechanism) sends binary content as a part of its own in
place of base64 text, which is a third larger; in the envelope stands an ``xop:Include`` with the
part's Content-ID.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from email.message import Message as Header

from labkit.common.errors import DataError
from labkit.dicomweb.multipart import Writer, parts
from labkit.exchange.soap import xml
from labkit.exchange.soap.message import Attachment
from labkit.exchange.soap.names import INCLUDE, SOAP_TYPE, XOP_TYPE

MOST_BYTES = 512 * 1024 * 1024
"""Bytes of a whole message that are taken at most."""
MOST_PARTS = 10_000
"""Parts of a multipart message that are taken at most."""

_ROOT = "root@labkit"
# What may stand in a MIME header that we write: no control character, so no second header.
_HEADER = re.compile(r"[\x20-\x7e]{1,500}")
_CID = re.compile(r"[A-Za-z0-9._~@+=:-]{1,200}")


@dataclass(frozen=True)
class Wire:
    """A message as it goes over the network.

    Attributes
    ----------
    content_type
        The header of the HTTP message.
    data
        Its body.
    """

    content_type: str
    data: bytes


def pack(
    envelope: xml.Element, attachments: Mapping[str, Attachment], action: str, *, mtom: bool
) -> Wire:
    """Write an envelope and its attachments.

    Parameters
    ----------
    mtom
        As a multipart body, even where nothing is attached; else with base64 text in the envelope.

    Raises
    ------
    DataError
        A name or media type cannot stand in a header, or an attachment is not there.
    """
    if not _HEADER.fullmatch(action) or '"' in action:
        raise DataError(f"{action[:80]!r} cannot be an action", remedy="An action is a URI.")
    if not mtom:
        plain = _inlined(envelope, attachments)
        return Wire(
            f'{SOAP_TYPE}; charset=UTF-8; action="{action}"', xml.to_bytes(plain, declaration=True)
        )
    writer = Writer()
    root = {
        "Content-Type": f'{XOP_TYPE}; charset=UTF-8; type="{SOAP_TYPE}"',
        "Content-Transfer-Encoding": "binary",
        "Content-ID": f"<{_ROOT}>",
    }
    pieces = [*writer.part(root, [xml.to_bytes(envelope, declaration=True)])]
    for cid, attachment in attachments.items():
        if not _CID.fullmatch(cid) or not _HEADER.fullmatch(attachment.content_type):
            raise DataError(
                f"an attachment's Content-ID {cid[:60]!r} or media type "
                f"{attachment.content_type[:60]!r} cannot stand in a header",
                remedy="Use letters, digits and . _ @ - in a Content-ID, and a plain media type.",
            )
        about = {
            "Content-Type": attachment.content_type,
            "Content-Transfer-Encoding": "binary",
            "Content-ID": f"<{cid}>",
        }
        pieces.extend(writer.part(about, [attachment.data]))
    pieces.append(writer.end())
    kind = writer.content_type(XOP_TYPE)
    said = f'{kind}; start="<{_ROOT}>"; start-info="{SOAP_TYPE}"; action="{action}"'
    return Wire(said, b"".join(pieces).removeprefix(b"\r\n"))


def _inlined(envelope: xml.Element, attachments: Mapping[str, Attachment]) -> xml.Element:
    copy = deepcopy(envelope)
    for include in list(copy.iter(INCLUDE)):
        cid = str(include.get("href", "")).removeprefix("cid:")
        if cid not in attachments:
            raise DataError(f"there is no attachment {cid[:80]!r}", remedy="Attach it.")
        parent = include.getparent()
        parent.remove(include)
        parent.text = base64.b64encode(attachments[cid].data).decode()
    return copy


class ContentType:
    """A Content-Type header, read.

    Attributes
    ----------
    kind
        The media type in lower case, ``"application/soap+xml"``.
    """

    def __init__(self, said: str) -> None:
        header = Header()
        header["Content-Type"] = "".join(c for c in said[:2000] if c.isprintable())
        self.kind = header.get_content_type() if "/" in said else ""
        self._header = header

    def parameter(self, name: str) -> str:
        """Return a parameter without its quotes, ``""`` where it is not there."""
        value = self._header.get_param(name, "")
        return value.strip() if isinstance(value, str) else ""

    @property
    def mtom(self) -> bool:
        """Whether it is a multipart body whose root is XOP."""
        return self.kind == "multipart/related" and self.parameter("type").lower() == XOP_TYPE

    @property
    def soap(self) -> bool:
        """Whether it is SOAP 1.2, plain or as MTOM."""
        inner = self.parameter("start-info").partition(";")[0].strip().lower()
        return self.kind == SOAP_TYPE or (self.mtom and inner in ("", SOAP_TYPE))

    @property
    def soap11(self) -> bool:
        """Whether it is SOAP 1.1, which says ``text/xml``."""
        inner = self.parameter("start-info").lower()
        kinds = (self.kind, self.parameter("type").lower() if "multipart" in self.kind else "")
        return "text/xml" in kinds or inner.startswith("text/xml")

    @property
    def action(self) -> str:
        """The parameter ``action`` (RFC 3902), of MTOM also where it is in ``start-info``."""
        inner = ContentType(self.parameter("start-info")) if self.mtom else None
        return self.parameter("action") or (inner.action if inner else "")


def unpack(
    content_type: ContentType, body: Iterable[bytes], *, most_parts: int = MOST_PARTS
) -> tuple[xml.Element, dict[str, Attachment]]:
    """Read what `pack` writes, or another's: the envelope's root element, and attachments.

    Raises
    ------
    DataError
        A part is missing, two have one Content-ID, there are too many, or the XML is refused.
    """
    if not content_type.mtom:
        return xml.parse(b"".join(body)), {}
    found: dict[str, Attachment] = {}
    first = ""
    for number, (headers, data) in enumerate(parts(content_type.parameter("boundary"), body)):
        if number >= most_parts:
            raise DataError(
                f"the message has more than {most_parts} parts", remedy="Ask for less at once."
            )
        cid = headers.get("content-id", "").strip().removeprefix("<").removesuffix(">")
        if not cid and number:
            raise DataError("a part has no Content-ID", remedy="Name each part (XOP 1.0, 4.1).")
        if cid in found:
            raise DataError(
                f"two parts have the Content-ID {cid[:80]!r}", remedy="Name each part once."
            )
        first = first if number else cid
        found[cid] = Attachment(headers.get("content-type", ""), _decoded(headers, data))
    start = content_type.parameter("start").removeprefix("<").removesuffix(">") or first
    root = found.pop(start, None)
    if root is None:
        raise DataError(
            f"the root part {start[:80]!r} is not in the message",
            remedy="Name it in the parameter start of the Content-Type (RFC 2387, 3.2).",
        )
    if ContentType(root.content_type).kind != XOP_TYPE:
        raise DataError(
            f"the root part is {root.content_type[:80]!r}, not {XOP_TYPE}",
            remedy='Send it as application/xop+xml; type="application/soap+xml" (XOP 1.0, 4.1).',
        )
    return xml.parse(root.data), found


def _decoded(headers: Mapping[str, str], data: bytes) -> bytes:
    encoding = headers.get("content-transfer-encoding", "binary").strip().lower()
    if encoding in ("binary", "8bit", "7bit"):
        return data
    if encoding == "base64":
        try:
            return base64.b64decode(b"".join(data.split()), validate=True)
        except binascii.Error as error:
            raise DataError(
                "a part is not the base64 that it says", remedy="Send binary."
            ) from error
    raise DataError(
        f"a part has the Content-Transfer-Encoding {encoding[:40]!r}",
        remedy="Send binary parts as binary, as MTOM does.",
    )
