"""What you may promise

The CIO reads one line. It had better be true.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exchange.project import Mark
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb19_project_exchange._designs import GIVEN

EXERCISE = Exercise(
    given=GIVEN,
    blank="""
    def promises(marks):
        # Names of the criteria of which you can say to the CIO: we tried it, and it holds.
        ...
    """,
    answer="promises",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
    def promises(marks):
        return [row.name for row in marks if row.state == "shown" and row.points == row.of]
    """,
    explanation="""
        Points are what a reader adds up; a promise is about what happened. "declared" has its
        points for a sentence in a file, "failed" has some of them for the cases that went well,
        "not run" says nothing at all. Own patients seen in 38 of 40 cases is two times somebody
        stood before an empty screen.
    """,
    hints=(
        "A row has .name, .points, .of and .state; look at both.",
        '.state is "shown", "declared", "failed" or "not run".',
        "Only what was shown, with all of its points.",
    ),
    wrong=(
        Wrong(
            "points-are-proof",
            """
            def promises(marks):
                return [row.name for row in marks if row.points == row.of]
            """,
            """You promised consent: it has all its points, for a line in the file. In the run the
            images of somebody who had said no came.""",
        ),
        Wrong(
            "nearly-is-all",
            """
            def promises(marks):
                return [row.name for row in marks if row.points > row.of / 2]
            """,
            """You promised what works most of the time. In the cases that are missing a hospital
            did not see its own patients.""",
        ),
    ),
)

RULE = (cite("brief region", "must"),)
_ROWS = (
    Mark("design", "sound", 15, 15, "no error", "no error"),
    Mark("drive", "emergency", 0, 10, "seen", "not found", "find out why", "failed"),
    Mark("break", "own-at-home", 11, 12, "all", "38 of 40 cases", "look", "failed"),
    Mark("break", "nothing-lost", 6, 6, "seen later", "seen"),
    Mark("attack", "consent", 3, 3, "no", "declared", state="declared"),
    Mark("attack", "copies-gone", 0, 6, "gone", "it could not be run", "run it", "not run"),
)


def check(work: Work) -> Verdict:
    """Give it rows of each kind, in two orders."""
    got = work.call(list(_ROWS))
    if got in (None, ...):
        return blank("It returns nothing yet.")
    names = [str(name) for name in got]
    wanted = ["sound", "nothing-lost"]
    if sorted(names) != sorted(wanted):
        mistake = ""
        if "own-at-home" in names:
            mistake = "nearly-is-all"
        elif "consent" in names:
            mistake = "points-are-proof"
        return failed(expected=wanted, got=names, rule=RULE, mistake=mistake)
    if list(work.call([_ROWS[1], _ROWS[4]])):
        return failed(expected="nothing, of a failure and a declaration", rule=RULE,
                      got=list(work.call([_ROWS[1], _ROWS[4]])))  # fmt: skip
    return passed("What was tried and holds, and no more.", rule=RULE)
