"""Is a patient the same person on both sides?"""

from __future__ import annotations

from collections.abc import Iterator

from labkit.common.cite import cite
from labkit.exchange.network.design import Design
from labkit.exchange.network.findings import Finding


def no_authority(design: Design) -> Iterator[Finding]:
    """Find the communities whose patient IDs nobody answers for."""
    for place, community in enumerate(design.communities):
        if not community.authority:
            yield Finding(
                "no-assigning-authority", "error", community.name,
                f"{community.name} names no assigning authority: its 1001234 may be anybody's.",
                "Give its [[community]] an OID as authority.",
                design.where("community", "name", place), cite("IHE ITI TF-3", "4.2.3.1.7"),
            )  # fmt: skip


def same_authority(design: Design) -> Iterator[Finding]:
    """Find authorities that two communities share in name alone."""
    for key in ("authority", "issuer"):
        first: dict[str, str] = {}
        for place, community in enumerate(design.communities):
            value = getattr(community, key).removeprefix("urn:oid:")
            other = first.setdefault(value, community.name) if value else community.name
            if other != community.name:
                yield Finding(
                    "colliding-authorities", "error", community.name,
                    f"{community.name} and {other} have one {key}: the same number is two people, "
                    "and the exchange takes them for one.",
                    f"Give each community an {key} of its own, and mend the IDs that were given.",
                    design.where("community", key, place), cite("IHE ITI TF-3", "4.2.3.1.7"),
                )  # fmt: skip


def no_manager(design: Design) -> Iterator[Finding]:
    """Find several authorities with nobody who knows who is whom."""
    authorities = {c.authority for c in design.communities if c.authority}
    manager = design.identity.manager
    if len(authorities) > 1 and not manager:
        yield Finding(
            "no-cross-reference", "error", "identity",
            f"{len(authorities)} authorities give patient IDs, and nobody keeps which are one "
            "person's: a search at one finds nothing of the other.",
            'Name a site with a cross-reference manager: [identity] manager = "…".',
            design.where("identity"), cite("IHE ITI TF-1", "5"),
        )  # fmt: skip
    if manager and not design.site(manager).offers("pix"):
        yield Finding(
            "service-missing", "error", manager,
            f"{manager} is to keep the cross-references and does not offer it.",
            f'Add "pix" to the services of {manager}.', design.where("identity", "manager"),
        )  # fmt: skip


def unknown_patients(design: Design) -> Iterator[Finding]:
    """Find the hospitals of whose patients the registry is told nothing."""
    registries = {site.name for site in design.sites if site.offers("registry")}
    if not registries:
        return
    for place, site in enumerate(design.sites):
        if site.role != "hospital":
            continue
        own = {s.name for s in design.members(site.community)} & registries
        wanted = own or registries
        if not wanted & {*site.patients_to, site.name}:
            yield Finding(
                "unknown-patients", "error", site.name,
                f"The registry at {', '.join(sorted(wanted))} is not told of the patients of "
                f"{site.name}: it refuses what is registered for them (XDSUnknownPatientId).",
                f'Send them: patients_to = ["{min(wanted)}"].',
                design.where("site", "name", place), cite("IHE ITI TF-2", "3.8"),
            )  # fmt: skip


CHECKS = (no_authority, same_authority, no_manager, unknown_patients)
