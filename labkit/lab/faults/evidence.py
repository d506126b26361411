"""What a learner hands in as evidence, as text that can be judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pydicom import Dataset

from labkit.common.errors import UsageError
from labkit.dimse import AssociationTrace, decode_messages, decode_negotiation
from labkit.lab.logtext import LogText
from labkit.lab.performed import Performed

SHOWN = (
    "SpecificCharacterSet", "StudyDate", "StudyDescription", "AccessionNumber", "PatientName",
    "PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID",
)  # fmt: skip
"""Attributes of a data set that tell whose it is, and what may be wrong with that."""
_REJECT, _ABORT = 3, 7


def packed(evidence: Any) -> list[dict[str, Any]]:
    """Turn pieces of evidence into plain data.

    Raises
    ------
    UsageError
        Something is no evidence: no log line, trace, data set or piece of work.
    """
    one = isinstance(evidence, (str, LogText, AssociationTrace, Dataset, Performed))
    several = isinstance(evidence, Iterable) and not isinstance(evidence, bytes)
    each = [evidence] if one or not several else list(evidence)
    return [piece for item in each for piece in _packed(item)]


def _packed(item: Any) -> Iterator[dict[str, Any]]:
    trace = getattr(item, "trace", None)
    if isinstance(item, LogText):
        yield from ({"kind": "log", "line": line} for line in item.lines)
    elif isinstance(item, str):
        yield from ({"kind": "log", "line": line} for line in item.splitlines() if line.strip())
    elif isinstance(item, AssociationTrace):
        yield {"kind": "trace", "trace": item.to_json()}
    elif isinstance(item, Dataset):
        yield {"kind": "data set", "values": values_of(item)}
    elif isinstance(item, Performed):
        yield {"kind": "work", "steps": item.to_json()["steps"]}
    elif isinstance(trace, AssociationTrace):  # what a verb returned, or the error it raised
        yield {"kind": "trace", "trace": trace.to_json()}
    elif isinstance(item, Iterable):
        for part in item:
            yield from _packed(part)
    else:
        raise UsageError(
            f"{type(item).__name__} is no evidence that can be checked",
            remedy="Give log lines, traces, data sets, results of verbs, or what lab.examine gave.",
        )


def values_of(ds: Dataset) -> dict[str, str]:
    """Return what a data set says of itself, those of `SHOWN` that are in it."""
    return {keyword: _text(ds, keyword) for keyword in SHOWN if keyword in ds}


def _text(ds: Dataset, keyword: str) -> str:
    value = ds.get(keyword)
    if keyword == "SpecificCharacterSet" and value is not None and not isinstance(value, str):
        return "\\".join(map(str, value))
    return "" if value is None else str(value)


def text_of(piece: dict[str, Any]) -> str:
    """Write a packed piece of evidence as text, for patterns to look at."""
    if piece["kind"] == "log":
        return str(piece["line"])
    if piece["kind"] == "work":
        return "\n".join(f"{name}: {said}" for name, _, said, _ in piece["steps"])
    if piece["kind"] == "data set":
        return "\n".join(f"{keyword}={value}" for keyword, value in piece["values"].items())
    return " ".join(_told(AssociationTrace.from_json(piece["trace"])))


def _told(trace: AssociationTrace) -> Iterator[str]:
    """Tell an association in the words that an engineer would use of it, on one line."""
    if not trace.pdus:
        return
    negotiation = decode_negotiation(trace)
    yield f"A-ASSOCIATE-RQ {trace.requestor.ae_title}->{trace.acceptor.ae_title}"
    for pdu in trace.pdus:
        if pdu.data[:1] == bytes([_REJECT]) and len(pdu.data) >= 10:
            yield "A-ASSOCIATE-RJ {}/{}/{}".format(*pdu.data[7:10])
        elif pdu.data[:1] == b"\x02":
            yield "A-ASSOCIATE-AC"
    for context in negotiation.contexts:
        if context.result:
            yield f"result {context.result}"
    for message in decode_messages(trace):
        status = f" {int(message.status):04X}" if message.status is not None else ""
        yield f"{message.name}{status}"
    for pdu in trace.pdus:
        if pdu.data[:1] == bytes([_ABORT]) and len(pdu.data) >= 10:
            yield f"A-ABORT {pdu.data[8]}/{pdu.data[9]}"
    yield f"end {trace.end}"
