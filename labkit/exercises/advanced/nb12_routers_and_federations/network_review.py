"""Review a design

A colleague's federation runs, and six things about it are wrong. Mend them, and keep what it is.
"""

from __future__ import annotations

from labkit.common import cite
from labkit.common.errors import LabkitError
from labkit.exchange.network import Network, check_design, example, read_design
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb12_routers_and_federations._networks import (
    IMPORTS,
    NEW,
    quick,
)

_TEXT = """
    theirs = example_text("broken_federated")
"""
_MEND = """
    mended = theirs
    for old, new in (
        ("tls = false", "tls = true"),
        ('xua = true', 'xua = true\\naudit = "north"'),
        ('studies = ["dx-hand"]\\nforward = ["lakeside"]',
         'studies = ["dx-hand"]\\npatients_to = ["north"]'),
        ('forward = ["harbour"]\\n', ""),
        ("\\nyears = 5", "\\nyears = 10"),
    ):
        mended = mended.replace(old, new, 1)
    head, tail = mended.rsplit('authority = "2.25.2026101.2"', 1)
    mended = head + 'authority = "2.25.2026102.2"' + tail
"""

EXERCISE = Exercise(
    given=IMPORTS + _TEXT,
    blank="""
    # check_design(read_design(theirs)) says what is wrong. Make `mended` of `theirs`, a text, so
    # that there is no error left. It stays federated, with three sites that each have their own
    # studies; what the law says stays what it says.
    mended = theirs
    """,
    answer="mended",
    expects=str,
    reference=_MEND,
    explanation="""
        A finding goes away when its cause does, or when the design no longer says what the finding
        looks at. A reviewer who counts findings is content with both. So look at what the design
        does afterwards: who exchanges what with whom, under which law.
    """,
    hints=(
        "print(check_design(read_design(theirs))): each finding has its line and what to do.",
        "Lakeside's authority is North General's. Its own would be 2.25.2026102.2.",
        "The two forward entries make the loop: in a federation nothing needs to be forwarded. "
        'Give harbour patients_to = ["north"], [security] audit = "north", years = 10, tls = true.',
    ),
    wrong=(
        Wrong(
            "changed-the-law",
            _MEND.replace('("\\nyears = 5", "\\nyears = 10")',
                          '("law_years = 10", "law_years = 5")'),
            """The finding about retention is gone, because the design now says that the law demands
            five years. The law does not read it.""",
        ),
        Wrong(
            "left-the-site-out",
            """
    from labkit.exchange.network import write_design
    design = read_design(theirs)
    mended = write_design(design.changed(
        communities=design.communities[:1], sites=design.sites[:1], links=(),
        security=replace(design.security, audit="north"),
        retention=replace(design.retention, years=10)))
""",
            """No findings, and no exchange: one site is left. A design that does nothing has
            nothing wrong with it.""",
        ),
        Wrong(
            "nobody-in-charge",
            _MEND.replace("2.25.2026102.2", ""),
            """Lakeside has no authority at all now. Two that are the same became one that is
            missing: its 1001234 may be anybody's.""",
        ),
    ),
)  # fmt: skip

RULE = cite("IHE ITI TF-3", "4.2.3.1.7")


def check(work: Work) -> Verdict:
    """Read it, compare what it is with what it was, and run it."""
    before = example("broken_federated")
    try:
        design = read_design(work.answer)
    except LabkitError as error:
        mistake = "nobody-in-charge" if "authority is no OID" in error.message else ""
        got = error.message
        return failed(expected="a design that can be read", got=got, rule=RULE, mistake=mistake)
    if design == before:
        return blank()
    if (design.style, [site.name for site in design.sites]) != (
        before.style, [site.name for site in before.sites],
    ):  # fmt: skip
        got = f"{design.style}: {', '.join(site.name for site in design.sites)}"
        return failed(expected="federated: north, harbour, lakeside", got=got, rule=RULE,
                      mistake="left-the-site-out")  # fmt: skip
    law = (design.retention.law_years, design.retention.law_children_until)
    if law != (before.retention.law_years, before.retention.law_children_until):
        return failed(expected="10 years, 28 for children", got=law, rule=RULE,
                      mistake="changed-the-law")  # fmt: skip
    found = check_design(design)
    if found.errors:
        mistake = "nobody-in-charge" if "no-assigning-authority" in found.names else ""
        return failed(expected="no errors", got=found.errors[0].says, rule=RULE, mistake=mistake)
    if [site.studies for site in design.sites] != [site.studies for site in before.sites]:
        return failed(expected="each site with its own studies", got="others", rule=RULE)
    with Network(quick(design)) as network:
        made = network.acquire("north", NEW)
        if network.settle(5):
            return failed(expected="nothing is forwarded", got=network.waiting(), rule=RULE)
        network.fetch(at="lakeside", study=made.study)
        if network.holders(made.study) != ["north"]:
            return failed(expected="images stay", got=network.holders(made.study), rule=RULE)
    return passed("No errors, the same network, and it works.", rule=RULE)
