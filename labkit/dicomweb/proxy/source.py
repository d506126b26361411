"""PACS that speak DIMSE as a source: found by C-FIND, fetched by C-GET or C-MOVE, cached."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, BinaryIO

from pydicom.dataset import Dataset

from labkit.common.errors import LabkitError
from labkit.common.scope import Closes
from labkit.dicomweb.problems import WebError
from labkit.dicomweb.proxy.ahead import Ahead
from labkit.dicomweb.proxy.cache import Cache
from labkit.dicomweb.proxy.cache_index import Entry
from labkit.dicomweb.proxy.delivery import Delivery
from labkit.dicomweb.proxy.fetching import Fetcher
from labkit.dicomweb.proxy.flight import Seat
from labkit.dicomweb.proxy.held import HeldInstance, Hook, through
from labkit.dicomweb.proxy.listing import Item, Listing, Listings
from labkit.dicomweb.proxy.pacs import Pacs
from labkit.dicomweb.proxy.reach import reached
from labkit.dicomweb.proxy.searching import Searcher
from labkit.dicomweb.proxy.settings import ProxySettings
from labkit.dicomweb.proxy.storing import Storing
from labkit.dicomweb.proxy.trace import current
from labkit.dicomweb.reading import header
from labkit.dicomweb.source import Instance, Outcome, Page, Place, Search

_log = logging.getLogger(__name__)
_HOUSEKEEPING = 5.0  # seconds


class ProxySource(Closes):
    """Implements `labkit.dicomweb.source.Source` over DIMSE.

    Parameters
    ----------
    settings
        What stands behind it, and what it may keep.
    clock
        Seconds that only grow: for trust, and for the circuit breakers.
    now
        The time of day, seconds since the epoch: for the age of cached objects.
    hooks
        What changes all that leaves: de-identification, enrichment. One that raises has the request
        fail with 500, and nothing leaves. Searches match what the PACS has, before the hooks.
    """

    def __init__(
        self,
        settings: ProxySettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        hooks: Sequence[Hook] = (),
    ) -> None:
        self.settings = settings
        self._hooks = tuple(hooks)
        self._pacs = [
            Pacs(
                upstream, settings.calling(upstream), clock=clock, failures=settings.failures,
                patience=min(settings.slow_after, upstream.timeout),
            )
            for upstream in settings.upstreams
        ]  # fmt: skip
        self._by_name = {pacs.name: pacs for pacs in self._pacs}
        self._cache = Cache(settings.cache, settings.limits, now)
        # Two: a search that waits for a listing must not hold the thread that would make it.
        self._executors = [ThreadPoolExecutor(8 * len(self._pacs), f"proxy-{n}") for n in (1, 2)]
        self._fetcher = Fetcher(settings, self._cache)
        self._listings = Listings(
            self._pacs, self._executors[0], clock, settings.trust, self._drop_what_is_stale
        )  # fmt: skip
        self._ahead = Ahead(self._fetch_ahead, clock)
        self._delivery = Delivery(settings, self._pacs, self._fetcher)
        self._searcher = Searcher(
            settings, self._pacs, self._executors[1], self._object, self._peek, self._hooks
        )
        self._storing = Storing(settings, self._by_name, self._cache, self._listings)
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._stopping = threading.Event()
        self._keeper = threading.Thread(target=self._keep_house, name="proxy-house", daemon=True)
        self._keeper.start()

    def start(self) -> ProxySource:
        """Listen for what C-MOVE sends, where there is a PACS that may be told to."""
        if any(pacs.upstream.retrieve != "c-get" for pacs in self._pacs):
            self._fetcher.receiver.start()
        return self

    @property
    def receive_port(self) -> int:
        """Where C-MOVE is to send to: a PACS has to know AE title, host and this port."""
        self._fetcher.receiver.start()
        return self._fetcher.receiver.port

    def close(self) -> None:
        """End what is under way, release all associations, close the cache."""
        with self._lock:
            if self._stopping.is_set():
                return
            self._stopping.set()
        self._ahead.close()
        self._fetcher.close()
        self._keeper.join()
        for executor in self._executors:
            executor.shutdown()
        for pacs in self._pacs:
            pacs.pool.close()
        self._cache.close()

    def __enter__(self) -> ProxySource:
        return self.start()

    def stats(self) -> dict[str, Any]:
        """Counters: of each PACS, of the cache, of retrieves."""
        with self._lock:
            counts = {**self._delivery.counts, **self._counts}
        return {
            "upstreams": {pacs.name: pacs.stats() for pacs in self._pacs},
            "cache": {
                **{name: counts.get(name, 0) for name in ("hits", "misses", "shared", "stale")},
                "objects": self._cache.count,
                "bytes": self._cache.bytes,
                "evicted": self._cache.evicted,
            },
            "retrieves": {"started": self._fetcher.started, "under_way": self._fetcher.under_way},
        }

    def release_idle(self) -> None:
        """Release the associations that nobody uses now, rather than after `idle` seconds."""
        for pacs in self._pacs:
            pacs.pool.release_idle()

    def search(self, query: Search) -> Page:
        """Find by C-FIND, level by level, at all PACS: merged, then sorted, then paged."""
        return self._searcher.search(query)

    def instances(self, place: Place) -> Iterator[Instance]:
        """Go through the objects of a place: those in the cache, then the others as they come.

        Raises
        ------
        LabkitError
            A PACS that has the study failed; in the middle too, and then the answer is not whole.
        WebError
            503: the first object has not come in `slow_after` seconds; it is waited for behind.
        """
        listing = self._listings.of(place)
        self._tell_of_failures(place, listing)
        items = listing.items
        with self._cache.pinned(items) as release:
            cached = self._cached(place, items)
            with self._fetcher.boarding:
                if len(cached) < len(items):  # what has come meanwhile is not fetched again
                    cached = self._cached(place, items)
                seat = Seat(items.keys() - cached.keys(), current())
                flights = self._delivery.board(place, listing, seat)
            try:
                for uid, item in items.items():
                    if uid in cached:
                        yield self._held(item, cached[uid])
                        release(uid)
                one = items.get(place.instance) if seat.wanted else None
                for entry in self._delivery.arrivals(seat, flights, one):
                    if one is not None and self.settings.ahead:
                        self._ahead.asked(place)
                    yield self._held(items[entry.place.instance], entry)
                    release(entry.place.instance)
            finally:
                for flight in flights:
                    flight.leave(seat)

    def metadata(self, place: Place) -> Iterator[tuple[Instance, Dataset]]:
        """Go through the headers of a place, which the objects alone have in full."""
        for instance in self.instances(place):
            assert isinstance(instance, HeldInstance)
            with instance.read(instance.place) as file:
                ds = header(file)
            yield instance, through(self._hooks, ds)

    def store(self, file: BinaryIO) -> Outcome:
        """Store by C-STORE."""
        return self._storing.store(file)

    def remove(self, place: Place) -> int:
        """Refuse: DIMSE has no service that deletes."""
        raise WebError(
            501,
            "a PACS behind a façade cannot be told to delete: DIMSE has no such service",
            remedy="Delete on the PACS itself.",
        )

    def version(self, place: Place) -> str:
        """A digest of what the PACS say there is, and of the hooks."""
        version = self._listings.of(place).version()
        named = " ".join(f"{h.__module__}.{getattr(h, '__qualname__', h)}" for h in self._hooks)
        return f"{version} {named}".strip() if version else ""

    def patients(self, place: Place) -> set[str]:
        """Patient IDs of the objects of a place, as the PACS have them."""
        listing = self._listings.of(place)
        self._tell_of_failures(place, listing)
        return {item.patient_id for item in listing.items.values()}

    def _fetch_ahead(self, place: Place) -> None:
        listing = self._listings.of(place)
        with self._fetcher.boarding:
            cached = self._cached(place, listing.items)
            seat = Seat(listing.items.keys() - cached.keys(), None)
            for flight in self._delivery.board(place, listing, seat, ahead=True):
                flight.leave(seat)

    def _held(self, item: Item, entry: Entry) -> HeldInstance:
        return HeldInstance(
            item.place, entry.sop_class_uid, entry.transfer_syntax, item.patient_id,
            self._open, self._hooks,
        )  # fmt: skip

    def _open(self, place: Place) -> BinaryIO:
        """Open a cached file; one that was evicted since it was listed is fetched again."""
        try:
            return self._cache.open(place.instance)
        except FileNotFoundError:
            self._cache.drop([place.instance])
            for instance in self.instances(place):
                return self._cache.open(instance.place.instance)
        raise WebError(404, "the object has gone meanwhile")

    def _object(self, place: Place) -> Dataset | None:
        """The header of an object, for a search that needs what C-FIND does not return."""
        for instance in self.instances(place):
            assert isinstance(instance, HeldInstance)
            with instance.read(instance.place) as file:
                return header(file)
        return None

    def _peek(self, place: Place) -> Dataset | None:
        """The header of an object that is cached."""
        for entry in self._cache.at(place).values():
            with self._open(entry.place) as file:
                return header(file)
        return None

    def _tell_of_failures(self, place: Place, listing: Listing) -> None:
        """Raise if nobody who answered has it; else warn of those who did not."""
        if not listing.failed:
            return
        if not listing.items:
            raise next(iter(listing.failed.values()))
        recorder = current()
        if recorder is not None:
            for name in listing.failed:
                recorder.warn(f"{name} did not answer: what it has of this study is missing")

    def _drop_what_is_stale(self, place: Place, listing: Listing) -> None:
        """Drop cached objects that their PACS has no more, or has with other patient or study."""
        gone = []
        for uid, entry in self._cache.at(place).items():
            if entry.pacs in listing.failed or not reached(entry.pacs):
                continue
            item = listing.items.get(uid)
            if item is None or (item.pacs, item.mark) != (entry.pacs, entry.mark):
                gone.append(uid)
        if gone:
            with self._lock:
                self._counts["stale"] += self._cache.drop(gone)

    def _cached(self, place: Place, items: Mapping[str, Item]) -> dict[str, Entry]:
        return {
            uid: entry
            for uid, entry in self._cache.at(place).items()
            if uid in items and (items[uid].pacs, items[uid].mark) == (entry.pacs, entry.mark)
        }

    def _keep_house(self) -> None:
        while not self._stopping.wait(_HOUSEKEEPING):
            try:
                for pacs in self._pacs:
                    pacs.pool.release_idle(self.settings.idle)
                self._cache.evict()
            except (LabkitError, OSError):
                _log.exception("the façade could not tidy up")
