"""What is marked before anything runs: the design against the rules, and against the brief."""

from __future__ import annotations

from collections.abc import Iterator

from labkit.exchange.network import Design, Findings, LinkDesign
from labkit.exchange.project.brief import Brief
from labkit.exchange.project.marks import Mark, share
from labkit.exchange.project.terms import Offer

_EACH_ERROR = 3


def on_paper(brief: Brief, design: Design, findings: Findings) -> list[Mark]:
    """Mark what the file says."""
    return [_sound(findings), _hospitals(brief, design), _lines(brief, design), _law(brief, design)]


def _sound(findings: Findings) -> Mark:
    errors = findings.errors
    names = list(dict.fromkeys(finding.name for finding in errors))
    others = len(findings) - len(errors)
    return Mark(
        "design", "sound", max(0, 15 - _EACH_ERROR * len(errors)), 15,
        "check_design finds no error",
        f"{len(errors)} errors ({', '.join(names)}), {others} warnings"
        if errors else f"no error, {others} warnings",
        f"{errors[0].about}: {errors[0].remedy}" if errors else "",
        "failed" if errors else "shown",
        tuple(f"{f.severity}: {f.name}: {f.says}" for f in findings),
        errors[0].reference if errors else None,
    )  # fmt: skip


def _hospitals(brief: Brief, design: Design) -> Mark:
    wrong = [why for why in (wrong_with(brief, design, h.name) for h in brief.hospitals) if why]
    count = len(brief.hospitals)
    return Mark(
        "design", "hospitals", share(4, count - len(wrong), count), 4,
        "each hospital of the brief is a site, with its issuer and its volume",
        "; ".join(wrong) or f"all {count} are there",
        "Take names, issuers and volumes from the brief." if wrong else "",
        "failed" if wrong else "shown",
    )  # fmt: skip


def wrong_with(brief: Brief, design: Design, name: str) -> str:
    """Say what is wrong with how a hospital of the brief is in the design; ``""`` where nothing."""
    wanted = brief.hospital(name)
    site = next((each for each in design.hospitals if each.name == name), None)
    if site is None:
        return f"there is no hospital {name}"
    issuer = design.community(site.community).issuer
    if issuer != wanted.issuer:
        return f"{name} is of a community with issuer {issuer!r}, and writes {wanted.issuer}"
    less = site.studies_per_year < wanted.studies_per_year
    if less or site.mbyte_per_study < wanted.mbyte_per_study:
        return f"{name} makes more than the design says"
    return ""


def _lines(brief: Brief, design: Design) -> Mark:
    taken = dict(offers_of(brief, design))
    unknown = [link.name for link in design.links if link.name not in taken]
    cost = sum(offer.cost for offer in taken.values())
    over = cost > brief.limits.budget
    points = (0 if unknown else 3) + (0 if over or unknown or not design.links else 3)
    got = [f"nobody offers {', '.join(unknown)} as the design has it"] if unknown else []
    got.append(f"{cost:,} a year for {len(taken)} lines")
    return Mark(
        "design", "lines-to-be-had", points, 6,
        f"lines as the brief offers them, for {brief.limits.budget:,} a year at most",
        "; ".join(got),
        "Take lines from the offer, no faster than they are." if unknown
        else "Leave out a line, or take a slower one." if over
        else "" if design.links else "Order a line.",
        "shown" if points == 6 else "failed",
        tuple(f"{name}: {offer.mbit:g} Mbit/s, {offer.ms:g} ms, {offer.cost:,} a year"
              for name, offer in taken.items()),
    )  # fmt: skip


def offers_of(brief: Brief, design: Design) -> Iterator[tuple[str, Offer]]:
    """Line to the cheapest offer that has it; lines that nobody offers are left out."""
    left = sorted(brief.offers, key=lambda offer: offer.cost)
    for link in sorted(design.links, key=lambda link: -link.mbit):
        fitting = next((offer for offer in left if _fits(offer, link)), None)
        if fitting is not None:
            left.remove(fitting)
            yield link.name, fitting


def _fits(offer: Offer, link: LinkDesign) -> bool:
    same = {offer.from_, offer.to} == link.ends
    return same and 0 < link.mbit <= offer.mbit and link.ms >= offer.ms


def _law(brief: Brief, design: Design) -> Mark:
    kept, law = design.retention, brief.law
    wrong = []
    if kept.years < law.years:
        wrong.append(f"images are kept for {kept.years:g} years")
    if kept.children_until < law.children_until:
        wrong.append(f"a child's until {kept.children_until}")
    if kept.law_years < law.years or kept.law_children_until < law.children_until:
        wrong.append("the design does not state the law of the brief")
    wanted = f"{law.years:g} years, a child's until {law.children_until}"
    return Mark(
        "design", "kept-as-the-law-says", share(5, 3 - len(wrong), 3), 5, wanted,
        "; ".join(wrong) or wanted,
        "Set years, children_until, law_years, law_children_until in [retention]." if wrong else "",
        "failed" if wrong else "shown",
    )  # fmt: skip
