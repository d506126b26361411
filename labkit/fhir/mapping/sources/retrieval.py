"""An archive whose instances are retrieved for their headers: C-GET or C-MOVE (PS3.4 C.4.2, C.4.3).

A C-FIND gives what the archive keeps in its database. The instance itself has everything, and all
of it comes over the wire, pixels too: only the header is kept. (Composite Instance Retrieve Without
Bulk Data, PS3.4 Annex Z, would spare the pixels; hardly an archive offers it.)
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import AllTransferSyntaxes
from pynetdicom import (
    AllStoragePresentationContexts,
    StoragePresentationContexts,
    build_context,
    build_role,
    evt,
)
from pynetdicom.dimse_primitives import C_GET, C_MOVE
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)

from labkit.common.errors import AssociationError, PortTaken
from labkit.dimse.association import query_context
from labkit.dimse.entity import new_ae
from labkit.dimse.identifier import identifier
from labkit.dimse.peer import Peer
from labkit.dimse.status import Status
from labkit.fhir.mapping.sources.archive import ArchiveSource
from labkit.fhir.mapping.sources.base import Header, without_pixels
from labkit.fhir.mapping.sources.session import Session

_PROPOSED = 126  # with C-FIND and C-GET: the 128 of an association (PS3.8 9.3.2.2)


class GetSource(ArchiveSource):
    """Headers by C-GET, over the association of the queries."""

    partial = ""
    _service = "C-GET"

    def _session(self) -> Session:
        self._inbox: deque[Dataset] = deque()
        storage = [
            build_context(context.abstract_syntax, AllTransferSyntaxes)
            for context in StoragePresentationContexts[:_PROPOSED]
        ]
        return Session(
            self.peer,
            ae_title=self.ae_title,
            timeout=self.timeout,
            contexts=[query_context(StudyRootQueryRetrieveInformationModelGet), *storage],
            handlers=[(evt.EVT_C_STORE, self._keep)],
            # We play the SCP of the storage classes on an association that we open (PS3.7 D.3.3.4).
            negotiation=[build_role(cx.abstract_syntax, scp_role=True) for cx in storage],
        )

    def _request(self) -> Any:
        request = C_GET()
        request.AffectedSOPClassUID = StudyRootQueryRetrieveInformationModelGet
        return request

    def _series(self, session: Session, study: Dataset, series: Dataset) -> Iterator[Header]:
        uid = str(series.SeriesInstanceUID)
        asked = identifier(
            "SERIES", StudyInstanceUID=str(study.StudyInstanceUID), SeriesInstanceUID=uid
        )
        self._inbox.clear()
        given: set[str] = set()
        ending = Dataset()
        for answer, _ in session.run(self._request(), asked):
            ending = answer
            yield from self._arrived(given)
        completed = int(ending.get("NumberOfCompletedSuboperations") or 0)
        yield from self._rest(completed, given)
        status = Status.of(ending, self._service)
        if status.category == "Success" and not ending.get("NumberOfFailedSuboperations"):
            return
        # What did not come is in the archive all the same: its C-FIND answer has to do.
        for header in super()._series(session, study, series):
            if str(header.ds.get("SOPInstanceUID") or "") not in given:
                why = f"{self._service} ended with {status}: known from C-FIND alone"
                self.report.add(header.origin, "failed", why)
                yield header

    def _arrived(self, given: set[str]) -> Iterator[Header]:
        while self._inbox:
            ds = self._inbox.popleft()
            given.add(str(ds.get("SOPInstanceUID") or ""))
            yield Header(ds, self._origin(str(ds.get("SOPInstanceUID") or "")))

    def _rest(self, _completed: int, given: set[str]) -> Iterator[Header]:
        return self._arrived(given)

    def _keep(self, event: Any) -> int:
        ds = without_pixels(event.dataset)
        ds.file_meta = event.file_meta
        self._inbox.append(ds)
        return 0x0000


class MoveSource(GetSource):
    """Headers by C-MOVE to a storage SCP of our own, which the archive must know by its title.

    Parameters
    ----------
    destination
        Our AE title as the archive knows it; by default the calling one.
    host, port
        Where to listen. The archive opens this connection: 127.0.0.1 is only for one on this
        machine.
    """

    _service = "C-MOVE"

    def __init__(
        self,
        peer: Peer,
        selection: Any = None,
        *,
        destination: str = "",
        host: str = "127.0.0.1",
        port: int = 0,
        **options: Any,
    ) -> None:
        super().__init__(peer, selection, **options)
        self.destination = destination or self.ae_title
        self._address = (host, port)
        self._inbox = deque()

    def __iter__(self) -> Iterator[Header]:
        ae = new_ae(self.destination, check_called=True)
        for context in AllStoragePresentationContexts:
            ae.add_supported_context(context.abstract_syntax, AllTransferSyntaxes)
        handlers = [(evt.EVT_C_STORE, self._keep)]
        try:
            server = ae.start_server(self._address, block=False, evt_handlers=handlers)
        except OSError as error:
            raise PortTaken(
                f"port {self._address[1]} cannot be listened on: {error.strerror}",
                remedy="Name the address that the archive knows, and end what else uses it.",
            ) from error
        with closing(_Listening(server)):
            yield from super().__iter__()

    def _session(self) -> Session:
        return Session(
            self.peer,
            ae_title=self.ae_title,
            timeout=self.timeout,
            contexts=[query_context(StudyRootQueryRetrieveInformationModelMove)],
        )

    def _request(self) -> Any:
        request = C_MOVE()
        request.AffectedSOPClassUID = StudyRootQueryRetrieveInformationModelMove
        request.MoveDestination = self.destination
        return request

    def _rest(self, completed: int, given: set[str]) -> Iterator[Header]:
        """Wait for what is on its way: the last response may overtake it."""
        deadline = time.monotonic() + self.timeout
        while True:
            yield from self._arrived(given)
            if len(given) >= completed:
                return
            if time.monotonic() > deadline:
                raise AssociationError(
                    f"{completed - len(given)} instances that {self.peer.ae_title} counted did "
                    "not arrive",
                    remedy=f"Does it know {self.destination} at this address?",
                )
            time.sleep(0.01)


class _Listening:
    """Closes a server: its listening socket, then what is still open."""

    def __init__(self, server: Any) -> None:
        self._server = server

    def close(self) -> None:
        self._server.shutdown()
        self._server.ae.shutdown()
