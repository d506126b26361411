"""A router: receives, keeps what it received, and forwards it until the destination has it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from labkit.common.access import DENY_ALL, AccessPolicy
from labkit.common.errors import AssociationError
from labkit.dimse import AssociationTrace
from labkit.pacs.archive import StoredObject
from labkit.pacs.config import NodeConfig
from labkit.pacs.destinations import Destinations
from labkit.pacs.header import Header
from labkit.pacs.log import EventLog, counted
from labkit.pacs.node import PacsNode
from labkit.pacs.sender import Delivery, deliver
from labkit.pacs.spool import Spool, Waiting

BACK_OFF = (1.0, 2.0, 5.0, 15.0, 60.0)


class Router:
    """A node that passes on what it is sent: everything to each of its destinations.

    Parameters
    ----------
    config
        What it is; it offers echo and store.
    folder
        Of its spool.
    forward_to
        AE titles; their addresses are looked up in `destinations` for each try.
    back_off
        Seconds before the second, third … try; the last holds for all that follow. It never gives
        up: an object leaves the queue only when a destination has it.
    policy, log, traces
        As of `PacsNode`.
    """

    def __init__(
        self,
        config: NodeConfig,
        folder: Path,
        forward_to: Sequence[str],
        destinations: Destinations,
        *,
        policy: AccessPolicy = DENY_ALL,
        log: EventLog | None = None,
        traces: Callable[[AssociationTrace], None] | None = None,
        back_off: Sequence[float] = BACK_OFF,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.config = config
        self.spool = Spool(folder, forward_to)
        self._destinations = destinations
        self._log = log or EventLog(None)
        self._back_off = tuple(back_off)
        self._news = threading.Event()
        self._stopping = False
        self._worker: threading.Thread | None = None
        self.node = PacsNode(
            config, policy=policy, log=log, traces=traces, destinations=destinations, sink=self
        )

    @property
    def running(self) -> bool:
        """Whether it listens and forwards."""
        return self.node.running

    def start(self, port: int = 0, host: str = "127.0.0.1") -> int:
        """Listen, and go on with what waits; the port."""
        taken = self.node.start(port, host)
        self._stopping = False
        self._worker = threading.Thread(target=self._work, name="router", daemon=True)
        self._worker.start()
        return taken

    def stop(self) -> None:
        """Stop listening and forwarding; what waits stays in the spool."""
        self.node.stop()
        self._stopping = True
        self._news.set()
        if self._worker is not None:
            self._worker.join(self.config.timeout)
            self._worker = None

    def close(self) -> None:
        """Stop, and close the spool."""
        self.stop()
        self.spool.close()

    def add(
        self,
        data: bytes | memoryview,
        *,
        transfer_syntax: str,
        source: str = "",
        header: Header | None = None,
    ) -> StoredObject:
        """Take an object into the spool: the router is the sink of its own storage service."""
        stored = self.spool.add(data, transfer_syntax=transfer_syntax, source=source, header=header)
        self._news.set()
        return stored

    def waiting(self) -> list[Waiting]:
        """What has not been delivered yet, oldest first."""
        return self.spool.waiting()

    def retry_now(self) -> None:
        """Try everything that waits at once, whatever its back-off."""
        for item in self.spool.waiting():
            self.spool.later(item, 0.0, item.problem)
        self._news.set()

    def clear(self) -> None:
        """Forget what waits."""
        self.spool.clear()

    def _work(self) -> None:
        while not self._stopping:
            self._news.wait(self._pause())
            self._news.clear()
            for destination in self.spool.destinations:
                if not self._stopping:
                    self._forward(destination)

    def _pause(self) -> float:
        """Seconds until the next object is due."""
        due = [item.due for item in self.spool.waiting()]
        return max(0.0, min(due) - time.time()) if due else 60.0

    def _forward(self, destination: str) -> None:
        items = self.spool.waiting(destination, due=time.time())
        if not items:
            return
        peer = self._destinations.get(destination)
        if peer is None:
            self._postpone(items, f"{destination} is not among the known nodes")
            return
        by_uid = {item.sop_instance: item for item in items}
        deliveries = deliver(
            peer,
            [self.spool.shipment(item) for item in items],
            ae_title=self.config.ae_title,
            timeout=self.config.timeout,
            stop=lambda: self._stopping,
        )
        try:
            for delivery in deliveries:
                self._settle(by_uid.pop(delivery.shipment.sop_instance), delivery)
        except AssociationError as error:
            self._postpone(list(by_uid.values()), error.message)

    def _settle(self, item: Waiting, delivery: Delivery) -> None:
        status = delivery.status
        if status is not None and (status == 0 or status >> 12 == 0xB):
            self.spool.done(item)
            self._write("INFO", f"forwarded to {item.destination}: {item.sop_instance}")
            return
        why = delivery.problem if status is None else f"{item.destination} answered {status:04X}"
        self._postpone([item], why)

    def _postpone(self, items: list[Waiting], why: str) -> None:
        wait = self._back_off[min(items[0].attempts, len(self._back_off) - 1)]
        for item in items:
            self.spool.later(item, time.time() + wait, why)
        self._write(
            "WARNING",
            f"not forwarded to {items[0].destination}: {why}; {counted(len(items), 'object')} "
            f"waiting, next try in {wait:g} s",
        )

    def _write(self, level: str, text: str) -> None:
        self._log.write(level, self.config.name, "-", text)
