"""Whose number is it?

The draft puts all into one community. Marigold's prior is not found, and 1001234 is two people.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb19_project_exchange._designs import GIVEN, WHO, marked

EXERCISE = Exercise(
    given=GIVEN,
    blank="""
    # Make `whose` of `text`: Lakeside Clinic (issuer LAKESIDE) and Hillside Practice (issuer
    # HILLSIDE) are communities of their own, with OIDs of their own (2.25.2026102.1 and .2,
    # 2.25.2026105.1 and .2). Somebody keeps who is whom.
    whose = text
    """,
    answer="whose",
    expects=str,
    reference=WHO,
    explanation="""
        A number is a patient only together with who issued it: two issuers, two authorities. From
        then on nothing of Lakeside is found by a number of North General, and that is right. What
        joins the two numbers of one person is a cross-reference manager: a site that offers pix,
        named in [identity].
    """,
    hints=(
        "mark(whose, parts=['drive']) shows the tasks, and who is mixed up with whom.",
        "A [[community]] for each issuer, and community = … of the two sites. New sections may "
        "stand at the end of the text.",
        '[identity] manager = "north", and "pix" among the services of north.',
    ),
    wrong=(
        Wrong(
            "one-authority",
            WHO.replace("2.25.2026102.2", "2.25.2026101.2").replace(
                "2.25.2026105.2", "2.25.2026101.2"
            ),
            """Three communities, and one authority for all: the registry still takes 1001234 of
            North General and 1001234 of Lakeside for one person.""",
        ),
        Wrong(
            "nobody-knows-whom",
            WHO.replace('[identity]\n    manager = "north"', ""),
            """Nobody is mixed up any more, and nobody is found either: no one in the design knows
            that NG-100457 and LK-20871 are the same woman.""",
        ),
        Wrong(
            "issuer-of-north",
            WHO.replace('issuer = "LAKESIDE"', 'issuer = "NORTHGEN"').replace(
                'issuer = "HILLSIDE"', 'issuer = "NORTHGEN"'
            ),
            """The authorities differ, and the images of all say NORTHGEN as Issuer of Patient ID.
            An archive that holds both cannot tell them apart.""",
        ),
    ),
)

RULE = (cite("IHE ITI TF-3", "4.2.3.1.7"), cite("PS3.3", "C.7.1.1"))


def check(work: Work) -> Verdict:
    """Build it, and have the brief's people looked for."""
    marks = marked(work.answer, "drive")
    if isinstance(marks, str):
        return failed(expected="a design that can be read", got=marks, rule=RULE)
    design = marks.design
    if len(design.communities) == 1:
        return blank("There is one community for all, as in the draft.")
    issuers = {design.community(s.community).issuer for s in design.hospitals}
    if len(issuers) < 3:
        return failed(expected="the issuers NORTHGEN, LAKESIDE, HILLSIDE", rule=RULE,
                      got=marks.named("hospitals").got, mistake="issuer-of-north")  # fmt: skip
    mixed = marks.named("nobody-mixed-up")
    authorities = {c.authority for c in design.communities}
    if len(authorities) < len(design.communities) or not mixed.full:
        return failed(expected=mixed.expected, got=mixed.got, rule=RULE, mistake="one-authority")
    for name in ("emergency", "read-elsewhere", "referral"):
        row = marks.named(name)
        if not row.full:
            mistake = "nobody-knows-whom" if not design.identity.manager else ""
            return failed(expected=row.expected, got=row.got, rule=RULE, mistake=mistake)
    return passed(f"All tasks are done; {mixed.got}.", rule=RULE)
