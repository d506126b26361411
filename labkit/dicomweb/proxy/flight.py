"""One retrieve from one PACS, for all who wait for its objects."""

from __future__ import annotations

import logging
import queue
import threading
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from labkit.common.errors import LabkitError
from labkit.dicomweb.problems import WebError
from labkit.dicomweb.proxy.cache_index import Entry
from labkit.dicomweb.proxy.errand import Errand
from labkit.dicomweb.proxy.listing import Item
from labkit.dicomweb.proxy.pacs import Pacs
from labkit.dicomweb.proxy.trace import Recorder, Step

if TYPE_CHECKING:
    from labkit.dicomweb.proxy.fetching import Fetcher

_log = logging.getLogger(__name__)
GRACE = 5.0  # seconds that a PACS may take to heed a C-CANCEL before the association is aborted


class Seat:
    """One asker's place in a flight, or in several.

    Attributes
    ----------
    wanted
        SOP Instance UIDs that it still waits for.
    """

    def __init__(self, wanted: Iterable[str], recorder: Recorder | None) -> None:
        self.wanted = set(wanted)
        self.recorder = recorder
        self.events: queue.SimpleQueue[tuple[Flight, Entry | None]] = queue.SimpleQueue()


class Flight:
    """A retrieve under way.

    Parameters
    ----------
    fetcher
        Does the work.
    pacs
        Where from.
    items
        SOP Instance UID → what is to come.
    held
        How many objects the PACS has of each series; empty where only single ones are asked for.
    study
        Whether `held` are all the series of the study.
    """

    def __init__(
        self, fetcher: Fetcher, pacs: Pacs, items: dict[str, Item],
        held: Mapping[str, int], study: bool,
    ) -> None:  # fmt: skip
        self.pacs, self.items = pacs, items
        count = Counter(item.place.series for item in items.values())
        self.whole_series = {uid for uid, number in count.items() if held.get(uid) == number}
        self.whole_study = study and self.whole_series == held.keys()
        self.arrived: dict[str, Entry] = {}
        self.error: LabkitError | None = None
        self.done = threading.Event()
        self.kept = False  # goes on though nobody waits
        self.errand = Errand(self.tell)
        self._fetcher = fetcher
        self._lock = threading.Lock()
        self._seats: list[Seat] = []
        self._steps: list[Step] = []
        self._timer: threading.Timer | None = None
        self.thread = threading.Thread(
            target=self._run, name=f"retrieve from {pacs.name}", daemon=True
        )

    @property
    def cancelled(self) -> bool:
        """Whether nobody wants it any more."""
        return self.errand.cancelled

    def missing(self) -> dict[str, Item]:
        """What has not come yet."""
        with self._lock:
            return {uid: item for uid, item in self.items.items() if uid not in self.arrived}

    def landed(self) -> set[str]:
        """What has come."""
        with self._lock:
            return set(self.arrived)

    def join(self, seat: Seat, gone: Collection[str] = ()) -> bool:
        """Have an asker told of what comes, and of what has come; whether it is not too late.

        Parameters
        ----------
        gone
            What has come and has left the cache again: this flight does not bring it twice.
        """
        with self._lock:
            if self.done.is_set() or self.errand.cancelled:
                return False
            self._seats.append(seat)
            for uid in (seat.wanted & self.arrived.keys()).difference(gone):
                seat.events.put((self, self.arrived[uid]))
            if seat.recorder is not None:
                for step in self._steps:
                    seat.recorder.add(step)
            return True

    def leave(self, seat: Seat) -> None:
        """An asker goes; the last one ends it, unless it is to go on."""
        with self._lock:
            if seat in self._seats:
                self._seats.remove(seat)
            wanted = bool(self._seats) or self.kept or self.items.keys() <= self.arrived.keys()
            unwanted = not wanted and not self.done.is_set()
        if unwanted:
            self.cancel()

    def cancel(self) -> None:
        """Ask the PACS to stop; where it does not, end the association."""
        self.errand.cancel()
        timer = threading.Timer(GRACE, self._give_up)
        timer.daemon = True
        self._timer = timer
        timer.start()

    def land(self, entry: Entry) -> None:
        """An object has come and is in the cache."""
        uid = entry.place.instance
        with self._lock:
            self.arrived[uid] = entry
            for seat in self._seats:
                if uid in seat.wanted:
                    seat.events.put((self, entry))

    def tell(self, step: Step) -> None:
        """Note a step in each request that waits."""
        with self._lock:
            self._steps.append(step)
            for seat in self._seats:
                if seat.recorder is not None:
                    seat.recorder.add(step)

    def _give_up(self) -> None:
        if not self.done.is_set():
            self.errand.abort()

    def _run(self) -> None:
        try:
            self._fetcher.fetch(self)
        except LabkitError as error:
            self.error = error
        except Exception:
            _log.exception("retrieving from %s failed", self.pacs.name)
            self.error = WebError(500, "the façade failed; its log says why")
        self._fetcher.ended(self)
        with self._lock:
            self.done.set()
            for seat in self._seats:
                seat.events.put((self, None))
        if self._timer is not None:
            self._timer.cancel()
