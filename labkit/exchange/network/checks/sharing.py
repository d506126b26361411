"""Can documents and images be found and asked for across communities?"""

from __future__ import annotations

from collections.abc import Iterator

from labkit.common.cite import cite
from labkit.exchange.network.design import Design
from labkit.exchange.network.findings import Finding


def no_registry(design: Design) -> Iterator[Finding]:
    """Find the communities in which nobody keeps a registry."""
    if design.protocol != "xca":
        return
    for place, community in enumerate(design.communities):
        members = design.members(community.name)
        if members and not any(site.offers("registry") for site in members):
            yield Finding(
                "no-registry", "error", community.name,
                f"No site of {community.name} has a registry: nobody can say what there is.",
                'Add "registry" to the services of one of its sites.',
                design.where("community", "name", place), cite("IHE ITI TF-1", "10"),
            )  # fmt: skip


def no_gateway(design: Design) -> Iterator[Finding]:
    """Find the communities that no other can ask."""
    if design.protocol != "xca" or len(design.communities) < 2:
        return
    for place, community in enumerate(design.communities):
        members = design.members(community.name)
        if members and not any(site.offers("gateway") for site in members):
            yield Finding(
                "no-gateway", "error", community.name,
                f"{community.name} has no gateway: no other community can ask it, nor it another.",
                'Add "gateway" to the services of one of its sites.',
                design.where("community", "name", place), cite("IHE ITI TF-1", "18"),
            )  # fmt: skip


def no_home(design: Design) -> Iterator[Finding]:
    """Find the communities that have no homeCommunityId, or one that another has."""
    if len(design.communities) < 2:
        return
    first: dict[str, str] = {}
    for place, community in enumerate(design.communities):
        home = community.home.removeprefix("urn:oid:")
        reference = cite("IHE ITI TF-2", "3.38.4.1.2.1")
        if not home:
            yield Finding(
                "no-home-community", "error", community.name,
                f"{community.name} has no homeCommunityId: an answer does not say whose it is.",
                "Give its [[community]] an OID of its own as home.",
                design.where("community", "name", place), reference,
            )  # fmt: skip
            continue
        other = first.setdefault(home, community.name)
        if other != community.name:
            yield Finding(
                "colliding-homes", "error", community.name,
                f"{community.name} and {other} have one homeCommunityId: "
                "a request for the one goes to the other.",
                "Give each an OID of its own as home.",
                design.where("community", "home", place), reference,
            )  # fmt: skip


CHECKS = (no_registry, no_gateway, no_home)
