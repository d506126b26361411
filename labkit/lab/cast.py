"""The DICOM nodes of the enterprise, put together from the layer below."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from labkit.common.access import ALLOW_ALL, AccessPolicy
from labkit.common.errors import PortTaken, UsageError
from labkit.dimse import Peer
from labkit.lab.description import NodeAddress
from labkit.lab.http import HOST
from labkit.lab.nodes import CAST
from labkit.pacs import Archive, Destinations, EventLog, NodeConfig, PacsNode, Service

if TYPE_CHECKING:
    from labkit.lab.traces import TraceStore
    from labkit.lab.workspace import Workspace

_QUERY = {Service.ECHO, Service.STORE, Service.FIND, Service.MOVE, Service.GET}
SERVICES: Mapping[str, frozenset[Service]] = {
    "ARCHIVE": frozenset(Service),
    "WORKSTN": frozenset({Service.ECHO, Service.STORE, Service.FIND}),
    "LEGACY": frozenset(_QUERY),
}
"""What each node offers as SCP."""


class Cast:
    """All nodes of one workspace.

    Parameters
    ----------
    workspace
        Where their archives and logs are.
    traces
        Keeps the PDU traces of every association.
    policy
        Asked for every act; the lab is open unless told otherwise.
    """

    def __init__(
        self, workspace: Workspace, traces: TraceStore, *, policy: AccessPolicy = ALLOW_ALL
    ) -> None:
        self.archives = {name: Archive(workspace.node(name)) for name in SERVICES}
        self.logs = {name: EventLog(workspace.log(name)) for name in SERVICES}
        self.destinations = Destinations(workspace.destinations)
        self._ports: dict[str, int] = {}
        self._nodes = {
            name: PacsNode(
                NodeConfig(name, services),
                self.archives[name],
                policy=policy,
                destinations=self.destinations,
                log=self.logs[name],
                traces=traces.sink(name),
            )
            for name, services in SERVICES.items()
        }

    def __getitem__(self, name: str) -> PacsNode:
        try:
            return self._nodes[name]
        except KeyError:
            raise UsageError(
                f"There is no node {name!r}.", remedy=f"The lab has {', '.join(self._nodes)}."
            ) from None

    def __contains__(self, name: object) -> bool:
        return name in self._nodes

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

    def stop_all(self) -> None:
        """Stop every node at once: each takes up to half a second."""
        with ThreadPoolExecutor(max_workers=len(self._nodes)) as pool:
            list(pool.map(PacsNode.stop, self._nodes.values()))

    def close(self) -> None:
        """Stop, and close every archive."""
        self.stop_all()
        for archive in self.archives.values():
            archive.close()

    def running(self) -> dict[str, bool]:
        """Return whether each node listens."""
        return {name: node.running for name, node in self._nodes.items()}

    def addresses(self) -> dict[str, NodeAddress]:
        """Return where each node listens, or would."""
        return {
            name: NodeAddress(name, HOST, port, CAST[name].role, CAST[name].site)
            for name, port in self._ports.items()
        }

    def know_each_other(self, *, forget: bool = False) -> None:
        """Make every node a C-MOVE destination; with `forget`, nothing else stays one."""
        own = {name: Peer(name, HOST, port) for name, port in self._ports.items()}
        others = {} if forget else {k: p for k, p in self.destinations.items() if k not in own}
        if dict(self.destinations) != {**others, **own}:
            self.destinations.replace({**others, **own})
