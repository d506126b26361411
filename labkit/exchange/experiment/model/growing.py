"""The model of a region that nobody can build on one machine: a sample of its busiest hour."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev

from scipy.stats import t as student

from labkit.common.errors import UsageError
from labkit.exchange.experiment.designs import STAR, styled
from labkit.exchange.experiment.model.parameters import Parameters
from labkit.exchange.experiment.model.world import Doing, Opened, World

STYLES = ("centralised", "hybrid", STAR)
"""What is extrapolated. Lines between any two of 200 hospitals are 19900: nobody builds them."""


@dataclass(frozen=True)
class Region:
    """What is assumed of a region.

    Attributes
    ----------
    hospitals, studies_per_year
        How many.
    mbyte, spread
        Mean size of a study, and sigma of its logarithm: few are very large.
    mbyte_per_object
        Size of an object; a study has as many as it takes.
    priors
        Reads of priors from elsewhere for each new study.
    misses
        Reads of own studies that are no longer at the hospital, for each new study, where the
        originals are central.
    answers
        Studies that a patient has, for a search.
    busiest
        Share of a day's studies in its busiest hour.
    mbit, ms
        Of the line of each hospital.
    workers, central_workers
        What an archive of a hospital, and the one of the centre, do at once.
    available
        Share of the time that a door answers.
    timeout
        Seconds that are waited for a door that does not.
    """

    hospitals: int = 200
    studies_per_year: int = 50_000_000
    mbyte: float = 80.0
    spread: float = 1.0
    mbyte_per_object: float = 0.5
    priors: float = 0.3
    misses: float = 0.1
    answers: int = 6
    busiest: float = 0.12
    mbit: float = 1000.0
    ms: float = 10.0
    workers: int = 8
    central_workers: int = 256
    available: float = 0.9995
    timeout: float = 10.0

    def __post_init__(self) -> None:
        if not 2 <= self.hospitals < 400 or self.studies_per_year <= 0 or self.mbyte <= 0:
            raise UsageError("No such region.", remedy="2 to 399 hospitals, studies, megabytes.")
        if not 0 < self.available <= 1 or not 0 < self.busiest <= 1:
            raise UsageError("A share is not from 0 to 1.", remedy="available, busiest")

    @property
    def per_second(self) -> float:
        """New studies a second, in the busiest hour of a mean day."""
        return self.studies_per_year / 365 * self.busiest / 3600


@dataclass(frozen=True)
class Hour:
    """A sample of the busiest hour, with one seed.

    Attributes
    ----------
    style, reads
        And how many reads of priors were looked at.
    messages
        A second.
    gbit
        Over all lines, a second.
    median, p95, worst
        Seconds to the first image of a prior.
    incomplete
        Share of searches in which at least one door was silent.
    """

    style: str
    reads: int
    messages: float
    gbit: float
    median: float
    p95: float
    worst: float
    incomplete: float


@dataclass(frozen=True)
class Band:
    """A mean over seeds, and its 95 % confidence interval by Student's t.

    Attributes
    ----------
    mean, low, high
        The interval is about what other seeds would give. It says nothing of assumptions.
    """

    mean: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Band:
        """Make it of one value a seed; at least two."""
        if len(values) < 2:
            raise UsageError("One seed has no band.", remedy="Take five seeds or more.")
        middle = mean(values)
        half = float(student.ppf(0.975, len(values) - 1)) * stdev(values) / math.sqrt(len(values))
        return cls(middle, middle - half, middle + half)


def busy_hour(
    style: str, region: Region, parameters: Parameters, seed: int, *,
    seconds: float = 60.0, warm_up: float = 20.0,
) -> Hour:  # fmt: skip
    """Sample some seconds of the busiest hour.

    Parameters
    ----------
    style
        One of `STYLES`.
    seconds, warm_up
        Reads that begin in these seconds are looked at, after others in which queues fill.
    """
    if style not in STYLES:
        raise UsageError(f"There is no model of {style}.", remedy=f"There is {', '.join(STYLES)}.")
    draw = random.Random(f"{seed}")
    design = styled(style, region.hospitals, mbit=region.mbit, ms=region.ms)
    world = World(
        design, parameters, draw, workers=region.workers,
        central_workers=region.central_workers, available=region.available,
        timeout=region.timeout,
    )  # fmt: skip
    names = [site.name for site in design.sites if site.role == "hospital"]
    world.meet(names)
    going = _Going(world, style, region, names, draw)
    until = warm_up + seconds
    world.env.process(going.arrivals(until, warm_up))
    world.env.run(until)
    messages, size = sum(world.messages.values()), sum(world.ways.bytes.values())
    if going.reading:
        world.env.run(world.env.all_of(going.reading))
    first = sorted(one.first for one in going.opened)
    if not first:
        raise UsageError("Nothing was read in the sample.", remedy="Take more seconds.")
    return Hour(
        style, len(first), messages / until, size * 8 / 1e9 / until, _at(first, 0.5),
        _at(first, 0.95), first[-1], mean(one.silent > 0 for one in going.opened),
    )  # fmt: skip


def bands(hours: Iterable[Hour]) -> dict[str, Band]:
    """Give the band of each figure, over samples of one style with different seeds."""
    hours = list(hours)
    return {
        name: Band.of([float(getattr(hour, name)) for hour in hours])
        for name in ("messages", "gbit", "median", "p95", "incomplete")
    }


def extrapolate(
    region: Region, parameters: Parameters, seeds: Sequence[int], *, seconds: float = 60.0
) -> Mapping[str, dict[str, Band]]:
    """Sample all styles with all seeds."""
    return {
        style: bands(busy_hour(style, region, parameters, s, seconds=seconds) for s in seeds)
        for style in STYLES
    }


class _Going:
    """What goes on in the hour."""

    def __init__(
        self, world: World, style: str, region: Region, names: list[str], draw: random.Random
    ) -> None:
        self.world, self.style, self.region = world, style, region
        self.names, self.draw = names, draw
        self.centre = world.design.centre.name if world.design.centre else ""
        self.opened: list[Opened] = []
        self.reading: list[object] = []

    def arrivals(self, until: float, warm_up: float) -> Doing:
        env, region = self.world.env, self.region
        while env.now < until:
            yield env.timeout(self.draw.expovariate(region.per_second))
            site = self.draw.choice(self.names)
            if self.style == "centralised":
                env.process(self.world.send_on(site, self.centre, *self._size()))
                if self.draw.random() < region.misses:
                    env.process(self.world.images(site, self.centre, *self._size()))
            elif self.style == "hybrid":
                env.process(self.world.announce(site, self.centre))
            if self.draw.random() < region.priors:
                counted = warm_up <= env.now < until
                read = env.process(self._prior(site, counted=counted))
                if counted:
                    self.reading.append(read)

    def _prior(self, site: str, *, counted: bool) -> Doing:
        env, region, begun = self.world.env, self.region, self.world.env.now
        other = self.draw.choice([name for name in self.names if name != site])
        if self.style == STAR:
            asked = {name: 0 for name in self.names if name != site}
            asked[other] = region.answers
            manifests = 0
        else:
            asked = {self.centre: region.answers}
            manifests = region.answers if self.style == "hybrid" else 0
        silent = yield from self.world.search(site, asked, manifests)
        searched = env.now - begun
        source = self.centre if self.style == "centralised" else other
        first = yield from self.world.images(site, source, *self._size())
        if counted:
            self.opened.append(Opened(searched, first - begun, env.now - begun, silent))

    def _size(self) -> tuple[int, int]:
        region = self.region
        middle = math.log(region.mbyte) - region.spread**2 / 2
        mbyte = self.draw.lognormvariate(middle, region.spread)
        return max(1, round(mbyte / region.mbyte_per_object)), max(1, round(mbyte * 1e6))


def _at(values: Sequence[float], share: float) -> float:
    return values[min(len(values) - 1, int(share * len(values)))]
