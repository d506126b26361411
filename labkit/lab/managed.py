"""A node whose administrator may change it while it runs, within what real archives let one set."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pynetdicom import evt

from labkit.common.errors import DataError
from labkit.dimse import Peer
from labkit.lab.health import HEALTH_AE
from labkit.pacs import (
    Archive,
    DuplicateSopInstance,
    NodeConfig,
    ObjectSink,
    PacsNode,
    StoredObject,
    Worklist,
)
from labkit.pacs.header import Header, encoding_of, read_header
from labkit.pacs.part10 import file_meta


@dataclass(frozen=True)
class ManagedConfig(NodeConfig):
    """More settings of a node.

    Parameters
    ----------
    known_hosts
        Calling AE title to the address it is expected to have; another is refused (1/1/3).
    permissions
        Calling AE title to the services it may use; the association is aborted at another.
    refused_classes
        Storage SOP classes that it does not take (result 3).
    """

    known_hosts: Mapping[str, str] = field(default_factory=dict)
    permissions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    refused_classes: frozenset[str] = frozenset()

    def stores(self, sop_class_uid: str) -> bool:
        """Whether a SOP class is one that this node takes."""
        return sop_class_uid not in self.refused_classes and super().stores(sop_class_uid)


class ManagedNode(PacsNode):
    """A `PacsNode` that knows its peers' addresses and what each may do."""

    def _on_requested(self, event: Any) -> None:
        super()._on_requested(event)
        assoc = event.assoc
        if not isinstance(self.config, ManagedConfig):
            return
        calling = str(assoc.requestor.primitive.calling_ae_title).strip()
        expected = self.config.known_hosts.get(calling)
        actual = str(assoc.requestor.address)
        if expected is None or expected == actual:
            return

        def refuse() -> None:
            assoc.requestor.ae_title = calling
            text = f"{calling} is expected at {expected}, and calls from {actual}"
            self._log("WARNING", self._who(assoc), text)
            assoc.acse.send_reject(0x01, 0x01, 0x03)
            evt.trigger(assoc, evt.EVT_REJECTED, {})
            assoc.kill()

        # pynetdicom decides by the titles alone; its decision is the next step after this event.
        assoc.acse.negotiate_association = refuse

    def _on_open(self, event: Any) -> None:
        super()._on_open(event)
        assoc, serve = event.assoc, event.assoc._serve_request

        def permitted(request: Any, context_id: int) -> None:
            context = assoc._accepted_cx.get(context_id)
            calling = str(assoc.requestor.ae_title).strip()
            allowed = getattr(self.config, "permissions", {}).get(calling)
            service = self.config.service_of(str(context.abstract_syntax)) if context else None
            if allowed is None or service is None or service.value in allowed:
                serve(request, context_id)
                return
            name = type(request).__name__.replace("_", "-")
            self._log(
                "WARNING", self._who(assoc),
                f"{name}: {calling} is not authorised for {service.value}: aborting",
            )  # fmt: skip
            assoc.abort()

        assoc._serve_request = permitted


@dataclass(frozen=True)
class StorageRules:
    """What an archive does with an object besides keeping it.

    Attributes
    ----------
    seconds
        How long it works on one.
    room
        Bytes that its storage has left; ``None`` for enough.
    required
        Keywords of attributes without which it keeps none.
    coerce
        Attributes that it overwrites.
    discard
        Whether it answers success to another object of a UID that it holds, and discards it.
    """

    seconds: float = 0
    room: int | None = None
    required: tuple[str, ...] = ()
    coerce: Mapping[str, str] = field(default_factory=dict)
    discard: bool = False


