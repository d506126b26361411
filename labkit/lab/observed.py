"""What can be seen of an enterprise: logs, traces, objects, and how far each has come."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from labkit.lab.health import HEALTH_AE
from labkit.lab.nodes import PROXY, UnknownNode

if TYPE_CHECKING:
    from labkit.lab.cast import Cast
    from labkit.lab.proxy.node import ProxyNode
    from labkit.lab.traces import TraceStore
    from labkit.lab.workspace import Workspace
    from labkit.pacs import EventLog

QUIET = 1.0
"""Seconds that a look into a log waits for open associations to end."""


class Observed:
    """The part of an enterprise that looks and changes nothing."""

    workspace: Workspace
    cast: Cast
    proxy: ProxyNode
    _traces: TraceStore
    _logs: Mapping[str, EventLog]
    _epoch: str

    def mark(self) -> dict[str, Any]:
        """Return how far every log, trace list and archive has come."""
        self._settle(*self.cast, PROXY)
        logs = {name: log.path for name, log in self._logs.items()}
        return {
            "epoch": self._epoch,
            "logs": {n: p.stat().st_size if p and p.exists() else 0 for n, p in logs.items()},
            "traces": {
                **{name: self._traces.count(name) for name in self.cast},
                PROXY: self.proxy.count,
            },
            "objects": {
                name: max((item.number for item in self.cast.held(name)), default=0)
                for name in self.cast
            },
        }

    def log(self, name: str, *, since: int = 0, epoch: str = "") -> dict[str, list[str]]:
        """Return the log lines of a node after byte `since`, a mark of the same epoch."""
        path = self.workspace.log(self._known(name, self._logs))
        self._settle(name)
        if not path.exists():
            return {"lines": []}
        data = path.read_bytes()
        # A log that was put back, or begun again, has come no further than its beginning.
        start = since if epoch in ("", self._epoch) and since <= len(data) else 0
        lines = data[start:].decode("utf-8", "replace").splitlines()
        return {"lines": [line for line in lines if f" {HEALTH_AE}#" not in line]}

    def traces(
        self, name: str, *, since: int = 0, epoch: str = "", last: int = 0
    ) -> list[dict[str, Any]]:
        """Return the PDU traces of a node after number `since`, newest last."""
        self._settle(self._known(name, self.cast))
        number = since if epoch in ("", self._epoch) else 0
        return self._traces.newest(name, since=number, last=last)

    def requests(self, *, since: int = 0, epoch: str = "", last: int = 0) -> list[dict[str, Any]]:
        """Return the traces of the façade after number `since`, newest last."""
        self._settle(PROXY)
        return self.proxy.traces(since if epoch in ("", self._epoch) else 0, last)

    def objects(self, name: str, *, since: int = 0, epoch: str = "") -> list[dict[str, str]]:
        """Return what a node holds, in the order received."""
        self._settle(self._known(name, self.cast))
        number = since if epoch in ("", self._epoch) else 0
        root = self.workspace.root
        return [
            {"SOPInstanceUID": uid, "path": path.relative_to(root).as_posix()}
            for _, uid, path in self.cast.held(name, number)
        ]

    def _settle(self, *names: str) -> None:
        """Wait a little for open associations to end.

        A requestor that has its A-RELEASE-RP goes on at once; the acceptor logs the end of the
        association, and hands over its trace, a moment later.
        """
        if "LEGACY" in names:
            self.proxy.rest()
        deadline = time.monotonic() + QUIET
        for name in names:
            while self._busy(name):
                if time.monotonic() >= deadline:
                    return
                time.sleep(0.005)

    def _busy(self, name: str) -> bool:
        if name == PROXY:
            return self.proxy.busy
        return name in self.cast and self.cast.busy(name)

    def _known(self, name: str, names: Collection[str] | Cast) -> str:
        if name not in names:
            raise UnknownNode(name, names)
        return name
