"""Fetching the rest of a series, once a second object of it has been asked for by itself."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from labkit.common.errors import LabkitError
from labkit.dicomweb.source import Place

_log = logging.getLogger(__name__)
_SOON = 60.0  # seconds in which the second has to follow the first
_REMEMBERED = 1024  # series


class Ahead:
    """Looks at which single objects are asked for.

    A client that wants one object gets it first. One that wants a second of the same series, as a
    viewer does which pulls frames, will want the others.

    Parameters
    ----------
    fetch
        Has a series come; it is called in a thread of its own, one series at a time.
    clock
        Seconds that only grow.
    """

    def __init__(self, fetch: Callable[[Place], None], clock: Callable[[], float]) -> None:
        self._fetch, self._clock = fetch, clock
        self._lock = threading.Lock()
        self._last: OrderedDict[Place, tuple[float, str]] = OrderedDict()
        self._worker = ThreadPoolExecutor(1, "proxy-ahead")

    def asked(self, place: Place) -> None:
        """One object was fetched by itself."""
        series, now = Place(place.study, place.series), self._clock()
        with self._lock:
            at, before = self._last.get(series, (0.0, ""))
            follows = before not in ("", place.instance) and now - at < _SOON
            self._last[series] = now, "" if follows else place.instance
            self._last.move_to_end(series)
            while len(self._last) > _REMEMBERED:
                self._last.popitem(last=False)
        if follows:
            self._worker.submit(self._go, series)

    def close(self) -> None:
        """Begin no more."""
        self._worker.shutdown(cancel_futures=True)

    def _go(self, series: Place) -> None:
        try:
            self._fetch(series)
        except LabkitError as error:  # who asks for them is told
            _log.info("a series could not be fetched ahead: %s", error.message)
