"""What two ends agreed on: A-ASSOCIATE-RQ and its answer side by side (PS3.8 7.1.1, PS3.7 D)."""

from __future__ import annotations

from dataclasses import dataclass, field

from labkit.common.errors import UsageError
from labkit.dimse import words
from labkit.dimse.pdu import decode_pdu
from labkit.dimse.reader import Field
from labkit.dimse.trace import REQUESTOR, AssociationTrace


@dataclass
class ProposedContext:
    """One presentation context, proposed and answered.

    Attributes
    ----------
    id
        1, 3, … 255.
    abstract_syntax, transfer_syntaxes
        As proposed.
    result
        0 accepted; 1–4 refused (PS3.8 Table 9-18); `None` where there was no answer.
    accepted_transfer_syntax
        The one the acceptor chose, or empty.
    scu_role, scp_role
        The requestor's roles as agreed; without a role selection it is SCU (PS3.7 D.3.3.4).
    """

    id: int
    abstract_syntax: str = ""
    transfer_syntaxes: list[str] = field(default_factory=list)
    result: int | None = None
    accepted_transfer_syntax: str = ""
    scu_role: bool = True
    scp_role: bool = False

    @property
    def name(self) -> str:
        """The abstract syntax's name in PS3.6, or its UID."""
        return words.uid_name(self.abstract_syntax) or self.abstract_syntax

    @property
    def accepted(self) -> bool:
        """Whether it can be used."""
        return self.result == 0

    @property
    def result_text(self) -> str:
        """The result in words."""
        return "no answer" if self.result is None else words.context_result(self.result)


@dataclass
class Side:
    """What one end said of itself.

    Attributes
    ----------
    maximum_length
        The longest P-DATA-TF it takes, in bytes; 0 is no limit; `None` where it did not say.
    """

    maximum_length: int | None = None
    implementation_class_uid: str = ""
    implementation_version_name: str = ""


@dataclass
class Negotiation:
    """An association's negotiation.

    Attributes
    ----------
    called, calling
        The AE titles of the request.
    contexts
        The presentation contexts in the order proposed.
    requestor, acceptor
        What each said of itself.
    rejection
        (result, source, reason) of an A-ASSOCIATE-RJ, or `None`.
    """

    called: str = ""
    calling: str = ""
    contexts: list[ProposedContext] = field(default_factory=list)
    requestor: Side = field(default_factory=Side)
    acceptor: Side = field(default_factory=Side)
    rejection: tuple[int, int, int] | None = None

    @property
    def accepted(self) -> list[ProposedContext]:
        """The contexts that can be used."""
        return [context for context in self.contexts if context.accepted]


def check_trace(trace: object) -> None:
    """Raise `UsageError` for what is not a trace."""
    if not isinstance(trace, AssociationTrace):
        raise UsageError(
            f"this takes a trace, not a {type(trace).__name__}",
            remedy="Give result.trace, or one of lab.traces('ARCHIVE').",
        )


def decode_negotiation(trace: AssociationTrace) -> Negotiation:
    """Read what was proposed and what was agreed out of a trace."""
    check_trace(trace)
    out = Negotiation()
    for pdu in trace.pdus:
        kind = pdu.data[:1]
        if kind == b"\x01" and pdu.sender == REQUESTOR:
            _read_request(out, decode_pdu(pdu).fields)
        elif kind == b"\x02":
            _read_answer(out, decode_pdu(pdu).fields)
        elif kind == b"\x03" and len(pdu.data) >= 10:
            out.rejection = (pdu.data[7], pdu.data[8], pdu.data[9])
        elif kind == b"\x04":
            break
    return out


def _read_request(out: Negotiation, fields: tuple[Field, ...]) -> None:
    for f in fields:
        if f.name == "Called AE title":
            out.called = f.value
        elif f.name == "Calling AE title":
            out.calling = f.value
        elif f.name == "Presentation context ID":
            out.contexts.append(ProposedContext(int(f.value)))
        elif f.name == "Abstract syntax name" and out.contexts:
            out.contexts[-1].abstract_syntax = f.value
        elif f.name == "Transfer syntax name" and out.contexts:
            out.contexts[-1].transfer_syntaxes.append(f.value)
        else:
            _read_side(out.requestor, f)


def _read_answer(out: Negotiation, fields: tuple[Field, ...]) -> None:
    proposed = {context.id: context for context in out.contexts}
    context: ProposedContext | None = None
    role_of = ""
    for f in fields:
        if f.name == "Presentation context ID":
            context = proposed.get(int(f.value))
        elif f.name == "Result/Reason" and context is not None:
            context.result = int(f.value)
        elif f.name == "Transfer syntax name" and context is not None and context.accepted:
            context.accepted_transfer_syntax = f.value
        elif f.name == "SOP Class UID":
            role_of = f.value
        elif f.name in ("SCU-role", "SCP-role"):
            for each in out.contexts:
                if each.abstract_syntax == role_of:
                    setattr(each, f.name.lower().replace("-", "_"), f.value == "1")
        else:
            _read_side(out.acceptor, f)


def _read_side(side: Side, f: Field) -> None:
    if f.name == "Maximum length received":
        side.maximum_length = int(f.value)
    elif f.name == "Implementation class UID":
        side.implementation_class_uid = f.value
    elif f.name == "Implementation version name":
        side.implementation_version_name = f.value
