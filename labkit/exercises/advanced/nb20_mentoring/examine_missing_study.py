"""The first question: you are the examiner

Three candidates on the study that is not there. Score each criterion with the line that shows it.
"""

from __future__ import annotations

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work
from labkit.exercises.advanced.nb20_mentoring._examining import judge, reference, source, wrongs
from labkit.exercises.advanced.nb20_mentoring._given import IMPORTS
from labkit.exercises.mentoring import oral

NAME, FLUENT, UNSURE = "missing-study", "Ashby", "Birch"

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    # One Score for each candidate and criterion; line=0 where nothing was said of it.
    scores = [
        # Score("Birch", "CRITERION", LEVEL, line=LINE),
    ]
    """,
    answer="scores",
    expects=list,
    reference=source(reference(NAME)),
    explanation="""
        Ashby has the words of a method and the acts of a guess: ping for DICOM, the router's
        success for the archive's, two restarts. Birch doubts aloud and asks each machine what it
        has done.
        Cole is nearly complete, and has not looked whether the images are under somebody else,
        which is the one case that cannot wait.
    """,
    hints=(
        "Go criterion by criterion through all three, not candidate by candidate: what you think "
        "of somebody at the first criterion does not colour the second.",
        "Write the line first, then the level whose description this line fulfils. No line, no "
        "points.",
        "Ashby has 0 for network (line 2), status (5) and proof (7, 8). Birch has 3 for all but "
        "association. Cole has 1 for data (line 8).",
    ),
    wrong=wrongs(NAME, fluent=FLUENT, unsure=UNSURE, unsaid=("Cole", "data")),
)

RULE = cite("PS3.8", "9.3.4")


def check(work: Work) -> Verdict:
    """Compare with the reference."""
    return judge(work, oral(NAME), RULE, fluent=FLUENT, unsure=UNSURE)
