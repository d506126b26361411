"""One site as it runs: an archive, its DICOM door, its DICOMweb, and a router behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from starlette.responses import PlainTextResponse

from labkit.common.access import AccessPolicy
from labkit.common.serving import HOST, HttpService
from labkit.dicomweb import ArchiveSource, dicomweb_app
from labkit.dicomweb.mounting import below
from labkit.dimse import Peer
from labkit.exchange.network.once import Once
from labkit.exchange.network.sections import SiteDesign
from labkit.exchange.network.wires import Wires
from labkit.pacs import Archive, EventLog, NodeConfig, ObjectSink, PacsNode, Router, Service
from labkit.pacs.archive import StoredObject
from labkit.pacs.header import Header

MODALITY = "MODALITY"
"""What modalities call as; every archive takes it, whatever the allow list says."""
BASE = "/dicom-web"
_DIMSE = {
    "store": Service.STORE, "find": Service.FIND, "move": Service.MOVE, "get": Service.GET,
}  # fmt: skip
_BACK_OFF = (0.05, 0.1, 0.2, 0.5)
"""Seconds between a router's tries: a lesson does not wait for a minute."""
_OUTSIDE = PlainTextResponse(f"DICOMweb is at {BASE}", status_code=404)


class Directory(Mapping[str, Peer]):
    """The AE titles of the network as one site sees them: each at the near end of its line."""

    def __init__(self, here: str, titles: Mapping[str, str], wires: Wires) -> None:
        self._here, self._titles, self._wires = here, titles, wires

    def __getitem__(self, ae_title: str) -> Peer:
        site = self._titles[ae_title]
        return Peer(ae_title, HOST, self._wires.port(self._here, site, "dimse"))

    def __iter__(self) -> Iterator[str]:
        return iter(self._titles)

    def __len__(self) -> int:
        return len(self._titles)


class Inbox:
    """Where a site's C-STORE puts objects: into the archive, and what is due also on to others.

    Parameters
    ----------
    ahead
        The router that passes on; ``None`` where nothing is passed on.
    passes
        Whether what came from this calling AE title is passed on.
    told
        Called for each object.
    """

    def __init__(
        self,
        archive: Archive,
        ahead: ObjectSink | None,
        passes: Callable[[str], bool],
        told: Callable[[StoredObject], None],
    ) -> None:
        self._archive, self._ahead, self._passes, self._told = archive, ahead, passes, told

    def add(
        self,
        data: bytes | memoryview,
        *,
        transfer_syntax: str,
        source: str = "",
        header: Header | None = None,
    ) -> StoredObject:
        """Keep an object; when it is acknowledged, it is in the archive and in the queue."""
        stored = self._archive.add(
            data, transfer_syntax=transfer_syntax, source=source, header=header
        )
        if self._ahead is not None and self._passes(source):
            self._ahead.add(data, transfer_syntax=transfer_syntax, source=source, header=header)
        self._told(stored)
        return stored


class Site:
    """A site that runs.

    Parameters
    ----------
    design
        What it is.
    folder
        Of its state.
    wires
        By which it reaches others, and is told where it listens.
    titles
        AE title to the name of the site, of the whole network.
    ahead
        AE titles of where it passes images on to.
    allow
        Calling AE titles that it takes; empty: any.
    policy
        Who decides about each act.
    log
        Gets one line an event.
    timeout
        Seconds to wait for a peer.
    told
        Called for each object that has come by C-STORE.
    """

    def __init__(
        self,
        design: SiteDesign,
        folder: Path,
        *,
        wires: Wires,
        titles: Mapping[str, str],
        ahead: tuple[str, ...],
        allow: tuple[str, ...],
        policy: AccessPolicy,
        log: EventLog,
        timeout: float,
        told: Callable[[StoredObject], None],
    ) -> None:
        self.design = design
        self.name = design.name
        self.wires = wires
        self.directory = Directory(design.name, titles, wires)
        self._policy = policy
        offered = {_DIMSE[word] for word in design.services if word in _DIMSE}
        config = NodeConfig(
            design.ae_title,
            frozenset({Service.ECHO, *offered}),
            accept_calling=frozenset({*allow, MODALITY}) if allow else None,
            timeout=timeout,
        )
        keeps = design.archive != "none" and design.role != "router"
        self.archive = Archive(folder / "archive") if keeps else None
        rules = design.rules.read_text(encoding="utf-8") if design.rules else ""
        self.router: Router | None = None
        if ahead or rules or self.archive is None:
            self.router = Router(
                config, folder / "router", ahead, self.directory, policy=policy, log=log,
                back_off=_BACK_OFF,
            )  # fmt: skip
            self.router.obey(rules)
        self._once = Once(self.router) if self.router and design.passes == "once" else None
        made_here = lambda source: source not in titles or bool(design.forward or rules)  # noqa: E731
        self.node: PacsNode | None = None
        if self.archive is not None:
            inbox = Inbox(self.archive, self._once or self.router, made_here, told)
            self.node = PacsNode(
                config, self.archive, policy=policy, destinations=self.directory, log=log,
                sink=inbox,
            )  # fmt: skip
        elif self.router is not None and self._once is not None:
            self.router.node.around.sink = self._once
        self._web = HttpService(design.name)
        self.running = False

    def start(self) -> None:
        """Open its doors."""
        if self.router is not None:
            port = self.router.start()
            if self.node is None:
                self.wires.serve(self.name, "dimse", port)
        if self.node is not None:
            self.wires.serve(self.name, "dimse", self.node.start())
        if self.archive is not None and self.design.offers("dicomweb"):
            port = self._web.bind()
            app = dicomweb_app(
                ArchiveSource(self.archive), self._policy, base_url=f"http://{HOST}:{port}{BASE}"
            )
            self._web.start(below({BASE: app}, _OUTSIDE))
            self.wires.serve(self.name, "http", port)
        self.running = True

    def stop(self) -> None:
        """Shut its doors, as a power cut does; what is on the disk stays."""
        self.running = False
        if self.node is not None:
            self.node.stop()
        if self.router is not None:
            self.router.stop()
        self._web.stop()

    def close(self) -> None:
        """Stop, and close the archive."""
        self.stop()
        if self.router is not None:
            self.router.close()
        if self.archive is not None:
            self.archive.close()
            self.archive = None

    def waiting(self) -> int:
        """How many objects are still to be passed on, counted for each destination."""
        return len(self.router.waiting()) if self.router is not None else 0
