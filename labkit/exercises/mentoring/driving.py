"""A design built and driven: what it does when it is used, which no reading shows."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from labkit.common.errors import LabkitError
from labkit.dicom.samples import sample
from labkit.dimse import find, identifier
from labkit.exchange.network import Design, Network
from labkit.exchange.network.graph import islands
from labkit.exchange.parties import LAKESIDE, NORTH, PatientId
from labkit.exchange.pix import CrossReference, Domain

MADE = {"harbour": "dx-chest", "north": "us-thyroid"}
"""Site to what is made there while it is driven."""
WORKING_SECONDS = 365 * 86400 / 3
"""Of a year: hospitals send most of what they make in a third of the day."""
_PATIENCE = 30.0
"""Seconds to wait until all has arrived, or it is plain that it goes round."""
_MARIGOLD = (NORTH.patient("NG-100457"), LAKESIDE.patient("LK-20871"))


@dataclass(frozen=True)
class Drive:
    """What was seen.

    Attributes
    ----------
    rounds
        Ways ``"centre → north"`` on which one object went more than twice: it goes round.
    reached
        Which sites have what was made at harbour and at north.
    wrong_person
        Whether Lakeside, asking for its 1001234 (Marblethorpe), gets the hand of North General's
        (Brackenfold).
    prior
        Whether north finds Marigold's prior of Lakeside by the ID that north has for her.
    strangers
        AE titles of no site that the centre answers.
    heard
        Lines on which her ID could be read.
    load
        Line to its share that is used in working hours: 1 is full.
    """

    rounds: tuple[str, ...]
    reached: dict[str, tuple[str, ...]]
    wrong_person: bool
    prior: bool
    strangers: tuple[str, ...]
    heard: tuple[str, ...]
    load: dict[str, float]

    def __repr__(self) -> str:
        made = [
            f"{f'made at {site}:':<23}in {', '.join(held)}" for site, held in self.reached.items()
        ]
        lines = [
            f"goes round for ever:   {'what is made' if self.rounds else 'nothing'}",
            *made,
            f"Lakeside's 1001234:    {'the hand of another' if self.wrong_person else 'himself'}",
            f"Marigold's prior:      {'found' if self.prior else 'not found'} from north",
            f"strangers answered:    {', '.join(self.strangers) or 'none'}",
            f"her ID was read on:    {', '.join(self.heard) or 'no line'}",
            "used in working hours: "
            + ", ".join(f"{line} {share:.2%}" for line, share in self.load.items()),
        ]
        return "\n".join(lines)


def drive(design: Design) -> Drive:
    """Build a design of the Riverbank region, use it for a moment, and take it down again.

    Lines are made as fast as the machine, so that it takes seconds; `Drive.load` is reckoned.

    Raises
    ------
    LabkitError
        It cannot be built.
    """
    fast = design.changed(links=tuple(replace(link, mbit=0.0, ms=0.0) for link in design.links))
    with Network(fast, patients=_cross_reference(design)) as network:
        prior = any(
            each.patient == _MARIGOLD[1].value
            for each in network.find(at="north", patient=_MARIGOLD[0])
        )
        here = design.community("Lakeside Clinic").authority.removeprefix("urn:oid:")
        asked = PatientId("1001234", here)
        hand = sample("dx-hand").study_uid
        wrong = any(each.study == hand for each in network.find(at="lakeside", patient=asked))
        strangers = tuple(t for t in _left_over(design) if _answers(network, t))
        heard = tuple(link.name for link in design.links if _heard(network, link.name))
        arrived = {site: network.acquire(site, slug) for site, slug in MADE.items()}
        rounds = _watch(network, sum(each.objects for each in arrived.values()))
        reached = {s: tuple(sorted(network.holders(a.study))) for s, a in arrived.items()}
    return Drive(rounds, reached, wrong, prior, strangers, heard, load(design))


def _watch(network: Network, objects: int) -> tuple[str, ...]:
    """Wait until all has arrived, or some of it goes round."""
    until = time.monotonic() + _PATIENCE
    while network.settle(0.2) and time.monotonic() < until:
        if len(found := _rounds(network, objects)) > 1:
            return found
    return _rounds(network, objects)


def load(design: Design) -> dict[str, float]:
    """Reckon which share of each line what is sent to the centre takes in working hours."""
    out: dict[str, float] = {}
    for link in design.links:
        behind = _behind(design, link.name)
        mbit = sum(
            site.studies_per_year * site.mbyte_per_study * 8
            for site in design.sites
            if site.name in behind
        )
        out[link.name] = mbit / WORKING_SECONDS / link.mbit if link.mbit else 0.0
    return out


def _behind(design: Design, line: str) -> frozenset[str]:
    centre = design.centre
    for group in islands(design, cut=(line,)):
        if centre is not None and centre.name in group:
            return frozenset(site.name for site in design.sites) - group
    return frozenset()


def _cross_reference(design: Design) -> CrossReference | None:
    """What the manager of the design knows; nothing where there is none, or it cannot tell."""
    manager = design.identity.manager
    if not manager or not design.site(manager).offers("pix"):
        return None
    authorities = {c.authority.removeprefix("urn:oid:") for c in design.communities}
    if len(authorities) < len(design.communities):
        return None  # with one authority there is nothing to refer across
    return CrossReference.from_table([Domain.of(NORTH), Domain.of(LAKESIDE)], [_MARIGOLD])


def _left_over(design: Design) -> list[str]:
    titles = {site.ae_title for site in design.sites}
    allow = design.security.allow
    return [title for title in allow if title not in titles] if allow else ["ANYBODY"]


def _answers(network: Network, title: str) -> bool:
    keys = identifier("STUDY", PatientID=None, StudyInstanceUID=None)
    try:
        return len(find(network.peer("lakeside", "centre"), keys, ae_title=title)) > 0
    except LabkitError:
        return False


def _heard(network: Network, line: str) -> bool:
    link = next(each for each in network.design.links if each.name == line)
    ends = (link.from_, link.to)
    centre = network.design.centre
    at = next((e for e in ends if centre is None or e != centre.name), ends[0])
    if network.site(at).archive is None:
        return False
    ear = network.listen(line)
    network.find(at=at, patient=_MARIGOLD[1].value)
    return _MARIGOLD[1].value.encode() in ear()


def _rounds(network: Network, objects: int) -> tuple[str, ...]:
    sent: dict[tuple[str, str], int] = {}
    for event in network.events:
        if event.kind == "C-STORE":
            way = (event.source, event.target)
            sent[way] = sent.get(way, 0) + 1
    return tuple(f"{a} → {b}" for (a, b), n in sorted(sent.items()) if n > 2 * objects)
