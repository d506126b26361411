"""What burns with the machine room

A site's disks are gone for good. Which studies are lost? A copy in a cache is no backup.
"""

from __future__ import annotations

from collections.abc import Callable

from labkit.common import cite
from labkit.exchange.experiment import Workload, styled, work_for
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb13_centralised_or_federated._cells import IMPORTS

_RIGHT = """
    def lost(design, work, site, holders):
        if design.style == "centralised":
            burnt = design.site(site).role == "centre"
            return [study.uid for study in work.studies if burnt]
        return [study.uid for study in work.studies if study.site == site]
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    def lost(design, work, site, holders):
        ...  # Study Instance UIDs whose lasting original was at the site

    # design.style, design.site(site).role; work.studies: each with uid and site (where it was made)
    # holders: Study Instance UID -> names of the sites that have objects of it today
    """,
    answer="lost",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        An original is kept until retention ends. A copy is kept until newer copies need its place:
        nobody is asked before it goes, and what was deleted or damaged at the original is so in the
        next copy. Copies may save a study tomorrow; they do not count today. A
        manifest in an index says where images were, and is not images.
    """,
    hints=(
        "Ask of each style: where is the one place that must not lose a study?",
        "Centralised: the centre. Hybrid and federated: where the study was made. What holders "
        "lists besides is copies, and in a hybrid network the index.",
        "Centralised: all studies if the site's role is 'centre', else none. Otherwise those with "
        "study.site == site.",
    ),
    wrong=(
        Wrong(
            "copies-count",
            """
            def lost(design, work, site, holders):
                return [study.uid for study in work.studies if holders[study.uid] == [site]]
            """,
            """You took what lies on other disks today for a backup. A cache drops it tomorrow
            without asking, and the index of a hybrid network holds no images at all.""",
        ),
        Wrong(
            "made-there",
            """
            def lost(design, work, site, holders):
                return [study.uid for study in work.studies if study.site == site]
            """,
            """In a centralised network the original is at the centre, wherever the study was made:
            a hospital loses its cache, and the centre loses everything.""",
        ),
    ),
)

RULE = cite("PS3.4", "J.3")


def check(work: Work) -> Verdict:
    """Ask for the loss of each kind of site in each style."""
    done = work_for(3, 9)
    for style in ("hybrid", "centralised", "federated"):
        design = styled(style, 3)
        holders = _holders(style, done)
        for site in [one.name for one in design.sites]:
            got = work.call(design, done, site, holders)
            if got is None or got is ...:
                return blank()
            right = _right(style, done, site)
            if sorted(got) != sorted(right):
                mistake = ""
                if sorted(got) == sorted(u for u, held in holders.items() if held == [site]):
                    mistake = "copies-count"
                elif sorted(got) == sorted(s.uid for s in done.studies if s.site == site):
                    mistake = "made-there"
                return failed(
                    expected=f"{style}, without {site}: {len(right)} of {len(done.studies)} "
                    "studies are lost",
                    got=f"{len(list(got))} lost",
                    rule=RULE,
                    mistake=mistake,
                )
    return passed("You count originals, and nothing that may go tomorrow.", rule=RULE)


def _right(style: str, done: Workload, site: str) -> list[str]:
    if style == "centralised":
        return [study.uid for study in done.studies] if site == "centre" else []
    return [study.uid for study in done.studies if study.site == site]


def _holders(style: str, done: Workload) -> dict[str, list[str]]:
    """The original, the index's manifest, and a copy of every third study somewhere else."""
    found = {}
    for study in done.studies:
        held = [study.site] if style == "federated" else ["centre", study.site]
        if style == "centralised" and study.number < 5:
            held = ["centre"]  # the cache has dropped the older ones
        if study.number % 3 == 0:
            held.append(next(n for n in ("hospital01", "hospital02") if n != study.site))
        found[study.uid] = held
    return found
