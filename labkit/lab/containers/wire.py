"""What the wire tells of an association, in the words of the lab's own event logs.

A product's log has words of its own; what went over the wire is the same for all.
"""

from __future__ import annotations

from collections.abc import Iterator

from labkit.common.wording import counted
from labkit.dimse import AssociationTrace, decode_messages
from labkit.dimse.messages import DimseMessage
from labkit.dimse.negotiation import Negotiation, decode_negotiation
from labkit.dimse.trace import ACCEPTOR
from labkit.pacs.config import name_of
from labkit.pacs.refusing import CONTEXT_RESULTS, rejection_words

Line = tuple[str, str]
"""Level and text."""


def words(trace: AssociationTrace, why: str = "") -> Iterator[Line]:
    """Tell an association from its trace.

    Parameters
    ----------
    why
        What the door has to say of it, where it acted.
    """
    negotiation = decode_negotiation(trace)
    if trace.end == "rejected":
        for line in (why or _rejected(trace, negotiation)).splitlines():
            yield "WARNING", line
        return
    accepted = [c for c in negotiation.contexts if c.result == 0]
    refused = [c for c in negotiation.contexts if c.result]
    if accepted or refused:
        count = f"{len(accepted)} of {len(accepted) + len(refused)}"
        yield "INFO", f"association accepted: {count} presentation contexts"
    for context in refused:
        said = CONTEXT_RESULTS.get(context.result or 0, "no reason given")
        name = name_of(context.abstract_syntax)
        yield "WARNING", f"presentation context refused (result {context.result}): {name}: {said}"
    yield from _messages(decode_messages(trace))
    if why:
        yield "WARNING", why
    yield "INFO", f"association {trace.end}"


def _rejected(trace: AssociationTrace, negotiation: Negotiation) -> str:
    result, source, reason = negotiation.rejection or (0, 0, 0)
    text = rejection_words(
        source, reason,
        calling=negotiation.calling, called=negotiation.called, own=trace.node,
    )  # fmt: skip
    return f"association rejected ({result}/{source}/{reason}): {text}"


def _messages(messages: list[DimseMessage]) -> Iterator[Line]:
    pending = 0
    for message in messages:
        status = message.status
        if message.sender != ACCEPTOR or status is None:
            continue
        if status.category == "Pending":
            pending += 1
            continue
        verb = message.name.removesuffix("-RSP")
        said = f"{verb} answered"
        if verb != "C-ECHO":
            said = f"{verb} {status}"
        if verb == "C-FIND":
            said += f": {counted(pending, 'match')}"
        yield "INFO" if status else "WARNING", said
        pending = 0
