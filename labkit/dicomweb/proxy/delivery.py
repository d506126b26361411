"""Waiting for objects on behalf of one request."""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence

from labkit.dicomweb.problems import WebError
from labkit.dicomweb.proxy.cache_index import Entry
from labkit.dicomweb.proxy.fetching import Fetcher
from labkit.dicomweb.proxy.flight import Flight, Seat
from labkit.dicomweb.proxy.listing import Item, Listing
from labkit.dicomweb.proxy.pacs import Pacs
from labkit.dicomweb.proxy.settings import ProxySettings
from labkit.dicomweb.source import Place

_LOOK = 0.25  # seconds after which one that waits looks at the clock
_TURN = 1.0  # seconds that one object alone waits for its turn in a longer retrieve


class Delivery:
    """Has what is missing come, and hands it over as it arrives.

    Parameters
    ----------
    settings
        Of the façade.
    pacs
        All of them.
    fetcher
        Has them send.

    Attributes
    ----------
    counts
        ``hits``, ``misses`` and ``shared``: objects that were cached, that were fetched, and that
        another request was having fetched.
    """

    def __init__(self, settings: ProxySettings, pacs: Sequence[Pacs], fetcher: Fetcher) -> None:
        self._settings, self._pacs, self._fetcher = settings, pacs, fetcher
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()

    def board(
        self, place: Place, listing: Listing, seat: Seat, *, ahead: bool = False
    ) -> list[Flight]:
        """Have what is missing come, from each PACS.

        Parameters
        ----------
        ahead
            Nobody waits for it.
        """
        flights: list[Flight] = []
        started = False
        for pacs in self._pacs:
            own = {uid: i for uid, i in listing.items.items() if i.pacs == pacs.name}
            missing = {uid: item for uid, item in own.items() if uid in seat.wanted}
            if not missing:
                continue
            holding = listing.holdings[pacs.name]
            held = Counter(i.place.series for i in holding.items) if not place.instance else {}
            joined, new = self._fetcher.board(pacs, missing, seat, held, not place.series)
            flights += joined
            started |= new
        if ahead:
            for flight in flights:
                flight.kept = True
            return flights
        hits, misses = len(listing.items) - len(seat.wanted), len(seat.wanted)
        with self._lock:
            self.counts["hits"] += hits
            self.counts["misses" if started else "shared"] += misses
        if seat.recorder is not None and listing.items:
            mark = "hit" if not misses else "partly" if hits else "miss" if started else "shared"
            seat.recorder.cache = mark
        return flights

    def arrivals(
        self, seat: Seat, flights: list[Flight], alone: Item | None = None
    ) -> Iterator[Entry]:
        """Wait for objects as they come, until all have, or a flight has failed.

        Parameters
        ----------
        flights
            Those that the seat is in; grows where an object is fetched out of turn.
        alone
            The object, where only one is waited for.
        """
        under_way = set(flights)
        began = time.monotonic()
        nothing_yet = True
        while seat.wanted:
            waited = time.monotonic() - began
            if alone is not None and waited > _TURN and any(len(f.items) > 1 for f in under_way):
                flights += self._out_of_turn(alone, seat)
                under_way |= set(flights)
                alone = None
            try:
                flight, entry = seat.events.get(timeout=_LOOK)
            except queue.Empty:
                if seat.recorder is not None and seat.recorder.gone:
                    raise WebError(503, "the client has left") from None
                if nothing_yet and waited > self._settings.slow_after:
                    raise self._slow(flights) from None
                continue
            if entry is None:
                under_way.discard(flight)
                lost = seat.wanted & flight.items.keys()
                for other in under_way:  # that may still bring them
                    lost -= other.items.keys()
                if flight.error is not None and lost:
                    raise flight.error
                if not under_way and seat.wanted:
                    raise WebError(502, f"{flight.pacs.name} did not send all that it has")
            elif entry.place.instance in seat.wanted:
                nothing_yet = False
                seat.wanted.discard(entry.place.instance)
                yield entry

    def _out_of_turn(self, item: Item, seat: Seat) -> list[Flight]:
        """Fetch one object by itself, which is late in a longer retrieve."""
        pacs = next(each for each in self._pacs if each.name == item.pacs)
        found, _ = self._fetcher.board(
            pacs, {item.place.instance: item}, seat, {}, False, alone=True
        )
        return found

    def _slow(self, flights: list[Flight]) -> WebError:
        """503: it goes on, and who comes back finds it."""
        for flight in flights:
            flight.kept = True
        names = ", ".join(dict.fromkeys(flight.pacs.name for flight in flights))
        return WebError(
            503,
            f"{names} has sent nothing for {self._settings.slow_after:g} s; the retrieve goes on",
            remedy="Ask again later.",
            headers={"Retry-After": str(max(round(self._settings.slow_after), 1))},
        )
