"""Where a C-MOVE of the façade sends to: itself, an SCP that takes what it has asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from pydicom.uid import AllTransferSyntaxes
from pynetdicom import AllStoragePresentationContexts, evt
from pynetdicom.sop_class import Verification

from labkit.common.errors import PortTaken
from labkit.dicomweb.proxy.settings import ProxySettings
from labkit.dimse.entity import new_ae

_GRACE = 2.0  # seconds that open associations may go on when it stops
Take = Callable[[str, str, str, bytes], int]
"""Takes an object (SOP class, SOP Instance UID, transfer syntax, data set); gives the status."""


class ProxyReceiver:
    """Listens for the objects of C-MOVE.

    Parameters
    ----------
    settings
        Its title, address, TLS, and who may send.
    take
        What is done with an object.
    """

    def __init__(self, settings: ProxySettings, take: Take) -> None:
        self._settings, self._take = settings, take
        self._server: Any = None
        self._lock = threading.Lock()

    @property
    def port(self) -> int:
        """Where it listens; 0 if it does not."""
        return int(self._server.server_address[1]) if self._server is not None else 0

    def start(self) -> None:
        """Listen.

        Raises
        ------
        PortTaken
            Another program listens there.
        """
        with self._lock:
            if self._server is not None:
                return
            settings = self._settings
            ae = new_ae(
                settings.ae_title, check_called=True, accept_calling=settings.accepted(),
                admission=settings.receive_admission,
            )  # fmt: skip
            ae.add_supported_context(Verification)
            for context in AllStoragePresentationContexts:
                ae.add_supported_context(context.abstract_syntax, AllTransferSyntaxes)
            try:
                self._server = ae.start_server(
                    settings.receive, block=False, ssl_context=settings.receive_tls,
                    evt_handlers=[(evt.EVT_C_STORE, self._on_store)],
                )  # fmt: skip
            except OSError as error:
                host, port = settings.receive
                raise PortTaken(
                    f"{host}:{port} cannot be listened on: {error.strerror}",
                    remedy="Choose another port for the façade to receive on.",
                ) from error

    def close(self) -> None:
        """Stop, once what comes has been taken or some seconds have passed."""
        with self._lock:
            server, self._server = self._server, None
        if server is None:
            return
        server.shutdown()
        deadline = time.monotonic() + _GRACE
        while server.active_associations and time.monotonic() < deadline:
            time.sleep(0.01)
        server.ae.shutdown()

    def _on_store(self, event: Any) -> int:
        request = event.request
        return self._take(
            str(request.AffectedSOPClassUID), str(request.AffectedSOPInstanceUID),
            str(event.context.transfer_syntax), request.DataSet.getvalue(),
        )  # fmt: skip
