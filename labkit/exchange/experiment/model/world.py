"""The network as a discrete-event model: what each act sets off, how long it takes."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import simpy

from labkit.exchange.experiment.model.parameters import Parameters
from labkit.exchange.experiment.model.ways import SMALL, Ways
from labkit.exchange.network import Design

Doing = Generator[Any, Any, Any]
PIECES = 8
"""In so many pieces a study goes over lines: between them others get their turn."""


@dataclass(frozen=True)
class Opened:
    """One read of images: seconds of the search, to the first image, to the last; and silent doors.

    Attributes
    ----------
    search, first, seconds
        Seconds from the beginning.
    silent
        How many doors gave no answer in time.
    """

    search: float
    first: float
    seconds: float
    silent: int = 0


class World:
    """A network that is computed.

    Parameters
    ----------
    design
        The same as of real nodes (`labkit.exchange.network.Design`).
    parameters
        Sizes and times.
    draw
        For service times and silent doors.
    workers
        What an archive does at once.
    available
        Share of the time that a door answers.
    timeout
        Seconds that are waited for a door that does not.
    """

    def __init__(
        self, design: Design, parameters: Parameters, draw: random.Random, *,
        workers: int = 8, central_workers: int = 8, available: float = 1.0, timeout: float = 10.0,
    ) -> None:  # fmt: skip
        self.env = simpy.Environment()
        self.design = design
        self.sizes = parameters
        self.ways = Ways(design)
        self.messages: Counter[str] = Counter()
        self.available = available
        self.timeout = timeout
        self._draw = draw
        self._known: set[tuple[str, str]] = set()
        self._mean = math.exp(parameters.spread**2 / 2)
        self.archives = {
            site.name: simpy.Resource(
                self.env, central_workers if site.role == "centre" else workers
            )
            for site in design.sites
        }

    def meet(self, names: Sequence[str]) -> None:
        """Let all these sites, and the centre, have met before: connections are there."""
        everybody = [*names, *(s.name for s in self.design.sites if s.role == "centre")]
        self._known |= {(one, other) for one in everybody for other in everybody}

    def part(self) -> None:
        """Let all connections be closed."""
        self._known.clear()

    # -- acts: processes of simpy --

    def send_on(self, site: str, centre: str, objects: int, payload: int) -> Doing:
        """Send a study to the central archive (C-STORE)."""
        p = self.sizes
        self.messages["C-STORE"] += objects
        yield from self._reach(site, centre, p.stored)
        size = payload * (1 + p.encryption) + objects * p.stored_object
        yield from self._images(site, centre, size, objects, payload)

    def announce(self, site: str, centre: str) -> Doing:
        """Send a manifest to the index (C-STORE)."""
        self.messages["C-STORE"] += 1
        yield from self._reach(site, centre, self.sizes.announced)
        yield from self._serve(centre, self.sizes.service_object)

    def search(self, at: str, asked: Mapping[str, int], manifests: int = 0) -> Doing:
        """Ask sites at once; each has so many answers; then read manifests in the last of them.

        Returns
        -------
        int
            How many did not answer.
        """
        asking = [
            self.env.process(self._ask(at, name, answers, manifests))
            for name, answers in asked.items()
        ]
        results = yield self.env.all_of(asking)
        return sum(not results[one] for one in asking)

    def _ask(self, at: str, name: str, answers: int, manifests: int) -> Doing:
        if self.available < 1 and self._draw.random() > self.available:
            yield self.env.timeout(self.timeout)
            return False
        p = self.sizes
        self.messages["GET"] += 1
        yield from self._connect(at, name)
        yield from self._over(at, name, p.search / 2)
        yield from self._serve(name, p.service_search)
        yield from self._over(name, at, p.search / 2 + answers * p.answer)
        for _ in range(manifests):
            self.messages["GET"] += 1
            yield from self._over(at, name, p.manifest / 4)
            yield from self._serve(name, p.service_object)
            yield from self._over(name, at, p.manifest * 3 / 4)
        return True

    def images(self, at: str, source: str, objects: int, payload: int) -> Doing:
        """Get the images of a study (WADO-RS).

        Returns
        -------
        float
            When the first of them was there.
        """
        p = self.sizes
        self.messages["GET"] += 1
        yield from self._connect(at, source)
        yield from self._over(at, source, p.request)
        size = payload * (1 + p.encryption) + objects * p.wrapped
        first = yield from self._images(source, at, size, objects, payload)
        return first

    # -- parts of acts --

    def _images(self, source: str, to: str, size: float, objects: int, payload: int) -> Doing:
        first_size = size / objects
        pieces = min(PIECES, objects - 1)
        sizes = [first_size, *([(size - first_size) / pieces] * pieces if pieces else [])]
        way = self.ways.way(source, to)
        work = objects * self.sizes.service_object + payload / 1e6 * self.sizes.service_mbyte
        first = arrived = self.env.now
        for number, piece in enumerate(sizes):
            yield from self._serve(source, work * piece / size)
            sent, arrived = self.ways.piece(way, self.env.now, piece)
            first = arrived if number == 0 else first
            if sent > self.env.now:
                yield self.env.timeout(sent - self.env.now)
        if arrived > self.env.now:
            yield self.env.timeout(arrived - self.env.now)
        return first

    def _connect(self, at: str, of: str) -> Doing:
        """A client keeps its connections: only the first meeting costs a handshake."""
        if (at, of) not in self._known:
            self._known.add((at, of))
            yield from self._reach(at, of, self.sizes.connection)

    def _reach(self, at: str, of: str, size: float) -> Doing:
        yield from self._over(at, of, size / 2)
        yield from self._over(of, at, size / 2)

    def _over(self, start: str, end: str, size: float) -> Doing:
        way = self.ways.way(start, end)
        if size > SMALL:
            _, arrives = self.ways.piece(way, self.env.now, size)
        else:
            arrives = self.ways.small(way, self.env.now, size)
        if arrives > self.env.now:
            yield self.env.timeout(arrives - self.env.now)

    def _serve(self, site: str, seconds: float) -> Doing:
        if not seconds:
            return
        with self.archives[site].request() as turn:
            yield turn
            spread = self._draw.lognormvariate(0.0, self.sizes.spread) / self._mean
            yield self.env.timeout(seconds * spread)
