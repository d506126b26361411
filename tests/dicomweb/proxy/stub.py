"""A PACS over TCP whose every step a test can hold up, break or count."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, RLELossless
from pynetdicom import StoragePresentationContexts, evt
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)

from labkit.dimse import Peer
from labkit.dimse.entity import new_ae
from labkit.pacs.matching import matches

_UNIQUE = {"STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID", "IMAGE": "SOPInstanceUID"}


class StubPacs:
    """Holds data sets in memory; sends RLE by C-GET alone, as dcmqrscp does.

    Attributes
    ----------
    objects
        What it has; may be changed.
    before
        Called before each object that it sends: (service, number sent so far).
    returns
        Keywords that it knows in a C-FIND; ``None``: all.
    send
        How many of the objects it sends, at most.
    find_status, move_status
        What it ends with.
    asked
        How often each service and level was asked for.
    """

    def __init__(self, ae_title: str = "STUB", *, get: bool = True, most: int = 100) -> None:
        self.objects: list[Dataset] = []
        self.before: Callable[[str, int], None] = lambda service, number: None
        self.on_find: Callable[[str], None] = lambda level: None
        self.returns: set[str] | None = None
        self.send: int | None = None
        self.find_status: int | None = None
        self.move_status: int | None = None
        self.destinations: dict[str, tuple[str, int]] = {}
        self.handlers: list[tuple[Any, Callable[..., Any]]] = []
        self.asked: Counter[str] = Counter()
        self.cancelled = threading.Event()
        self._ae = new_ae(ae_title, max_associations=most)
        self._ae.add_supported_context(StudyRootQueryRetrieveInformationModelFind)
        self._ae.add_supported_context(StudyRootQueryRetrieveInformationModelMove)
        if get:
            self._ae.add_supported_context(StudyRootQueryRetrieveInformationModelGet)
        for context in StoragePresentationContexts:
            self._ae.add_supported_context(
                context.abstract_syntax, [ExplicitVRLittleEndian, RLELossless],
                scu_role=True, scp_role=True,
            )  # fmt: skip
            self._ae.add_requested_context(context.abstract_syntax, ExplicitVRLittleEndian)
        self._server: Any = None
        self.port = 0
        self.title = ae_title
        self.start()

    @property
    def peer(self) -> Peer:
        return Peer(self.title, "127.0.0.1", self.port)

    def start(self) -> None:
        self._server = self._ae.start_server(
            ("127.0.0.1", self.port), block=False,
            evt_handlers=[(evt.EVT_C_FIND, self._find), (evt.EVT_C_GET, self._get),
                          (evt.EVT_C_MOVE, self._move), (evt.EVT_C_STORE, self._store),
                          *self.handlers],
        )  # fmt: skip
        self.port = self._server.server_address[1]

    def kill(self) -> None:
        """End at once, with all associations."""
        server, self._server = self._server, None
        if server is not None:
            associations = list(server.active_associations)
            server.shutdown()
            for assoc in associations:
                assoc.abort()

    @property
    def associations(self) -> int:
        return len(self._server.active_associations) if self._server is not None else 0

    def _chosen(self, identifier: Dataset) -> list[Dataset]:
        keys = Dataset()
        keys.update(identifier)
        if self.returns is not None:
            for element in list(keys):
                if element.keyword not in self.returns:
                    del keys[element.tag]
        return [ds for ds in self.objects if matches(keys, ds)]

    def _find(self, event: Any) -> Iterator[tuple[int, Dataset | None]]:
        identifier = event.identifier
        level = identifier.QueryRetrieveLevel
        self.asked[f"C-FIND {level}"] += 1
        self.on_find(level)
        if self.find_status is not None:
            yield self.find_status, None
            return
        seen = set()
        for ds in self._chosen(identifier):
            uid = ds[_UNIQUE[level]].value
            if uid in seen:
                continue
            seen.add(uid)
            answer = Dataset()
            for element in identifier:
                known = self.returns is None or element.keyword in self.returns
                if element.tag in ds and known:
                    answer.add(ds[element.tag])
            answer.QueryRetrieveLevel = level
            if "SpecificCharacterSet" in ds:
                answer.SpecificCharacterSet = ds.SpecificCharacterSet
            yield 0xFF00, answer

    def _get(self, event: Any) -> Iterator[Any]:
        chosen = self._chosen(event.identifier)
        self.asked[f"C-GET {event.identifier.QueryRetrieveLevel}"] += 1
        yield len(chosen)
        yield from self._sent(event, "C-GET", chosen)

    def _move(self, event: Any) -> Iterator[Any]:
        self.asked[f"C-MOVE {event.identifier.QueryRetrieveLevel}"] += 1
        if self.move_status is not None:
            yield ("127.0.0.1", self.port)
            yield 0
            yield self.move_status, None
            return
        address = self.destinations.get(str(event.move_destination).strip())
        if address is None:
            yield None, None
            return
        chosen = self._chosen(event.identifier)
        yield address
        yield len(chosen)
        yield from self._sent(event, "C-MOVE", chosen)

    def _sent(self, event: Any, service: str, chosen: list[Dataset]) -> Iterator[Any]:
        for number, ds in enumerate(chosen[: self.send]):
            self.before(service, number)
            if event.is_cancelled:
                self.cancelled.set()
                yield 0xFE00, None
                return
            yield 0xFF00, ds

    def _store(self, event: Any) -> int:
        self.asked["C-STORE"] += 1
        ds = event.dataset
        ds.file_meta = event.file_meta
        self.objects.append(ds)
        return 0x0000
