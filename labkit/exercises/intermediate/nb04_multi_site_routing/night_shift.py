"""At night mammograms go to the reader on call.

A part of the day that goes over midnight, and a rule for the rest of it.
"""

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.headers import made
from labkit.exercises.intermediate.nb04_multi_site_routing._hidden import unusable, where
from labkit.lab.routing import explained

_REFERENCE = '''
        rules = """
        [[rule]]
        name = "mammography at night"
        when.modality = "MG"
        when.hours = "20:00-06:00"
        send = "WORKSTN"

        [[rule]]
        name = "otherwise"
        send = "ARCHIVE"
        """
'''

EXERCISE = Exercise(
    given="from labkit.lab.routing import explained",
    blank="""
        # mammography (MG) goes to WORKSTN from 20:00 until 06:00, and to ARCHIVE by day;
        # everything else goes to ARCHIVE at any time
        rules = ...

        # try it: print(explained(rules, ds, at="23:30"))
    """,
    answer="rules",
    expects=str,
    reference=_REFERENCE,
    explanation="""
        A window that ends before it begins goes over midnight: it holds from 20:00 on and until
        06:00, which is no longer in it. The conditions of one rule all have to hold, so modality
        and hours stand in the same rule. The time is that of the router's clock when the object
        comes in, not Acquisition Time (0008,0032) and not Study Time (0008,0030): a scan of 19:50
        that is sent at 20:05 is night work for the router. That is also why the clock of a router
        has to be right (PS3.15 has a profile for that, Annex G).
    """,
    hints=(
        "Two rules. The first has two conditions, and both have to hold.",
        'when.hours is written "from-until", and may go over midnight.',
        'when.modality = "MG" and when.hours = "20:00-06:00" in one rule, send = "WORKSTN"; below '
        'it a rule with nothing but send = "ARCHIVE".',
    ),
    wrong=(
        Wrong(
            "turned-round",
            _REFERENCE.replace("20:00-06:00", "06:00-20:00"),
            """Your window is the day. Write the beginning first: from 20:00, until 06:00.""",
        ),
        Wrong(
            "until-midnight",
            _REFERENCE.replace("20:00-06:00", "20:00-23:59"),
            """Your night ends at midnight. A mammogram at two o'clock went to ARCHIVE.""",
        ),
        Wrong(
            "everybody",
            _REFERENCE.replace('when.modality = "MG"', ""),
            """At night you send everything to WORKSTN. A radiograph at 23:00 never reached
            ARCHIVE.""",
        ),
        Wrong(
            "nobody-by-day",
            _REFERENCE[: _REFERENCE.index('[[rule]]\n        name = "otherwise"')] + '"""\n',
            """By day no rule fits. ROUTER answers 0000 and does not keep the object.""",
        ),
    ),
)

RULE = cite("PS3.4", "B.2")
MG, CR = made(Modality="MG"), made(Modality="CR", BodyPartExamined="KNEE")
CASES: tuple[tuple[str, Dataset, str, str, dict[str, str]], ...] = (
    ("a mammogram at 12:00", MG, "12:00", "ARCHIVE",
     {"WORKSTN": "turned-round", "nowhere": "nobody-by-day"}),
    ("a mammogram at 23:30", MG, "23:30", "WORKSTN", {"ARCHIVE": "turned-round"}),
    ("a mammogram at 02:00", MG, "02:00", "WORKSTN", {"ARCHIVE": "until-midnight"}),
    ("a mammogram at 19:59", MG, "19:59", "ARCHIVE", {}),
    ("a mammogram at 20:00", MG, "20:00", "WORKSTN", {}),
    ("a mammogram at 05:59", MG, "05:59", "WORKSTN", {}),
    ("a mammogram at 06:00", MG, "06:00", "ARCHIVE", {}),
    ("a radiograph at 12:00", CR, "12:00", "ARCHIVE", {"nowhere": "nobody-by-day"}),
    ("a radiograph at 23:00", CR, "23:00", "ARCHIVE", {"WORKSTN": "everybody"}),
)  # fmt: skip


def check(work: Work) -> Verdict:
    """Dry-run the rules at several times of day."""
    if bad := unusable(work.answer, RULE):
        return bad
    for what, ds, at, right, mistakes in CASES:
        got = where(explained(work.answer, ds, at=at))
        if got != right:
            return failed(expected=f"{what}: {right}", got=got, rule=RULE,
                          mistake=mistakes.get(got, ""))  # fmt: skip
    return passed("Right by day, at night, after midnight and on the minute.", rule=RULE)
