"""A router: receives, keeps what it received, and forwards it until the destination has it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from labkit.common.access import DENY_ALL, AccessPolicy
from labkit.common.errors import AssociationError
from labkit.common.wording import counted
from labkit.dimse import AssociationTrace, Peer
from labkit.dimse.admission import AdmissionPolicy
from labkit.pacs.archive import StoredObject
from labkit.pacs.config import NodeConfig
from labkit.pacs.entering import Arrival
from labkit.pacs.header import Header, read_header
from labkit.pacs.log import EventLog
from labkit.pacs.manner import Manner
from labkit.pacs.node import PacsNode
from labkit.pacs.rule_file import RuleKeeper
from labkit.pacs.rules import Arrived
from labkit.pacs.sender import Delivery, deliver
from labkit.pacs.spool import Spool, Waiting


def local_time() -> datetime:
    """The time of day here."""
    return datetime.now()


BACK_OFF = (1.0, 2.0, 5.0, 15.0, 60.0)


class Router:
    """A node that passes on what it is sent, by rules; without any, all to each destination.

    Parameters
    ----------
    config
        What it is; it offers echo and store.
    folder
        Of its spool.
    forward_to
        AE titles of where everything goes while there are no rules. Addresses are looked up in
        `destinations` for each try.
    back_off
        Seconds before the second, third … try; the last holds for all that follow. It never gives
        up: an object leaves the queue only when a destination has it.
    policy, admission, log, traces
        As of `PacsNode`.
    clock
        Gives the time of day that rules look at.
    seconds
        Gives the time that the next try is reckoned by, seconds since the epoch: it is kept over a
        restart. A clock that is put back delays nothing by more than the longest back-off.
    """

    def __init__(
        self,
        config: NodeConfig,
        folder: Path,
        forward_to: Sequence[str],
        destinations: Mapping[str, Peer],
        *,
        policy: AccessPolicy = DENY_ALL,
        admission: AdmissionPolicy | None = None,
        log: EventLog | None = None,
        traces: Callable[[AssociationTrace], None] | None = None,
        back_off: Sequence[float] = BACK_OFF,
        clock: Callable[[], datetime] = local_time,
        seconds: Callable[[], float] = time.time,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.config = config
        self.spool = Spool(folder, forward_to, config.ae_title)
        self._destinations = destinations
        self._log = log or EventLog(None)
        self._back_off = tuple(back_off)
        self._clock, self._seconds = clock, seconds
        self.rules = RuleKeeper(folder / "rules.toml", config.ae_title, self._write)
        self._news = threading.Event()
        self._sending: dict[str, threading.Thread] = {}
        self._halt = threading.Event()
        self._worker: threading.Thread | None = None
        self.node = PacsNode(
            config,
            policy=policy,
            admission=admission,
            log=log,
            traces=traces,
            destinations=destinations,
            sink=self,
        )

    @property
    def running(self) -> bool:
        """Whether it listens and forwards."""
        return self.node.running

    def start(self, port: int = 0, host: str = "127.0.0.1") -> int:
        """Listen, and go on with what waits; the port."""
        taken = self.node.start(port, host)
        self._halt.clear()
        self._worker = threading.Thread(target=self._work, name="router", daemon=True)
        self._worker.start()
        return taken

    def stop(self) -> None:
        """Stop listening and forwarding; what waits stays in the spool."""
        self.node.stop()
        self._halt.set()
        self._news.set()
        for thread in (self._worker, *self._sending.values()):
            if thread is not None:
                thread.join(self.config.timeout)
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
        header = header or read_header(data, transfer_syntax)
        routes = self._routes(header, source)
        if routes is not None and not routes:
            dropped = Arrival(header, transfer_syntax, len(data), source).entry()
            return StoredObject(
                dropped, self.spool.objects.path(dropped.sop_instance_uid), "dropped"
            )
        stored = self.spool.add(
            data, transfer_syntax=transfer_syntax, source=source, header=header, routes=routes
        )
        self._news.set()
        return stored

    def _routes(self, header: Header, source: str) -> dict[str, Manner] | None:
        """Where an object goes, and how; ``None`` where there are no rules."""
        if self.rules.book is None:
            return None
        now = self._clock()
        decision = self.rules.book.decide(Arrived(source, header, now.time()))
        uid, dropped = header["SOPInstanceUID"], decision.dropped
        if decision.back:
            self._write("WARNING", f"a loop: {uid} came from {source}, and is not sent back there")
        if dropped is not None:
            self._write("INFO", f"rule {dropped.name!r} drops {uid}: {dropped.drop}")
        elif not decision.routes:
            self._write("WARNING", f"no rule sends {uid} anywhere: it is not kept")
        at, pixels = now.astimezone().strftime("%Y%m%d%H%M%S%z"), bool(header["Rows"])
        return {
            where: Manner.of(rule, at, has_pixels=pixels) for where, rule in decision.routes.items()
        }

    def waiting(self) -> list[Waiting]:
        """What has not been delivered yet, oldest first."""
        return self.spool.waiting()

    def retry_now(self) -> None:
        """Try everything that waits at once, whatever its back-off."""
        for item in self.spool.waiting():
            self.spool.later(item, 0.0, item.problem)
        self._news.set()

    def obey(self, rules: str) -> None:
        """Have the rules of this text in force; of an empty one, none.

        Raises
        ------
        RuleError
            They cannot be used; those that were in force stay so.
        """
        if not rules:
            self.rules.clear()
        elif rules != self.rules.text:
            self.rules.load(rules)

    def clear(self) -> None:
        """Be as new: forget what waits, and have no rules."""
        self.spool.clear()
        self.rules.clear()

    @property
    def _stopping(self) -> bool:
        return self._halt.is_set()

    def _due(self, destination: str = "") -> list[Waiting]:
        return self.spool.waiting(destination, self._seconds(), max(self._back_off))

    def _work(self) -> None:
        """Have each destination served in a thread of its own: none waits for another."""
        while not self._stopping:
            self._news.wait(self._pause())
            self._news.clear()
            due = {item.destination for item in self._due()}
            for destination in due - self._busy():
                if not self._stopping:
                    thread = threading.Thread(target=self._serve, args=(destination,), daemon=True)
                    self._sending[destination] = thread
                    thread.start()

    def _busy(self) -> set[str]:
        return {where for where, thread in self._sending.items() if thread.is_alive()}

    def _pause(self) -> float:
        """Seconds until the next object is due; what is being sent to will say when it is done."""
        busy = self._busy()
        due = [item.due for item in self.spool.waiting() if item.destination not in busy]
        wait = min(due) - self._seconds() if due else 60.0
        return max(0.0, min(wait, max(self._back_off))) if due else wait

    def _serve(self, destination: str) -> None:
        try:
            self._forward(destination)
        except OSError as error:  # the queue cannot be written: nothing is lost, nor tried at once
            wait = self._back_off[0]
            self._write("ERROR", f"{error.strerror}; {destination} has to wait {wait:g} s")
            self._halt.wait(wait)
        finally:
            self._sending.pop(destination, None)
            self._news.set()

    def _forward(self, destination: str) -> None:
        items = self._due(destination)
        peer = self._destinations.get(destination)
        if items and peer is None:
            self._postpone(items, f"{destination} is not among the known nodes")
            return
        by_title: dict[str, list[Waiting]] = {}
        for item in items:
            by_title.setdefault(item.manner.calling_ae or self.config.ae_title, []).append(item)
        for title, batch in by_title.items():
            if peer is not None and not self._stopping:
                self._deliver(peer, title, batch)

    def _deliver(self, peer: Peer, title: str, items: list[Waiting]) -> None:
        by_uid = {item.sop_instance: item for item in items}
        deliveries = deliver(
            peer,
            [self.spool.shipment(item) for item in items],
            ae_title=title,
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
        if not delivery.tried:  # another object broke the association; its own turn has not come
            self.spool.later(item, self._seconds(), delivery.problem, tried=False)
            return
        why = delivery.problem if status is None else f"{item.destination} answered {status:04X}"
        self._postpone([item], why)

    def _postpone(self, items: list[Waiting], why: str) -> None:
        wait = self._back_off[min(items[0].attempts, len(self._back_off) - 1)]
        for item in items:
            self.spool.later(item, self._seconds() + wait, why)
        self._write(
            "WARNING",
            f"not forwarded to {items[0].destination}: {why}; {counted(len(items), 'object')} "
            f"waiting, next try in {wait:g} s",
        )

    def _write(self, level: str, text: str) -> None:
        self._log.write(level, self.config.name, "-", text)
