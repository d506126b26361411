"""The network of the experiment in each style: alike but for what the style is."""

from __future__ import annotations

from dataclasses import replace

from labkit.common.errors import UsageError
from labkit.exchange.network import Design, regional

STAR = "federated, star"
STYLES = ("centralised", "hybrid", "federated", STAR)
"""What is compared. The last is federated over the lines of the first two."""
HUB = "centre"


def styled(
    style: str, hospitals: int = 3, *, keep: int = 2, mbit: float = 100.0, ms: float = 10.0
) -> Design:
    """Return the design of one style.

    Each hospital keeps as many copies of others' studies in each style. Lines are a star for
    centralised and hybrid, and lead from each to each for federated. So that lines and style are
    not taken for each other, ``"federated, star"`` has the lines of the star, with nothing but a
    switch in the middle.

    Parameters
    ----------
    style
        One of `STYLES`.
    hospitals
        How many.
    keep
        Copies that a hospital keeps, in studies; its own among them where its archive is a cache.
    mbit, ms
        Megabits a second and milliseconds of every line.

    Raises
    ------
    UsageError
        The style is none of these.
    """
    if style not in STYLES:
        raise UsageError(f"There is no style {style}.", remedy=f"There is {', '.join(STYLES)}.")
    design = regional(hospitals, "hybrid" if style == STAR else style, mbit=mbit, ms=ms)
    sites = []
    for site in design.sites:
        if site.role == "hospital":
            sites.append(replace(site, keep=keep))
        elif style == STAR:
            sites.append(replace(site, role="router", archive="none", services=("store",)))
        else:
            sites.append(site)
    named = f"{hospitals} hospitals, {style}"
    return design.changed(
        name=named, style="federated" if style == STAR else style, sites=tuple(sites)
    )
