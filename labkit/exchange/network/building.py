"""Building a network, and taking it down again."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from labkit.common.access import ALLOW_ALL, AccessPolicy
from labkit.common.errors import LabError
from labkit.common.scope import Closes
from labkit.common.serving import HOST
from labkit.dicom.samples import sample
from labkit.dicomweb.client import DicomwebClient
from labkit.dimse import Peer
from labkit.exchange.network.copying import Copies
from labkit.exchange.network.design import Design
from labkit.exchange.network.knowing import Patients
from labkit.exchange.network.lines import Secrets
from labkit.exchange.network.sections import SiteDesign
from labkit.exchange.network.site import BASE, MODALITY, Site
from labkit.exchange.network.traffic import Ledger
from labkit.exchange.network.wires import Wires
from labkit.pacs import EventLog

if TYPE_CHECKING:
    from labkit.exchange.network.communities import Gateways

_Self = TypeVar("_Self", bound="Built")


class Built(Closes):
    """Sites and lines of a design, running; see `labkit.exchange.network.Network`."""

    def __init__(
        self,
        design: Design,
        folder: Path | None = None,
        *,
        clock: Callable[[], float] | None = None,
        policy: AccessPolicy = ALLOW_ALL,
        patients: Patients | None = None,
        timeout: float = 10.0,
    ) -> None:
        self.design = design
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        if folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="labkit-network-")
            folder = Path(self._temporary.name)
        self.folder = folder
        begun = time.monotonic()
        self.clock = clock or (lambda: time.monotonic() - begun)
        self.ledger = Ledger(design.links, self.clock)
        self.patients = patients
        self.timeout = timeout
        self._policy = policy
        self._log = EventLog(self.folder / "network.log")
        self._wires: Wires | None = None
        self.gateways: Gateways | None = None
        self._lock = threading.Lock()
        self._life = threading.RLock()  # whoever looks at queues does so before they are closed
        self._sites: dict[str, Site] = {}
        self._clients: dict[tuple[str, str], DicomwebClient] = {}
        self.copies: dict[str, Copies] = {}

    # -- life --

    def start(self: _Self) -> _Self:
        """Build it and open all doors.

        Raises
        ------
        UsageError
            A rule file, or a study that is to be there at the start, cannot be used.
        LabError
            The folder cannot be used.
        """
        if self._wires is not None:
            raise LabError("The network runs already.", remedy="Stop it first: network.close().")
        for site in self.design.sites:
            for slug in site.studies:
                sample(slug)  # says what there is, before anything is built
        secrets = Secrets(self.folder / "lines", self.design.security.tls)
        self._wires = Wires(self.design, self.ledger, secrets)
        try:
            with ThreadPoolExecutor(8) as pool:
                for built in pool.map(self._built, self.design.sites):
                    self._sites[built.name] = built
                list(pool.map(lambda site: site.start(), self._sites.values()))
            self._fill()
            if self.design.protocol == "xca":
                from labkit.exchange.network.communities import Gateways  # SOAP takes a moment

                folder = self.folder / "communities"
                self.gateways = Gateways(self, folder, self._policy, self.patients)
                self.gateways.start()
        except BaseException:
            self.close()
            raise
        return self

    def close(self) -> None:
        """Shut everything down; the folder stays, if it was given."""
        with self._life:
            self._close()

    def _close(self) -> None:
        for client in self._clients.values():
            client.close()
        self._clients.clear()
        if self._wires is not None:
            self._wires.halt()  # what is under way breaks off: nobody waits for a slow line
        if self.gateways is not None:
            self.gateways.close()
        self.gateways = None
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda site: site.close(), self._sites.values()))
        self._sites.clear()
        if self._wires is not None:
            self._wires.close()
        self._wires = None
        self._log.close()
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self: _Self) -> _Self:
        return self.start()

    def __repr__(self) -> str:
        state = "runs" if self._wires is not None else "does not run"
        return f"Network({self.design.name}: {len(self.design.sites)} sites, {state})"

    # -- what there is --

    @property
    def wires(self) -> Wires:
        """The lines.

        Raises
        ------
        LabError
            The network does not run.
        """
        if self._wires is None:
            raise LabError("The network does not run.", remedy="Use it in `with Network(…) as …:`.")
        return self._wires

    def site(self, name: str) -> Site:
        """A site as it runs."""
        self.design.site(name)
        self.wires  # noqa: B018 - says that it does not run
        return self._sites[name]

    def peer(self, at: str, of: str) -> Peer:
        """The DICOM door of a site, as another reaches it; it is called by the title of `at`."""
        calling = self.design.site(at).ae_title if at != of else MODALITY
        title = self.design.site(of).ae_title
        return Peer(title, HOST, self.wires.port(at, of, "dimse"), calling=calling)

    def web(self, at: str, of: str) -> DicomwebClient:
        """The DICOMweb service of a site, as another reaches it."""
        port = self.wires.port(at, of, "http")
        return DicomwebClient(f"http://{HOST}:{port}{BASE}", timeout=self.timeout)

    def client(self, at: str, of: str) -> DicomwebClient:
        """As `web`, one for all that a site asks of another: its connections are used again."""
        with self._lock:
            if (at, of) not in self._clients:
                self._clients[at, of] = self.web(at, of)
            return self._clients[at, of]

    def _forget(self, site: str) -> None:
        """Drop the client by which a site asks itself: its service has another port now."""
        with self._lock:
            client = self._clients.pop((site, site), None)
        if client is not None:
            client.close()

    def hang_up(self) -> None:
        """Close the connections that sites keep to each other: the next request makes a new one.

        A kept connection over a line that was cut meanwhile may be found broken only by the request
        that goes over it, sooner or later by chance.
        """
        with self._lock:
            clients = list(self._clients.values())
            self._clients.clear()
        for client in clients:
            client.close()

    def holders(self, study: str) -> list[str]:
        """Names of the sites that have objects of a study; looked up on their disks."""
        return [name for name, site in self._sites.items() if site.objects(study)]

    def waiting(self) -> dict[str, int]:
        """Site to how many objects it is still to pass on; those with none are left out."""
        with self._life:
            self.wires  # noqa: B018 - says that it does not run
            counts = {name: site.waiting() for name, site in self._sites.items()}
        return {name: count for name, count in counts.items() if count}

    # -- inside --

    def _built(self, design: SiteDesign) -> Site:
        titles: dict[str, str] = {}
        for each in self.design.sites:
            titles.setdefault(each.ae_title, each.name)
        self.copies[design.name] = Copies(self.folder / design.name / "copies.json")
        return Site(
            design,
            self.folder / design.name,
            wires=self.wires,
            titles=titles,
            ahead=self._ahead(design),
            index=self.design.style == "hybrid" and design.role == "hospital",
            allow=self.design.security.allow,
            policy=self._policy,
            log=self._log,
            timeout=self.timeout,
        )

    def _ahead(self, design: SiteDesign) -> tuple[str, ...]:
        names = list(design.forward)
        centre = self.design.centre
        central = self.design.style in ("centralised", "hybrid")
        if centre and central and design.role == "hospital" and centre.name not in names:
            names.append(centre.name)
        return tuple(self.design.site(name).ae_title for name in names)

    def _fill(self) -> None:
        """Put the studies of the design where the style has them, without sending anything."""
        centre = self.design.centre
        for site in self.design.sites:
            running = self._sites[site.name]
            for slug in site.studies:
                found = sample(slug)
                if running.archive is not None:
                    running.archive.add_files(found.files)
                if centre is not None and centre.name != site.name:
                    target = self._sites[centre.name].archive
                    if self.design.style == "centralised" and target is not None:
                        target.add_files(found.files)
                        if site.archive == "cache":
                            self.copies[site.name].keep(found.study_uid, running, site.keep)
                    elif self.design.style == "hybrid" and target is not None:
                        running.announce(found.datasets(), target)
