"""Are images kept where the style says?"""

from __future__ import annotations

from collections.abc import Iterator

from labkit.exchange.network.design import Design
from labkit.exchange.network.findings import Finding


def no_centre(design: Design) -> Iterator[Finding]:
    """Find a design that lives of a centre and has none."""
    if design.style in ("centralised", "hybrid") and design.centre is None:
        what = "archive" if design.style == "centralised" else "index"
        yield Finding(
            "no-centre", "error", design.style,
            f"The design is {design.style}, and no site has the central {what}.",
            'Give one site role = "centre".', design.where("", "style"),
        )  # fmt: skip


def nowhere(design: Design) -> Iterator[Finding]:
    """Find the hospitals whose images are kept nowhere for good."""
    if design.style == "centralised":
        return
    for place, site in enumerate(design.hospitals):
        if site.archive != "own":
            kind = "only copies that are retired" if site.archive == "cache" else "nothing"
            yield Finding(
                "images-kept-nowhere", "error", site.name,
                f"In a {design.style} network images stay where they are made, and {site.name} "
                f"keeps {kind}.",
                f'Give {site.name} archive = "own".',
                design.where("site", "archive", _number(design, site.name, place)),
            )  # fmt: skip


def centre_keeps_nothing(design: Design) -> Iterator[Finding]:
    """Find a central archive that is none."""
    centre = design.centre
    if design.style == "centralised" and centre is not None and centre.archive != "own":
        yield Finding(
            "images-kept-nowhere", "error", centre.name,
            f"{centre.name} is where all images are kept, and its archive is {centre.archive!r}.",
            f'Give {centre.name} archive = "own".',
            design.where("site", "archive", _number(design, centre.name)),
        )  # fmt: skip


def silent(design: Design) -> Iterator[Finding]:
    """Find the sites that hold images and offer no way to get them."""
    needed = "dicomweb" if design.protocol == "dicomweb" else "move"
    holders = design.hospitals if design.style != "centralised" else ()
    centre = (design.centre,) if design.centre and design.style == "centralised" else ()
    for site in (*holders, *centre):
        if design.protocol != "xca" and not site.offers(needed):
            yield Finding(
                "service-missing", "error", site.name,
                f"Others ask {site.name} by {design.protocol}, which it does not offer.",
                f'Add "{needed}" to its services, or change protocol.',
                design.where("site", "services", _number(design, site.name)),
            )  # fmt: skip


def _number(design: Design, name: str, default: int = 0) -> int:
    return next((n for n, site in enumerate(design.sites) if site.name == name), default)


CHECKS = (no_centre, nowhere, centre_keeps_nothing, silent)
