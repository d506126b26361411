"""pynetdicom's upper layer (PS3.8 9), waiting for events in place of polling for them.

pynetdicom 3.0 sleeps 1 ms between looks at its socket and its queue (``dul.py run_reactor``). Here
the thread waits on its socket and on a doorbell that a queued primitive rings. Its states and what
it does in them are pynetdicom's own, and every wait has an end, so that a bell that was missed
costs `HEARTBEAT` seconds and not the association.
"""

from __future__ import annotations

import logging
import queue
import struct
import threading
from collections.abc import Sequence
from typing import Any

from pynetdicom import evt
from pynetdicom.fsm import TRANSITION_TABLE as ALLOWED
from pynetdicom.pdu_primitives import A_ASSOCIATE, A_P_ABORT, A_RELEASE

from labkit.dimse.associating import encode_accept
from labkit.dimse.doorbell import Doorbell, RingingQueue, wait_readable
from labkit.dimse.lending import HEARTBEAT, LentDUL
from labkit.dimse.provider import pdv_items
from labkit.dimse.recorder import Pieces

# Below pynetdicom's logger: quiet in a notebook, and shown by pynetdicom.debug_logger().
_LOG = logging.getLogger("pynetdicom.labkit.upper_layer")

_TOGETHER = 64  # PDUs that are read before anything else is looked at


