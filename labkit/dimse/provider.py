"""The DIMSE provider: whole messages, sent from the thread that has them."""

from __future__ import annotations

import logging
import struct
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pynetdicom import _config, evt
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dimse_primitives import C_CANCEL, C_FIND, N_EVENT_REPORT
from pynetdicom.pdu_primitives import P_DATA

from labkit.dimse.codec import Unusual, decode_again, decode_message, encode_message
from labkit.dimse.doorbell import RingingQueue

_LOG = logging.getLogger("pynetdicom.labkit.provider")  # see upper_layer.py

Fragment = tuple[int, bytes | memoryview]  # message control header and bytes
_HEAD = struct.Struct(">BxLLBB").pack
AT_ONCE = 1 << 18  # bytes written in one go: a large object is not held twice
LARGEST = 1 << 20  # bytes of a fragment where the peer sets no limit; 0 means that (PS3.8 D.1)


def pdv_items(pdu: bytes) -> list[tuple[int, memoryview]] | None:
    """Take a P-DATA-TF PDU apart: context ID and value of each item (PS3.8 9.3.5.1).

    Returns
    -------
    list of (int, memoryview) or None
        A value begins with its message control header. ``None`` where a length is wrong.
    """
    view, at, found = memoryview(pdu), 6, []
    while at < len(pdu):
        end = at + 4 + int.from_bytes(view[at : at + 4], "big")
        if end > len(pdu) or end < at + 6:
            return None
        found.append((pdu[at + 4], view[at + 5 : end]))
        at = end
    return found


