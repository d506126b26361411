"""The DICOM nodes of the enterprise, put together from the layer below."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydicom import uid as uids

from labkit.common.errors import PortTaken
from labkit.common.serving import HOST
from labkit.dimse import Peer
from labkit.lab.applying import apply
from labkit.lab.description import NodeAddress
from labkit.lab.front import Front, bound
from labkit.lab.managed import ManagedConfig, ManagedNode, StationWorklist
from labkit.lab.nodes import CAST, UnknownNode
from labkit.lab.proxy.known import KnownToo
from labkit.lab.secure.guarding import Guarding
from labkit.pacs import (
    Archive,
    Destinations,
    EventLog,
    MppsStore,
    NodeConfig,
    Router,
    Service,
)

if TYPE_CHECKING:
    from pydicom import Dataset

    from labkit.lab.containers.supply import Supply
    from labkit.lab.traces import TraceStore
    from labkit.lab.workspace import Workspace

SERVICES: Mapping[str, frozenset[Service]] = {
    "ARCHIVE": frozenset(Service),
    "WORKSTN": frozenset({Service.ECHO, Service.STORE, Service.FIND}),
    "WORKLIST": frozenset({Service.ECHO, Service.WORKLIST, Service.MPPS}),
    "LEGACY": frozenset({Service.ECHO, Service.STORE, Service.FIND, Service.MOVE, Service.GET}),
    "ROUTER": frozenset({Service.ECHO, Service.STORE}),
}
"""What each node offers as SCP."""
SYNTAXES: Mapping[str, frozenset[str]] = {
    "LEGACY": frozenset(
        {
            uids.ImplicitVRLittleEndian, uids.ExplicitVRLittleEndian, uids.ExplicitVRBigEndian,
            uids.JPEGBaseline8Bit, uids.JPEGLosslessSV1, uids.RLELossless,
        }
    )
}  # fmt: skip
"""Transfer syntaxes that a node takes, where it is not all of them.

LEGACY was bought before JPEG-LS and JPEG 2000 came into the standard, and nobody has updated it.
"""
WITH_ARCHIVE = ("ARCHIVE", "WORKSTN", "LEGACY")
BACK_OFF = (1.0, 2.0, 5.0)
"""Seconds between a router's tries. Short: a learner waits for them."""


class Held(NamedTuple):
    """One object that a node holds; `number` grows with each that comes."""

    number: int
    sop_instance_uid: str
    path: Path


