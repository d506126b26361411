"""The project: enterprise image exchange

Your design, built, driven, broken, attacked, marked.
"""

from dataclasses import replace

from labkit.common import cite
from labkit.exchange.project.marks import PARTS, Mark
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb19_project_exchange._designs import (
    GIVEN,
    KEPT,
    LINES,
    SAFE,
    WHO,
    marked,
)

_ALL = WHO + LINES + SAFE + KEPT
_MINE = "\n    mine = kept\n"
_STAR = (
    WHO
    + """
    start, end = whose.index('[[link]]'), whose.index('[retention]')
    lines = whose[:start].replace("federated", "centralised") + '''
    [[community]]
    name = "Region"
    issuer = "REGION"
    home = "urn:oid:2.25.2026104.1"
    authority = "2.25.2026104.2"

    [[site]]
    name = "centre"
    community = "Region"
    ae_title = "CENTRE"
    role = "centre"
    ''' + "".join(f'''
    [[link]]
    from = "{name}"
    to = "centre"
    mbit = {mbit}
    ms = {ms}
    ''' for name, mbit, ms in (("north", 1000, 4), ("harbour", 100, 8), ("lakeside", 100, 12),
                               ("hillside", 50, 9))) + whose[end:]
    """
    + SAFE.replace('"NORTH", ', '"NORTH", "CENTRE", ')
    + KEPT
)

EXERCISE = Exercise(
    given=GIVEN,
    blank="""
    # Your design for the brief "region", as text. mark(mine) marks it; print the marks, change the
    # design, mark it again. There is more than one design that passes.
    mine = text
    """,
    answer="mine",
    expects=str,
    reference=_ALL + _MINE,
    explanation="""
        This one is a federation: images stay where they are made, a ring of lines and one more
        carries questions and answers, the cross-references are at North General. A central archive
        passes too, if north and Hillside have a second way to it; it costs all of the budget. What
        neither shows is in the open points of the design document.
    """,
    hints=(
        "mark(mine).missed names what the brief cannot do without; each row has a todo.",
        "The exercises above come to a design: communities, lines, security, retention.",
        "For another style compare example_text('three_centralised') and ('three_hybrid').",
    ),
    wrong=(
        Wrong(
            "one-archive-one-line",
            _STAR + _MINE,
            """All images in one archive, and one line from each site to it. Cut that of North
            General, and its emergency room sees nothing that was made elsewhere.""",
        ),
        Wrong(
            "no-cross-reference",
            _ALL.replace('[identity]\n    manager = "north"', "") + _MINE,
            """A federation in which nobody knows who is whom: everybody is asked, with a number
            that means nothing there. Marigold's prior is not found.""",
        ),
        Wrong(
            "tls-forgotten",
            _ALL.replace('.replace("tls = false", "tls = true")', "") + _MINE,
            """One line has no TLS. It is the one to the smallest site, and a patient's number was
            read from it.""",
        ),
        Wrong(
            "copies-never-retired",
            _ALL.replace("\n    copies_days = 90", "") + _MINE,
            """Copies of other hospitals' images stay at North General for ever. After 91 days they
            were all still there.""",
        ),
        Wrong(
            "one-authority",
            _ALL.replace("2.25.2026102.2", "2.25.2026101.2").replace(
                "2.25.2026105.2", "2.25.2026101.2"
            )
            + _MINE,
            """One authority for all hospitals: 1001234 is two people, and a search for the one
            shows the images of the other.""",
        ),
    ),
)

RULE = (cite("IHE ITI TF-1", "18"), cite("IHE ITI TF-3", "4.2.3.1.7"), cite("PS3.15", "B.12"))
_NAMES = {
    "nobody-mixed-up": "one-authority", "emergency": "no-cross-reference",
    "lines-listened-at": "tls-forgotten", "copies-gone": "copies-never-retired",
    "one-line-cut": "one-archive-one-line",
}  # fmt: skip


def check(work: Work) -> Verdict:
    """Mark it; what the brief cannot do without first, part by part."""
    if work.answer.strip() == _draft().strip():
        return blank("It is the draft.")
    rows: list[Mark] = []
    for part in ("drive", "attack", "break"):
        got = marked(work.answer, part)
        if isinstance(got, str):
            return failed(expected="a design that can be read", got=got, rule=RULE)
        for name, mistake in _NAMES.items():
            if name in got.missed:
                row = got.named(name)
                named = mistake if name != "one-line-cut" or _central(got.design.style) else ""
                return failed(expected=row.expected, got=row.got, why=row.todo, rule=RULE,
                              mistake=named)  # fmt: skip
        whole, rows = got, rows + [row for row in got if row not in rows]
    # Each part has a network of its own: together they are the whole mark, and nothing runs twice.
    marks = replace(whole, marks=tuple(sorted(rows, key=lambda row: PARTS.index(row.part))))
    if not marks.passed:
        lost = ", ".join(row.name for row in marks if not row.full)
        return failed(expected=f"{marks.brief.pass_mark} % of the points", got=marks.verdict,
                      why=f"Points were lost for {lost}.", rule=RULE)  # fmt: skip
    return passed(marks.verdict, rule=RULE)


def _central(style: str) -> bool:
    return style == "centralised"


def _draft() -> str:
    from labkit.exchange.project import draft

    return draft("region")
