"""A third site for the design

Two sites share an archive. A third wants to join: write its part of the design, and see it work.
"""

from __future__ import annotations

from labkit.common import cite
from labkit.common.errors import LabkitError
from labkit.exchange.network import Network, check_design, read_design
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb12_routers_and_federations._networks import IMPORTS, NEW, quick

_SITE = """
[[site]]
name = "harbour"
community = "North General"
ae_title = "HARBOUR"
archive = "cache"
keep = 10
patients_to = ["centre"]
"""
_LINK = """
[[link]]
from = "harbour"
to = "centre"
mbit = 100
ms = 8
"""
_ALLOWED = """
    mine = mine.replace('"LAKESIDE"]', '"LAKESIDE", "HARBOUR"]')
"""


def _adding(*parts: str, allowed: bool = True) -> str:
    text = "".join(parts)
    return f"mine = text + {text!r}\n" + ("" if not allowed else
           "mine = mine.replace('\"LAKESIDE\"]', '\"LAKESIDE\", \"HARBOUR\"]')\n")  # fmt: skip


EXERCISE = Exercise(
    given=IMPORTS + """
    text = example_text("two_centralised")
""",
    blank='''
    # Add the site harbour: community North General, AE title HARBOUR, archive "cache" that keeps
    # the newest 10 studies, patients_to the centre. A line to the centre: 100 Mbit/s, 8 ms, TLS.
    # Look at [security] too: who may call?
    mine = text + """
    """
    ''',
    answer="mine",
    expects=str,
    reference=_adding(_SITE, _LINK),
    explanation="""
        A site is four things in a design: what it is, how it is reached, who knows its patients,
        and who lets it in. The last is forgotten most often, since it stands in the others'
        archives: an association from a calling AE title that an archive does not know is rejected
        (1/1/3).
    """,
    hints=(
        "check_design(read_design(mine)) says by name what is still wrong.",
        "Copy the [[site]] and the [[link]] of lakeside, and change them; any order will do.",
        "The allow list of [security] names every AE title that archives answer: HARBOUR is not on "
        "it. mine = mine.replace('\"LAKESIDE\"]', '\"LAKESIDE\", \"HARBOUR\"]')",
    ),
    wrong=(
        Wrong(
            "not-allowed",
            _adding(_SITE, _LINK, allowed=False),
            """The site is there and joined, and every archive rejects it: its AE title is not on
            the allow list, and what it makes waits in its router for ever.""",
        ),
        Wrong(
            "no-line",
            _adding(_SITE),
            """The site is in the design, and no line leads to it: it is alone with its images.""",
        ),
        Wrong(
            "in-the-clear",
            _adding(_SITE, _LINK, "tls = false\n"),
            """It works, and everything goes over the line in the clear. Nobody notices that until
            somebody looks.""",
        ),
        Wrong(
            "keeps-everything",
            _adding(_SITE.replace("keep = 10\n", ""), _LINK),
            """A cache without `keep` keeps all that it ever sees: copies that are not corrected and
            not deleted with the original.""",
        ),
    ),
)  # fmt: skip

RULE = cite("PS3.8", "9.3.4")


def check(work: Work) -> Verdict:
    """Read the design, look for what is wrong with the new site, then build it and use it."""
    try:
        design = read_design(work.answer + "\n")
    except LabkitError as error:
        return failed(expected="a design that can be read", got=error.message, rule=RULE)
    names = [site.name for site in design.sites]
    if "harbour" not in names:
        return blank()
    site, found = design.site("harbour"), check_design(design)
    for name, mistake in (("unreachable-site", "no-line"), ("not-allowed", "not-allowed"),
                          ("link-without-tls", "in-the-clear")):  # fmt: skip
        for finding in found.named(name):
            return failed(expected="no such finding", got=finding.says, rule=RULE, mistake=mistake)
    if site.archive != "cache" or site.keep != 10:
        mistake = "keeps-everything" if site.archive == "cache" and not site.keep else ""
        got = f"archive {site.archive}, keep {site.keep}"
        return failed(expected="a cache that keeps 10", got=got, rule=RULE, mistake=mistake)
    if found.errors:
        return failed(expected="no errors", got=found.errors[0].says, rule=RULE)
    link = design.link("harbour", "centre")
    if link is None or (link.mbit, link.ms, site.ae_title) != (100, 8, "HARBOUR"):
        return failed(expected="HARBOUR on a line of 100 Mbit/s and 8 ms", got=str(link), rule=RULE)
    with Network(quick(design)) as network:
        made = network.acquire("harbour", NEW)
        left = network.settle(3)
        if left or "centre" not in network.holders(made.study):
            return failed(
                expected="the study at the centre", got=f"still waiting: {left}", rule=RULE
            )
    return passed("A study made at harbour is at the centre, over an encrypted line.", rule=RULE)
