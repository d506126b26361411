"""What does one question cost?

Somebody at a hospital looks for a patient. How many requests go over lines, in each style?
"""

from __future__ import annotations

from dataclasses import replace

from labkit.common import cite
from labkit.dicom.samples import sample
from labkit.exchange.network import Network, regional
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb12_routers_and_federations._networks import IMPORTS, quick

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    # requests(style, hospitals, studies): how many HTTP requests go over lines when somebody at one
    # hospital looks for a patient who has `studies` studies, all at other hospitals.
    # style is "centralised", "federated" or "hybrid". Try it: network.find(…).messages.
    def requests(style, hospitals, studies):
        ...
    """,
    answer="requests",
    reference="""
    def requests(style, hospitals, studies):
        if style == "centralised":
            return 1
        if style == "hybrid":
            return 1 + studies
        return hospitals - 1
    """,
    explanation="""
        A central archive is asked once. A federation asks everybody else, and most say no: with 200
        hospitals that are 199 requests for each question, and everybody learns for whom you looked.
        An index is asked once, and then for the manifest of each study: what it costs grows with
        what the patient has, not with the region.
    """,
    hints=(
        "regional(5, 'federated') makes a network of five; find() there and look at .messages.",
        "Who is asked is in .asked. The own archive is asked too, and no line is needed for that.",
        "In the hybrid style the index answers with studies, and a manifest is read for each.",
    ),
    wrong=(
        Wrong(
            "counts-itself",
            """
    def requests(style, hospitals, studies):
        return {"centralised": 1, "hybrid": 1 + studies}.get(style, hospitals)
""",
            """The hospital that asks was counted among those that are asked over a line. Its own
            archive is in the same building.""",
        ),
        Wrong(
            "all-with-all",
            """
    def requests(style, hospitals, studies):
        pairs = hospitals * (hospitals - 1) // 2
        return {"centralised": 1, "hybrid": 1 + studies}.get(style, pairs)
""",
            """These are the lines of a federation in which everybody is joined to everybody. One
            question goes over those that begin at the hospital that asks.""",
        ),
        Wrong(
            "index-has-it-all",
            """
    def requests(style, hospitals, studies):
        return hospitals - 1 if style == "federated" else 1
""",
            """The index says that there is a study. Where it is stands in the manifest, and each
            manifest is a request of its own.""",
        ),
    ),
)

RULE = cite("PS3.18", "10.6")
_STUDIES = ("ct-head", "mr-brain")


def measured(style: str, hospitals: int, studies: int) -> int:
    """Build it, and look at what a search takes."""
    design = quick(regional(hospitals, style))
    holders = [site.name for site in design.hospitals][1 : 1 + studies]
    slugs = dict(zip(holders, _STUDIES, strict=False))
    sites = tuple(
        replace(site, studies=(slugs[site.name],) if site.name in slugs else ())
        for site in design.sites
    )
    with Network(design.changed(sites=sites)) as network:
        found = network.find(at="hospital01", patient=sample("ct-head").patient_id)
        assert len(found) == studies
        return found.messages


def check(work: Work) -> Verdict:
    """Compare with networks that are built and asked."""
    if work.call("centralised", 3, 1) in (None, ...):
        return blank()
    for style, hospitals, studies in (
        ("centralised", 4, 2), ("hybrid", 4, 2), ("federated", 4, 2), ("federated", 6, 1),
    ):  # fmt: skip
        real, got = measured(style, hospitals, studies), work.call(style, hospitals, studies)
        if got != real:
            lines = hospitals * (hospitals - 1) // 2
            mistake = (
                "counts-itself" if got == hospitals else "all-with-all" if got == lines else ""
            )
            mistake = mistake if style == "federated" else ""
            if style == "hybrid" and got == 1:
                mistake = "index-has-it-all"
            asked = f"{hospitals} hospitals, {style}, {studies} studies"
            return failed(expected=f"{asked}: {real}", got=got, rule=RULE, mistake=mistake)
    return passed("As measured, in all three styles.", rule=RULE)
