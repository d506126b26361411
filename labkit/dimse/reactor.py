"""pynetdicom's association and upper layer, waiting for events in place of polling for them.

pynetdicom 3.0 sleeps 1 ms between looks at its socket and its queues (``dul.py run_reactor``,
``association.py _run_reactor``). Here both threads wait: the upper layer on its socket and a
doorbell that a queued primitive rings, the association on an event that a message sets. What they
do once awake is pynetdicom's own code, and every wait has an end, so that a bell that was missed
costs `HEARTBEAT` seconds and not the association.

It also closes a race. A requestor's reactor thread may see a response before the caller that
awaits it ("Received unexpected C-STORE service message", then a timeout): it declares itself
paused before it looks at the checkpoint and reads the queue after. Here it looks once more at the
checkpoint after it has declared itself running, so one of the two always sees the other.
"""

from __future__ import annotations

import logging
import queue
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from pynetdicom import _handlers, evt
from pynetdicom.association import Association
from pynetdicom.dimse import DIMSEServiceProvider
from pynetdicom.dul import DULServiceProvider
from pynetdicom.pdu_primitives import A_P_ABORT

_LOG = logging.getLogger(__name__)

HEARTBEAT = 0.5  # seconds that a wait lasts at most
KILL_AFTER = 5.0  # seconds that an ended association may take to close its connection


def wait_readable(sockets: list[socket.socket], timeout: float) -> None:
    """Return when one of `sockets` has something to read, or after `timeout` seconds."""
    if hasattr(select, "poll"):  # select.select refuses file descriptors over 1023
        poll = select.poll()
        for sock in sockets:
            poll.register(sock, select.POLLIN)
        poll.poll(max(timeout, 0) * 1000)
    else:
        select.select(sockets, [], [], max(timeout, 0))


class RingingQueue(queue.Queue[Any]):
    """A queue that rings a bell after each ``put``."""

    def __init__(self, ring: Callable[[], None]) -> None:
        super().__init__()
        self._ring_bell = ring

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        """Put, then ring."""
        super().put(item, block, timeout)
        self._ring_bell()


class WaitingDUL(DULServiceProvider):  # type: ignore[misc]
    """The upper layer service provider; waits on its socket and its queue."""

    def __init__(self, assoc: WaitingAssociation) -> None:
        super().__init__(assoc)
        self.daemon = True
        self.to_provider_queue = RingingQueue(self._ring)
        self.to_user_queue = RingingQueue(assoc.wake)
        self._run_loop_delay = 0  # the parent's sleep; _is_transport_event waits in its place
        self._waiting = False
        self._bell: tuple[socket.socket, socket.socket] | None = None

    def run_reactor(self) -> None:
        """Run until the state machine is back at Sta1."""
        self._bell = socket.socketpair()
        for end in self._bell:
            end.setblocking(False)
        try:
            super().run_reactor()
        except Exception as error:  # pynetdicom re-raises whatever an action of its raised
            _LOG.error("the upper layer gave up: %s", error)
        finally:
            bell, self._bell = self._bell, None
            for end in bell:
                end.close()
            if self.state_machine.current_state != "Sta1":
                self._give_up()
            self.assoc.wake()

    def kill_dul(self) -> None:
        """Stop the thread."""
        super().kill_dul()
        self._ring()

    def stop_dul(self) -> bool:
        """Stop the thread if the state machine is idle; whether it was."""
        if self.state_machine.current_state != "Sta1":
            return False
        self.kill_dul()
        if threading.current_thread() is not self:
            self.join(HEARTBEAT)
        return True

    def _ring(self) -> None:
        if self._waiting and self._bell is not None:
            try:
                self._bell[1].send(b"!")
            except OSError:  # full, so it rings already; or closed, so nobody waits
                return

    def _is_transport_event(self) -> bool:
        """Look for a PDU, and if there is none wait for something to do."""
        if super()._is_transport_event():
            return True
        if self.event_queue.empty() and not self._kill_thread:
            self._wait()
        return False

    def _wait(self) -> None:
        timeout = HEARTBEAT
        if self.state_machine.current_state in ("Sta2", "Sta13"):  # ARTIM runs, PS3.8 9.1.5
            timeout = min(timeout, max(self.artim_timer.remaining, 0.001))
        self._waiting = True
        try:
            if self.to_provider_queue.queue or self._kill_thread or self._bell is None:
                return
            sockets = [self._bell[0]]
            if self.socket is not None and self.socket.socket is not None:
                sockets.append(self.socket.socket)
            wait_readable(sockets, timeout)
            self._bell[0].recv(4096)
        except BlockingIOError:  # it was the connection, or the time
            return
        except (OSError, ValueError):  # closed under our feet; the parent's next look says so
            return
        finally:
            self._waiting = False

    def _give_up(self) -> None:
        """Close, and tell whoever waits for an answer or watches that none will come.

        Where a peer sends a PDU that pynetdicom cannot take, its thread ends here with the state
        machine on its way, and the caller would wait for the whole timeout.
        """
        if self.socket is not None:
            self.socket._shutdown_socket()
        self.state_machine.current_state = "Sta1"
        self.to_user_queue.put(A_P_ABORT())
        self.assoc.dimse.msg_queue.put((None, None))
        user = self.assoc.acceptor if self.assoc.is_requestor else self.assoc.requestor
        address = user.address_info.as_tuple if user.address_info else None
        evt.trigger(self.assoc, evt.EVT_CONN_CLOSE, {"address": address})


