"""A network as plain data, to be drawn: ``labkit-network/1``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from labkit.exchange.network.design import Design
from labkit.exchange.network.traffic import Event, LinkTraffic

FORMAT = "labkit-network/1"
_FLOWS = 60


def picture(
    design: Design,
    *,
    dead: Collection[str] = (),
    cut: Collection[str] = (),
    traffic: Mapping[str, LinkTraffic] | None = None,
    events: Sequence[tuple[int, Event]] = (),
    waiting: Mapping[str, int] | None = None,
) -> dict[str, Any]:
    """Return sites, links and the newest flows of a network.

    Parameters
    ----------
    dead, cut
        Names of sites without power, and of lines that are cut.
    traffic
        What went over each line.
    events
        What happened, each with a number that grows.
    waiting
        Site to how many objects it is still to pass on.
    """
    carried = traffic or {}
    sites = [
        {
            "name": site.name, "community": site.community, "ae_title": site.ae_title,
            "role": site.role, "archive": site.archive, "services": list(site.services),
            "up": site.name not in dead, "waiting": (waiting or {}).get(site.name, 0),
        }
        for site in design.sites
    ]  # fmt: skip
    links = [
        {
            "name": link.name, "from": link.from_, "to": link.to, "mbit": link.mbit,
            "ms": link.ms, "tls": link.tls, "up": link.name not in cut,
            "bytes": carried[link.name].bytes if link.name in carried else 0,
            "messages": dict(carried[link.name].messages) if link.name in carried else {},
        }
        for link in design.links
    ]  # fmt: skip
    flows = [
        {
            "n": number, "at": event.at, "kind": event.kind, "from": event.source,
            "to": event.target, "bytes": event.bytes, "links": list(event.links),
        }
        for number, event in events
        if event.links
    ]  # fmt: skip
    return {
        "format": FORMAT, "name": design.name, "style": design.style, "sites": sites,
        "links": links, "flows": flows[-_FLOWS:],
    }  # fmt: skip
