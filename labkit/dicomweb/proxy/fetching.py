"""Retrieving from PACS into the cache: one flight for many askers, C-GET or C-MOVE."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from labkit.common.errors import DataError, DimseError, LabkitError, NoPresentationContext
from labkit.dicomweb.problems import WebError
from labkit.dicomweb.proxy.cache import Cache
from labkit.dicomweb.proxy.cache_index import Entry
from labkit.dicomweb.proxy.errand import Ending, storage_contexts
from labkit.dicomweb.proxy.flight import Flight, Seat
from labkit.dicomweb.proxy.listing import Item
from labkit.dicomweb.proxy.pacs import Pacs
from labkit.dicomweb.proxy.receiver import ProxyReceiver
from labkit.dicomweb.proxy.settings import ProxySettings
from labkit.dicomweb.source import Place
from labkit.dimse import identifier
from labkit.pacs.header import read_header

_FEW = 8  # objects of a series that are retrieved one by one rather than all of it again
_LATE = 2.0  # seconds that objects may come after the PACS has said that it is done
_DONE, _RESOURCES, _REFUSED, _MISMATCH = 0x0000, 0xA700, 0x0124, 0xA900


class Fetcher:
    """Starts flights, lets askers join them, and lands what comes.

    Parameters
    ----------
    settings
        Of the façade.
    cache
        Where objects go.

    Attributes
    ----------
    boarding
        Held while somebody boards: no flight ends meanwhile.
    """

    def __init__(self, settings: ProxySettings, cache: Cache) -> None:
        self._settings, self._cache = settings, cache
        self.boarding = threading.RLock()
        self._flights: list[Flight] = []
        self._moving: dict[Flight, Place] = {}
        self._closed = False
        self.started = 0
        self.receiver = ProxyReceiver(settings, self._on_moved)

    def close(self) -> None:
        """End what is under way."""
        with self.boarding:
            self._closed = True
            flights = list(self._flights)
        for flight in flights:
            flight.kept = False
            flight.cancel()
        for flight in flights:
            flight.thread.join(30)
        self.receiver.close()

    def board(
        self,
        pacs: Pacs,
        items: dict[str, Item],
        seat: Seat,
        held: Mapping[str, int],
        study: bool,
        alone: bool = False,
    ) -> tuple[list[Flight], bool]:
        """Have objects come: join what is under way, start a flight for the rest.

        Parameters
        ----------
        held, study
            As of `Flight`.
        alone
            Join no flight that has other objects to fetch too.

        Returns
        -------
        flights, started
            Where the seat is; whether one of them is new.
        """
        with self.boarding:
            if self._closed:
                raise WebError(503, "the façade stops", headers={"Retry-After": "5"})
            left = dict(items)
            joined = []
            for flight in self._flights:
                if flight.pacs is not pacs or (alone and len(flight.items) > 1):
                    continue
                gone = self._cache.missing(left.keys() & flight.landed())
                shared = (left.keys() & flight.items.keys()) - gone
                if shared and flight.join(seat, gone):
                    joined.append(flight)
                    left = {uid: item for uid, item in left.items() if uid not in shared}
            if left:
                flight = Flight(self, pacs, left, held, study)
                flight.join(seat)
                self._flights.append(flight)
                self.started += 1
                flight.thread.start()
                joined.append(flight)
        return joined, bool(left)

    def ended(self, flight: Flight) -> None:
        """A flight is over."""
        with self.boarding:
            self._moving.pop(flight, None)
            if flight in self._flights:
                self._flights.remove(flight)

    @property
    def under_way(self) -> int:
        """How many flights there are."""
        with self.boarding:
            return len(self._flights)

    def fetch(self, flight: Flight) -> None:
        """Do a flight's work, in its thread.

        Raises
        ------
        LabkitError
            Not all of it has come.
        """
        pacs = flight.pacs
        problem: LabkitError | None = None
        classes = {item.sop_class_uid for item in flight.items.values()}
        if pacs.gets is not False and not classes <= pacs.moved:
            problem = self._get(flight, sorted(classes - {""}) if "" not in classes else [])
        if flight.missing() and pacs.upstream.retrieve != "c-get" and not flight.cancelled:
            problem = self._move(flight, problem)
            pacs.moved -= {item.sop_class_uid for item in flight.missing().values()}
        missing = flight.missing()
        if flight.cancelled:
            raise WebError(503, f"the retrieve from {pacs.name} was cancelled")
        if missing:
            raise (
                flight.error
                or problem
                or DimseError(
                    f"{pacs.name} has {len(flight.items)} objects and sent {len(flight.arrived)}",
                    status=0xB000,
                    remedy=f"The log of {pacs.name} says why; ask for the others by themselves.",
                )
            )

    def _get(self, flight: Flight, classes: list[str]) -> LabkitError | None:
        pacs = flight.pacs
        problem: LabkitError | None = None
        flight.errand.receive = lambda event: self._on_got(flight, event)
        for storage in storage_contexts(classes):
            failed = 0
            for level, keys in _plan(flight):
                if flight.cancelled:
                    break
                try:
                    ending = pacs.get(level, identifier(level, **keys), storage, flight.errand)
                except NoPresentationContext as error:
                    pacs.gets = False
                    return error
                pacs.gets = True
                problem = _problem(pacs, "C-GET", ending) or problem
                failed += ending.failed
            if not failed or not flight.missing():
                break
        left = {item.sop_class_uid for item in flight.missing().values()}
        if left and pacs.upstream.retrieve == "auto" and not flight.cancelled:
            pacs.moved |= left - {""}  # of one that has no name nothing is learnt of the others
        return problem

    def _move(self, flight: Flight, before: LabkitError | None) -> LabkitError | None:
        pacs = flight.pacs
        problem: LabkitError | None = None
        self.receiver.start()
        for level, keys in _plan(flight):
            if flight.cancelled:
                break
            place = Place(*(keys.get(k, "") for k in _UNIQUE.values()))
            with self.boarding:
                self._moving[flight] = place
            asked = identifier(level, **keys)
            ending = pacs.move(level, asked, self._settings.ae_title, flight.errand)
            found = _problem(pacs, "C-MOVE", ending)
            if found is not None:
                found.remedy = self._where(pacs) + (f" {before.message}." if before else "")
            problem = found or problem
            if found is None:
                self._await_late(flight, place)
        return problem

    def _where(self, pacs: Pacs) -> str:
        """What the administrator of a PACS has to enter, so that its C-MOVE comes here."""
        host = self._settings.address or self._settings.receive[0]
        return (
            f"{pacs.name} must know the AE title {self._settings.ae_title} at {host}, port "
            f"{self.receiver.port}, and reach it; its log says why it does not send."
        )

    def _await_late(self, flight: Flight, place: Place) -> None:
        """Some PACS say that they are done before the last object is here."""
        deadline, before = time.monotonic() + _LATE, -1
        while not flight.cancelled and time.monotonic() < deadline:
            left = [1 for item in flight.missing().values() if _within(item.place, place)]
            if not left:
                return
            if len(left) != before:
                deadline, before = time.monotonic() + _LATE, len(left)
            time.sleep(0.02)

    def _on_got(self, flight: Flight, event: Any) -> int:
        request = event.request
        return self._land(
            flight, str(request.AffectedSOPInstanceUID), str(request.AffectedSOPClassUID),
            str(event.context.transfer_syntax), request.DataSet.getvalue(),
        )  # fmt: skip

    def _on_moved(self, sop_class: str, uid: str, syntax: str, data: bytes) -> int:
        with self.boarding:
            flying = list(self._moving.items())
        theirs = [flight for flight, _ in flying if uid in flight.items]
        if theirs:  # one that still waits for it, if there is one
            flight = next((f for f in theirs if uid in f.missing()), theirs[0])
            return self._land(flight, uid, sop_class, syntax, data)
        try:
            head = read_header(data, syntax)
        except DataError:
            return _MISMATCH
        came = Place(head["StudyInstanceUID"], head["SeriesInstanceUID"], uid)
        # What comes beside the objects that are wanted is taken and not kept.
        return _DONE if any(_within(came, place) for _, place in flying) else _REFUSED

    def _land(self, flight: Flight, uid: str, sop_class: str, syntax: str, data: bytes) -> int:
        item = flight.items.get(uid)
        if item is None or uid in flight.arrived:
            return _DONE
        try:
            entry: Entry = self._cache.add(
                item.place, sop_class, syntax, item.pacs, item.mark, data
            )
        except OSError as error:
            flight.error = WebError(
                507, f"the façade cannot write ({error.strerror})", remedy="Make room on its disk."
            )
            return _RESOURCES
        step = flight.errand.step
        if step is not None:
            step.count += 1
            step.bytes += len(data)
        flight.land(entry)
        return _DONE


_UNIQUE = {"STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID", "IMAGE": "SOPInstanceUID"}


def _plan(flight: Flight) -> Iterator[tuple[str, dict[str, str]]]:
    """At which level, and with which keys, what is missing is retrieved."""
    missing = flight.missing()
    by_series: dict[tuple[str, str], list[Item]] = {}
    for item in missing.values():
        by_series.setdefault((item.place.study, item.place.series), []).append(item)
    if flight.whole_study and len(by_series) > 1 and len(missing) == len(flight.items):
        yield "STUDY", {"StudyInstanceUID": next(iter(by_series))[0]}
        return
    for (study, series), items in by_series.items():
        keys = {"StudyInstanceUID": study, "SeriesInstanceUID": series}
        if len(items) > _FEW or (series in flight.whole_series and not flight.arrived):
            yield "SERIES", keys
        else:
            for item in items:
                yield "IMAGE", {**keys, "SOPInstanceUID": item.place.instance}


def _within(place: Place, around: Place) -> bool:
    return (
        place.study == around.study
        and around.series in ("", place.series)
        and around.instance in ("", place.instance)
    )


def _problem(pacs: Pacs, service: str, ending: Ending) -> DimseError | None:
    """What a final status means for those who wait; ``None`` where it is a success."""
    status = ending.status
    if status and not ending.failed:
        return None
    comment = f" ({status.comment})" if status.comment else ""
    how = f", {ending.failed} failed" if ending.failed else ""
    remedy = f"Read {status.section}, and the log of {pacs.name}."
    return DimseError(
        f"{pacs.name} ended the {service} with {status}{comment}{how}",
        status=status.code, remedy=remedy,
    )  # fmt: skip
