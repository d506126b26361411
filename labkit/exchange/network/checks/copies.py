"""How long is what kept, and who deletes the rest?"""

from __future__ import annotations

from collections.abc import Iterator

from labkit.exchange.network.design import Design
from labkit.exchange.network.findings import Finding


def unretired(design: Design) -> Iterator[Finding]:
    """Find the copies that nobody deletes."""
    if design.retention.copies_days:
        return
    for place, site in enumerate(design.sites):
        copies = site.archive == "cache" or (
            design.style == "centralised" and site.role == "hospital" and site.archive == "own"
        )
        if copies and not site.keep:
            yield Finding(
                "copies-never-retired", "error", site.name,
                f"{site.name} keeps copies of images whose original is elsewhere, for ever: they "
                "are not corrected with it, and not deleted with it.",
                "Set copies_days in [retention], or keep at the site.",
                design.where("site", "archive", place),
            )  # fmt: skip


def below_law(design: Design) -> Iterator[Finding]:
    """Find retention that is shorter than the law demands, or that nobody has looked up."""
    kept = design.retention
    if not kept.law_years:
        yield Finding(
            "law-not-stated", "warning", "retention",
            "The design does not say how long the law of the place demands that images are kept.",
            "Look it up, and write law_years and law into [retention].", design.where("retention"),
        )  # fmt: skip
    law = f" ({kept.law})" if kept.law else ""
    if kept.years < kept.law_years:
        yield Finding(
            "retention-below-law", "error", "retention",
            f"Images are kept for {kept.years:g} years; the law demands {kept.law_years:g}{law}.",
            f"Set years = {kept.law_years:g} at least.", design.where("retention", "years"),
        )  # fmt: skip
    if kept.children_until < kept.law_children_until:
        yield Finding(
            "retention-below-law", "error", "retention",
            f"A child's images are kept until the age of {kept.children_until}; the law demands "
            f"{kept.law_children_until}{law}.",
            f"Set children_until = {kept.law_children_until} at least.",
            design.where("retention", "children_until"),
        )  # fmt: skip


def cloud(design: Design) -> Iterator[Finding]:
    """Find a cloud tier that leaks, or that hangs on nothing."""
    tier = design.cloud
    if not tier.provider:
        return
    if not tier.at:
        yield Finding(
            "cloud-unreachable", "error", "cloud",
            "The cloud tier hangs on no site: nothing goes there.",
            'Name the site: [cloud] at = "…".', design.where("cloud"),
        )  # fmt: skip
    if not tier.encrypted:
        yield Finding(
            "cloud-not-encrypted", "error", "cloud",
            f"Objects go to {tier.provider} as they are: who reads the store reads the patients.",
            "Set encrypted = true in [cloud].", design.where("cloud", "encrypted"),
        )  # fmt: skip
    elif tier.keys == "provider":
        yield Finding(
            "keys-with-provider", "warning", "cloud",
            f"{tier.provider} holds the keys to what it stores: encryption does not protect from "
            "the provider, or from whom it must obey.",
            'Set keys = "own" in [cloud].', design.where("cloud", "keys"),
        )  # fmt: skip
    if not tier.region:
        yield Finding(
            "no-region", "warning", "cloud",
            f"The design does not say where {tier.provider} keeps the data, nor under which law.",
            "Set region in [cloud].", design.where("cloud"),
        )  # fmt: skip


CHECKS = (unretired, below_law, cloud)