class WholeMessages(DIMSEServiceProvider):  # type: ignore[misc]
    """pynetdicom's provider with three things changed.

    * One message at a time is sent, whichever threads send. pynetdicom lets two threads send at
      once (an N-EVENT-REPORT while the N-ACTION is answered), and their fragments mix, which PS3.8
      E.1 forbids and no peer can read.
    * A message goes to the connection from the caller's thread, not by way of the upper layer's,
      which would have to be woken first.
    * Command sets are packed and read by `labkit.dimse.codec`.

    Where somebody watches the steps in between (``EVT_DIMSE_RECV``, ``EVT_DIMSE_SENT``,
    ``EVT_PDU_SENT``), pynetdicom's own way is taken.
    """

    def __init__(self, assoc: Any) -> None:
        super().__init__(assoc)
        self.msg_queue = RingingQueue(assoc.wake)
        self._sending = threading.Lock()
        self._command = b""
        self._primitive: Any = None  # the message being received, once its command set is here
        self._match: tuple[int, bytes, Any] | None = None  # context, command set, its primitive
        self._data = BytesIO()
        self._serving: list[threading.Thread] = []

    @property
    def cancel_req(self) -> dict[int, Any]:
        """The C-CANCEL requests that have come, by the Message ID of what is to be cancelled."""
        self.dul.look()
        return self._cancelled

    @cancel_req.setter
    def cancel_req(self, value: dict[int, Any]) -> None:
        self._cancelled = value

    def get_msg(self, block: bool = False) -> Any:
        """Give the next message, as the parent does."""
        if block and self.dul.attend(lambda: bool(self.msg_queue.queue), self.dimse_timeout):
            block = False
        return super().get_msg(block)

    def send_msg(self, primitive: Any, context_id: int) -> None:
        """Send a message, with no fragment of another between its own."""
        with self._sending:
            watched = any(map(self.assoc.get_handlers, (evt.EVT_DIMSE_SENT, evt.EVT_PDU_SENT)))
            if not watched:
                try:
                    command, data = encode_message(primitive)
                except Unusual:
                    watched = True
            if watched:
                super().send_msg(primitive, context_id)
            else:
                self._send(command, data, context_id)

    def _send(self, command: bytes, data: memoryview, context_id: int) -> None:
        at_once: list[Fragment] = []
        size = 0
        for fragment in (*self._fragments(command, 1), *self._fragments(data, 0)):
            at_once.append(fragment)
            size += len(fragment[1])
            if size >= AT_ONCE:
                self._put(at_once, context_id)
                at_once, size = [], 0
        self._put(at_once, context_id)

    def _put(self, fragments: list[Fragment], context_id: int) -> None:
        # One PDV a PDU (PS3.8 9.3.5): PDU header, PDV length, context ID, control header.
        pdus = [
            (_HEAD(4, len(part) + 6, len(part) + 2, context_id, header), part)
            for header, part in fragments
        ]
        if pdus and not self.dul.send_now(pdus):
            for header, part in fragments:  # not now: the state machine decides
                queued = P_DATA()
                value = (context_id, bytes([header]) + bytes(part))
                queued.presentation_data_value_list.append(value)
                self.dul.send_pdu(queued)

    def _fragments(self, message: bytes | memoryview, kind: int) -> Iterator[Fragment]:
        """Cut for the peer's maximum length; bit 1 of the header marks the last (PS3.8 E.2)."""
        size = max((self.maximum_pdu_size or LARGEST + 6) - 6, 1)
        for at in range(0, len(message), size):
            last = 2 if at + size >= len(message) else 0
            yield kind | last, message[at : at + size]

    def receive_primitive(self, primitive: Any) -> None:
        """Take the PDVs of a P-DATA-TF; queue the message once its last fragment is here."""
        for context_id, value in primitive.presentation_data_value_list:
            self.receive_value(context_id, memoryview(value))

    def receive_value(self, context_id: int, value: memoryview) -> None:
        """Take one PDV: message control header, then a fragment of a message."""
        if self.message is not None or (self._at_start() and self._watched()):
            self._leave_to_pynetdicom(context_id, bytes(value))
        elif value[0] & 1:
            self._command += value[1:]
            if value[0] & 2:
                self._read_command(context_id)
        elif self._primitive is None:
            self._invalid("a data set came before any command")
        else:
            self._data.write(value[1:])
            if value[0] & 2:
                self._deliver(context_id)

    def finish_serving(self, timeout: float) -> None:
        """Wait until every N-EVENT-REPORT that has come is answered."""
        deadline = time.monotonic() + timeout
        for thread in self._serving:
            if thread is not threading.current_thread():
                thread.join(max(deadline - time.monotonic(), 0))

    def _at_start(self) -> bool:
        return not self._command and self._primitive is None

    def _watched(self) -> bool:
        return bool(
            self.assoc.get_handlers(evt.EVT_DIMSE_RECV) or _config.STORE_RECV_CHUNKED_DATASET
        )

    def _read_command(self, context_id: int) -> None:
        command, self._command = self._command, b""
        self._data = BytesIO()
        if self._match is not None and self._match[:2] == (context_id, command):
            self._primitive = decode_again(self._match[2], self._data)
            return
        try:
            self._primitive, data_follows = decode_message(command, self._data, context_id)
        except Unusual:
            self._leave_to_pynetdicom(context_id, b"\3" + command)
        except (ValueError, TypeError) as error:
            self._invalid(str(error))
        else:
            if not data_follows:
                self._deliver(context_id)
            elif isinstance(self._primitive, C_FIND) and self._primitive.Status is not None:
                kept = decode_again(self._primitive, BytesIO())  # the other is given away
                self._match = context_id, command, kept

    def _leave_to_pynetdicom(self, context_id: int, value: bytes) -> None:
        one = P_DATA()
        one.presentation_data_value_list.append((context_id, value))
        super().receive_primitive(one)

    def _invalid(self, why: str) -> None:
        """End the association, as pynetdicom does on a message that it cannot read."""
        _LOG.error("received an invalid DIMSE message: %s", why)
        self._primitive = None
        self.dul.event_queue.put("Evt19")

    def _deliver(self, context_id: int) -> None:
        """Hand a complete message to whom it concerns."""
        message, self._primitive = self._primitive, None
        if isinstance(message, C_CANCEL) and len(self._cancelled) < 10:
            self._cancelled[message.MessageIDBeingRespondedTo] = message
        elif isinstance(message, N_EVENT_REPORT) and message.is_valid_request:
            # At once, and in a thread of its own: the caller's may be waiting for another answer.
            thread = threading.Thread(
                target=self.assoc.serve, args=(message, context_id), daemon=True
            )
            self._serving = [t for t in self._serving if t.is_alive()] + [thread]
            thread.start()
        else:
            self.msg_queue.put((context_id, message))
