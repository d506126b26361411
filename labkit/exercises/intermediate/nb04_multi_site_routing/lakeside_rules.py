"""Write the rule file of Lakeside Clinic.

What is special comes first, and the rule that fits everything comes last.
"""

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.headers import made
from labkit.exercises.intermediate.nb04_multi_site_routing._hidden import unusable, where
from labkit.lab.routing import explained

_DROP = """[[rule]]
        name = "localisers"
        when.description = "*LOCALI[SZ]ER*"
        drop = "localisers are not kept"
        """
_REFERENCE = f'''
        rules = """
        {_DROP}
        [[rule]]
        name = "mammography"
        when.modality = "MG"
        send = ["ARCHIVE", "WORKSTN"]

        [[rule]]
        name = "wrists"
        when.body_part = "WRIST"
        send = "WORKSTN"

        [[rule]]
        name = "the rest"
        send = "ARCHIVE"
        """
'''
_REST = """[[rule]]
        name = "the rest"
        send = "ARCHIVE"
"""

EXERCISE = Exercise(
    given="from labkit.lab.routing import explained",
    blank="""
        # the text of a rule file:
        #   localisers are dropped, with a reason, whatever they are of; a description has
        #     LOCALISER or LOCALIZER somewhere in it
        #   mammography (MG) goes to ARCHIVE and to WORKSTN
        #   wrists go to WORKSTN alone, radiograph or MR
        #   everything else goes to ARCHIVE
        rules = ...
    """,
    answer="rules",
    expects=str,
    reference=_REFERENCE,
    explanation="""
        With match = "first", which is what a file without `match` has, the order is the priority:
        what drops first, then the special cases, then the rule without `when`. Body Part Examined
        (0018,0015) says wrist, Modality (0008,0060) does not. Descriptions are free text typed at
        the scanner (PS3.3 C.7.3.1), so a pattern needs its stars and both spellings. A real site
        looks at a month of its own descriptions before it drops anything by them.
    """,
    hints=(
        "Four rules, each begun by [[rule]]. Ask of each pair: if an object fits both, which is to "
        "win? That one stands above.",
        'An MR localiser of a wrist is a localiser. Body part: when.body_part = "WRIST".',
        'when.description = "*LOCALI[SZ]ER*" with drop = "…" first, then modality MG with two '
        'destinations, then the wrists, then a rule of one line: send = "ARCHIVE".',
    ),
    wrong=(
        Wrong(
            "rest-first",
            _REFERENCE.replace(_REST, "").replace(_DROP, _REST + "\n        " + _DROP),
            """The rule that fits everything stands first, so no other is ever reached. It belongs
            at the end.""",
        ),
        Wrong(
            "dropped-too-late",
            _REFERENCE.replace(_DROP, "").replace(_REST, _DROP + "\n        " + _REST),
            """A localiser was sent on: the rule for what it shows (a wrist, a breast) stands above
            the one that drops localisers, and the first that fits is obeyed.""",
        ),
        Wrong(
            "no-star",
            _REFERENCE.replace("*LOCALI[SZ]ER*", "LOCALI[SZ]ER"),
            """Your pattern has to fit the whole description, and scanners write more than the one
            word. Put a star before and behind.""",
        ),
        Wrong(
            "one-spelling",
            _REFERENCE.replace("[SZ]", "S"),
            """Half of the scanners of the world write LOCALIZER.""",
        ),
        Wrong(
            "all-radiographs",
            _REFERENCE.replace('when.body_part = "WRIST"', 'when.modality = "CR"'),
            """A knee went to WORKSTN alone and never reached ARCHIVE. Every radiograph of
            Lakeside is a CR; what makes it a wrist is Body Part Examined (0018,0015).""",
        ),
        Wrong(
            "all-obeyed",
            _REFERENCE.replace(_DROP, 'match = "all"\n\n        ' + _DROP),
            """With match = "all" the last rule, which fits everything, is obeyed as well, and the
            wrist went to ARCHIVE too.""",
        ),
    ),
)

RULE = cite("PS3.3", "C.7.3.1")
WRIST = made(Modality="CR", BodyPartExamined="WRIST", StudyDescription="WRIST PA")
CASES: tuple[tuple[str, Dataset, str, dict[str, str]], ...] = (
    ("a radiograph of a wrist", WRIST, "WORKSTN", {"ARCHIVE and WORKSTN": "all-obeyed"}),
    ("a radiograph of a knee", made(Modality="CR", BodyPartExamined="KNEE"), "ARCHIVE",
     {"WORKSTN": "all-radiographs"}),
    ("an MR of a wrist", made(Modality="MR", BodyPartExamined="WRIST"), "WORKSTN", {}),
    ("a mammogram", made(Modality="MG", BodyPartExamined="BREAST"), "ARCHIVE and WORKSTN", {}),
    ("an ultrasound", made(Modality="US", StudyDescription="US NECK"), "ARCHIVE", {}),
    ("a CT series LOCALISER", made(Modality="CT", SeriesDescription="LOCALISER"), "dropped", {}),
    ("an MR series Localizer", made(Modality="MR", SeriesDescription="Localizer"), "dropped",
     {"ARCHIVE": "one-spelling"}),
    ("a CT series HEAD LOCALISER 5.0", made(Modality="CT", SeriesDescription="HEAD LOCALISER 5.0"),
     "dropped", {"ARCHIVE": "no-star"}),
    ("an MR localiser of a wrist",
     made(Modality="MR", BodyPartExamined="WRIST", SeriesDescription="3-PLANE LOCALIZER"),
     "dropped", {"WORKSTN": "dropped-too-late"}),
    ("a mammography series SCOUT LOCALIZER",
     made(Modality="MG", BodyPartExamined="BREAST", SeriesDescription="SCOUT LOCALIZER"),
     "dropped", {"ARCHIVE and WORKSTN": "dropped-too-late"}),
)  # fmt: skip


def check(work: Work) -> Verdict:
    """Dry-run the rules with objects that the learner has not seen."""
    if bad := unusable(work.answer, RULE):
        return bad
    for what, ds, right, mistakes in CASES:
        decision = explained(work.answer, ds, calling="LAKESIDE1")
        got = where(decision)
        if got != right:
            mistake = mistakes.get(got, "")
            if got == "ARCHIVE" and not decision.reasons[0][1]:
                mistake = "rest-first"
            return failed(expected=f"{what}: {right}", got=f"{got}\n{decision}",
                          rule=RULE, mistake=mistake)  # fmt: skip
    return passed(f"Right for {len(CASES)} objects, a localiser of a wrist among them.", rule=RULE)
