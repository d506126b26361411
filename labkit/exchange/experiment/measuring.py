"""Driving a network with a workload, and what was counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from labkit.common.errors import LabkitError
from labkit.exchange.experiment.workload import Made, Step, Workload
from labkit.exchange.network import Found, Network


@dataclass(frozen=True)
class Act:
    """One step as it went.

    Attributes
    ----------
    kind, site
        Of the step.
    source
        Where the images came from; ``""`` where they did not come.
    asked
        Sites that were asked over a line.
    studies
        How many answers the search gave.
    objects, payload
        Of the images, and bytes.
    messages
        Of the search and of the images.
    line_bytes, connections
        On all lines of the way.
    search_hops, answer_hops, index_hops, image_hops
        How many lines lay between: of all searches together; of all answers together; of all
        manifests that were read in an index; of the images.
    search, first, seconds
        Seconds: of the search; from the beginning to the first image; to the last.
    """

    kind: str
    site: str
    source: str = ""
    asked: tuple[str, ...] = ()
    studies: int = 0
    objects: int = 0
    payload: int = 0
    messages: int = 0
    line_bytes: int = 0
    connections: int = 0
    search_hops: int = 0
    answer_hops: int = 0
    index_hops: int = 0
    image_hops: int = 0
    search: float = 0.0
    first: float = 0.0
    seconds: float = 0.0

    @property
    def local(self) -> bool:
        """Whether the images were there already."""
        return self.source == self.site


@dataclass(frozen=True)
class Measured:
    """What a run came to.

    Attributes
    ----------
    style, hospitals
        Of the network.
    studies, made_bytes
        How many were made, and bytes of their images.
    messages
        Kind of message to how many; each is counted once, whatever lines it went over.
    wan_bytes
        Over all lines; what goes over two lines counts on both.
    store_bytes, acts
        Of that, what making studies sent; and the steps one by one.
    disk_bytes, holders
        At the end: bytes of images on all disks, and how many sites on average have a study.
    """

    style: str
    hospitals: int
    studies: int
    made_bytes: int
    messages: Mapping[str, int]
    wan_bytes: int
    store_bytes: int
    disk_bytes: int
    holders: float
    acts: tuple[Act, ...] = field(repr=False)

    @property
    def message_count(self) -> int:
        """All messages."""
        return sum(self.messages.values())

    @property
    def priors(self) -> list[Act]:
        """The reads of priors from elsewhere."""
        return [act for act in self.acts if act.kind == "prior"]

    @property
    def read_bytes(self) -> int:
        """Over all lines, for reading."""
        return self.wan_bytes - self.store_bytes

    @property
    def failed(self) -> int:
        """Reads that got no images."""
        return sum(not act.source for act in self.acts)


def measure(network: Network, work: Workload, style: str) -> Measured:
    """Do all steps, one after the other, and count.

    Each step is over, with all that it set off, before the next begins, and no connection is kept
    from one to the next (both ends would close it after some idle seconds): so counts are the same
    in every run, however fast the machine is. Contention is the model's part
    (`labkit.exchange.experiment.model`).
    """
    begun, first_event = network.traffic(), len(network.events)
    stored = made = 0
    acts: list[Act] = []
    for step in work.steps:
        if step.kind == "acquire":
            before = network.traffic()
            new = network.acquire(step.site, step.study.datasets())
            network.settle()
            passed = network.traffic() - before
            made, stored = made + new.bytes, stored + passed.bytes
            acts.append(
                Act(
                    step.kind, step.site, step.site, objects=new.objects, payload=new.bytes,
                    line_bytes=passed.bytes, connections=passed.connections,
                )
            )  # fmt: skip
        else:
            network.hang_up()
            acts.append(read(network, step))
    places = [network.holders(study.uid) for study in work.studies]
    disk = sum(
        network.site(site).size(study.uid)
        for study, sites in zip(work.studies, places, strict=True)
        for site in sites
        if not _manifest_only(network, site)
    )
    holders = sum(
        not _manifest_only(network, site) for sites in places for site in sites
    ) / max(1, len(work.studies))  # fmt: skip
    return Measured(
        style,
        sum(site.role == "hospital" for site in network.design.sites),
        len(work.studies),
        made,
        _messages(network, first_event),
        (network.traffic() - begun).bytes,
        stored,
        disk,
        round(holders, 3),
        tuple(acts),
    )


def read(network: Network, step: Step) -> Act:
    """Open the images of a study, after a search for the patient where it is a prior."""
    site, study = step.site, step.study
    before, source, got = network.traffic(), "", None
    found: Found | None = None
    try:
        if step.kind == "prior":
            found = network.find(at=site, patient=study.patient)
            holders = [each.site for each in found if each.study == study.uid]
            source = "" if network.site(site).objects(study.uid) or not holders else holders[0]
        got = network.fetch(at=site, study=study.uid, source=source)
    except LabkitError:
        pass  # counted: an act without a source
    passed = network.traffic() - before
    act = Act(step.kind, site, line_bytes=passed.bytes, connections=passed.connections)
    searched = 0.0
    if found is not None:
        asked = tuple(name for name in found.asked if name != site)
        manifests = found.messages - len(asked)
        hops = {name: _hops(network, site, name) for name in asked}
        index = hops.get(network.design.centre.name, 0) if network.design.centre else 0
        answers = (
            manifests * index
            if network.design.style == "hybrid"
            else sum(hops.get(each.site, 0) for each in found)
        )
        searched = found.seconds
        act = replace(
            act, asked=asked, studies=len(found), messages=found.messages, search=searched,
            search_hops=sum(hops.values()), answer_hops=answers, index_hops=manifests * index,
        )  # fmt: skip
    if got is None:
        return act
    return replace(
        act, source=got.source, objects=got.objects, payload=got.bytes,
        messages=act.messages + (not got.local), image_hops=_hops(network, site, got.source),
        first=searched + got.first_image, seconds=searched + got.seconds,
    )  # fmt: skip


def _hops(network: Network, one: str, other: str) -> int:
    return len(network.wires.way(one, other) or ())


def whole(network: Network, at: str, study: Made) -> bool:
    """Whether all objects of a study can be had at a site now; nothing is kept of them."""
    if network.site(at).running and network.site(at).objects(study.uid) >= study.objects:
        return True
    try:
        found = network.find(at=at, study=study.uid)
        for site in dict.fromkeys(each.site for each in found if each.site != at):
            if network.wires.way(at, site) is None:
                continue
            if sum(1 for _ in network.client(at, site).files(study.uid)) >= study.objects:
                return True
    except LabkitError:
        return False
    return False


def _manifest_only(network: Network, site: str) -> bool:
    return network.design.style == "hybrid" and network.design.site(site).role == "centre"


def _messages(network: Network, since: int) -> dict[str, int]:
    kinds = Counter(
        event.kind for event in network.events[since:] if event.links and event.kind.isupper()
    )
    return dict(sorted(kinds.items()))
