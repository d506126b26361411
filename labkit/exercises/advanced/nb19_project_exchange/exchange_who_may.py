"""A hand on the cable, and a stranger at the door

The draft has no [security], and one line in the clear.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb19_project_exchange._designs import (
    GIVEN,
    LINES,
    SAFE,
    WHO,
    marked,
)

EXERCISE = Exercise(
    given=GIVEN + WHO + LINES,
    blank="""
    # Make `safe` of `lines`: nobody reads along on any line, archives answer the four sites and
    # nobody else, who took what is on record, each request says for whom, patients may say no,
    # clocks agree.
    safe = lines
    """,
    answer="safe",
    expects=str,
    reference=SAFE,
    explanation="""
        TLS belongs to each line, and the policy to the network: tls in [security] is the least
        version, and encrypts nothing by itself. The list of AE titles keeps strangers out, and no
        thief: a title is what a caller says of itself. XUA and consent are declared here and not
        shown, since the doors of this network know no user; the mark says so.
    """,
    hints=(
        "mark(safe, parts=['attack']) tells what was read from which cable, and who answered.",
        "The line of Hillside has tls = false. [security] has tls, xua, consent, audit, allow, "
        "time.",
        'audit = "north" (it offers audit), allow = ["NORTH", "HARBOUR", "LAKESIDE", "HILLSIDE"].',
    ),
    wrong=(
        Wrong(
            "policy-is-no-tls",
            SAFE.replace('.replace("tls = false", "tls = true")', ""),
            """You wrote which TLS is to be used, and left Hillside's line without any: its
            patients' numbers were read from the cable.""",
        ),
        Wrong(
            "own-site-locked-out",
            SAFE.replace(', "HILLSIDE"]', "]"),
            """Hillside is not on the list: every archive rejects it as a stranger, 1/1/3.""",
        ),
        Wrong(
            "records-go-nowhere",
            SAFE.replace('audit = "north"', 'audit = "harbour"'),
            """The records are to go to the harbour, which keeps none: afterwards nobody can say who
            took Ignatius Marblethorpe's images.""",
        ),
    ),
)

RULE = (cite("PS3.15", "B.12"), cite("PS3.8", "9.3.4"), cite("IHE ITI TF-2", "3.20"))


def check(work: Work) -> Verdict:
    """Attack it."""
    marks = marked(work.answer, "attack")
    if isinstance(marks, str):
        return failed(expected="a design that can be read", got=marks, rule=RULE)
    security = marks.design.security
    if not (security.allow or security.audit or security.tls):
        return blank("There is no [security] yet.")
    names = {"lines-listened-at": "policy-is-no-tls", "audit": "records-go-nowhere"}
    for name in ("lines-listened-at", "stranger", "audit", "who-asks-for-everybody", "consent"):
        row = marks.named(name)
        if not row.full:
            return failed(expected=row.expected, got=row.got, rule=RULE,
                          mistake=names.get(name, ""))  # fmt: skip
    for finding in marks.findings.errors:
        if finding.name == "not-allowed":
            return failed(expected="the four sites on the list", got=finding.says, rule=RULE,
                          mistake="own-site-locked-out")  # fmt: skip
        if finding.name in ("no-consistent-time", "no-user-assertion", "no-consent-policy"):
            return failed(expected=finding.remedy, got=finding.says, rule=RULE)
    return passed(f"{marks.named('lines-listened-at').got}; {marks.named('stranger').got}.",
                  rule=RULE)  # fmt: skip
