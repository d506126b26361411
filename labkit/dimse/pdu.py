"""What a PDU means, field by field (PS3.8 9.3). Garbage is described, never raised."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from labkit.common.cite import Citation, cite
from labkit.common.errors import UsageError
from labkit.dimse import words
from labkit.dimse.command_set import note_command
from labkit.dimse.items import read_items
from labkit.dimse.reader import EndOfData, Field, Reader
from labkit.dimse.trace import TracedPdu


@dataclass(frozen=True)
class DecodedPdu:
    """A PDU in words.

    Attributes
    ----------
    type
        Its first byte, 1–7; other numbers are no PDU.
    name
        ``"A-ASSOCIATE-RQ"`` … ``"A-ABORT"``, or what else the bytes seem to be.
    section
        Where the standard defines it.
    fields
        Every field in the order of the bytes; `Field.depth` gives the nesting.
    problems
        What is wrong with it and where; empty for a good one.
    """

    type: int
    name: str
    section: Citation
    fields: tuple[Field, ...]
    problems: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"{self.name} ({self.section})"]
        for f in self.fields:
            value = f"{f.value}  {f.meaning}".strip()
            lines.append(f"{f.offset:5d} {f.length:5d}  {'  ' * f.depth}{f.name}: {value}")
        lines += [f"problem: {problem}" for problem in self.problems]
        return "\n".join(line.rstrip() for line in lines)


def decode_pdu(pdu: bytes | TracedPdu) -> DecodedPdu:
    """Say what a PDU means.

    Parameters
    ----------
    pdu
        The bytes of one PDU, or one out of a trace, which may have been cut.

    Returns
    -------
    DecodedPdu
        Always; bytes that are no PDU come out with their problems.

    Raises
    ------
    UsageError
        It is not bytes at all.
    """
    if not isinstance(pdu, (bytes, bytearray, memoryview, TracedPdu)):
        raise UsageError(
            f"a PDU is bytes, not {type(pdu).__name__}",
            remedy="Take one of trace.pdus, or its bytes: trace.pdus[0].data.",
        )
    data, length = (pdu.data, pdu.length) if isinstance(pdu, TracedPdu) else (bytes(pdu), len(pdu))
    kind = data[0] if data else 0
    name, section, body = _PDUS.get(kind, ("not a PDU", "9.3.1", None))
    where = cite("PS3.8", section)
    cut = length > len(data)
    reader = Reader(data, 0, length, where, cut=cut)
    if body is None:
        guess = _looks_like(data)
        reader.problems.append(
            f"no PDU has type {kind:02X}H{guess}" if data else "there are no bytes"
        )
        reader.rest("Unknown bytes")
        return DecodedPdu(kind, name, where, tuple(reader.fields), tuple(reader.problems))
    try:
        reader.number("PDU type", 1, name, digits="x")
        reader.skip(1)
        stated = reader.number("PDU length", 4, "bytes after this field")
        if stated + 6 != length:
            reader.problems.append(f"PDU length says {stated} bytes; {length - 6} follow")
        reader.end = min(length, stated + 6)
        body(reader)
        reader.rest("Bytes beyond the fields")
    except EndOfData:
        reader.rest("Bytes not understood")
    if cut:
        reader.problems.append(f"the trace kept {len(data)} of its {length} bytes")
    return DecodedPdu(kind, name, where, tuple(reader.fields), tuple(reader.problems))


def _looks_like(data: bytes) -> str:
    if data[:2] == b"\x16\x03":
        return "; this is a TLS handshake: one side wants TLS, the other does not"
    if data[:4] in (b"GET ", b"POST", b"HEAD", b"PUT ", b"HTTP"):
        return "; this is HTTP"
    return ""


def _associate(reader: Reader) -> None:
    version = reader.number("Protocol version", 2, digits="x")
    if not version & 1:
        reader.problems.append("bit 0 of the protocol version is not set: not version 1")
    reader.skip(2)
    # In an A-ASSOCIATE-AC the titles are sent back and shall not be tested (PS3.8 Table 9-17).
    for who in ("Called AE title", "Calling AE title"):
        if not reader.text(who, 16):
            reader.problems.append(f"{who} is blank")
    reader.skip(32)
    read_items(reader)


def _reject(reader: Reader) -> None:
    reader.skip(1)
    numbers = tuple(reader.peek("Result, source, reason", 3))
    result, source, reason = words.rejection(*numbers)
    reader.number("Result", 1, result)
    reader.number("Source", 1, source)
    reader.number("Reason/Diag.", 1, reason)


def _abort(reader: Reader) -> None:
    reader.skip(2)
    source, reason = words.abort(*reader.peek("Source, reason", 2))
    reader.number("Source", 1, source)
    reader.number("Reason/Diag.", 1, reason)


def _release(reader: Reader) -> None:
    reader.skip(4)


def _data(reader: Reader) -> None:
    while reader.left > 0:
        reader.section = cite("PS3.8", "9.3.5.1")
        length = reader.number("Item length", 4, "context ID, header and fragment")
        pdv = reader.inside(length, reader.section)
        context = pdv.number("Presentation context ID", 1)
        if not context % 2:
            pdv.problems.append(f"at byte {pdv.at - 1}: a context ID is odd, not {context}")
        pdv.section = cite("PS3.8", "E.2")
        (header,) = pdv.peek("Message control header", 1)
        kind = "command" if header & 1 else "data set"
        last = "last" if header & 2 else "not the last"
        pdv.number("Message control header", 1, f"{kind}, {last} fragment", digits="x")
        if header & 1:
            note_command(pdv)
        else:
            pdv.rest("Data set fragment", f"{length - 2} bytes")


_Body = Callable[[Reader], None]
_PDUS: dict[int, tuple[str, str, _Body | None]] = {
    1: ("A-ASSOCIATE-RQ", "9.3.2", _associate),
    2: ("A-ASSOCIATE-AC", "9.3.3", _associate),
    3: ("A-ASSOCIATE-RJ", "9.3.4", _reject),
    4: ("P-DATA-TF", "9.3.5", _data),
    5: ("A-RELEASE-RQ", "9.3.6", _release),
    6: ("A-RELEASE-RP", "9.3.7", _release),
    7: ("A-ABORT", "9.3.8", _abort),
}
