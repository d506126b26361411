"""Designs that are marked: a good one for each brief."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from labkit.exchange.network import Design, read_design

GOOD = Path(__file__).parent / "good.toml"


def good() -> Design:
    """For the brief of notebook 19."""
    return read_design(GOOD)


def small() -> Design:
    """For the workshop: two hospitals, two lines."""
    design = good()
    sites = tuple(site for site in design.sites if site.name in ("north", "lakeside"))
    line = design.link("north", "lakeside")
    assert line is not None
    links = (line, replace(line, mbit=50.0, ms=20.0, name="second"))
    communities = tuple(c for c in design.communities if c.issuer != "HILLSIDE")
    retention = replace(design.retention, copies_days=30)
    return design.changed(sites=sites, links=links, communities=communities, retention=retention)
