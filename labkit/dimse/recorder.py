"""Records associations as they happen: handlers for pynetdicom's events, the same for SCU and SCP.

A *watcher*: it sees the bytes and changes nothing.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from typing import Any

from pynetdicom import evt

from labkit.dimse.trace import (
    ACCEPTOR,
    KEEP,
    KEEP_ASSOCIATE,
    REQUESTOR,
    AssociationTrace,
    Endpoint,
    TracedPdu,
)

# Memory of one trace is bounded: 2,000 PDUs at its start, the last 500, and 2 MiB of their bytes.
FIRST, LAST, BUDGET = 2000, 500, 2 << 20
Pieces = Sequence[bytes | memoryview]
"""One PDU, in the pieces that are written one after the other."""
_BRIEF = 64  # bytes kept of a data set fragment once the budget is spent


def _now() -> datetime:
    return datetime.now(timezone.utc)


class Recording:
    """The PDUs of one association as they pass; one thread at a time may add.

    Parameters
    ----------
    by
        The end that records, ``"requestor"`` or ``"acceptor"``.
    started
        ISO 8601 with offset.
    """

    def __init__(self, by: str, started: str) -> None:
        self.by = by
        self.other = ACCEPTOR if by == REQUESTOR else REQUESTOR
        self.started = started
        self.zero = time.monotonic()
        self.head: list[TracedPdu] = []
        self.tail: deque[TracedPdu] = deque(maxlen=LAST)
        self.seen = 0
        self.spent = 0
        self.closed = False

    def add(self, sender: str, data: bytes | bytearray, length: int = 0) -> None:
        """Note one PDU; `length` is its own where `data` is just its beginning."""
        # An A-ASSOCIATE is kept whole: without it the rest cannot be read.
        keep = KEEP_ASSOCIATE if data[:1] in (b"\x01", b"\x02") else KEEP
        # P-DATA-TF is 4; the PDV's control header is byte 11, its bit 0 says "command".
        if self.spent > BUDGET and len(data) > 11 and data[0] == 4 and not data[11] & 1:
            keep = _BRIEF
        self._note(sender, bytes(data[:keep]), length or len(data))

    def add_pieces(self, pdus: Sequence[Pieces]) -> None:
        """Note PDUs that were sent, each in pieces; no more of them is copied than is kept."""
        for pdu in pdus:
            head, length = pdu[0], sum(map(len, pdu))
            if len(pdu) > 1 and len(head) < KEEP_ASSOCIATE:
                head = bytes(head) + b"".join(piece[: KEEP - len(head)] for piece in pdu[1:])
            self.add(self.by, bytes(head), length)

    def _note(self, sender: str, data: bytes, length: int) -> None:
        pdu = TracedPdu(round(time.monotonic() - self.zero, 6), sender, length, data)
        self.spent += len(data)
        self.seen += 1
        if len(self.head) < FIRST:
            self.head.append(pdu)
        else:
            self.tail.append(pdu)

    def trace(self, node: str, requestor: Endpoint, acceptor: Endpoint) -> AssociationTrace:
        """Give what has been recorded."""
        pdus = [*self.head, *self.tail]
        return AssociationTrace(
            recorded_by=self.by,
            node=node,
            started=self.started,
            requestor=requestor,
            acceptor=acceptor,
            pdus=pdus,
            end=_end(pdus, self.closed),
            omitted=self.seen - len(pdus),
        )


def _endpoint(user: Any) -> Endpoint:
    info = user.address_info
    address = (info.address, info.port) if info is not None else ("", 0)
    return Endpoint(user.ae_title.strip(), *address)


def _end(pdus: list[TracedPdu], closed: bool) -> str:
    types = [pdu.data[0] for pdu in pdus if pdu.data]
    if 7 in types:
        return "aborted"
    if 3 in types:
        return "rejected"
    if 6 in types:
        return "released"
    return "lost" if closed else "open"


def takes_pieces(handler: Any) -> bool:
    """Whether a handler of ``EVT_DATA_SENT`` is a recorder's, which has `TraceRecorder.sent`."""
    return getattr(handler, "__func__", None) is TraceRecorder._on_sent


class TraceRecorder:
    """Gives the handlers that record associations.

    ::

        recorder = TraceRecorder(traces.append, node="ARCHIVE")
        ae.start_server(address, block=False, evt_handlers=recorder.handlers + mine)

    Parameters
    ----------
    sink
        Called with the finished trace when the connection has closed, in the thread of that
        association. What it raises is swallowed by pynetdicom's event system, and logged there.
    node
        The AE title of the node that records; empty: the one of the local end.
    clock
        Gives the time of day.
    """

    def __init__(
        self,
        sink: Callable[[AssociationTrace], None] | None = None,
        *,
        node: str = "",
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._sink = sink
        self._node = node
        self._clock = clock
        self._lock = threading.Lock()
        self._recordings: dict[int, Recording] = {}

    @property
    def handlers(self) -> list[tuple[Any, Callable[[Any], None]]]:
        """Pairs of event and handler for ``evt_handlers=``."""
        return [
            (evt.EVT_CONN_OPEN, self._on_open),
            (evt.EVT_DATA_SENT, self._on_sent),
            (evt.EVT_DATA_RECV, self._on_received),
            (evt.EVT_CONN_CLOSE, self._on_close),
        ]

    def trace(self, assoc: Any) -> AssociationTrace | None:
        """Give what has been recorded of an association that is not finished yet."""
        recording = self._recordings.get(id(assoc))
        return self._trace(recording, assoc) if recording else None

    def _trace(self, recording: Recording, assoc: Any) -> AssociationTrace:
        requestor, acceptor = _endpoint(assoc.requestor), _endpoint(assoc.acceptor)
        local = requestor if recording.by == REQUESTOR else acceptor
        return recording.trace(self._node or local.ae_title, requestor, acceptor)

    def _of(self, assoc: Any) -> Recording:
        with self._lock:
            recording = self._recordings.get(id(assoc))
            if recording is None:
                by = REQUESTOR if assoc.is_requestor else ACCEPTOR
                recording = Recording(by, self._clock().isoformat("T", "microseconds"))
                self._recordings[id(assoc)] = recording
            return recording

    def _on_open(self, event: Any) -> None:
        self._of(event.assoc)

    def _on_sent(self, event: Any) -> None:
        recording = self._of(event.assoc)
        recording.add(recording.by, event.data)

    def sent(self, assoc: Any, pdus: Sequence[Pieces]) -> None:
        """Note PDUs that were sent: as ``EVT_DATA_SENT`` does, once for all of them."""
        self._of(assoc).add_pieces(pdus)

    def _on_received(self, event: Any) -> None:
        recording = self._of(event.assoc)
        recording.add(recording.other, event.data)

    def _on_close(self, event: Any) -> None:
        with self._lock:
            recording = self._recordings.pop(id(event.assoc), None)
        if recording is not None and self._sink is not None:
            recording.closed = True
            self._sink(self._trace(recording, event.assoc))