class WholeMessages(DIMSEServiceProvider):  # type: ignore[misc]
    """The DIMSE provider; sends one message at a time, whichever threads send.

    pynetdicom lets two threads send at once (an N-EVENT-REPORT while the N-ACTION is answered), and
    their fragments mix, which PS3.8 E.1 forbids and no peer can read.
    """

    def __init__(self, assoc: WaitingAssociation) -> None:
        super().__init__(assoc)
        self.msg_queue = RingingQueue(assoc.wake)
        self._sending = threading.Lock()

    def send_msg(self, primitive: Any, context_id: int) -> None:
        """Queue all fragments of a message, with none of another between them."""
        with self._sending:
            super().send_msg(primitive, context_id)


class WaitingAssociation(Association):  # type: ignore[misc]
    """An association whose reactor waits for messages, requests and its own end."""

    _paused = False

    def __init__(self, ae: Any, mode: str) -> None:
        self._news = threading.Event()
        super().__init__(ae, mode)
        self.dul = WaitingDUL(self)
        self.acse_timeout = ae.acse_timeout  # set again: the timers live in the upper layer
        self.network_timeout = ae.network_timeout
        self.dimse = WholeMessages(self)

    @property
    def _is_paused(self) -> bool:
        """Whether the reactor keeps its hands off the queue."""
        return self._paused

    @_is_paused.setter
    def _is_paused(self, value: bool) -> None:
        # Only the reactor's own thread may go on. pynetdicom serves an N-EVENT-REPORT in another
        # one, which would undo the pause that a caller in a third is waiting for, for ever.
        if value or threading.current_thread() is self:
            self._paused = value

    def wake(self) -> None:
        """Have the reactor look at everything once more."""
        self._news.set()

    def _bind_defaults(self) -> None:
        """Bind what pynetdicom binds; its log handlers only where somebody reads the log."""
        for event in evt._INTERVENTION_EVENTS:
            self.bind(event, evt.get_default_handler(event))
        if logging.getLogger("pynetdicom.events").isEnabledFor(logging.INFO):
            self.bind(evt.EVT_DIMSE_RECV, _handlers.standard_dimse_recv_handler)
            self.bind(evt.EVT_DIMSE_SENT, _handlers.standard_dimse_sent_handler)
            self.bind(evt.EVT_PDU_RECV, _handlers.standard_pdu_recv_handler)
            self.bind(evt.EVT_PDU_SENT, _handlers.standard_pdu_sent_handler)

    def kill(self) -> None:
        """End the reactor and the upper layer; bounded, even if the peer has stalled."""
        self._reactor_checkpoint.set()
        self._kill = True
        self.is_established = False
        self._is_paused = True
        self.wake()
        deadline = time.monotonic() + KILL_AFTER
        while self.dul.is_alive() and threading.current_thread() is not self.dul:
            if self.dul.stop_dul():
                continue
            self.dul.join(0.01)
            if time.monotonic() > deadline and self.dul.socket is not None:
                self.dul.socket._shutdown_socket()  # a peer that neither reads nor closes
                deadline += KILL_AFTER

    def _run_reactor(self) -> None:
        """Serve until the association ends: pynetdicom's loop, step by step, without its sleep."""
        busy = True
        while not self._kill:
            # "Paused" holds while it waits too: it looks at the checkpoint before the queue.
            self._is_paused = True
            if not busy:
                self._news.wait(HEARTBEAT)
            self._news.clear()
            self._reactor_checkpoint.wait()
            self._is_paused = False
            if not self._reactor_checkpoint.is_set():
                continue
            context_id, message = self.dimse.get_msg(block=False)
            busy = message is not None
            if busy:
                self._serve_request(message, context_id)
            if self._has_ended():
                self.kill()
                return

    def _has_ended(self) -> bool:
        """Look for a release, an abort, a dead upper layer, a network timeout."""
        if self.is_established and self.acse.is_release_requested():
            self.acse.send_release(is_response=True)
            self.is_released = True
            self.is_established = False
            evt.trigger(self, evt.EVT_RELEASED, {})
            return True
        if self.acse.is_aborted():
            self.dul.receive_pdu(wait=False)  # so that EVT_ACSE_RECV fires
            self.is_aborted = True
            self.is_established = False
            evt.trigger(self, evt.EVT_ABORTED, {})
            return True
        if not self.dul.is_alive():
            return True
        if self.dul.idle_timer_expired():
            if self.network_timeout_response == "A-RELEASE":
                self._is_paused = True
                self._reactor_checkpoint.wait()
                self.release()
                self._is_paused = False
            else:
                self.abort()
            return True
        return False