class RuledArchive:
    """An archive behind `StorageRules`; the sink of its node's storage service.

    Parameters
    ----------
    archive
        What is held.
    sink
        Where objects are put, if not into the archive.
    """

    def __init__(
        self, archive: Archive, rules: StorageRules, sink: ObjectSink | None = None
    ) -> None:
        self._archive, self._rules, self.sink = archive, rules, sink
        self._hurry = threading.Event()
        self._busy = 0
        self._idle = threading.Condition()

    @property
    def working(self) -> bool:
        """Whether it works on an object at this moment."""
        return self._busy > 0

    def finish(self, patience: float = 10.0) -> None:
        """Have what is being worked on done at once, and wait for it: other rules come now."""
        self._hurry.set()
        with self._idle:
            self._idle.wait_for(lambda: self._busy == 0, patience)

    def add(
        self,
        data: bytes | memoryview,
        *,
        transfer_syntax: str,
        source: str = "",
        header: Header | None = None,
    ) -> StoredObject:
        """Keep an object, as far as the rules let it.

        Raises
        ------
        OSError
            There is no room, or an attribute is missing: many products tell both as A700.
        """
        with self._idle:
            self._busy += 1
        try:
            self._hurry.wait(self._rules.seconds)
            return self._add(data, transfer_syntax, source, header)
        finally:
            with self._idle:
                self._busy -= 1
                self._idle.notify_all()

    def _add(
        self, data: bytes | memoryview, transfer_syntax: str, source: str, header: Header | None
    ) -> StoredObject:
        rules = self._rules
        if rules.room is not None and len(data) > rules.room:
            raise OSError(
                errno.ENOSPC, f"no space left: {len(data)} bytes wanted, {rules.room} free"
            )
        if rules.required or rules.coerce:
            ds = _decoded(data, transfer_syntax)
            missing = [keyword for keyword in rules.required if not ds.get(keyword)]
            if missing:
                raise OSError(
                    errno.EINVAL, f"required attributes are missing: {', '.join(missing)}"
                )
            if rules.coerce:
                data = _coerced(ds, rules.coerce, transfer_syntax)
                header = read_header(data, transfer_syntax)
        try:
            stored = (self.sink or self._archive).add(
                data, transfer_syntax=transfer_syntax, source=source, header=header
            )
            return replace(stored, outcome="coerced") if rules.coerce else stored
        except DuplicateSopInstance:
            held = self._archive.get(str(header["SOPInstanceUID"])) if header else None
            if not rules.discard or held is None:
                raise
            return StoredObject(held.entry, held.path, "already stored")


def _decoded(data: bytes | memoryview, transfer_syntax: str) -> Dataset:
    return dcmread(BytesIO(file_meta("", "", transfer_syntax) + bytes(data)))


def _coerced(ds: Dataset, values: Mapping[str, str], transfer_syntax: str) -> bytes:
    """Write attributes over and encode again."""
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    encoding = encoding_of(transfer_syntax)
    file = DicomBytesIO()
    file.is_little_endian, file.is_implicit_VR = encoding.little, encoding.implicit
    try:
        write_dataset(file, Dataset(ds))
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(f"the data set cannot be written again ({error})") from error
    return bytes(file.getvalue())


class StationWorklist(Worklist):
    """A worklist that may list the steps of a station under another AE title."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.stations: Mapping[str, str] = {}

    def list_under(self, stations: Mapping[str, str]) -> None:
        """List the steps of some stations under other AE titles."""
        self.stations = dict(stations)

    def entries(self) -> list[Dataset]:
        """Everything scheduled, as it is listed."""
        listed = super().entries()
        if not self.stations:
            return listed
        renamed = []
        for entry in listed:
            other = deepcopy(entry)
            for step in other.get("ScheduledProcedureStepSequence") or ():
                title = str(step.get("ScheduledStationAETitle", ""))
                step.ScheduledStationAETitle = self.stations.get(title, title)
            renamed.append(other)
        return renamed


class Reachable(Mapping[str, Peer]):
    """The destinations that a firewall leaves: those blocked have a port where nothing listens.

    Parameters
    ----------
    known
        All of them; looked up anew each time.
    blocked
        AE titles.
    closed
        A port that is taken and not listened on.
    """

    def __init__(self, known: Mapping[str, Peer], blocked: frozenset[str], closed: int) -> None:
        self._known, self._blocked, self._closed = known, blocked, closed

    def __getitem__(self, ae_title: str) -> Peer:
        peer = self._known[ae_title]
        return Peer(ae_title, peer.host, self._closed) if ae_title in self._blocked else peer

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def calling_titles(accepted: list[str] | None) -> frozenset[str] | None:
    """Return whom a node takes; whoever watches the lab's health is on every list."""
    return None if accepted is None else frozenset((*accepted, HEALTH_AE))
