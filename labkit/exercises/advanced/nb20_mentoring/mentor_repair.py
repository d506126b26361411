"""Mend it with the least changes

It stays your colleague's design: what is right in it is not touched, what it is for is kept.
"""

from __future__ import annotations

import difflib

from labkit.common import cite
from labkit.common.errors import LabkitError
from labkit.exchange.network import Design, check_design, read_design
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb20_mentoring._given import IMPORTS
from labkit.exercises.mentoring import Drive, drive, handed_over_text
from labkit.exercises.mentoring.driving import load

MOST = 20
"""Lines that may differ, taken away and added; ten are mended."""
_CHANGES = """
    changes = [
        ('2.25.2026102.1"\\nauthority = "2.25.2026101.2"',
         '2.25.2026102.1"\\nauthority = "2.25.2026102.2"'),
        ("\\ntls = false", ""),
        (', "TEST"', ""),
        ("children_until = 18", "children_until = 28"),
        ("copies_days = 18250", "copies_days = 90"),
        ('forward = ["harbour"]\\n', 'forward = ["harbour"]\\npasses = "once"\\n'),
        ("mbit = 12\\n", "mbit = 100\\n"),
        ("mbit = 10000", "mbit = 100"),
    ]
    mended = theirs
    for old, new in changes:
        mended = mended.replace(old, new, 1)
    mended += '\\n[identity]\\nmanager = "centre"\\n'
"""

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    # `mended` is the text of the design, with all nine mistakes mended in as few lines as you can.
    # north still gets what the others make, and harbour what north makes: they asked for it.
    mended = theirs
    """,
    answer="mended",
    expects=str,
    reference=_CHANGES,
    explanation="""
        About ten lines. Whoever asked for images to be passed on has a reason, so the forwards
        stay, and the loop is ended where an object comes by for the second time. A design that is
        written anew may be better, and its author can neither see what was wrong nor defend it.
    """,
    hints=(
        "Replace in the text: mended = theirs.replace(old, new, 1). drive(read_design(mended)) "
        "says what is left.",
        "The loop ends without taking a forward away: PASSES of labkit.exchange.network, as the "
        "router in the attic has it.",
        'passes = "once" below the forward of north; an [identity] section with manager = '
        '"centre"; lines of 100 Mbit/s; copies_days under 30 years.',
    ),
    wrong=(
        Wrong(
            "rewrote-it",
            _CHANGES
            + """
    from labkit.exchange.network import write_design
    mended = write_design(read_design(mended))
""",
            """It works, and hardly a line is where it was, comments included. Your colleague cannot
            see what was wrong. Change the lines that are wrong, and no others.""",
        ),
        Wrong(
            "took-a-wish-away",
            _CHANGES.replace(
                """('forward = ["harbour"]\\n', 'forward = ["harbour"]\\npasses = "once"\\n')""",
                """('forward = ["harbour"]\\n', "")""",
            ),
            """The loop is ended because something is passed on no more. It stood in a comment who
            asked for it and why: harbour reads for north at night.""",
        ),
        Wrong(
            "changed-the-demand",
            _CHANGES.replace(
                '("mbit = 12\\n", "mbit = 100\\n")',
                '("studies_per_year = 180000", "studies_per_year = 18000")',
            ),
            """The line is wide enough now, for a tenth of the patients. What hospitals make, and
            what the law says, are not the designer's to change.""",
        ),
        Wrong(
            "opened-to-all",
            _CHANGES.replace('(\', "TEST"\', "")', "('allow = ', 'allow = [] # ')"),
            """TEST is not on the list any more, because there is no list: now anybody is
            answered.""",
        ),
    ),
)

RULE = (cite("IHE ITI TF-3", "4.2.3.1.7"), cite("PS3.7", "9.1.1"))


def check(work: Work) -> Verdict:
    """Compare, build and drive it."""
    before_text = handed_over_text()
    if work.answer.strip() == before_text.strip():
        return blank("Nothing is changed yet.")
    before = read_design(before_text)
    try:
        design = read_design(work.answer)
    except LabkitError as error:
        return failed(expected="a design that can be read", got=error.message, rule=RULE)
    if _demand(design) != _demand(before):
        return failed(expected="the same sites, studies, style and law", got="others", rule=RULE,
                      mistake="changed-the-demand")  # fmt: skip
    if not design.security.allow:
        return failed(expected="a list of who may call", got="none", rule=RULE,
                      mistake="opened-to-all")  # fmt: skip
    errors = check_design(design).errors
    if errors:
        return failed(expected="no errors of check_design", got=errors[0].says, rule=RULE)
    left = _by_reading(design)
    if left:
        return failed(expected="all nine mended", got=left, rule=RULE)
    differing = changed(before_text, work.answer)
    if differing > MOST:
        return failed(expected=f"at most {MOST} lines that differ", got=f"{differing} lines",
                      rule=RULE, mistake="rewrote-it")  # fmt: skip
    return _driven(drive(design), differing)


def _driven(seen: Drive, differing: int) -> Verdict:
    everywhere = ("centre", "harbour", "north")
    if seen.rounds:
        return failed(expected="nothing goes round", got=repr(seen), rule=RULE)
    if any(not set(everywhere) <= set(held) for held in seen.reached.values()):
        got = "; ".join(f"{site}: {', '.join(held)}" for site, held in seen.reached.items())
        return failed(expected=f"what is made is in {', '.join(everywhere)}", got=got, rule=RULE,
                      mistake="took-a-wish-away")  # fmt: skip
    if seen.wrong_person or not seen.prior or seen.strangers or seen.heard:
        return failed(expected="the right persons found, and nobody else served", got=repr(seen),
                      rule=RULE)  # fmt: skip
    return passed(f"Built and driven: it holds. {differing} lines differ.", rule=RULE)


def changed(before: str, after: str) -> int:
    """Count the lines that were taken away or added; empty ones are free."""
    lines = difflib.ndiff(before.splitlines(), after.splitlines())
    return sum(line[:2] in ("- ", "+ ") and bool(line[2:].strip()) for line in lines)


def _by_reading(design: Design) -> str:
    kept = design.retention
    if not kept.copies_days or kept.copies_days > 365 * kept.years:
        return "copies are kept longer than their originals"
    for link, share in load(design).items():
        if share > 0.7:
            return f"{link} is {share:.0%} full in working hours"
        mbit = next(each.mbit for each in design.links if each.name == link)
        if mbit > 1000 and share < 0.001:
            return f"{link} is paid for and idle"
    return ""


def _demand(design: Design) -> tuple[object, ...]:
    sites = tuple(
        (s.name, s.community, s.role, s.studies, s.studies_per_year, s.mbyte_per_study, s.archive)
        for s in design.sites
    )
    law = design.retention
    ends = tuple(link.ends for link in design.links)
    return (design.style, sites, ends, law.years, law.law_years, law.law_children_until)
