"""A site has no power: who is affected?

The phone rings. Say whose images can no longer be had from where the caller sits.
"""

from __future__ import annotations

from labkit.common import cite
from labkit.common.errors import LabkitError
from labkit.dicom.samples import sample
from labkit.exchange.network import Design, Network
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb12_routers_and_federations._networks import (
    IMPORTS,
    ring,
    row,
    styled,
)

_REACH = """
    def cut_off(design, at, dead):
        def reached(name):
            return path(design, at, name, dead=[dead]) is not None

        others = [site.name for site in design.hospitals if site.name != at]
        if design.style != "federated" and not reached(design.centre.name):
            return sorted(others)
        if design.style == "centralised":
            return []
        return sorted(name for name in others if not reached(name))
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    # cut_off(design, at, dead): the hospitals, sorted by name, whose images somebody at the site
    # `at` can no longer get while the site `dead` has no power (and `at` has).
    # path(design, a, b, dead=[…]) is the way from a to b, or None. design.hospitals, design.centre
    # and design.style say the rest. Where are the images in each style, and who is asked?
    def cut_off(design, at, dead):
        ...
    """,
    answer="cut_off",
    reference=_REACH,
    explanation="""
        Two questions decide: is what was asked for somewhere that can be reached, and can whoever
        knows where it is be reached? Centralised, a dead hospital costs nobody an image, and a dead
        centre costs everybody all of them. Federated, a dead hospital takes its own images with it,
        and those of whoever is behind it. With an index, both.
    """,
    hints=(
        "Draw the three designs. Where is the image of harbour in each?",
        "Centralised: all hang on the centre, nothing on the hospital where it was made. Hybrid: "
        "on the centre to find it, and on the hospital to get it.",
        "A line that is not direct is a way too: path() finds it, and dead=[dead] keeps it from "
        "going through the dead site.",
    ),
    wrong=(
        Wrong(
            "the-dead-one-alone",
            """
    def cut_off(design, at, dead):
        return [site.name for site in design.hospitals if site.name == dead != at]
""",
            """A dead centre was counted as affecting nobody, and a dead hospital as losing what is
            at the centre. Which site has the images depends on the style.""",
        ),
        Wrong(
            "forgot-who-is-behind",
            """
    def cut_off(design, at, dead):
        others = [site.name for site in design.hospitals if site.name != at]
        if dead == (design.centre and design.centre.name):
            return sorted(others)
        return [] if design.style == "centralised" else [name for name in others if name == dead]
""",
            """Who is joined only through the dead site is cut off as well, though all its machines
            run. Look at the way, not only at its end.""",
        ),
        Wrong(
            "direct-lines-only",
            """
    def cut_off(design, at, dead):
        def reached(name):
            return dead != name and (design.link(at, name) is not None)

        others = [site.name for site in design.hospitals if site.name != at]
        if design.style != "federated" and not reached(design.centre.name):
            return sorted(others)
        if design.style == "centralised":
            return []
        return sorted(name for name in others if not reached(name))
""",
            """Only direct lines were counted. In the hybrid style no two hospitals have one, and
            images go by way of the centre all the same.""",
        ),
    ),
)

RULE = cite("IHE ITI TF-1", "18")
_AT = {"north": "ct-head", "harbour": "dx-hand", "lakeside": "cr-chest-prior"}


def measured(design: Design, at: str, dead: str) -> list[str]:
    """Kill the site, and try to get one study of each hospital."""
    lost = []
    with Network(design) as network:
        network.kill(dead)
        for hospital, slug in _AT.items():
            if hospital == at:
                continue
            try:
                network.fetch(at=at, study=sample(slug).study_uid)
            except LabkitError:
                lost.append(hospital)
    return sorted(lost)


def check(work: Work) -> Verdict:
    """Build each design, kill a site, and compare."""
    cases = (
        (styled("three_centralised"), "lakeside", "north"),
        (styled("three_centralised"), "lakeside", "centre"),
        (ring(), "lakeside", "harbour"),
        (row(), "lakeside", "harbour"),
        (styled("three_hybrid"), "lakeside", "north"),
        (styled("three_hybrid"), "north", "centre"),
    )
    if work.call(*cases[0]) in (None, ...):
        return blank()
    got = [work.call(*case) for case in cases]
    for (design, at, dead), each in zip(cases, got, strict=True):
        if not isinstance(each, (list, tuple, set, frozenset)):
            asked = f"{design.name}: {dead} is down, somebody sits at {at}"
            return failed(expected=f"{asked}: a list of names", got=each, rule=RULE)
    got = [sorted(map(str, each)) for each in got]
    for number, (design, at, dead) in enumerate(cases):
        real = measured(design, at, dead)
        if got[number] != real:
            asked = f"{design.name}: {dead} is down, somebody sits at {at}"
            mistake = ""
            if got[0] == ["north"] and got[1] == []:
                mistake = "the-dead-one-alone"
            elif got[3] == ["harbour"]:
                mistake = "forgot-who-is-behind"
            elif got[4] == ["harbour", "north"]:
                mistake = "direct-lines-only"
            return failed(expected=f"{asked}: {real}", got=got[number], rule=RULE, mistake=mistake)
    return passed("As it came when the sites were killed, in all three styles.", rule=RULE)
