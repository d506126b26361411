"""An association as rows: the association, its PDUs, and its DIMSE messages put together."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.dimse.messages import DimseMessage, decode_messages
from labkit.dimse.negotiation import Negotiation, decode_negotiation
from labkit.dimse.pdu import decode_pdu
from labkit.dimse.trace import AssociationTrace, TracedPdu
from labkit.dimse.words import uid_name

_TONES = {"Success": "success", "Pending": "pending", "Cancel": "warning", "Warning": "warning"}
_ENDS = {
    "released": "released", "aborted": "aborted", "rejected": "rejected",
    "lost": "the connection was lost", "open": "still open",
}  # fmt: skip


@dataclass(frozen=True)
class TimelineRow:
    """One line of a timeline.

    Attributes
    ----------
    path
        ``"0"`` for the first association, ``"0/m2"`` for its third message, ``"0/p5"`` for its
        sixth PDU.
    depth
        0 association; 1 PDU or message; 2 PDU of a message.
    kind
        ``"association"``, ``"message"`` or ``"pdu"``.
    sender
        ``"requestor"``, ``"acceptor"``, or ``""`` for the association itself.
    at, duration
        Seconds: since the association started, and from its first PDU to its last.
    name
        ``"A-ASSOCIATE-RQ"``, ``"C-STORE-RSP"`` …
    text
        What it says, in a few words.
    tone
        ``"association"``, ``"request"``, ``"success"``, ``"pending"``, ``"warning"``,
        ``"failure"`` or ``"plain"``.
    size
        Bytes on the wire.
    children
        Number of rows directly below.
    """

    path: str
    depth: int
    kind: str
    sender: str
    at: float
    duration: float
    name: str
    text: str
    tone: str
    size: int
    children: int = 0


def timeline_rows(trace: AssociationTrace, number: int) -> list[TimelineRow]:
    """List the rows of association `number`: itself, then its messages, each with its PDUs."""
    negotiation = decode_negotiation(trace)
    messages = decode_messages(trace)
    belongs = {pdu for message in messages for pdu in message.pdus}
    begins: dict[int, list[int]] = {}  # one PDU may begin several messages
    for n, message in enumerate(messages):
        begins.setdefault(message.pdus[0] if message.pdus else -1, []).append(n)
    inside: list[TimelineRow] = []
    top = 0
    for place, pdu in enumerate(trace.pdus):
        for n in begins.get(place, []):
            top += 1
            inside += _message(trace, messages[n], f"{number}/m{n}", number)
        if place not in belongs:
            top += 1
            inside.append(_pdu(pdu, f"{number}/p{place}", 1, negotiation))
    last = trace.pdus[-1].at if trace.pdus else 0.0
    ends = f"{trace.requestor.ae_title or '?'} → {trace.acceptor.ae_title or '?'}"
    tone = "plain" if trace.end in ("released", "open") else "failure"
    first = TimelineRow(
        str(number), 0, "association", "", 0.0, last, ends, association_text(trace, negotiation),
        tone, sum(pdu.length for pdu in trace.pdus), top,
    )  # fmt: skip
    return [first, *inside]


def association_text(trace: AssociationTrace, negotiation: Negotiation) -> str:
    """Say how an association went, without times and addresses."""
    parts = []
    if negotiation.contexts:
        parts.append(f"{len(negotiation.accepted)} of {_count(len(negotiation.contexts))} accepted")
    parts.append(f"{len(trace.pdus) + trace.omitted} PDUs")
    if trace.omitted:
        parts.append(f"{trace.omitted} of them counted, not kept")
    parts.append(_ENDS[trace.end])
    return ", ".join(parts)


def _count(number: int) -> str:
    return f"{number} context{'' if number == 1 else 's'}"


def _message(
    trace: AssociationTrace, message: DimseMessage, path: str, number: int
) -> list[TimelineRow]:
    status = message.status
    tone = "request"
    if status is not None:
        tone = _TONES.get(status.category, "failure")
    row = TimelineRow(
        path, 1, "message", message.sender, message.at, message.ended - message.at, message.name,
        message_text(message), tone, sum(trace.pdus[n].length for n in message.pdus),
        len(message.pdus),
    )  # fmt: skip
    pdus = [
        _pdu(trace.pdus[place], f"{number}/p{place}", 2, Negotiation()) for place in message.pdus
    ]
    return [row, *pdus]


def message_text(message: DimseMessage) -> str:
    """Say what a DIMSE message asks or answers."""
    parts = []
    if message.message_id is not None:
        parts.append(f"#{message.message_id}")
    if message.status is not None:
        parts.append(str(message.status))
        counts = [
            f"{message.command.get(keyword)} {word}"
            for keyword, word in (
                ("NumberOfRemainingSuboperations", "remaining"),
                ("NumberOfCompletedSuboperations", "completed"),
                ("NumberOfFailedSuboperations", "failed"),
                ("NumberOfWarningSuboperations", "with warnings"),
            )
            if message.command.get(keyword) is not None
        ]
        parts += [", ".join(counts)] if counts else []
    elif message.sop_class:
        parts.append(uid_name(message.sop_class) or message.sop_class)
        if message.command.get("MoveDestination"):
            parts.append(f"to {message.command.MoveDestination}")
    if message.data_length:
        parts.append(f"data set of {size_text(message.data_length)}")
    if message.problems:
        parts.append(f"⚠ {message.problems[0]}")
    return "  ".join(parts)


def _pdu(pdu: TracedPdu, path: str, depth: int, negotiation: Negotiation) -> TimelineRow:
    decoded = decode_pdu(pdu)
    text, tone = _pdu_text(pdu, negotiation)
    problems = [problem for problem in decoded.problems if "the trace kept" not in problem]
    if problems:
        text, tone = f"{text}  ⚠ {problems[0]}".strip(), "failure"
    return TimelineRow(
        path, depth, "pdu", pdu.sender, pdu.at, 0.0, decoded.name, text, tone, pdu.length
    )


def _pdu_text(pdu: TracedPdu, negotiation: Negotiation) -> tuple[str, str]:
    kind = pdu.data[:1]
    fields = {f.name: f for f in decode_pdu(pdu).fields}
    if kind == b"\x01":
        size = _largest(negotiation.requestor.maximum_length)
        return f"{_count(len(negotiation.contexts))} proposed, {size}", "association"
    if kind == b"\x02":
        accepted, size = len(negotiation.accepted), _largest(negotiation.acceptor.maximum_length)
        text = f"{accepted} of {_count(len(negotiation.contexts))} accepted, {size}"
        return text, "association" if accepted else "warning"
    if kind in (b"\x03", b"\x07"):
        words = [fields[n].meaning for n in ("Result", "Source", "Reason/Diag.") if n in fields]
        return "; ".join(word for word in words if word), "failure"
    if kind == b"\x04":
        return f"{size_text(pdu.length)}", "plain"
    return "", "association"


def _largest(length: int | None) -> str:
    if length is None:
        return "no maximum length said"
    return f"takes PDUs of {length} bytes" if length else "takes PDUs of any length"


def size_text(count: int) -> str:
    """Write a number of bytes: ``"412 bytes"``, ``"131.2 kB"`` (1000 bytes), ``"2.1 MB"``."""
    if count < 10_000:
        return f"{count} bytes"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"
