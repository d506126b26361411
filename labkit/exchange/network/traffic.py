"""What went over the lines: bytes, connections and messages, and a log of what happened."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from labkit.exchange.network.sections import LinkDesign

MOST_EVENTS = 20000
"""Older events are forgotten; totals are not."""


@dataclass(frozen=True)
class Event:
    """One thing that happened.

    Attributes
    ----------
    at
        By the network's clock, seconds.
    kind
        Of a message: ``"C-STORE"``, ``"GET"``, ``"POST"``, ``"SOAP"`` …; of the network:
        ``"acquired"``, ``"found"``, ``"fetched"``, ``"killed"``, ``"revived"``, ``"cut"``,
        ``"mended"``.
    source, target
        Names of sites; of a line its two ends.
    bytes
        Of a message and its answer, as they came and went; it grows until the next begins.
    what
        Path, SOAP action, Study Instance UID.
    links
        Names of the lines that it went over, in order.
    """

    at: float
    kind: str
    source: str
    target: str
    bytes: int = 0
    what: str = ""
    links: tuple[str, ...] = ()


@dataclass(frozen=True)
class LinkTraffic:
    """What one line carried.

    Attributes
    ----------
    there, back
        Bytes from its first end to its second, and the other way.
    connections
        TCP connections.
    messages
        Kind of message to how many.
    """

    there: int = 0
    back: int = 0
    connections: int = 0
    messages: Mapping[str, int] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        """Both ways."""
        return self.there + self.back

    def __sub__(self, before: LinkTraffic) -> LinkTraffic:
        messages = {k: n - before.messages.get(k, 0) for k, n in self.messages.items()}
        return LinkTraffic(
            self.there - before.there,
            self.back - before.back,
            self.connections - before.connections,
            {kind: count for kind, count in messages.items() if count},
        )


@dataclass(frozen=True)
class Traffic(Mapping[str, LinkTraffic]):
    """What all lines carried, by the name of the line; a difference of two is what came between."""

    links: Mapping[str, LinkTraffic]

    def __getitem__(self, name: str) -> LinkTraffic:
        return self.links[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.links)

    def __len__(self) -> int:
        return len(self.links)

    def __sub__(self, before: Traffic) -> Traffic:
        return Traffic({n: t - before.links.get(n, LinkTraffic()) for n, t in self.links.items()})

    @property
    def bytes(self) -> int:
        """Over all lines; what goes over two counts twice."""
        return sum(link.bytes for link in self.links.values())

    @property
    def connections(self) -> int:
        """Over all lines."""
        return sum(link.connections for link in self.links.values())

    @property
    def messages(self) -> dict[str, int]:
        """Kind of message to how many, over all lines."""
        total: Counter[str] = Counter()
        for link in self.links.values():
            total.update(link.messages)
        return dict(sorted(total.items()))

    def __repr__(self) -> str:
        rows = [f"{'line':<24}{'messages':>9}  kinds"]
        for name, link in self.links.items():
            kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(link.messages.items()))
            rows.append(f"{name:<24}{sum(link.messages.values()):>9}  {kinds}".rstrip())
        return "\n".join(rows)


@dataclass
class _Entry:
    """An event that may still be going on: its bytes grow."""

    at: float
    kind: str
    source: str
    target: str
    size: int
    what: str
    links: tuple[str, ...]


class Ledger:
    """Where it is all written down; from several threads."""

    def __init__(self, links: Sequence[LinkDesign], clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._ends = {link.name: link.from_ for link in links}
        self._bytes: Counter[tuple[str, bool]] = Counter()
        self._connections: Counter[str] = Counter()
        self._messages: dict[str, Counter[str]] = {link.name: Counter() for link in links}
        self._between: Counter[frozenset[str]] = Counter()
        self._asked: Counter[frozenset[str]] = Counter()
        self._events: deque[_Entry] = deque(maxlen=MOST_EVENTS)
        self._written = 0

    def connected(self, links: Sequence[str]) -> None:
        """Count a connection on each line of its way."""
        with self._lock:
            self._connections.update(links)

    def carried(self, link: str, start: str, count: int) -> None:
        """Count bytes on one line, from its end `start`."""
        with self._lock:
            self._bytes[link, start == self._ends[link]] += count

    def passed(self, ends: frozenset[str], count: int) -> None:
        """Count bytes between two sites, whatever the way."""
        with self._lock:
            self._between[ends] += count

    def message(
        self, kind: str, source: str, target: str, what: str, links: tuple[str, ...]
    ) -> Callable[[int], None]:
        """Count a message that has begun; what is returned is told how many bytes it takes."""
        entry = _Entry(self._clock(), kind, source, target, 0, what, links)
        with self._lock:
            self._asked[frozenset((source, target))] += 1
            for link in links:
                self._messages[link][kind] += 1
            self._events.append(entry)
            self._written += 1

        def grow(count: int) -> None:
            entry.size += count

        return grow

    def note(
        self, kind: str, source: str, target: str, size: int = 0, what: str = "",
        links: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        """Write an event down."""
        entry = _Entry(self._clock(), kind, source, target, size, what, links)
        with self._lock:
            self._events.append(entry)
            self._written += 1

    @property
    def events(self) -> list[Event]:
        """What happened, oldest first."""
        with self._lock:
            return [
                Event(e.at, e.kind, e.source, e.target, e.size, e.what, e.links)
                for e in self._events
            ]

    def numbered(self, most: int) -> list[tuple[int, Event]]:
        """The newest events, each with its number."""
        with self._lock:
            first = self._written - len(self._events)
        found = list(enumerate(self.events, first))
        return found[-most:]

    def traffic(self) -> Traffic:
        """Give all that was counted."""
        with self._lock:
            return Traffic(
                MappingProxyType(
                    {
                        name: LinkTraffic(
                            self._bytes[name, True],
                            self._bytes[name, False],
                            self._connections[name],
                            dict(sorted(self._messages[name].items())),
                        )
                        for name in self._ends
                    }
                )
            )

    def between(self, ends: frozenset[str]) -> tuple[int, int]:
        """Bytes and messages between two sites."""
        with self._lock:
            return self._between[ends], self._asked[ends]
