"""A small storage SCP for a notebook: where a C-MOVE can send to."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import AllTransferSyntaxes
from pynetdicom import AllStoragePresentationContexts, evt
from pynetdicom.sop_class import StorageCommitmentPushModel, Verification

from labkit.common.errors import PortTaken, UsageError
from labkit.dimse.entity import new_ae
from labkit.dimse.peer import Peer, check_ae_title
from labkit.dimse.recorder import TraceRecorder
from labkit.dimse.trace import AssociationTrace

LOOPBACK = "127.0.0.1"
_GRACE = 2.0  # seconds that open associations may go on after the block


class Receiver:
    """Listens while its ``with`` block runs, and keeps what it is sent.

    ::

        with Receiver("LEARNER") as receiver:
            lab.add_node(receiver.peer)          # the archive must know the address
            move(lab.archive, wanted, "LEARNER")
        receiver.received[0].PatientName

    It answers C-ECHO, takes every storage class in every transfer syntax, and takes the
    N-EVENT-REPORT of storage commitment. It listens on 127.0.0.1 unless told another address.

    Parameters
    ----------
    ae_title
        Its own title; an association that calls another is rejected, 1/1/7.
    port
        The port; 0 takes a free one.
    folder
        Where to write the objects too, as ``<SOP Instance UID>.dcm``, byte for byte as received.
    bind
        The address of this machine to listen on. Another than loopback is open to the network.
    accept_calling
        The calling AE titles it takes; empty takes any. Needed where `bind` is not loopback.
    tls
        With a context (`labkit.dimse.server_context`), it speaks TLS and nothing else.

    Attributes
    ----------
    received
        The objects in the order they came, each with its file meta information.
    events
        (event type, event information) of each N-EVENT-REPORT.
    traces
        One trace for each finished association.
    """

    def __init__(
        self,
        ae_title: str,
        port: int = 0,
        folder: str | Path | None = None,
        *,
        bind: str = LOOPBACK,
        accept_calling: Sequence[str] = (),
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._title = check_ae_title(ae_title)
        self._tls = tls
        self._port = Peer(self._title, bind, port).port if port != 0 else 0
        self._bind, self._accept = bind, [check_ae_title(title) for title in accept_calling]
        if not is_loopback(bind) and not self._accept:
            raise UsageError(
                "a receiver that is open to the network must say whom it takes objects from",
                remedy="Give accept_calling=[…], the AE titles of the archives that may send.",
            )
        self._folder = Path(folder) if folder is not None else None
        self._server: Any = None
        self._changed = threading.Condition()
        self.received: list[Dataset] = []
        self.events: list[tuple[int, Dataset]] = []
        self.traces: list[AssociationTrace] = []

    @property
    def peer(self) -> Peer:
        """Its address, for whoever is to send here."""
        if self._server is None:
            raise UsageError(
                "the receiver does not listen yet",
                remedy=f'Use it in a block: with Receiver("{self._title}") as receiver: …',
            )
        return Peer(self._title, self._bind, self._port)

    def __enter__(self) -> Receiver:
        if self._folder is not None:
            try:
                self._folder.mkdir(parents=True, exist_ok=True)
            except OSError as error:
                raise UsageError(
                    f"the folder {self._folder.name} cannot be made: {error.strerror}",
                    remedy="Name a folder, new or not, in a place that you may write to.",
                ) from error
        ae = new_ae(self._title, check_called=True, accept_calling=self._accept)
        ae.add_supported_context(Verification)
        for context in AllStoragePresentationContexts:
            ae.add_supported_context(context.abstract_syntax, AllTransferSyntaxes)
        # The SCP of storage commitment calls back in the role it has: it proposes SCP (PS3.4 J.3.3)
        ae.add_supported_context(StorageCommitmentPushModel, scu_role=True, scp_role=True)
        handlers = [
            *TraceRecorder(self.traces.append, node=self._title).handlers,
            (evt.EVT_C_STORE, self._on_store),
            (evt.EVT_N_EVENT_REPORT, self._on_event),
        ]
        try:
            server = ae.start_server(
                (self._bind, self._port),
                block=False,
                ssl_context=self._tls,
                evt_handlers=handlers,
            )
        except OSError as error:
            raise PortTaken(
                f"port {self._port} cannot be listened on: {error.strerror}",
                remedy="Leave the port out: a free one is taken.",
            ) from error
        self._port = server.server_address[1]
        self._server = server
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        server, self._server = self._server, None
        server.shutdown()
        # What has just come may not have been answered yet: let it be, before what is left ends.
        deadline = time.monotonic() + _GRACE
        while server.active_associations and time.monotonic() < deadline:
            time.sleep(0.01)
        server.ae.shutdown()

    def wait(self, count: int = 1, timeout: float = 10.0) -> bool:
        """Wait until `count` objects are here, at most `timeout` seconds; whether they are."""
        return self._until(lambda: len(self.received) >= count, timeout)

    def wait_event(self, transaction_uid: str, timeout: float = 10.0) -> tuple[int, Dataset] | None:
        """Wait for the N-EVENT-REPORT of a storage commitment transaction."""

        def mine() -> list[tuple[int, Dataset]]:
            return [e for e in self.events if e[1].get("TransactionUID") == transaction_uid]

        return mine()[0] if self._until(lambda: bool(mine()), timeout) else None

    def __repr__(self) -> str:
        count = len(self.received)
        return f"<Receiver {self._title}: {count} object{'' if count == 1 else 's'}>"

    def _until(self, done: Any, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        with self._changed:
            while not done():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True

    def _on_store(self, event: Any) -> int:
        if self._folder is not None:
            name = f"{event.request.AffectedSOPInstanceUID}.dcm"
            try:
                (self._folder / Path(name).name).write_bytes(event.encoded_dataset())
            except OSError:
                return 0xA700  # refused: out of resources (PS3.4 B.2.3)
        ds = event.dataset
        ds.file_meta = event.file_meta
        with self._changed:
            self.received.append(ds)
            self._changed.notify_all()
        return 0x0000

    def _on_event(self, event: Any) -> tuple[int, None]:
        with self._changed:
            self.events.append((event.event_type, event.event_information))
            self._changed.notify_all()
        return 0x0000, None


def is_loopback(address: str) -> bool:
    """Whether only programs of this machine can reach an address."""
    return address.startswith("127.") or address in ("localhost", "::1")
