"""The SOAP 1.2 envelope with its WS-Addressing headers, written and read."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from copy import deepcopy

from labkit.common.errors import DataError
from labkit.exchange.soap import xml
from labkit.exchange.soap.fault import (
    MUST_UNDERSTAND,
    VERSION_MISMATCH,
    SoapFault,
    addressing,
    not_understood_headers,
    write_fault,
)
from labkit.exchange.soap.message import Message
from labkit.exchange.soap.names import ANONYMOUS, ENV, ENV11, WSA, env, wsa

# WS-Addressing Core 3.2: each of these at most once; RelatesTo may be repeated, one is used here.
_ONCE = ("Action", "MessageID", "To", "ReplyTo", "From", "FaultTo", "RelatesTo")
# A header block is for us unless its role says another (SOAP 1.2 Part 1, 2.2).
_OURS = ("", f"{ENV}/role/next", f"{ENV}/role/ultimateReceiver")


def write_envelope(message: Message, fault: SoapFault | None = None) -> xml.Element:
    """Write a message, or the fault that answers in its place."""
    root = xml.make(env("Envelope"), {"env": ENV, "wsa": WSA})
    header = xml.add(root, env("Header"))
    # XDS: Action is marked mustUnderstand in requests and responses (ITI TF-2 Appendix V.3.2.2).
    _block(header, "Action", fault.action if fault else message.action, must=True)
    if message.message_id:
        _block(header, "MessageID", message.message_id)
    if message.relates_to:
        _block(header, "RelatesTo", message.relates_to)
    if message.to:
        _block(header, "To", message.to, must=True)
    if not message.relates_to:
        reply_to = xml.add(header, wsa("ReplyTo"))
        xml.add(reply_to, wsa("Address"), message.reply_to or ANONYMOUS)
    blocks: Iterable[xml.Element] = not_understood_headers(fault) if fault else message.headers
    header.extend(deepcopy(block) for block in blocks)
    body = xml.add(root, env("Body"))
    if fault is not None:
        body.append(write_fault(fault))
    elif message.body is not None:
        body.append(deepcopy(message.body))
    return root


def _block(header: xml.Element, name: str, text: str, must: bool = False) -> None:
    block = xml.add(header, wsa(name), text)
    if must:
        block.set(env("mustUnderstand"), "true")


def read_envelope(root: xml.Element) -> Message:
    """Read an envelope; its attachments, if any, are put in by the caller.

    Raises
    ------
    SoapFault
        It is another version of SOAP, or its addressing headers are not as they must be. The
        fault's ``message_id`` is not known then; see `request_id`.
    DataError
        It is no SOAP envelope.
    """
    if root.tag == f"{{{ENV11}}}Envelope":
        raise SoapFault("this is SOAP 1.1; only SOAP 1.2 is understood", code=VERSION_MISMATCH)
    if root.tag.rpartition("}")[2] == "Envelope" and root.tag != env("Envelope"):
        raise SoapFault("the envelope is of an unknown SOAP version", code=VERSION_MISMATCH)
    if root.tag != env("Envelope"):
        raise DataError(
            f"the root element is {root.tag!r}, not a SOAP envelope",
            remedy=f"Wrap it in an Envelope of {ENV}.",
        )
    header, body = _parts(root)
    blocks = xml.children(header) if header is not None else []
    said = _addressing(blocks)
    contents = xml.children(body)
    if len(contents) > 1:
        raise DataError(
            f"the SOAP Body has {len(contents)} elements",
            remedy="Send one: the exchange's messages are document/literal (ITI TF-2 Appendix V).",
        )
    return Message(
        action=said.get("Action", ""),
        body=contents[0] if contents else None,
        headers=tuple(block for block in blocks if not block.tag.startswith(f"{{{WSA}}}")),
        message_id=said.get("MessageID", ""),
        relates_to=said.get("RelatesTo", ""),
        reply_to="" if said.get("ReplyTo") == ANONYMOUS else said.get("ReplyTo", ""),
        to=said.get("To", ""),
    )


def request_id(root: xml.Element) -> str:
    """Return the MessageID of an envelope that could not be read, ``""`` if it has none."""
    return xml.text_of(root.find(f"{env('Header')}/{wsa('MessageID')}"))[:500]


def check_understood(message: Message, understood: Collection[str]) -> None:
    """Refuse a message with a header block that must be understood, and is not.

    Parameters
    ----------
    understood
        Names of blocks that are processed, as ``{namespace}name``. WS-Addressing always is.

    Raises
    ------
    SoapFault
        With the code MustUnderstand and the names (SOAP 1.2 Part 1, 5.4.8).
    """
    unknown = tuple(
        str(block.tag)
        for block in message.headers
        if block.tag not in understood
        and block.get(env("mustUnderstand"), "").strip() in ("1", "true")
        and block.get(env("role"), "").strip() in _OURS
    )
    if unknown:
        names = ", ".join(unknown)
        raise SoapFault(
            f"a header block that must be understood is not: {names}",
            code=MUST_UNDERSTAND,
            not_understood=unknown,
            remedy="Leave it out, or let the service understand it.",
        )


def _parts(root: xml.Element) -> tuple[xml.Element | None, xml.Element]:
    found = xml.children(root)
    names = [child.tag for child in found]
    if names == [env("Header"), env("Body")]:
        return found[0], found[1]
    if names == [env("Body")]:
        return None, found[0]
    raise DataError(
        "the envelope is not a Header, if any, and then a Body",
        remedy="See SOAP 1.2 Part 1, 5.1.",
    )


def _addressing(blocks: Iterable[xml.Element]) -> dict[str, str]:
    """Read the WS-Addressing blocks that are for us."""
    said: dict[str, str] = {}
    for block in blocks:
        local = block.tag[len(WSA) + 2 :] if block.tag.startswith(f"{{{WSA}}}") else ""
        if local not in _ONCE or block.get(env("role"), "").strip() not in _OURS:
            continue
        if local in said and local != "RelatesTo":
            raise addressing(
                f"wsa:{local} is in the header twice",
                "InvalidCardinality",
                "Send each addressing header once (WS-Addressing SOAP Binding 6.4.1).",
            )
        address = block.find(wsa("Address"))
        if local in ("ReplyTo", "From", "FaultTo") and address is None:
            raise addressing(
                f"wsa:{local} has no Address",
                "MissingAddressInEPR",
                "See WS-Addressing Core 2.1.",
            )
        text = xml.text_of(block if address is None else address)
        said.setdefault(local, text)
    return said
