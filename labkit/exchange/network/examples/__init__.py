"""Designs to begin with: three sites in each style, and as many as wanted."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

from labkit.common.errors import UsageError
from labkit.exchange.network.design import Design, read_design
from labkit.exchange.network.sections import STYLES, CommunityDesign, LinkDesign, SiteDesign
from labkit.exchange.network.terms import Identity, Retention, Security
from labkit.exchange.network.values import one_of

_FOLDER = Path(__file__).parent
_ARC = 2026200
_MOST = 400


def examples() -> list[str]:
    """Return the names of the examples."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def example_text(name: str) -> str:
    """Return the text of an example, to change it."""
    return _path(name).read_text(encoding="utf-8")


def example(name: str) -> Design:
    """Return an example: ``example("three_federated")``.

    Raises
    ------
    UsageError
        There is none of that name.
    """
    return read_design(_path(name))


def _path(name: str) -> Path:
    if name not in examples():
        raise UsageError(
            f"There is no example {name}.", remedy=f"There is {', '.join(examples())}."
        )
    return _FOLDER / f"{name}.toml"


def regional(
    count: int,
    style: str,
    *,
    mbit: float = 100.0,
    ms: float = 10.0,
    studies_per_year: int = 30000,
    mbyte_per_study: float = 80.0,
) -> Design:
    """Make a design of many hospitals, each a community of its own, all alike.

    Centralised and hybrid ones have a line from each to the centre, federated ones a line between
    any two.

    Parameters
    ----------
    count
        How many hospitals, 2 to 400; a federated design of more than 89 has too many lines.
    style
        ``"centralised"``, ``"federated"`` or ``"hybrid"``.
    mbit, ms
        Of every line.
    studies_per_year, mbyte_per_study
        Of every hospital.

    Raises
    ------
    UsageError
        The number or the style cannot be.
    """
    one_of("style", style, STYLES)
    if not 2 <= count < _MOST or (style == "federated" and count * (count - 1) // 2 > 4000):
        raise UsageError(
            f"{count} hospitals cannot be one {style} design.",
            remedy="Take 2 to 399; federated, with a line between any two, at most 89.",
        )
    names = [f"hospital{number:02d}" for number in range(1, count + 1)]
    central = style != "federated"
    communities = [_community(name, _ARC + n) for n, name in enumerate(names, 1)]
    sites = [
        SiteDesign(
            name,
            name,
            f"HOSPITAL{number:02d}",
            archive="cache" if style == "centralised" else "own",
            keep=20 if central else 0,
            services=_services(style, first=number == 1),
            patients_to=("centre",) if central else (),
            studies_per_year=studies_per_year,
            mbyte_per_study=mbyte_per_study,
        )
        for number, name in enumerate(names, 1)
    ]
    if central:
        communities.insert(0, _community("centre", _ARC))
        offered = ("store", "find", "move", "dicomweb", "registry", "repository", "pix", "audit")
        sites.insert(0, SiteDesign("centre", "centre", "CENTRE", role="centre", services=offered))
    pairs = [(name, "centre") for name in names] if central else combinations(names, 2)
    hub = "centre" if central else names[0]
    return Design(
        f"{count} hospitals, {style}",
        style,
        tuple(communities),
        tuple(sites),
        tuple(LinkDesign(one, other, mbit, ms) for one, other in pairs),
        Security("1.2", True, "opt-out", hub, tuple(s.ae_title for s in sites), f"time.{hub}"),
        Retention(10, 28, 10, 28, "of the place; look up yours", 90),
        Identity(hub),
    )


def _community(name: str, arc: int) -> CommunityDesign:
    return CommunityDesign(name, f"urn:oid:2.25.{arc}.1", f"2.25.{arc}.2", name.upper())


def _services(style: str, *, first: bool) -> tuple[str, ...]:
    offered = ["store", "find", "move", "dicomweb"]
    if style == "federated":
        offered += ["registry", "repository", "gateway", *(["pix", "audit"] if first else [])]
    return tuple(offered)
