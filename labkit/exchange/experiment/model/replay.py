"""The model does the steps of a real run: does it say what was counted?"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from labkit.exchange.experiment.measuring import Measured
from labkit.exchange.experiment.model.parameters import Parameters
from labkit.exchange.experiment.model.world import Doing, World
from labkit.exchange.experiment.workload import Made, Workload
from labkit.exchange.network import Design


@dataclass(frozen=True)
class Predicted:
    """What the model says of a run.

    Attributes
    ----------
    messages, wan_bytes
        As in `Measured`.
    first
        Seconds to the first image of each prior that came over a line.
    """

    messages: Mapping[str, int]
    wan_bytes: int
    first: tuple[float, ...]


def predict(
    design: Design, work: Workload, parameters: Parameters, sizes: Mapping[str, tuple[int, int]],
    *, seed: int = 1,
) -> Predicted:  # fmt: skip
    """Let the model do a workload on a design, one step after the other.

    Parameters
    ----------
    design, work
        Those of the real run. Nothing else is known of that run.
    sizes
        Slug of a sample study to objects and bytes of what is made of it.
    """
    world = World(design, parameters, random.Random(seed))
    play = _Play(world, sizes)
    for step in work.steps:
        world.part()
        doing = {"acquire": play.acquire, "own": play.own, "prior": play.prior}[step.kind]
        world.env.run(world.env.process(doing(step.site, step.study)))
    messages = {kind: count for kind, count in sorted(world.messages.items()) if count}
    return Predicted(messages, sum(world.ways.bytes.values()), tuple(play.first))


class _Play:
    """Where images are, by the rules of the design: what `labkit.exchange.network` does."""

    def __init__(self, world: World, sizes: Mapping[str, tuple[int, int]]) -> None:
        self.world, self.sizes = world, sizes
        self.style = world.design.style
        centre = world.design.centre
        self.centre = centre.name if centre is not None and self.style != "federated" else ""
        self.holds: dict[str, list[str]] = {site.name: [] for site in world.design.sites}
        self.copies: dict[str, list[str]] = {site.name: [] for site in world.design.sites}
        self.made: dict[str, Made] = {}
        self.first: list[float] = []

    def acquire(self, site: str, study: Made) -> Doing:
        self.made[study.uid] = study
        self.holds[site].append(study.uid)
        if self.style == "centralised":
            self._keep(site, study.uid)
            yield from self.world.send_on(site, self.centre, *self.sizes[study.kind])
            self.holds[self.centre].append(study.uid)
        elif self.style == "hybrid":
            yield from self.world.announce(site, self.centre)

    def own(self, site: str, study: Made) -> Doing:
        if study.uid in self.holds[site]:
            return
        asked, manifests, source = self._whom(site, study, patient=False)
        yield from self.world.search(site, asked, manifests)
        yield from self.world.images(site, source, *self.sizes[study.kind])
        self._keep(site, study.uid)

    def prior(self, site: str, study: Made) -> Doing:
        begun = self.world.env.now
        asked, manifests, source = self._whom(site, study, patient=True)
        yield from self.world.search(site, asked, manifests)
        if study.uid in self.holds[site]:
            return
        first = yield from self.world.images(site, source, *self.sizes[study.kind])
        self.first.append(first - begun)
        self._keep(site, study.uid)

    def _whom(self, site: str, study: Made, *, patient: bool) -> tuple[dict[str, int], int, str]:
        """Whom a search asks, with how many answers each; manifests; where the images are."""

        def fits(uid: str) -> bool:
            return self.made[uid].patient == study.patient if patient else uid == study.uid

        if self.style == "centralised":
            answers = sum(map(fits, self.holds[self.centre]))
            return {self.centre: answers}, 0, self.centre
        if self.style == "hybrid":
            answers = sum(map(fits, self.made))
            return {self.centre: answers}, answers, study.site
        asked = {
            one.name: sum(map(fits, self.holds[one.name]))
            for one in self.world.design.sites
            if one.name != site and one.archive != "none"
        }
        # Found is sorted by date, study and site: the first site by name that has it is taken.
        source = min(name for name in asked if study.uid in self.holds[name])
        return asked, 0, source

    def _keep(self, site: str, uid: str) -> None:
        """As `labkit.exchange.network.copying` does: the newest copies stay."""
        keep = self.world.design.site(site).keep
        if not keep:
            return
        if uid not in self.holds[site]:
            self.holds[site].append(uid)
        copies = self.copies[site]
        if uid in copies:
            copies.remove(uid)
        copies.append(uid)
        while len(copies) > keep:
            self.holds[site].remove(copies.pop(0))


def sizes_of(run: Measured, work: Workload) -> dict[str, tuple[int, int]]:
    """Objects and bytes of each kind of study, from a run of the fit."""
    made = [act for act in run.acts if act.kind == "acquire"]
    return {
        study.kind: (act.objects, act.payload)
        for study, act in zip(work.studies, made, strict=True)
    }