class Cast:
    """All nodes of one workspace.

    Parameters
    ----------
    workspace
        Where their archives and logs are.
    traces
        Keeps the PDU traces of every association.
    guarding
        Says who decides at each node and how nodes prove who they are; the open lab's by default.
    supply
        Has products in the place of some nodes; without it all are the lab's own.
    """

    def __init__(
        self,
        workspace: Workspace,
        traces: TraceStore,
        *,
        guarding: Guarding | None = None,
        supply: Supply | None = None,
    ) -> None:
        self._supply = supply
        self._guarding = guarding = guarding or Guarding()
        self.archives = {
            name: (supply and supply.archive(name, workspace.node(name)))
            or Archive(workspace.node(name))
            for name in WITH_ARCHIVE
        }
        self.sinks = supply.sinks() if supply is not None else {}
        self.logs = {name: EventLog(workspace.log(name)) for name in SERVICES}
        self.destinations = Destinations(workspace.destinations)
        if supply is not None:
            self.destinations.told = supply.know
        listed = workspace.node("WORKLIST") / "worklist"
        self.worklist = (supply and supply.worklist(listed)) or StationWorklist(listed)
        self.mpps = MppsStore(workspace.node("WORKLIST") / "mpps")
        self._mpps_folder = workspace.node("WORKLIST") / "mpps"
        self.told: dict[str, Mapping[str, Peer]] = {}  # what one archive knows beside these
        self._ports: dict[str, int] = {}
        self._secure: dict[str, int] = {}  # ports with TLS

        def common(name: str) -> dict[str, Any]:
            seen = {"log": self.logs[name], "traces": traces.sink(name)}
            return {"policy": guarding.policy_of(name), **guarding.admission(name), **seen}

        self.router = Router(
            NodeConfig("ROUTER", SERVICES["ROUTER"]),
            workspace.node("ROUTER"),
            ["ARCHIVE"],
            guarding.known("ROUTER", self.destinations),
            back_off=BACK_OFF,
            **common("ROUTER"),
        )
        nodes = {
            name: ManagedNode(
                ManagedConfig(name, services, accepted_transfer_syntaxes=SYNTAXES.get(name)),
                self.archives.get(name),
                destinations=guarding.known(name, self.destinations),
                sink=self.sinks.get(name),
                worklist=self.worklist,
                mpps=self.mpps,
                **common(name),
            )
            for name, services in SERVICES.items()
            if name != "ROUTER"
        }
        self._associations: dict[str, Any] = {**nodes, "ROUTER": self.router.node}
        if supply is not None:
            for name, node in nodes.items():
                tap = supply.tap(name, node, self.logs[name], traces.sink(name))
                self._associations[name] = tap or node
        self._nodes = {name: Front(self._associations[name]) for name in nodes}
        self._nodes["ROUTER"] = Front(self.router)
        self._certificates = workspace.certificates
        self._closed = bound(0)  # ours, and nobody listens: where a firewall lets nothing through

    def __getitem__(self, name: str) -> Front:
        try:
            return self._nodes[name]
        except KeyError:
            raise UnknownNode(name, self) from None

    def __contains__(self, name: object) -> bool:
        return name in self._nodes

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def configure(self, name: str, values: Mapping[str, Any], *, hung: bool = False) -> None:
        """Have a node be what its settings say; one that runs is started again, at its port."""
        front = self[name]
        runs = front.running
        if runs:
            front.stop()
        if self._supply is not None and name in self._supply:
            self._supply.apply(name, front, values, hung=hung, certificates=self._certificates)
            if runs:
                self.start(name)
            return
        apply(
            self._associations[name],
            front,
            values,
            hung=hung,
            destinations=self._guarding.known(
                name, KnownToo(self.destinations, self.told.get(name, {}))
            ),
            closed=self.closed_port,
            certificates=self._certificates,
            tls=self._guarding.server_tls(name),
        )
        if name == "ROUTER":
            self.router.spool.destinations = tuple(values["forward_to"])
            self.router.config = self.router.node.config
            self.router.obey(values["rules"])
        if runs:
            self.start(name)

    @property
    def closed_port(self) -> int:
        """A port where nothing listens, and nothing will."""
        return int(self._closed.getsockname()[1])

    def restore_destinations(self, before: Mapping[str, Sequence[Any]]) -> None:
        """Have the destinations that there were, with the nodes at their addresses of now."""
        kept = {ae: Peer(ae, host, port) for ae, (host, port) in before.items()}
        own = {ae: Peer(ae, HOST, self._ports[ae]) for ae in kept if ae in self._ports}
        self.destinations.replace({**kept, **own})

    def start(self, name: str, port: int = 0) -> None:
        """Start one node, on `port` or on the one it had, where that is free."""
        wanted = port or self._ports.get(name, 0)
        node = self[name]
        if node.running:
            return
        try:
            self._ports[name] = node.start(wanted)
        except PortTaken:
            self._ports[name] = node.start(0)

    def start_all(self, ports: Mapping[str, int]) -> None:
        """Start every node that does not run, on the given ports where they are free."""
        for name in self._nodes:
            self.start(name, ports.get(name, 0))

    def close(self) -> None:
        """Stop every node, all at once since each takes a moment, and close every file."""
        with ThreadPoolExecutor(max_workers=len(self._nodes)) as pool:
            list(pool.map(lambda node: node.stop(), self._nodes.values()))
        self._closed.close()
        self.router.close()
        for archive in self.archives.values():
            archive.close()

    def running(self) -> dict[str, bool]:
        """Return whether each node listens."""
        return {name: node.running for name, node in self._nodes.items()}

    def busy(self, name: str) -> bool:
        """Whether a node has an association open: its log and its trace are still to be written."""
        return bool(self._associations[name].open_associations > 0)

    def listen_tls(self, name: str, context: ssl.SSLContext) -> int:
        """Have a node listen on a second port, with TLS; return the port, the same each time."""
        if name not in self._associations:
            raise UnknownNode(name, self)
        try:
            port: int = self._associations[name].listen_tls(context, self._secure.get(name, 0))
        except PortTaken:
            port = self._associations[name].listen_tls(context)
        self._secure[name] = port
        return port

    def close_tls(self) -> None:
        """Take every such port away."""
        for node in self._associations.values():
            node.close_tls()

    def addresses(self) -> dict[str, NodeAddress]:
        """Return where each node listens, or would."""
        return {
            name: NodeAddress(name, HOST, self._ports[name], CAST[name].role, CAST[name].site)
            for name in CAST
            if name in self._ports
        }

    def know_each_other(self, *, forget: bool = False) -> None:
        """Make every node a C-MOVE destination; with `forget`, nothing else stays one."""
        own = {name: Peer(name, HOST, port) for name, port in self._ports.items()}
        others = {} if forget else {k: p for k, p in self.destinations.items() if k not in own}
        if dict(self.destinations) != {**others, **own}:
            self.destinations.replace({**others, **own})

    def put_back(self, orders: Iterable[Dataset]) -> None:
        """Have these orders on the worklist, no performed steps, and nothing waiting to be sent.

        Call it before the archives are put back: a delivery on its way must not come after that.
        """
        if self.router.waiting():
            self.router.stop()
        self.router.clear()
        self.worklist.replace(orders)
        self.mpps.clear()

    def held(self, name: str, after: int = 0) -> list[Held]:
        """Return what came to a node after number `after`, oldest first.

        Of the worklist node these are the performed procedure steps, of the router the objects
        that wait to be forwarded.
        """
        if name in self.archives:
            stored = self.archives[name].stored(after)
            return [Held(o.entry.number, o.entry.sop_instance_uid, o.path) for o in stored]
        if name == "ROUTER":
            found = [
                Held(item.number, item.sop_instance, self.router.spool.shipment(item).path)
                for item in self.router.waiting()
            ]
        else:
            paths = self._mpps_folder.glob("*.dcm")
            found = [Held(path.stat().st_mtime_ns, path.stem, path) for path in paths]
        return sorted(item for item in found if item.number > after)
