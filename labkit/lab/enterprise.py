"""Everything that runs in the lab's process: the nodes, the FHIR server, their logs and traces."""

from __future__ import annotations

import secrets
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from labkit.common.errors import UsageError
from labkit.dicom import samples
from labkit.lab import stories
from labkit.lab.cast import WITH_ARCHIVE, Cast
from labkit.lab.description import NodeAddress
from labkit.lab.face import Face
from labkit.lab.faults.board import FaultBoard
from labkit.lab.fhirnode import FhirNode
from labkit.lab.floor import Floor
from labkit.lab.nodes import DICOMWEB, FHIR, PROXY
from labkit.lab.observed import Observed
from labkit.lab.proxy.node import RECEIVE, ProxyNode
from labkit.lab.ris import HL7
from labkit.lab.ris_patients import north_general
from labkit.lab.second_port import SecondPort
from labkit.lab.secure.guarding import Guarding
from labkit.lab.seed import Seed
from labkit.lab.traces import TraceStore
from labkit.lab.webnode import WebNode
from labkit.lab.workspace import Workspace
from labkit.pacs import EventLog

if TYPE_CHECKING:
    from labkit.lab.containers.supply import Supply


class Enterprise(Observed, SecondPort):
    """The lab of one workspace.

    One lock lets one act at a time change what runs, so that a reset never meets a node that is
    just starting; reading logs and traces does not wait for it.

    Parameters
    ----------
    workspace
        Where everything is kept; it must be there and ours to write.
    supply
        Has products in the place of some nodes.
    guarding
        What guards the doors; the open lab's by default.
    """

    def __init__(
        self,
        workspace: Workspace,
        supply: Supply | None = None,
        guarding: Guarding | None = None,
    ) -> None:
        self.workspace = workspace
        self.supply = supply
        self.guarding = guarding = guarding or Guarding()
        self.moved: Callable[[], None] = lambda: None  # called when an address has changed
        self.changing = threading.RLock()
        self._epoch = secrets.token_hex(4)
        self._seed = Seed(workspace.seed, WITH_ARCHIVE, guarding.story)
        self._filled = workspace.root / "nodes" / "filled"
        self._new = not self._filled.exists()
        if self._new:  # also if its first start was cut short: begin at the beginning
            shutil.rmtree(workspace.root / "nodes", ignore_errors=True)
            shutil.rmtree(workspace.fhir, ignore_errors=True)
        self._traces = TraceStore(workspace.traces)
        self.cast = Cast(workspace, self._traces, guarding=guarding, supply=supply)
        fhir_log = EventLog(workspace.log(FHIR))
        own_fhir = FhirNode(workspace.fhir, fhir_log, guarding=guarding)
        self._fhir = (supply and supply.fhir(fhir_log, guarding)) or own_fhir
        guarding.holds(self._fhir.holding)
        self.floor = Floor(workspace, self.cast, guarding)
        self.faults = FaultBoard(self)
        self.ris = north_general(self.cast, lambda: self.fhir_url, guarding)
        web_log, proxy_log = (EventLog(workspace.log(name)) for name in (DICOMWEB, PROXY))
        # A product in the place of ARCHIVE has a web face of its own, unless it is guarded.
        archive, sink = self.cast.archives["ARCHIVE"], self.cast.sinks.get("ARCHIVE")
        web = WebNode(archive, web_log, sink=sink, guarding=guarding)
        self._web = web if supply is None or supply.guarded else None
        self.proxy = ProxyNode(
            workspace.node(PROXY), proxy_log, lambda: self.floor.peers()["LEGACY"],
            guarding=guarding,
        )  # fmt: skip
        self.cast.told["LEGACY"] = self.proxy.known
        self.floor.others[PROXY] = self.proxy.configure
        self._faces: dict[str, Face] = {PROXY: self.proxy}
        self._faces |= {DICOMWEB: self._web} if self._web is not None else {}
        self._faces |= guarding.faces
        own = {FHIR: fhir_log, DICOMWEB: web_log, PROXY: proxy_log, **guarding.logs}
        self._logs = {**self.cast.logs, **self.floor.logs, **own}

    @property
    def fhir_url(self) -> str:
        """Base URL of the FHIR server."""
        return self._fhir.url

    @property
    def dicomweb_url(self) -> str:
        """Base URL of the archive's DICOMweb service; ``""`` where it has none."""
        if self._web is not None:
            return self._web.url
        return self.supply.dicomweb_url if self.supply is not None else ""

    def addresses(self) -> dict[str, NodeAddress]:
        """Return where the nodes listen."""
        return self.cast.addresses()

    def start(self, ports: Mapping[str, int], fhir_port: int = 0) -> None:
        """Start everything, on the given ports where they are free; fill a new workspace first."""
        with self.changing:
            if self.supply is not None:
                self.supply.prove()
            new, self._new = self._new, False
            if new:
                self._put_back()
                self._filled.touch()
            elif not self._fhir.sound():
                self._fhir.set_aside()
                self._seed.go_back({FHIR: self._fhir})
            self.guarding.prepare(ports)
            self.floor.set_up()
            self.cast.start_all(ports)
            self.ris.listen(ports.get(HL7, 0))
            self._fhir.start(fhir_port)
            self.proxy.receive_port = ports.get(RECEIVE, 0)
            for name, face in self._faces.items():
                face.start(ports.get(name, 0))
            self._introduce(forget=new)
            if new:
                self._forget()
            self.faults.resume()

    def stop(self) -> None:
        """Stop everything and close every file."""
        with self.changing:
            self.faults.close()
            self.ris.hang_up()
            for face in self._faces.values():
                face.stop()
            self.cast.close()
            self._fhir.close()
            self.guarding.close()
            if self.supply is not None:
                self.supply.close()

    def reset(self) -> dict[str, float]:
        """Put everything back into the first state and start what was stopped."""
        with self.changing:
            began = time.monotonic()
            self.faults.forget()
            self.floor.forget()
            self.cast.close_tls()
            self._put_back()
            self.cast.start_all({})
            self.ris.listen()
            if not self._fhir.running:
                self._fhir.start()
            self.proxy.forget()
            for face in self._faces.values():
                face.start()
            self._introduce(forget=True)
            self._forget()
            return {"seconds": round(time.monotonic() - began, 3)}

    def running(self) -> dict[str, bool]:
        """Return which services answer."""
        faces = {name: face.running for name, face in self._faces.items()}
        return {**self.cast.running(), FHIR: self._fhir.running, **faces}

    def stop_node(self, name: str) -> dict[str, bool]:
        """Stop one node, `FHIR`, `DICOMWEB` or `PROXY`."""
        with self.changing:
            self.faults.note_step(f"{name}: stopped")
            if name == FHIR:
                self._fhir.stop()
            elif name in self._faces:
                self._faces[name].stop()
            else:
                self.cast[name].stop()
                self.ris.follow(name, False)
                self.floor.hang(name, False)  # what is started again does not hang
            return self.running()

    def start_node(self, name: str) -> dict[str, bool]:
        """Start one node or one of those three; one that runs is left alone."""
        with self.changing:
            before = self._where()
            if name in self._faces:
                self._faces[name].start()
            elif name != FHIR:
                self.cast.start(self._known(name, self.cast))
                self.ris.follow(name, True)
                self.floor.keep_down(name, False)
            elif not self._fhir.running:
                self._fhir.start()
            if self._where() != before:
                self._introduce()
            self.faults.settle()
            return self.running()

    def configure(self, name: str, values: Any) -> dict[str, Any]:
        """Change settings of a node or modality, and return all of them."""
        if not isinstance(values, dict):
            raise UsageError("Settings are a dict.", remedy='Give {"setting": value}.')
        with self.changing:
            if self.supply is not None:
                self.supply.check(name, values)
            self.faults.note_step(f"{name}: {', '.join(values)}")
            found = self.floor.configure(name, values)
            self.faults.settle()
            return found

    def destinations(self) -> dict[str, tuple[str, int]]:
        """Return the C-MOVE destinations: AE title to host and port."""
        return {name: (peer.host, peer.port) for name, peer in self.cast.destinations.items()}

    def add_destination(self, ae_title: str, host: str, port: int) -> None:
        """Register a C-MOVE destination.

        Raises
        ------
        UsageError
            It is not valid, or it is the AE title of one of the lab's own nodes.
        """
        title = ae_title.strip()
        if title in self.floor.unlisted and port == self.addresses()[title].port:
            self.floor.unlist(title, False)
            self.faults.note_step(f"{title}: registered as a destination")
            return
        self._refuse_own(ae_title)
        if self.supply is not None:
            self.supply.refuse_unreachable(ae_title, host)
        self.cast.destinations.add(ae_title, host, port)
        self.faults.note_step(f"{title}: registered as a destination")

    def remove_destination(self, ae_title: str) -> None:
        """Take a C-MOVE destination away."""
        self._refuse_own(ae_title)
        if ae_title not in self.cast.destinations:
            raise UsageError(
                f"{ae_title} is not registered.", remedy="`labkit nodes list` shows what is."
            )
        self.cast.destinations.remove(ae_title)

    def _put_back(self) -> None:
        """Have what the stories begin with in every archive, on the worklist and in FHIR."""
        self.cast.put_back(order.dataset() for order in samples.orders())
        self.guarding.first_state()
        self._seed.go_back({**self.cast.archives, FHIR: self._fhir})

    def _introduce(self, *, forget: bool = False) -> None:
        """Tell everybody where the nodes are."""
        self.proxy.follow()
        if self.supply is not None:  # which cannot be told later, as the lab's own LEGACY is
            self.proxy.open()
            self.supply.tell("LEGACY", self.proxy.known)
        self.cast.know_each_other(forget=forget)
        if self.supply is not None:
            self.supply.settle()
        self.guarding.moved({FHIR: self.fhir_url, **{n: f.url for n, f in self._faces.items()}})
        for name in self.floor.unlisted:
            self.cast.destinations.remove(name)
        here = self.addresses()
        self._fhir.put(stories.endpoints({n: here[n] for n in ("ARCHIVE", "LEGACY")}))
        self.moved()

    def _where(self) -> tuple[Any, ...]:
        web = self.dicomweb_url, self.proxy.url, self.proxy.receive_port
        return self.addresses(), self.fhir_url, *web

    def _forget(self) -> None:
        """Empty logs and traces; marks taken before do not count any more."""
        for log in self._logs.values():
            log.clear()
        self._traces.clear()
        self._epoch = secrets.token_hex(4)

    def _refuse_own(self, ae_title: str) -> None:
        if ae_title.strip() in (*self.cast, PROXY):
            raise UsageError(
                f"{ae_title} is one of the lab's own nodes.", remedy="Take another AE title."
            )
