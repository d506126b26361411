"""One message: what is in the envelope, and its attachments."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import unquote

from labkit.common.errors import DataError
from labkit.exchange.soap import xml
from labkit.exchange.soap.names import INCLUDE


def new_id() -> str:
    """Make a MessageID: a random UUID as URN."""
    return f"urn:uuid:{uuid.uuid4()}"


@dataclass(frozen=True)
class Attachment:
    """A part of a multipart message.

    Attributes
    ----------
    content_type
        Its media type, as the sender says.
    data
        Its bytes.
    """

    content_type: str
    data: bytes


@dataclass(frozen=True)
class Message:
    """A SOAP message, apart from how it is carried.

    Attributes
    ----------
    action
        wsa:Action: what is asked for, ``urn:ihe:iti:2007:RegistryStoredQuery``.
    body
        The one element in the SOAP Body, or ``None``. Where it has binary content, there is an
        ``xop:Include`` (or base64 text): see `content` and `Attachments.include`.
    headers
        The header blocks that are not of WS-Addressing, such as ``wsse:Security``.
    attachments
        By Content-ID, without angle brackets.
    message_id
        wsa:MessageID; the client makes one where it is empty.
    relates_to
        wsa:RelatesTo: of a response, the MessageID of its request.
    reply_to
        wsa:ReplyTo: an address to answer to, ``""`` for the way that the request came.
    to
        wsa:To, ``""`` where none is given.
    actor
        Who sent it, as the receiving side has found out (`soap_app`, ``secure``).
    claims
        What else the receiving side has found out of the sender, such as a SAML assertion's.
    """

    action: str
    body: xml.Element | None
    headers: Sequence[xml.Element] = ()
    attachments: Mapping[str, Attachment] = field(default_factory=dict)
    message_id: str = ""
    relates_to: str = ""
    reply_to: str = ""
    to: str = ""
    actor: str = "anonymous"
    claims: object = None

    def reply(
        self,
        action: str,
        body: xml.Element | None,
        attachments: Mapping[str, Attachment] | None = None,
    ) -> Message:
        """Make the response to this message: it relates to its MessageID."""
        return Message(action, body, attachments=attachments or {}, relates_to=self.message_id)

    def header(self, name: str) -> xml.Element | None:
        """Return the header block ``{namespace}name``, or ``None``."""
        return next((block for block in self.headers if block.tag == name), None)

    def content(self, element: xml.Element) -> bytes:
        """Return the bytes that `element` stands for: an attachment's, or its base64 text's.

        Raises
        ------
        DataError
            The attachment is not in the message, or the text is not base64.
        """
        return self.attachment(element).data

    def attachment(self, element: xml.Element) -> Attachment:
        """Return what `element` stands for, with its media type (``""`` where it is base64 text).

        Raises
        ------
        DataError
            As of `content`.
        """
        cid = included(element)
        if cid is not None:
            if cid not in self.attachments:
                raise DataError(
                    f"the message refers to an attachment {cid[:80]!r} that it does not have",
                    remedy="Send a part with that Content-ID for the xop:Include (XOP 1.0).",
                )
            return self.attachments[cid]
        text = "".join(xml.text_of(element).split())
        try:
            return Attachment("", base64.b64decode(text, validate=True))
        except (binascii.Error, ValueError) as error:
            raise DataError(
                "binary content is neither an xop:Include nor base64 text",
                remedy="Send it by MTOM, or as xs:base64Binary.",
            ) from error


class Attachments(dict[str, Attachment]):
    """Attachments of a message that is being made.

    Parameters
    ----------
    name
        Makes the next Content-ID; by default ``1@labkit``, ``2@labkit`` … in order.
    """

    def __init__(self, name: Callable[[], str] | None = None) -> None:
        super().__init__()
        self._name = name or (lambda: f"{len(self) + 1}@labkit")

    def include(self, element: xml.Element, content_type: str, data: bytes) -> str:
        """Attach `data`, put an ``xop:Include`` into `element`, and return the Content-ID."""
        cid = self._name()
        self[cid] = Attachment(content_type, data)
        element.append(xml.make(INCLUDE, {"xop": INCLUDE[1:].partition("}")[0]}, href=f"cid:{cid}"))
        return cid


def included(element: xml.Element) -> str | None:
    """Return the Content-ID that `element` refers to, ``None`` where it has no ``xop:Include``.

    Raises
    ------
    DataError
        The Include is not alone in its element (XOP 1.0, 2.1), or its address is no ``cid:``.
    """
    found = xml.children(element)
    if not any(child.tag == INCLUDE for child in found):
        return None
    href = str(found[0].get("href", ""))
    if len(found) > 1 or xml.text_of(element):
        raise DataError("an xop:Include is not alone in its element", remedy="See XOP 1.0, 2.1.")
    if not href.lower().startswith("cid:"):
        raise DataError(
            f"an xop:Include has the address {href[:80]!r}; nothing but cid: is followed",
            remedy="Send the content as a part of the message, and refer to its Content-ID.",
        )
    return unquote(href[4:])
