"""What went over one association, both ways: the format ``labkit-trace/1`` of docs/architecture.md.

A trace is plain data. ``labkit.dimse.decode_pdu`` says what a PDU means, and
``labkit.dimse.decode_messages`` puts the DIMSE messages of a trace together again.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from labkit.common.errors import DataError

FORMAT = "labkit-trace/1"
KEEP = 4096  # bytes of each PDU that a trace keeps at most …
KEEP_ASSOCIATE = 65536  # … and of an A-ASSOCIATE
ENDS = ("released", "aborted", "rejected", "lost", "open")
REQUESTOR, ACCEPTOR = "requestor", "acceptor"


@dataclass(frozen=True)
class TracedPdu:
    """One PDU as it was seen.

    Attributes
    ----------
    at
        Seconds since the trace started.
    sender
        ``"requestor"`` or ``"acceptor"``.
    length
        The whole PDU in bytes, its 6-byte header included.
    data
        The first bytes of it, 4096 at most (65536 of an A-ASSOCIATE).
    """

    at: float
    sender: str
    length: int
    data: bytes

    @property
    def truncated(self) -> bool:
        """Whether the PDU was longer than what was kept."""
        return len(self.data) < self.length


@dataclass(frozen=True)
class Endpoint:
    """One end of an association: AE title, and an address that its ``repr`` does not show."""

    ae_title: str = ""
    host: str = field(default="", repr=False)
    port: int = field(default=0, repr=False)


@dataclass
class AssociationTrace:
    """The PDUs of one association in the order in which one end saw them.

    Attributes
    ----------
    recorded_by
        The end that recorded, ``"requestor"`` or ``"acceptor"``; it saw both directions.
    node
        The AE title of the node that recorded.
    started
        ISO 8601 with offset: when the connection was opened.
    requestor, acceptor
        The two ends.
    pdus
        The PDUs; a list to read, not to change.
    end
        How it ended: released, aborted, rejected, lost (the connection went away) or open.
    omitted
        PDUs of a very long association that were counted and not kept.
    """

    recorded_by: str = REQUESTOR
    node: str = ""
    started: str = ""
    requestor: Endpoint = field(default_factory=Endpoint)
    acceptor: Endpoint = field(default_factory=Endpoint)
    pdus: list[TracedPdu] = field(default_factory=list)
    end: str = "open"
    omitted: int = 0

    def __repr__(self) -> str:
        ends = f"{self.requestor.ae_title} -> {self.acceptor.ae_title}"
        return f"<AssociationTrace {ends}: {len(self.pdus) + self.omitted} PDUs, {self.end}>"

    def __len__(self) -> int:
        return len(self.pdus)

    def to_json(self) -> dict[str, Any]:
        """Give the trace as ``labkit-trace/1``, ready for ``json.dumps``."""
        out: dict[str, Any] = {
            "format": FORMAT,
            "recorded_by": self.recorded_by,
            "node": self.node,
            "started": self.started,
            "requestor": vars(self.requestor),
            "acceptor": vars(self.acceptor),
            "pdus": [
                {
                    "at": round(pdu.at, 6),
                    "from": pdu.sender,
                    "length": pdu.length,
                    "bytes": base64.b64encode(pdu.data).decode("ascii"),
                    "truncated": pdu.truncated,
                }
                for pdu in self.pdus
            ],
            "end": self.end,
        }
        if self.omitted:
            out["omitted"] = self.omitted
        return out

    @classmethod
    def from_json(cls, source: Mapping[str, Any] | str | bytes) -> AssociationTrace:
        """Read a trace from its JSON, parsed or as text.

        Raises
        ------
        DataError
            It is not ``labkit-trace/1``; the message says where.
        """
        try:
            raw = json.loads(source) if isinstance(source, (str, bytes)) else source
            if raw["format"] != FORMAT:
                raise ValueError(f"its format is {raw['format']!r}")
            if raw["end"] not in ENDS or raw["recorded_by"] not in (REQUESTOR, ACCEPTOR):
                raise ValueError("'end' or 'recorded_by' is not one of the listed words")
            return cls(
                recorded_by=raw["recorded_by"],
                node=str(raw["node"]),
                started=str(raw["started"]),
                requestor=_endpoint(raw["requestor"]),
                acceptor=_endpoint(raw["acceptor"]),
                pdus=[_pdu(item) for item in raw["pdus"]],
                end=raw["end"],
                omitted=int(raw.get("omitted", 0)),
            )
        except (KeyError, TypeError, ValueError, AttributeError, binascii.Error) as error:
            why = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
            raise DataError(
                f"this is not a {FORMAT} trace: {why}",
                remedy="Take a file that AssociationTrace.save wrote (docs/architecture.md).",
            ) from error

    def save(self, path: str | Path) -> Path:
        """Write the trace to a file; gives its path."""
        target = Path(path)
        target.write_text(json.dumps(self.to_json()) + "\n", encoding="utf-8")
        return target

    @classmethod
    def load(cls, path: str | Path) -> AssociationTrace:
        """Read a file that `save` wrote."""
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(
                f"the trace {Path(path).name} cannot be read: {error}",
                remedy="Give the path of a file that AssociationTrace.save wrote.",
            ) from error
        return cls.from_json(text)


def _endpoint(raw: Mapping[str, Any]) -> Endpoint:
    return Endpoint(str(raw["ae_title"]), str(raw["host"]), int(raw["port"]))


def _pdu(raw: Mapping[str, Any]) -> TracedPdu:
    if raw["from"] not in (REQUESTOR, ACCEPTOR):
        raise ValueError(f"a PDU is from {raw['from']!r}")
    data = base64.b64decode(raw["bytes"], validate=True)
    length = int(raw["length"])
    if len(data) > length:
        raise ValueError("a PDU has more bytes than its length")
    return TracedPdu(float(raw["at"]), raw["from"], length, data)
