"""The second question: you are the examiner

Three candidates on the AI platform and the legacy PACS. Score with the line that shows it.
"""

from __future__ import annotations

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work
from labkit.exercises.advanced.nb20_mentoring._examining import judge, reference, source, wrongs
from labkit.exercises.advanced.nb20_mentoring._given import IMPORTS
from labkit.exercises.mentoring import oral

NAME, FLUENT, UNSURE = "legacy-pacs", "Ellis", "Frey"

EXERCISE = Exercise(
    given=IMPORTS,
    blank="""
    # One Score for each candidate and criterion; line=0 where nothing was said of it.
    scores = [
        # Score("Frey", "CRITERION", LEVEL, line=LINE),
    ]
    """,
    answer="scores",
    expects=list,
    reference=source(reference(NAME)),
    explanation="""
        Ellis says what is bought, and each of the numbers that were asked for is missing or wrong:
        ten associations are the licence, and C-MOVE has no frames. Frey asks which series, counts
        what the PACS does, and leaves nothing half. Devon has the best design and does not say what
        becomes of half a study.
    """,
    hints=(
        "Go criterion by criterion through all three, not candidate by candidate: what you think "
        "of somebody at the first criterion does not colour the second.",
        "Write the line first, then the level whose description this line fulfils. No line, no "
        "points.",
        "Ellis has 1 for path (line 3) and 0 for the rest. Frey has 1 for need (line 4), 2 for "
        "path, else 3. Devon has 1 for failure (line 8), else 3.",
    ),
    wrong=wrongs(NAME, fluent=FLUENT, unsure=UNSURE, unsaid=("Devon", "failure")),
)

RULE = cite("PS3.4", "C.4.2")


def check(work: Work) -> Verdict:
    """Compare with the reference."""
    return judge(work, oral(NAME), RULE, fluent=FLUENT, unsure=UNSURE)
