"""Do routers send images round and round?"""

from __future__ import annotations

from collections.abc import Iterator

from labkit.common.cite import cite
from labkit.exchange.network.design import Design
from labkit.exchange.network.findings import Finding
from labkit.exchange.network.graph import rounds


def loops(design: Design) -> Iterator[Finding]:
    """Find the ways of forwarding that lead back to where they begin."""
    edges = [(site.name, there) for site in design.sites for there in site.forward]
    for way in rounds(edges):
        if any(design.site(name).passes == "once" for name in way):
            continue
        said = " → ".join((*way, way[0]))
        place = next(n for n, site in enumerate(design.sites) if site.name == way[0])
        yield Finding(
            "routing-loop", "error", way[0],
            f"What is forwarded goes round: {said}. C-STORE has no count of hops to end it.",
            'Take one of the forwards out, or set passes = "once" at one of them.',
            design.where("site", "forward", place), cite("PS3.7", "9.3.1.1"),
        )  # fmt: skip


def same_titles(design: Design) -> Iterator[Finding]:
    """Find AE titles that two sites have."""
    first: dict[str, str] = {}
    for place, site in enumerate(design.sites):
        other = first.setdefault(site.ae_title, site.name)
        if other != site.name:
            yield Finding(
                "colliding-ae-titles", "error", site.name,
                f"{site.name} and {other} are both {site.ae_title}: a C-MOVE to {site.ae_title} "
                "goes to one of the two, and which is chance.",
                "Give each an AE title that is its own in the whole network.",
                design.where("site", "ae_title", place), cite("PS3.4", "C.4.2"),
            )  # fmt: skip


def stranded(design: Design) -> Iterator[Finding]:
    """Find the routers that pass on to nobody."""
    for place, site in enumerate(design.sites):
        if site.role == "router" and not site.forward and not site.rules:
            yield Finding(
                "router-without-destination", "error", site.name,
                f"{site.name} takes images and passes them on to nobody: they stay in its queue.",
                "Say where to: forward = [\"…\"].", design.where("site", "name", place),
            )  # fmt: skip


CHECKS = (loops, same_titles, stranded)
