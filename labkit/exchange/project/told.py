"""What a design means in words and numbers, for its document."""

from __future__ import annotations

import re
from collections.abc import Iterator

from labkit.exchange.network import Design
from labkit.exchange.project.marks import Marks

STYLES = {
    "centralised": "All images go to the central archive as they are made, so that a search is one "
    "question; that archive and the lines to it are what everybody depends on.",
    "federated": "Images stay where they are made, and each site asks the others; a question costs "
    "as many messages as there are sites, and a site that is down hides what it has.",
    "hybrid": "Images stay where they are made, and a manifest of each study goes to a central "
    "index; a search is one question there, and the images come from their own site.",
}
COPIES = {
    "own": "keeps for good what is stored there",
    "cache": "keeps copies, the newest",
    "none": "keeps nothing",
}
IDENTITY = {
    True: "Which IDs are one person's is kept at {manager} (PIX), which every search across "
    "communities depends on.",
    False: "Nobody keeps which IDs are one person's.",
}
ACTORS = {
    "Imaging Document Source": {"repository"},
    "Document Repository": {"repository"},
    "Document Registry": {"registry"},
    "Responding Imaging Gateway": {"gateway"},
    "Initiating Imaging Gateway": {"gateway"},
}
"""Actor to the services of a site that make it one."""


def diagram(design: Design) -> str:
    """Draw sites and lines as a Mermaid flowchart, each community in a box."""
    rows = ["flowchart LR"]
    for number, community in enumerate(design.communities):
        rows.append(f'  subgraph c{number}["{_label(community.name)}"]')
        for place, site in enumerate(design.sites):
            if site.community == community.name:
                what = site.role if site.role != "hospital" else f"archive: {site.archive}"
                rows.append(f'    s{place}["{site.name}<br/>{what}"]')
        rows.append("  end")
    names = {site.name: f"s{place}" for place, site in enumerate(design.sites)}
    for link in design.links:
        tls = "TLS" if link.tls else "in the clear"
        text = f"{link.mbit:g} Mbit/s, {link.ms:g} ms, {tls}"
        rows.append(f'  {names[link.from_]} ---|"{text}"| {names[link.to]}')
    return "\n".join(rows)


def _label(text: str) -> str:
    return re.sub(r'["<>\[\]\n]', " ", text)


def flows(design: Design, at: str) -> Iterator[str]:
    """Say how somebody at a site gets to images, in this style."""
    centre = design.centre.name if design.centre else "the centre"
    manager = design.identity.manager
    if manager:
        yield f"The patient's other IDs: the manager at {manager} knows them."
    if design.style == "federated":
        others = [s.name for s in design.sites if s.name != at and s.archive != "none"]
        yield f"Search: {at} asks its own archive, {', '.join(others)}."
        yield "Images: from the site that has them."
    elif design.style == "hybrid":
        yield f"Search: {at} asks its own archive and the index at {centre}."
        yield "Images: from the site that the manifest names."
    else:
        yield f"Search: {at} asks {centre}."
        yield f"Images: from {centre}, where no copy is at {at}."


def capacity(design: Design) -> Iterator[tuple[str, str, str, str, str]]:
    """Give the volume of each hospital, and where it is kept; and the sum."""
    total = 0.0
    centre = design.centre
    for site in design.hospitals:
        gbyte = site.studies_per_year * site.mbyte_per_study / 1000
        total += gbyte
        central = design.style == "centralised" and centre is not None
        yield (
            site.name, f"{site.studies_per_year:,}", f"{site.mbyte_per_study:g}", f"{gbyte:,.0f}",
            centre.name if central and centre is not None else site.name,
        )  # fmt: skip
    years = design.retention.years
    yield ("all", "", "", f"{total:,.0f}", f"{total * years / 1000:,.0f} TB after {years:g} years")


def open_points(marks: Marks) -> list[str]:
    """What a reader of the design still has to ask for."""
    design = marks.design
    rows = [f"{m.name}: {m.got}. {m.todo}" for m in marks if not m.full]
    rows += [f"{m.name}: declared, and not shown. {m.got}" for m in marks if m.state == "declared"]
    rows += [f"{f.name} ({f.about}): {f.says}" for f in marks.findings if f.severity == "warning"]
    if design.security.time:
        rows.append(f"Clocks by {design.security.time}: declared; nothing here depends on it.")
    if design.cloud.provider:
        rows.append(f"The cloud tier at {design.cloud.provider} was not run.")
    return rows
