"""A server that makes waiting associations."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from pynetdicom import evt
from pynetdicom._globals import MODE_ACCEPTOR
from pynetdicom.transport import RequestHandler, ThreadedAssociationServer

from labkit.dimse.admission import certificate_of
from labkit.dimse.associating import Requests
from labkit.dimse.doorbell import Doorbell, wait_readable
from labkit.dimse.lending import HEARTBEAT
from labkit.dimse.reactor import WaitingAssociation
from labkit.dimse.secure import close_gently
from labkit.dimse.transport import PromptSocket

_COLLECT = 1000  # connections


class PromptHandler(RequestHandler):  # type: ignore[misc]
    """Makes the association of an accepted connection."""

    def handle(self) -> None:
        """Shake hands where TLS is spoken, then start the association."""
        if isinstance(self.request, ssl.SSLSocket):
            try:
                self.request.settimeout(self.ae.acse_timeout)
                self.request.do_handshake()
            except OSError as error:
                self.server.tls_failed(error)
                close_gently(self.request)
                return
        super().handle()

    def _create_association(self) -> WaitingAssociation:
        server, ae = self.server, self.ae
        assoc = WaitingAssociation(ae, MODE_ACCEPTOR)
        assoc._server = server
        # pynetdicom finds its acceptors among the threads by this name.
        assoc.name = f"AcceptorThread@{datetime.now():%Y%m%d%H%M%S}"
        # Read now: later the upper layer's thread uses the connection too.
        assoc.encrypted = isinstance(self.request, ssl.SSLSocket)
        assoc.peer_certificate = certificate_of(self.request)
        assoc.set_socket(PromptSocket(assoc, client_socket=self.request))
        assoc.acceptor.maximum_length = ae.maximum_pdu_size
        assoc.acceptor.ae_title = server.ae_title
        assoc.acceptor.address_info = self.local
        assoc.acceptor.implementation_version_name = ae.implementation_version_name
        # Shared, not copied for each association: negotiation only reads them.
        assoc.acceptor.supported_contexts = server.contexts
        assoc.requestor.address_info = self.remote
        assoc.bind_all(server._handlers)
        return assoc


class PromptServer(ThreadedAssociationServer):  # type: ignore[misc]
    """Listens, and gives each connection its own waiting association."""

    request_queue_size = 128  # five, the default, makes the sixth of a burst wait a second
    daemon_threads = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("request_handler", PromptHandler)
        self.tls_failed: Callable[[OSError], None] = lambda error: None
        self.requests = Requests()
        self._bell = Doorbell()
        self._stopping = False
        self._ended = threading.Event()
        try:
            super().__init__(*args, **kwargs)
            # pynetdicom looks through the whole memory for ended associations at each sixtieth
            # connection, which holds up all others; Python's own collection takes most of them.
            self._gc = [0, _COLLECT]
        except BaseException:
            self._bell.close()
            raise

    def serve_forever(self, poll_interval: float = HEARTBEAT) -> None:
        """Take connections until `shutdown`."""
        try:
            while not self._stopping:
                ready = wait_readable([self.socket, self._bell.socket], poll_interval)
                if self.socket.fileno() in ready and not self._stopping:
                    self._handle_request_noblock()
                self.service_actions()
        finally:
            self._ended.set()

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection; a TLS handshake is left to its own thread (`PromptHandler`)."""
        connection, address = self.socket.accept()
        if self.ssl_context:
            connection = self.ssl_context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start the association; in a thread of its own where a handshake has to be awaited."""
        own = isinstance(request, ssl.SSLSocket)
        (super().process_request if own else self.process_request_thread)(request, client_address)

    def shutdown(self) -> None:
        """Stop listening, at once. Associations go on until they end or are aborted."""
        self._stopping = True
        self._bell.ring()
        self._ended.wait(2 * HEARTBEAT)
        self.server_close()
        self._bell.close()
        if self in self.ae._servers:
            self.ae._servers.remove(self)

    def _bind_defaults(self) -> None:
        """Bind pynetdicom's interventions; `WaitingAssociation` binds its log handlers."""
        for event in evt._INTERVENTION_EVENTS:
            self.bind(event, evt.get_default_handler(event))
