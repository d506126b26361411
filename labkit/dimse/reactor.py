"""pynetdicom's association, waiting for messages in place of polling for them.

pynetdicom 3.0 sleeps 1 ms between looks (``association.py _run_reactor``). Here the thread waits on
an event that a message, a request or an end sets; what it does once awake is pynetdicom's, step by
step.

It also closes a race. A requestor's reactor thread may see a response before the caller that
awaits it ("Received unexpected C-STORE service message", then a timeout): it declares itself
paused before it looks at the checkpoint and reads the queue after. Here it looks once more at the
checkpoint after it has declared itself running, so one of the two always sees the other.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from contextlib import nullcontext
from functools import cache
from typing import Any

from pynetdicom import _config, _handlers, evt
from pynetdicom._globals import MODE_ACCEPTOR, MODE_REQUESTOR
from pynetdicom.association import Association, ServiceUser
from pynetdicom.utils import make_target

from labkit.dimse.admission import Admission, AskingACSE, PeerCertificate
from labkit.dimse.lending import HEARTBEAT
from labkit.dimse.provider import WholeMessages
from labkit.dimse.upper_layer import WaitingDUL

KILL_AFTER = 5.0  # seconds that an ended association may take to close its connection


@cache
def _interventions() -> dict[Any, Any]:
    return {event: (evt.get_default_handler(event), None) for event in evt._INTERVENTION_EVENTS}


class WaitingAssociation(Association):  # type: ignore[misc]
    """An association whose reactor waits for messages, requests and its own end."""

    _paused = False

    def __init__(self, ae: Any, mode: str) -> None:
        # Not pynetdicom's, which would make all parts twice over; a test compares the two.
        threading.Thread.__init__(self, target=make_target(self.run_reactor), daemon=True)
        self._ae, self.mode, self._server = ae, mode, None
        self._news = threading.Event()
        self.requestor = ServiceUser(self, MODE_REQUESTOR)
        self.acceptor = ServiceUser(self, MODE_ACCEPTOR)
        self.is_established = self.is_rejected = self.is_aborted = self.is_released = False
        self._sent_abort = self._sent_release = False
        self._accepted_cx: dict[int, Any] = {}
        self._rejected_cx: list[Any] = []
        self.acse = AskingACSE(self)
        self.dul = WaitingDUL(self)
        self.dimse = WholeMessages(self)
        self.acse_timeout, self.connection_timeout = ae.acse_timeout, ae.connection_timeout
        self.dimse_timeout, self.network_timeout = ae.dimse_timeout, ae.network_timeout
        self.network_timeout_response = "A-ABORT"
        self._handlers: dict[Any, Any] = {}
        self._bind_defaults()
        self._kill = self._started_dul = False
        self.serving = False  # whether its own thread is at a request
        self._dul_ready, self._reactor_checkpoint = threading.Event(), threading.Event()
        self._reactor_checkpoint.set()
        self._timer_resolution = _config.WINDOWS_TIMER_RESOLUTION
        self.admission: Admission | None = None  # as acceptor, once somebody has decided
        self.encrypted = False
        self.peer_certificate: PeerCertificate | None = None

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

    def serve(self, message: Any, context_id: int) -> None:
        """Serve one request, under what the admission has put around it, in whatever thread."""
        own = threading.current_thread() is self
        self.serving = own or self.serving
        try:
            with self.admission.around() if self.admission is not None else nullcontext():
                self._serve_request(message, context_id)
        finally:
            self.serving = self.serving and not own
            self.dul.note_activity()  # who has waited for a long C-MOVE has not been idle

    def wake(self) -> None:
        """Have the reactor look at everything once more."""
        self._news.set()

    def _bind_defaults(self) -> None:
        """Bind what pynetdicom binds; its log handlers only where somebody reads the log."""
        self._handlers.update(_interventions())
        if logging.getLogger("pynetdicom.events").isEnabledFor(logging.INFO):
            self.bind(evt.EVT_DIMSE_RECV, _handlers.standard_dimse_recv_handler)
            self.bind(evt.EVT_DIMSE_SENT, _handlers.standard_dimse_sent_handler)
            self.bind(evt.EVT_PDU_RECV, _handlers.standard_pdu_recv_handler)
            self.bind(evt.EVT_PDU_SENT, _handlers.standard_pdu_sent_handler)

    def bind_all(self, handlers: Mapping[Any, Any]) -> None:
        """Bind what a server has bound: all of it at once, before anybody else has the object."""
        for event, bound in handlers.items():
            if event.is_intervention:
                self._handlers[event] = bound
            else:
                known = self._handlers.setdefault(event, [])
                known += [each for each in bound if each not in known]

    def release(self) -> None:
        """Release, once what the peer has reported meanwhile is answered.

        After an A-RELEASE-RQ the requestor may send no P-DATA (PS3.8 7.2.2).
        """
        self.dimse.finish_serving(KILL_AFTER)
        super().release()

    def kill(self) -> None:
        """End the reactor and the upper layer; bounded, even if the peer has stalled."""
        self._reactor_checkpoint.set()
        self._kill = True
        self.is_established = False
        self._is_paused = True
        self.wake()
        deadline = time.monotonic() + KILL_AFTER
        self.dul.attend(lambda: self.dul.state_machine.current_state == "Sta1", KILL_AFTER)
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
            if not busy and not self.dul.attend(self._news.is_set, HEARTBEAT):
                self._news.wait(HEARTBEAT)
            self._news.clear()
            if not self._reactor_checkpoint.is_set():
                self.dul.take_over()  # another thread waits for what comes
            self._reactor_checkpoint.wait()
            self._is_paused = False
            if not self._reactor_checkpoint.is_set():
                continue
            context_id, message = self.dimse.get_msg(block=False)
            busy = message is not None
            if busy:
                self.serve(message, context_id)
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
