"""Compress for the thin line alone.

One object, two destinations, and a transfer syntax for one of them.
"""

from pydicom.uid import JPEG2000Lossless

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.headers import made
from labkit.exercises.intermediate.nb04_multi_site_routing._hidden import unusable, where
from labkit.lab.routing import explained

_REFERENCE = '''
        rules = """
        match = "all"

        [[rule]]
        name = "over the thin line"
        send = "WORKSTN"
        transfer_syntax = "1.2.840.10008.1.2.4.90"

        [[rule]]
        name = "the archive gets the original"
        send = "ARCHIVE"
        """
'''

EXERCISE = Exercise(
    given="from labkit.lab.routing import explained",
    blank="""
        # every object goes to both:
        #   to WORKSTN over a thin line, in JPEG 2000 Lossless (1.2.840.10008.1.2.4.90)
        #   to ARCHIVE as it came
        rules = ...
    """,
    answer="rules",
    expects=str,
    reference=_REFERENCE,
    explanation="""
        What a rule does on the way holds for all its destinations, so two manners need two rules,
        and both have to be obeyed: match = "all". ROUTER takes no lossy transfer syntax, since
        an image whose pixels were changed is another image and may need its own SOP Instance UID
        (PS3.3 C.7.6.1.1.2). Lossless, the UID stays, and the two copies are one image in two
        encodings. The receiver has to take that syntax, else there is no presentation context for
        it (PS3.8 9.3.3.2), and the object waits in the queue.
    """,
    hints=(
        "transfer_syntax belongs to a rule, and holds for everything that the rule sends.",
        "Two rules, one for each destination. How many of the rules that fit are obeyed?",
        'match = "all" on the first line; one rule sends to WORKSTN with transfer_syntax = '
        '"1.2.840.10008.1.2.4.90", the other to ARCHIVE.',
    ),
    wrong=(
        Wrong(
            "one-rule-for-both",
            '''
            rules = """
            [[rule]]
            send = ["ARCHIVE", "WORKSTN"]
            transfer_syntax = "1.2.840.10008.1.2.4.90"
            """
            ''',
            """ARCHIVE gets it in JPEG 2000 too. What a rule says of the way holds for all its
            destinations.""",
        ),
        Wrong(
            "first-only",
            _REFERENCE.replace('match = "all"', ""),
            """Both rules fit, and only the first is obeyed: that is what a file without `match`
            does. The second destination gets nothing.""",
        ),
        Wrong(
            "lossy",
            _REFERENCE.replace("4.90", "4.91"),
            """1.2.840.10008.1.2.4.91 may lose something. ROUTER refuses the whole file, since a
            lossy copy under the UID of the original would be two images with one name.""",
        ),
    ),
)

RULE = cite("PS3.8", "9.3.3.2")
OBJECTS = (
    ("a radiograph", made(Modality="CR", BodyPartExamined="WRIST")),
    ("a mammogram", made(Modality="MG", BodyPartExamined="BREAST")),
    ("a report", made(Modality="SR", SeriesDescription="REPORT")),
)


def check(work: Work) -> Verdict:
    """Dry-run the rules, and look at the manner of each route."""
    lossy = "lossy" if any(uid in work.answer for uid in ("4.91", "4.50", "4.51", "4.81")) else ""
    if bad := unusable(work.answer, RULE, lossy):
        return bad
    for what, ds in OBJECTS:
        decision = explained(work.answer, ds)
        if set(decision.routes) != {"ARCHIVE", "WORKSTN"}:
            one = len(decision.routes) == 1 and "came first" in str(decision)
            return failed(expected=f"{what}: ARCHIVE and WORKSTN", got=where(decision), rule=RULE,
                          mistake="first-only" if one else "")  # fmt: skip
        for node, right in (("ARCHIVE", ""), ("WORKSTN", str(JPEG2000Lossless))):
            got = decision.routes[node].transfer_syntax
            if got != right:
                both = node == "ARCHIVE" and got == str(JPEG2000Lossless)
                return failed(expected=f"{what} to {node}: {right or 'as it came'}",
                              got=got or "as it came", rule=RULE,
                              mistake="one-rule-for-both" if both else "")  # fmt: skip
    return passed("Compressed to WORKSTN, as it came to ARCHIVE.", rule=RULE)
