"""Which way goes from one site to another, and what depends on what."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Collection, Iterable

from labkit.exchange.network.design import Design
from labkit.exchange.network.sections import LinkDesign


def path(
    design: Design,
    start: str,
    end: str,
    *,
    dead: Collection[str] = (),
    cut: Collection[str] = (),
) -> tuple[LinkDesign, ...] | None:
    """Find the quickest way over links from one site to another.

    Parameters
    ----------
    dead, cut
        Names of sites through which, and of links over which, nothing passes.

    Returns
    -------
    tuple of LinkDesign or None
        In order; empty where both are one site, ``None`` where there is no way.
    """
    if start in dead or end in dead:
        return None
    beside = _beside(design, cut)
    # The number of links decides where times are equal, and then the order of the file.
    waiting: list[tuple[float, int, int, str, tuple[LinkDesign, ...]]] = [(0.0, 0, 0, start, ())]
    done: set[str] = set()
    number = 0
    while waiting:
        ms, hops, _, here, way = heapq.heappop(waiting)
        if here == end:
            return way
        if here in done:
            continue
        done.add(here)
        for there, link in beside.get(here, ()):
            if there not in done and there not in dead:
                number += 1
                heapq.heappush(waiting, (ms + link.ms, hops + 1, number, there, (*way, link)))
    return None


def islands(
    design: Design, *, dead: Collection[str] = (), cut: Collection[str] = ()
) -> list[frozenset[str]]:
    """Return the groups of sites that reach each other, the largest first."""
    beside = _beside(design, cut)
    left = [site.name for site in design.sites if site.name not in dead]
    found: list[frozenset[str]] = []
    seen: set[str] = set()
    for name in left:
        if name in seen:
            continue
        group, todo = set(), [name]
        while todo:
            here = todo.pop()
            if here in group:
                continue
            group.add(here)
            todo += [there for there, _ in beside.get(here, ()) if there not in dead]
        seen |= group
        found.append(frozenset(group))
    return sorted(found, key=lambda group: -len(group))


def articulations(design: Design) -> list[str]:
    """Return the sites whose loss parts the others from each other, in the order of the file."""
    before = len(islands(design))
    return [
        site.name
        for site in design.sites
        if len(islands(design, dead=(site.name,))) > before - _alone(design, site.name)
    ]


def bridges(design: Design) -> list[LinkDesign]:
    """Return the links that have no other beside them, in the order of the file."""
    group = {site.name: site.name for site in design.sites}

    def root(name: str) -> str:
        while group[name] != name:
            group[name] = group[group[name]]
            name = group[name]
        return name

    tree = []  # a link that closes a circle is no bridge: only those of a spanning tree can be
    for link in design.links:
        one, other = root(link.from_), root(link.to)
        if one != other:
            group[one] = other
            tree.append(link)
    before = len(islands(design))
    return [link for link in tree if len(islands(design, cut=(link.name,))) > before]


def rounds(edges: Iterable[tuple[str, str]]) -> list[tuple[str, ...]]:
    """Return ways that lead back to where they begin: the shortest through each site, once."""
    following: dict[str, list[str]] = {}
    for one, other in edges:
        following.setdefault(one, []).append(other)
    found: list[tuple[str, ...]] = []
    for start in following:
        if any(start in way for way in found):
            continue
        todo: deque[tuple[str, ...]] = deque([(start,)])
        seen: set[str] = set()
        while todo:
            way = todo.popleft()
            ahead = following.get(way[-1], [])
            if start in ahead:
                found.append(way)
                break
            todo.extend((*way, there) for there in ahead if there not in seen)
            seen.update(ahead)
    return found


def _alone(design: Design, name: str) -> int:
    """1 where a site has no link at all: without it there is one island less."""
    return int(all(name not in link.ends for link in design.links))


def _beside(design: Design, cut: Collection[str]) -> dict[str, list[tuple[str, LinkDesign]]]:
    beside: dict[str, list[tuple[str, LinkDesign]]] = {}
    for link in design.links:
        if link.name not in cut:
            beside.setdefault(link.from_, []).append((link.to, link))
            beside.setdefault(link.to, []).append((link.from_, link))
    return beside
