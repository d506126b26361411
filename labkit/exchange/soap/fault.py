"""SOAP Faults: how one side says that a message was not taken (SOAP 1.2 Part 1, 5.4)."""

from __future__ import annotations

from typing import Final

from labkit.common.errors import LabkitError
from labkit.exchange.soap import xml
from labkit.exchange.soap.names import ENV, ENV11, FAULT_ACTION, SOAP_FAULT_ACTION, WSA, XML, env

SENDER: Final = "Sender"
RECEIVER: Final = "Receiver"
MUST_UNDERSTAND: Final = "MustUnderstand"
VERSION_MISMATCH: Final = "VersionMismatch"
CODES = (SENDER, RECEIVER, MUST_UNDERSTAND, VERSION_MISMATCH, "DataEncodingUnknown")


class SoapFault(LabkitError):
    """The other side answered with a Fault; or, raised by an operation, is to be answered with one.

    Parameters
    ----------
    reason
        For people.
    code
        ``"Sender"`` (the message is at fault), ``"Receiver"`` (the service is),
        ``"MustUnderstand"``, ``"VersionMismatch"`` or ``"DataEncodingUnknown"``.
    subcode
        A narrower one, as ``{namespace}name``.
    detail
        What the fault's Detail says, as text.

    Attributes
    ----------
    not_understood
        The names of the header blocks that were not understood, as ``{namespace}name``.
    """

    def __init__(
        self,
        reason: str,
        *,
        code: str = SENDER,
        subcode: str = "",
        detail: str = "",
        not_understood: tuple[str, ...] = (),
        remedy: str = "",
    ) -> None:
        super().__init__(f"SOAP Fault {code}: {reason}", remedy=remedy)
        self.reason = reason
        self.code = code
        self.subcode = subcode
        self.detail = detail
        self.not_understood = not_understood

    @property
    def status(self) -> int:
        """HTTP status that carries it: 400 of Sender, else 500 (SOAP 1.2 Part 2, Table 20)."""
        return 400 if self.code == SENDER else 500

    @property
    def action(self) -> str:
        """Its wsa:Action."""
        return FAULT_ACTION if self.subcode.startswith(f"{{{WSA}}}") else SOAP_FAULT_ACTION


def addressing(reason: str, name: str, remedy: str = "") -> SoapFault:
    """Make a fault of WS-Addressing (SOAP Binding 6.4), subcode ``wsa:name``."""
    return SoapFault(reason, subcode=f"{{{WSA}}}{name}", remedy=remedy)


def write_fault(fault: SoapFault) -> xml.Element:
    """Write the ``env:Fault``; the remedy goes with the reason, since it is for people."""
    element = xml.make(env("Fault"), {"env": ENV})
    code = xml.add(element, env("Code"))
    xml.add(code, env("Value"), f"env:{fault.code}")
    if fault.subcode:
        space, _, local = fault.subcode[1:].partition("}")
        sub = xml.add(code, env("Subcode"))
        prefix = _prefix(space)
        value = xml.make(env("Value"), {prefix: space})
        value.text = f"{prefix}:{local}"
        sub.append(value)
    text = " ".join(_printable(part) for part in (fault.reason, fault.remedy) if part)
    reason = xml.add(xml.add(element, env("Reason")), env("Text"), text)
    reason.set(f"{{{XML}}}lang", "en")
    if fault.detail:
        detail = xml.add(element, env("Detail"))
        xml.add(detail, "Detail", _printable(fault.detail))
    return element


def not_understood_headers(fault: SoapFault) -> list[xml.Element]:
    """Write a ``env:NotUnderstood`` for each block that was not (SOAP 1.2 Part 1, 5.4.8)."""
    blocks = []
    for name in fault.not_understood:
        space, _, local = name[1:].partition("}") if name.startswith("{") else ("", "", name)
        prefix = _prefix(space)
        nsmap: dict[str | None, str] = {"env": ENV, **({prefix: space} if space else {})}
        qname = f"{prefix}:{local}" if space else local
        blocks.append(xml.make(env("NotUnderstood"), nsmap, qname=qname))
    return blocks


def _prefix(namespace: str) -> str:
    """Choose a prefix for a name that stands in a text.

    lxml drops the declaration of a namespace that an element further out declares too, whatever
    its prefix: the text would be left with a prefix that nobody knows. So it is the envelope's.
    """
    return {ENV: "env", WSA: "wsa"}.get(namespace, "n")


def read_fault(element: xml.Element) -> SoapFault:
    """Read an ``env:Fault``, whatever its state: it is to be shown, not to be trusted."""
    code = element.find(env("Code"))
    value = code.find(env("Value")) if code is not None else None
    sub = code.find(f"{env('Subcode')}/{env('Value')}") if code is not None else None
    name = xml.text_of(value).rpartition(":")[2]
    reason = element.find(f"{env('Reason')}/{env('Text')}")
    return SoapFault(
        xml.text_of(reason)[:2000] or "no reason is given",
        code=name if name in CODES else RECEIVER,
        subcode=_qualified(sub),
        detail=xml.text_of(element.find(env("Detail")))[:2000],
        remedy="Read the reason; it is what the other side says.",
    )


def version_mismatch() -> bytes:
    """Answer a SOAP 1.1 message: a fault in its own version that names 1.2 (Part 1, appendix A)."""
    return (
        f'<s:Envelope xmlns:s="{ENV11}"><s:Header><env:Upgrade xmlns:env="{ENV}">'
        '<env:SupportedEnvelope qname="env:Envelope"/></env:Upgrade></s:Header>'
        "<s:Body><s:Fault><faultcode>s:VersionMismatch</faultcode><faultstring>"
        "This is SOAP 1.1; only SOAP 1.2 is understood. Send application/soap+xml with the "
        f"namespace {ENV}.</faultstring></s:Fault></s:Body></s:Envelope>"
    ).encode()


def _qualified(element: xml.Element | None) -> str:
    prefix, found, local = xml.text_of(element).partition(":")
    if element is None or not found:
        return prefix
    return f"{{{element.nsmap.get(prefix, '')}}}{local}"


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)
