"""Where each site stands on the map."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

WIDTH, HEIGHT = 900, 460
_MIDDLE = ("centre", "cloud")


def places(sites: Sequence[Mapping[str, Any]]) -> dict[str, tuple[float, float]]:
    """Put centres into the middle, and all others around them, communities side by side.

    Returns
    -------
    dict
        Name to x and y, within `WIDTH` and `HEIGHT`; always the same for the same sites.
    """
    inner = [site["name"] for site in sites if site["role"] in _MIDDLE]
    order = {name: n for n, name in enumerate(dict.fromkeys(s["community"] for s in sites))}
    outer = [
        site["name"]
        for site in sorted(sites, key=lambda site: order[site["community"]])
        if site["role"] not in _MIDDLE
    ]
    found = _ring(inner, 0.0 if len(inner) == 1 else 0.22)
    found.update(_ring(outer, 1.0))
    return found


def _ring(names: Sequence[str], share: float) -> dict[str, tuple[float, float]]:
    wide, high = share * (WIDTH / 2 - 110), share * (HEIGHT / 2 - 64)
    found = {}
    for number, name in enumerate(names):
        turn = 2 * math.pi * number / len(names) - math.pi / 2
        x, y = WIDTH / 2 + wide * math.cos(turn), HEIGHT / 2 - 8 + high * math.sin(turn)
        found[name] = (round(x, 1), round(y, 1))
    return found
