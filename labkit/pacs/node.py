"""A node of the network: listens, negotiates, and hands each request to its service."""

from __future__ import annotations

import itertools
import ssl
import threading
from collections.abc import Callable, Mapping
from typing import Any

from pynetdicom import build_context, evt

from labkit.common.access import DENY_ALL, AccessPolicy
from labkit.common.errors import LabError
from labkit.dimse import AssociationTrace, Peer, TraceRecorder, new_ae
from labkit.dimse.admission import AdmissionPolicy
from labkit.dimse.tls import explain
from labkit.pacs.archive import Archive, ObjectSink
from labkit.pacs.config import NodeConfig, name_of
from labkit.pacs.destinations import Destinations
from labkit.pacs.dispatch import dispatch
from labkit.pacs.exchange import Exchange, Surroundings
from labkit.pacs.log import EventLog
from labkit.pacs.mpps import MppsStore
from labkit.pacs.negotiate import contexts_for, extended_answers
from labkit.pacs.refusing import CONTEXT_RESULTS, cannot_listen, rejection
from labkit.pacs.worklist import Worklist


class PacsNode:
    """One application entity with its services.

    Parameters
    ----------
    config
        What it is.
    archive
        What it stores into and answers from; ``None`` for a node without images.
    policy
        Asked for each act. Without one, everything is refused.
    destinations
        Where C-MOVE may send to, and where storage commitment reports.
    log
        The event log.
    traces
        Called with the PDU trace of each association when it has ended.
    sink
        Where C-STORE puts objects, if not into the archive.
    worklist, mpps
        Stores of the Modality Worklist and of performed procedure steps.
    admission
        Asked for each association, and puts what it has found out around every request on it.
        Without one, whoever knows the AE title may associate; `policy` is asked all the same.
    """

    def __init__(
        self,
        config: NodeConfig,
        archive: Archive | None = None,
        *,
        policy: AccessPolicy = DENY_ALL,
        destinations: Mapping[str, Peer] | None = None,
        log: EventLog | None = None,
        traces: Callable[[AssociationTrace], None] | None = None,
        sink: ObjectSink | None = None,
        worklist: Worklist | None = None,
        mpps: MppsStore | None = None,
        admission: AdmissionPolicy | None = None,
    ) -> None:
        self.config = config
        self.around = Surroundings(
            config,
            policy,
            log or EventLog(None),
            destinations if destinations is not None else Destinations(),
            archive,
            sink,
            worklist,
            mpps,
        )
        self.admission = admission
        self._traces = traces
        self._numbers = itertools.count(1)
        self._server: Any = None
        self._secure: Any = None  # a second listener, with TLS
        self._ae: Any = None
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        """Whether it listens."""
        return self._server is not None

    @property
    def port(self) -> int:
        """Where it listens; 0 if it does not."""
        return int(self._server.server_address[1]) if self._server is not None else 0

    @property
    def open_associations(self) -> int:
        """How many associations it serves now; all others are logged and traced to their end."""
        servers = [s for s in (self._server, self._secure) if s is not None]
        return sum(len(server.active_associations) for server in servers)

    def start(self, port: int = 0, host: str = "127.0.0.1") -> int:
        """Listen.

        Parameters
        ----------
        port
            A TCP port; 0 takes a free one.

        Returns
        -------
        int
            The port.

        Raises
        ------
        PortTaken
            Another program listens there.
        LabError
            It runs already, or the address is none of this machine's.
        """
        with self._lock:
            if self._server is not None:
                raise LabError(f"{self.config.name} runs already", remedy="Stop it first.")
            config = self.config
            self._ae = new_ae(
                config.ae_title,
                timeout=config.timeout,
                max_pdu=config.max_pdu,
                max_associations=config.max_associations,
                check_called=config.check_called,
                accept_calling=config.accept_calling or (),
                admission=self.admission,
                idle=config.idle,
            )
            self._server = self._listen(host, port, config.tls)
            self._log("INFO", "-", "listening with TLS" if config.tls else "listening")
            return int(self._server.server_address[1])

    def listen_tls(self, context: ssl.SSLContext, port: int = 0, host: str = "127.0.0.1") -> int:
        """Listen on a second port, with TLS, as long as the node runs (PS3.15 B.12).

        Parameters
        ----------
        context
            As `labkit.dimse.server_context` makes it.
        port
            A TCP port; 0 takes a free one. Called again, it takes the place of the one before.

        Returns
        -------
        int
            The port.

        Raises
        ------
        PortTaken, LabError
            As `start`; or the node does not run.
        """
        with self._lock:
            if self._server is None:
                raise LabError(f"{self.config.name} does not run", remedy="Start it first.")
            self._close_tls()
            self._secure = self._listen(host, port, context)
            self._log("INFO", "-", "listening with TLS on a second port")
            return int(self._secure.server_address[1])

    def close_tls(self) -> None:
        """Stop listening on the second port; associations go on to their end."""
        with self._lock:
            self._close_tls()

    def _close_tls(self) -> None:
        server, self._secure = self._secure, None
        if server is not None:
            server.shutdown()
            self._log("INFO", "-", "no longer listening with TLS on a second port")

    def _listen(self, host: str, port: int, context: ssl.SSLContext | None) -> Any:
        recorder = TraceRecorder(self._traces, node=self.config.name)
        try:
            server = self._ae.start_server(
                (host, port),
                block=False,
                ssl_context=context,
                contexts=[build_context("1.2.840.10008.1.1")],  # see _on_requested
                evt_handlers=[*(recorder.handlers if self._traces else ()), *self._handlers()],
            )
        except OSError as error:
            raise cannot_listen(self.config.name, host, port, error) from error
        server.tls_failed = self._tls_failed
        return server

    def stop(self) -> None:
        """Stop listening, and end the associations that are open."""
        with self._lock:
            if self._server is None:
                return
            self._close_tls()
            self._server.shutdown()
            self._ae.shutdown()
            self._server = self._ae = None
            self._log("INFO", "-", "stopped")

    def _handlers(self) -> list[tuple[Any, Callable[[Any], Any]]]:
        return [
            (evt.EVT_CONN_OPEN, self._on_open),
            (evt.EVT_REQUESTED, self._on_requested),
            (evt.EVT_SOP_EXTENDED, lambda event: extended_answers(event.app_info, self.config)),
            (evt.EVT_ACSE_SENT, self._on_acse_sent),
            (evt.EVT_ACCEPTED, self._on_accepted),
            (evt.EVT_RELEASED, lambda event: self._ended(event, "association released")),
            (evt.EVT_ABORTED, lambda event: self._ended(event, "association aborted")),
        ]

    def _on_open(self, event: Any) -> None:
        """Have the association bring its requests here.

        pynetdicom looks up the provider of a service in a table of its module. Ours answer with
        bytes that are encoded already, and send objects as they are stored, which those do not.
        """
        assoc = event.assoc
        assoc.labkit_number = next(self._numbers)

        def serve_request(request: Any, context_id: int) -> None:
            context = assoc._accepted_cx.get(context_id)
            if context is None or not request.is_valid_request:
                self._log("WARNING", self._who(assoc), "message in no accepted context: aborting")
                assoc.abort()
                return
            dispatch(Exchange(self.around, assoc, assoc.labkit_number, request, context))

        assoc._serve_request = serve_request

    def _on_requested(self, event: Any) -> None:
        assoc = event.assoc
        requested = assoc.requestor.primitive.presentation_context_definition_list
        assoc.acceptor.supported_contexts = contexts_for(self.config, requested)

    def _on_acse_sent(self, event: Any) -> None:
        primitive = event.primitive
        if getattr(primitive, "result", None) not in (1, 2):
            return
        assoc = event.assoc
        asked = assoc.requestor.primitive
        text = rejection(self.config, primitive, asked)
        if assoc.admission is not None and not assoc.admission.admitted:
            text = assoc.admission.reason
        code = f"{primitive.result}/{primitive.result_source}/{primitive.diagnostic}"
        self._log("WARNING", self._who(assoc), f"association rejected ({code}): {text}")

    def _on_accepted(self, event: Any) -> None:
        assoc = event.assoc
        accepted = len(assoc.accepted_contexts)
        rejected = assoc.rejected_contexts
        self._log(
            "INFO",
            self._who(assoc),
            f"association accepted: {accepted} of {accepted + len(rejected)} presentation contexts",
        )
        if assoc.admission is not None:
            self._log("INFO", self._who(assoc), f"admitted: {assoc.admission.reason}")
        for context in rejected:
            why = CONTEXT_RESULTS[3 if context.result == 3 else 4]
            self._log(
                "WARNING",
                self._who(assoc),
                f"presentation context refused (result {context.result}): "
                f"{name_of(context.abstract_syntax)}: {why}",
            )

    def _tls_failed(self, error: OSError) -> None:
        problem, _ = explain(error)
        self._log("WARNING", "?", f"TLS handshake failed: {problem or error.strerror or error}")

    def _ended(self, event: Any, text: str) -> None:
        self._log("INFO", self._who(event.assoc), text)

    def _who(self, assoc: Any) -> str:
        calling = str(assoc.requestor.ae_title or "").strip() or "?"
        return f"{calling}#{assoc.labkit_number}"

    def _log(self, level: str, who: str, text: str) -> None:
        self.around.log.write(level, self.config.name, who, text)
