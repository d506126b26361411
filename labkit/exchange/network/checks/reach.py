"""Can everybody reach whom they need, and what if one thing is gone?"""

from __future__ import annotations

from collections.abc import Iterator

from labkit.exchange.network.design import Design
from labkit.exchange.network.findings import Finding
from labkit.exchange.network.graph import articulations, bridges, islands

_YEAR = 365 * 86400
_BUSY = 0.5
"""Of a line's rate, over the whole day: hospitals send most of it in a third of the day."""


def unreachable(design: Design) -> Iterator[Finding]:
    """Find the sites that no line joins to the rest."""
    groups = islands(design)
    for group in groups[1:]:
        for name in sorted(group):
            place = next(n for n, site in enumerate(design.sites) if site.name == name)
            yield Finding(
                "unreachable-site", "error", name,
                f"No line leads from {name} to the other sites: nothing of it is found or fetched.",
                f"Add a [[link]] from {name} to a site that the others reach.",
                design.where("site", "name", place),
            )  # fmt: skip


def single_points(design: Design) -> Iterator[Finding]:
    """Find the sites without which others cannot reach each other, or all lose their images."""
    centre = design.centre
    parting = articulations(design)
    centres = [site.name for site in design.sites if site.role == "centre"]
    alone = design.style == "centralised" and len(centres) == 1
    for place, site in enumerate(design.sites):
        holds = alone and centre is not None and site.name == centre.name
        if site.name not in parting and not holds:
            continue
        why = (
            "holds the only central archive: without it nobody gets an image of another site"
            if holds
            else "joins sites that reach each other in no other way"
        )
        yield Finding(
            "single-point-of-failure", "warning", site.name, f"{site.name} {why}.",
            "Add a second centre, or lines that go round it."
            if holds else "Add a [[link]] that goes round it.",
            design.where("site", "name", place),
        )  # fmt: skip


def single_lines(design: Design) -> Iterator[Finding]:
    """Find the lines that have no other beside them."""
    alone = {link.name for link in bridges(design)}
    for place, link in enumerate(design.links):
        if link.name in alone:
            yield Finding(
                "single-line", "warning", link.name,
                f"When the line {link.name} is cut, what is behind it is alone.",
                "Add a second line that goes another way, or say how long a site can be alone.",
                design.where("link", "from", place),
            )  # fmt: skip


def thin_lines(design: Design) -> Iterator[Finding]:
    """Find the lines over which a year's images hardly go in a year."""
    if design.style != "centralised":
        return
    for place, link in enumerate(design.links):
        if not link.mbit:
            continue
        behind = _behind(design, link.name)
        mbyte = sum(
            site.studies_per_year * site.mbyte_per_study
            for site in design.sites
            if site.name in behind
        )
        share = mbyte * 8 / _YEAR / link.mbit
        if share > _BUSY:
            yield Finding(
                "thin-line", "error" if share > 1 else "warning", link.name,
                f"What is made in a year fills {share:.0%} of the line {link.name}, day and night.",
                "Take a faster line, compress without loss, or keep the images where they are.",
                design.where("link", "mbit", place),
            )  # fmt: skip


def _behind(design: Design, name: str) -> frozenset[str]:
    """The sites that are parted from the centre when a line is cut."""
    centre = design.centre
    for group in islands(design, cut=(name,)):
        if centre is not None and centre.name in group:
            return frozenset(site.name for site in design.sites) - group
    return frozenset()


CHECKS = (unreachable, single_points, single_lines, thin_lines)
