"""One site as it runs: an archive, its DICOM door, its DICOMweb, and a router behind them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from io import BytesIO
from pathlib import Path

from pydicom.dataset import Dataset
from starlette.responses import PlainTextResponse

from labkit.common.access import AccessPolicy
from labkit.common.serving import HOST, HttpService
from labkit.dicomweb import ArchiveSource, dicomweb_app
from labkit.dicomweb.mounting import below
from labkit.dimse import Peer
from labkit.exchange.manifests import Location, Maker, build, part10
from labkit.exchange.network.inbox import Arrival, Inbox, entries_of, take
from labkit.exchange.network.once import Once
from labkit.exchange.network.sections import SiteDesign
from labkit.exchange.network.wires import Wires
from labkit.pacs import Archive, EventLog, NodeConfig, PacsNode, Router, Service
from labkit.pacs.part10 import read_file_meta

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

    def reaches(self, ae_title: str) -> bool:
        """Whether a line leads there now."""
        site = self._titles.get(ae_title)
        return site is not None and self._wires.way(self._here, site) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(self._titles)

    def __len__(self) -> int:
        return len(self._titles)


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
    index
        Whether only manifests are passed on, not images.
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
        index: bool = False,
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
        every = bool(design.forward or rules)

        def made_here(source: str) -> bool:
            return every or source not in titles

        self.inbox: Inbox | None = None
        self.node: PacsNode | None = None
        if self.archive is not None:
            further = None if index else self._once or self.router
            self.inbox = Inbox(self.archive, further, made_here)
            self.node = PacsNode(
                config, self.archive, policy=policy, destinations=self.directory, log=log,
                sink=self.inbox,
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

    # -- what it holds --

    @property
    def keeps_copies(self) -> bool:
        """Whether what it fetches stays here."""
        design = self.design
        return self.archive is not None and (design.archive == "cache" or design.keep > 0)

    def objects(self, study: str) -> int:
        """How many objects of a study are here."""
        return len(entries_of(self.archive, study))

    def size(self, study: str) -> int:
        """Bytes of the objects of a study that are here."""
        return sum(entry.size for entry in entries_of(self.archive, study))

    def take(self, file: BytesIO, source: str) -> str:
        """Keep a file as a copy; its SOP Instance UID where it is new here, else ``""``."""
        return take(self.archive, file, source) if self.archive is not None else ""

    def remove(self, study: str) -> None:
        """Delete the objects of a study."""
        self.forget(entry.sop_instance_uid for entry in entries_of(self.archive, study))

    def forget(self, uids: Iterable[str]) -> None:
        """Delete objects."""
        for uid in uids:
            if self.archive is not None and uid:
                self.archive.remove(uid)

    @contextmanager
    def awaiting(self) -> Iterator[list[Arrival]]:
        """Note what comes by C-STORE meanwhile."""
        if self.inbox is None:
            yield []
            return
        with self.inbox.awaiting() as arrivals:
            yield arrivals

    def announce(self, datasets: Sequence[Dataset], index: Archive | None = None) -> None:
        """Send a manifest of a study to the central index, or put it there."""
        made = Maker(location=Location(ae_titles=(self.design.ae_title,)))
        file = BytesIO(part10(build(datasets, "xds-i.b", maker=made, when=_moment(datasets[0]))))
        if index is not None:
            take(index, file, self.design.ae_title)
        elif self.router is not None:
            meta = read_file_meta(file)
            self.router.add(file.read(), transfer_syntax=meta.transfer_syntax)

    # -- what it is still to pass on --

    def waits(self, study: str) -> bool:
        """Whether objects of a study are still to be passed on."""
        if self.router is None:
            return False
        uids = {entry.sop_instance_uid for entry in entries_of(self.archive, study)}
        return any(item.sop_instance in uids for item in self.router.waiting())

    def stuck(self) -> bool:
        """Whether it has something to pass on, and nothing of it can get there now."""
        if self.router is None or not self.running:
            return True
        targets = {item.destination for item in self.router.waiting()}
        return bool(targets) and not any(map(self.directory.reaches, targets))

    def waiting(self) -> int:
        """How many objects are still to be passed on, counted for each destination."""
        return len(self.router.waiting()) if self.router is not None else 0


def _moment(ds: Dataset) -> datetime:
    """When a study was made, so that its manifest is the same in each run."""
    said = f"{ds.get('StudyDate', '')}{str(ds.get('StudyTime', ''))[:6].ljust(6, '0')}"
    try:
        return datetime.strptime(said, "%Y%m%d%H%M%S").astimezone()
    except ValueError:
        return datetime(2026, 1, 1).astimezone()