class WaitingDUL(LentDUL):
    """The upper layer service provider; waits on its socket and its queue."""

    def __init__(self, assoc: Any) -> None:
        super().__init__(assoc)
        self.to_provider_queue = RingingQueue(self._ring)
        self.to_user_queue = RingingQueue(assoc.wake)
        self._acting = threading.RLock()  # held while the state machine acts
        self._in_action = False
        self._waiting = False
        self._bell: Doorbell | None = None

    def send_pdu(self, primitive: Any) -> None:
        """Queue a primitive to be sent.

        The association's own thread sends at once, but for its answers to a request of the peer:
        they go out with its next turn, once the log has them too.
        """
        answer = type(primitive) in (A_ASSOCIATE, A_RELEASE) and primitive.result is not None
        super().send_pdu(primitive)
        if not self.mine:
            self.take_over()
        elif not answer:
            with self._acting:
                while self.to_provider_queue.queue and not self._in_action:
                    try:
                        self._act()
                    except Exception as error:
                        self._fail(error)
                        return

    def note_activity(self) -> None:
        """Start the time anew after which an idle association is ended."""
        self._idle_timer.restart()

    def _begin(self) -> None:
        self._bell = Doorbell()
        self._idle_timer.start()
        self.assoc._dul_ready.set()

    def _end(self) -> None:
        bell, self._bell = self._bell, None
        if bell is not None:
            bell.close()
        # Nothing more will come. pynetdicom's acceptor would wait for its whole ACSE timeout
        # after a peer that has only looked whether the port is open.
        self.to_user_queue.put(None)

    def _fail(self, error: Exception) -> None:
        _LOG.error("the upper layer gave up: %s: %s", type(error).__name__, error)
        self._give_up()
        self.kill_dul()

    def _turn(self, wait: float = HEARTBEAT) -> bool:
        """Take one event from wherever there is one, and act on it; whether there was one."""
        if self.artim_timer.expired:
            self.event_queue.put("Evt18")
        if self._act():
            return True
        if self.state_machine.current_state == "Sta13":
            self._is_transport_event()  # reads what is left, then closes
        elif self._wait(wait):
            self._read_pdu_data()
            self._idle_timer.restart()
            self._act()
            return True
        return self._act()

    def _act(self) -> bool:
        """Act on the next event or primitive; whether there was one."""
        with self._acting:
            if self.event_queue.empty():
                self._process_recv_primitive()
            try:
                event = self.event_queue.get_nowait()
            except queue.Empty:
                return False
            self._in_action = True
            try:
                if event == "Evt9" and ("Evt9", self.state_machine.current_state) not in ALLOWED:
                    self.to_provider_queue.get_nowait()
                    _LOG.warning("a message was not sent: the association is ending")
                elif event != "Evt7" or not self._accept():
                    self.state_machine.do_action(event)
            finally:
                self._in_action = False
            return True

    def _accept(self) -> bool:
        """Do what Evt7 does in Sta3 (AE-7, PS3.8 Table 9-6), if nobody watches the steps of it."""
        watched = (evt.EVT_PDU_SENT, evt.EVT_FSM_TRANSITION)
        allowed = self.state_machine.current_state == "Sta3" and self.socket is not None
        if not allowed or any(map(self.assoc.get_handlers, watched)):
            return False
        try:
            data = encode_accept(self.to_provider_queue.queue[0])
        except (ValueError, TypeError, AttributeError, IndexError, struct.error):
            return False
        self.to_provider_queue.get_nowait()
        self.socket.send(data)
        self.state_machine.transition("Sta6")
        return True

    def _wait(self, timeout: float) -> bool:
        """Wait for something to do; whether it is that the connection can be read."""
        connection = None
        if self.socket is not None and self.socket._is_connected:
            connection = self.socket.socket
            if self.socket.buffered:
                return True
        if self.state_machine.current_state == "Sta2":  # ARTIM runs, PS3.8 9.1.5
            timeout = min(timeout, max(self.artim_timer.remaining, 0.001))
        self._waiting = True
        try:
            if self.to_provider_queue.queue or self._kill_thread or self._bell is None:
                return False
            sockets = [self._bell.socket] + ([connection] if connection is not None else [])
            ready = wait_readable(sockets, timeout)
            if self._bell.socket.fileno() in ready:
                self._bell.silence()
            readable = connection is not None and connection.fileno() in ready
            return readable and self.socket.arrived()
        except (OSError, ValueError):  # closed under our feet
            self.event_queue.put("Evt17")
            return False
        finally:
            self._waiting = False

    def send_now(self, pdus: Sequence[Pieces]) -> bool:
        """Send P-DATA-TF PDUs from the caller's thread, where Evt9 would send them at once.

        That is in Sta6 with nothing queued before them (DT-1, PS3.8 Table 9-7).

        Returns
        -------
        bool
            Whether they were sent; if not, queue them.
        """
        with self._acting:
            if self.state_machine.current_state != "Sta6" or self.to_provider_queue.queue:
                return False
            if self.socket is None or self.assoc.get_handlers(evt.EVT_FSM_TRANSITION):
                return False
            self.socket.send_all(pdus)
        if not self.event_queue.empty():  # Evt17: it could not be sent
            self._ring()
        return True

    def _read_pdu_data(self) -> None:
        """Read a PDU, and those that have come with it. A P-DATA-TF goes to the DIMSE provider.

        That is what Evt10 does in Sta6 (DT-2, PS3.8 Table 9-7), without the objects that pynetdicom
        makes of a PDU on the way. It has its own way with all else, and where somebody watches.
        """
        watched = (evt.EVT_PDU_RECV, evt.EVT_FSM_TRANSITION)
        if self.state_machine.current_state != "Sta6" or any(map(self.assoc.get_handlers, watched)):
            super()._read_pdu_data()
            return
        for _ in range(_TOGETHER):
            if not self._read_data() or not self.socket.buffered or self.event_queue.queue:
                return

    def _read_data(self) -> bool:
        """Read a P-DATA-TF; whether that is what came, and was sound."""
        try:
            pdu = self.socket.recv_data_pdu()
        except OSError as error:
            _LOG.error("the connection ended within a PDU: %s", error)
            self.event_queue.put("Evt17")
            return False
        if pdu is None:
            super()._read_pdu_data()
            return False
        with self._acting:
            evt.trigger(self.assoc, evt.EVT_DATA_RECV, {"data": pdu})
            values = pdv_items(pdu)
            if values is None:
                _LOG.error("a P-DATA-TF PDU that cannot be taken apart")
                self.event_queue.put("Evt19")
                return False
            for context_id, value in values:
                self.assoc.dimse.receive_value(context_id, value)
        return True

    def _decode_pdu(self, bytestream: bytearray) -> Any:
        """Decode a PDU, and tell the watchers of it after what it may be an answer to."""
        with self._acting:
            if bytestream[0] != 1 or self.assoc._server is None:
                return super()._decode_pdu(bytestream)
            data = bytes(bytestream)
            evt.trigger(self.assoc, evt.EVT_DATA_RECV, {"data": data})
            pdu = self.assoc._server.requests.read(data)
            evt.trigger(self.assoc, evt.EVT_PDU_RECV, {"pdu": pdu})
            return pdu, "Evt6"

    def kill_dul(self) -> None:
        """Stop the thread."""
        super().kill_dul()
        self._ring()

    def stop_dul(self) -> bool:
        """Stop the thread if the state machine is idle; whether it was."""
        if self.state_machine.current_state != "Sta1":
            return False
        self.kill_dul()
        if self.mine:
            self.attend(lambda: False)
        elif threading.current_thread() is not self:
            self.join(HEARTBEAT)
        return True

    def _ring(self) -> None:
        bell = self._bell
        if self._waiting and bell is not None:
            bell.ring()

    def _give_up(self) -> None:
        """Close, and tell whoever waits for an answer or watches that none will come.

        Where a peer sends a PDU that pynetdicom cannot take, its thread ends with the state machine
        on its way, and the caller waits for the whole timeout.
        """
        if self.socket is not None:
            self.socket._shutdown_socket()
            self.socket._ready.set()
        self.state_machine.current_state = "Sta1"
        if self.assoc.is_requestor or self.assoc.is_established:
            self.to_user_queue.put(A_P_ABORT())
        self.assoc.dimse.msg_queue.put((None, None))
        user = self.assoc.acceptor if self.assoc.is_requestor else self.assoc.requestor
        address = user.address_info.as_tuple if user.address_info else None
        evt.trigger(self.assoc, evt.EVT_CONN_CLOSE, {"address": address})
