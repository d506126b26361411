"""What is known about one row: notes with references, tables, and bytes; plain data."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset

from labkit.common.cite import Citation, cite
from labkit.dicom.header import iter_rows
from labkit.dimse.command_set import element_words
from labkit.dimse.messages import DimseMessage, decode_messages
from labkit.dimse.negotiation import Negotiation, decode_negotiation
from labkit.dimse.pdu import decode_pdu
from labkit.dimse.trace import AssociationTrace
from labkit.dimse.words import uid_name
from labkit.widgets.association_timeline.rows import association_text, size_text

ELEMENTS = 300
"""Most elements of a data set that are listed."""


def detail(traces: list[AssociationTrace], path: str) -> dict[str, Any]:
    """Return what the lower half shows for a path; empty for a path that there is not."""
    number, _, rest = path.partition("/")
    if not number.isdigit() or int(number) >= len(traces):
        return {}
    trace = traces[int(number)]
    if not rest:
        return _association(trace)
    place = int(rest[1:]) if rest[1:].isdigit() else -1
    if rest[0] == "p" and 0 <= place < len(trace.pdus):
        return _pdu(trace, place)
    messages = decode_messages(trace)
    if rest[0] == "m" and 0 <= place < len(messages):
        return _message(messages[place], int(number))
    return {}


def _note(about: str, text: object, reference: Citation | None = None) -> dict[str, str]:
    return {
        "about": about,
        "text": str(text),
        "reference": str(reference) if reference else "",
        "url": reference.url if reference else "",
    }


def _association(trace: AssociationTrace) -> dict[str, Any]:
    negotiation = decode_negotiation(trace)
    notes = [
        _note("Requestor", trace.requestor.ae_title or "?", cite("PS3.8", "7.1.1")),
        _note("Acceptor", trace.acceptor.ae_title or "?"),
        _note("Recorded by", f"the {trace.recorded_by}, {trace.node}".rstrip(", ")),
        _note("Outcome", association_text(trace, negotiation)),
        *_sides(negotiation),
    ]
    return {"title": "Association", "section": "", "url": "", "notes": notes,
            "contexts": contexts(negotiation)}  # fmt: skip


def _sides(negotiation: Negotiation) -> list[dict[str, str]]:
    notes = []
    for name, side in (("Requestor", negotiation.requestor), ("Acceptor", negotiation.acceptor)):
        if side.maximum_length is not None:
            largest = f"{side.maximum_length} bytes" if side.maximum_length else "no limit"
            notes.append(_note(f"{name} takes", f"PDUs up to {largest}", cite("PS3.8", "D.1")))
        if side.implementation_version_name:
            notes.append(
                _note(f"{name} is", side.implementation_version_name, cite("PS3.7", "D.3.3.2"))
            )
    return notes


def contexts(negotiation: Negotiation) -> list[dict[str, Any]]:
    """Return the presentation contexts, proposed and answered (PS3.8 9.3.2.2, 9.3.3.2)."""
    told = []
    for context in negotiation.contexts:
        roles = [word for word, on in (("SCU", context.scu_role), ("SCP", context.scp_role)) if on]
        told.append(
            {
                "id": context.id,
                "name": context.name,
                "proposed": [uid_name(uid) or uid for uid in context.transfer_syntaxes],
                "result": context.result_text,
                "accepted": context.accepted,
                "chosen": uid_name(context.accepted_transfer_syntax)
                or context.accepted_transfer_syntax,
                "roles": ", ".join(roles),
            }
        )
    return told


def _message(message: DimseMessage, number: int) -> dict[str, Any]:
    notes = []
    status = message.status
    if status is not None:
        category = "" if str(status).endswith(status.category) else f", {status.category}"
        notes.append(_note("Status", f"{status}{category}", status.section))
        if status.comment:
            notes.append(_note("Error comment", status.comment, cite("PS3.7", "C")))
    if message.message_id is not None:
        answer = "answers message" if status is not None else "message"
        notes.append(_note("Message ID", f"{answer} {message.message_id}"))
    if message.sop_class:
        named = uid_name(message.sop_class)
        notes.append(_note("SOP Class", f"{named} {message.sop_class}".strip()))
    if message.context is not None:
        syntax = message.context.accepted_transfer_syntax
        text = f"{message.context_id}: {message.context.name}, {uid_name(syntax) or syntax}"
        notes.append(_note("Context", text, cite("PS3.8", "9.3.2.2")))
    took = (message.ended - message.at) * 1000
    notes.append(_note("Sent", f"in {len(message.pdus)} PDU{'' if len(message.pdus) == 1 else 's'}"
                       + (f", over {took:.1f} ms" if len(message.pdus) > 1 else "")))  # fmt: skip
    data = message.data_set
    if message.data_length:
        kept = "" if data is not None else "; the trace did not keep all of it"
        notes.append(_note("Data set", size_text(message.data_length) + kept))
    notes += [_note("Problem", problem) for problem in message.problems]
    tables = [{"title": "Command set", "rows": _elements(message.command, message.name)}]
    if data is not None:
        tables.append({"title": "Data set", "rows": _elements(data)})
    return {
        "title": message.name, "section": str(message.section), "url": message.section.url,
        "notes": notes, "tables": tables,
        "pdus": [{"path": f"{number}/p{place}", "name": f"PDU {place + 1}"}
                 for place in message.pdus[:40]],
    }  # fmt: skip


def _elements(ds: Dataset, name: str = "") -> list[list[str]]:
    rows = []
    for count, row in enumerate(iter_rows(ds)):
        if count == ELEMENTS:
            rows.append(["", f"more than {ELEMENTS} elements", "", ""])
            break
        value = row.value
        if row.tag.startswith("(0000,") and row.vr == "US" and ds[row.keyword].VM == 1:
            raw = int(ds[row.keyword].value).to_bytes(2, "little")
            value = "  ".join(w for w in element_words(int(row.tag[6:10], 16), raw, name) if w)
        rows.append(["  " * row.depth + row.tag, row.keyword or row.name, row.vr, value])
    return rows


def _pdu(trace: AssociationTrace, place: int) -> dict[str, Any]:
    pdu = trace.pdus[place]
    decoded = decode_pdu(pdu)
    fields = [
        {
            "offset": f.offset, "length": f.length, "name": f.name, "value": f.value,
            "meaning": f.meaning, "section": str(f.section), "depth": f.depth,
        }
        for f in decoded.fields
    ]  # fmt: skip
    told: dict[str, Any] = {
        "title": decoded.name, "section": str(decoded.section), "url": decoded.section.url,
        "notes": [_note("From", f"the {pdu.sender}, {size_text(pdu.length)}"),
                  *[_note("Problem", problem) for problem in decoded.problems]],
        "fields": fields,
        "hex": {"bytes": pdu.data, "offset": 0, "total": pdu.length,
                "caption": f"PDU {place + 1} of {len(trace.pdus)}, {pdu.length} bytes",
                "parts": [{"offset": f.offset, "length": f.length, "name": f.name,
                           "meaning": f.meaning} for f in decoded.fields]},
    }  # fmt: skip
    if decoded.type in (1, 2):
        told["contexts"] = contexts(decode_negotiation(trace))
    return told
