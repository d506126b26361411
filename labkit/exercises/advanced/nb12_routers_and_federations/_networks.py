"""Networks for the checks: small, and without delay."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from labkit.exchange.network import Design, example

IMPORTS = """
    import copy
    import hashlib
    from dataclasses import replace
    from labkit.common.errors import LabkitError
    from labkit.dicom.samples import sample
    from labkit.dicom.transcode import encoded
    from labkit.exchange.network import (
        Network, check_design, example, example_text, read_design, regional)
    from labkit.exchange.network.graph import path
"""
NEW = "ct-head-followup"


def quick(design: Design) -> Design:
    """The same design with lines as fast as the machine."""
    links = tuple(replace(link, mbit=0.0, ms=0.0) for link in design.links)
    return design.changed(links=links)


def filled(design: Design, **studies: str) -> Design:
    """The same design with one study at each of the sites named."""
    sites = tuple(
        replace(site, studies=(studies[site.name],) if site.name in studies else ())
        for site in design.sites
    )
    return quick(design.changed(sites=sites))


def styled(name: str) -> Design:
    """Three sites, one study at each."""
    return filled(example(name), north="ct-head", harbour="dx-hand", lakeside="cr-chest-prior")


def row() -> Design:
    """Three sites in a row: north, harbour in the middle, lakeside."""
    design = styled("three_federated")
    links = tuple(link for link in design.links if link.name != "north-lakeside")
    return design.changed(links=links)


def ring() -> Design:
    """The federation, in which one line can be gone round."""
    return styled("three_federated")


def said(value: Any) -> str:
    """Show a dictionary of sites in one order."""
    if not isinstance(value, dict):
        return repr(value)
    return ", ".join(f"{key}: {value[key]}" for key in sorted(value, key=str))
