"""Is that all there is? Three answers that look alike.

"No priors" is a finding. Before a reader writes it down, the query must have reached everybody.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.common.errors import NetworkError
from labkit.exchange.parties import LAKESIDE
from labkit.exchange.xds import Answer, RegistryError, XdsError
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb16_xca_across_communities._cells import GIVEN

_RIGHT = """
    from labkit.common.errors import LabkitError

    def told(ask):
        try:
            found = ask()
        except LabkitError:
            return "unknown"
        return "partial" if found.errors else "complete"
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank="""
        from labkit.common.errors import LabkitError

        def told(ask):
            ...  # "complete": everybody was asked, and has answered
                 # "partial": somebody was not asked or did not answer. "unknown": nobody answered

        # ask() returns an Answer: a list with .errors (RegistryError: .code, .warning), or raises
    """,
    answer="told",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        Success, PartialSuccess and Failure are three different answers to "has she priors?" (ITI
        TF-3 4.2.4.2). With XDSUnavailableCommunity some community was not heard. With the warning
        XDSUnknownPatientId one was not even asked, since nobody knows her ID there, and the status
        is Success all the same. Whoever shows an empty list has to show with it whom it is of.
    """,
    hints=(
        "Which of the three is it if ask() raises? Nobody was heard.",
        "A warning says that a community was not asked. Is the list complete then?",
        'try: found = ask()  except LabkitError: return "unknown"; then look at found.errors.',
    ),
    wrong=(
        Wrong(
            "silence-is-nothing",
            _RIGHT.replace('return "unknown"', 'return "complete"'),
            """The query failed, and you say that there is nothing. The reader will believe it.""",
        ),
        Wrong(
            "warnings-do-not-count",
            _RIGHT.replace("if found.errors", "if not found.complete"),
            """You left warnings out. XDSUnknownPatientId is one: Lakeside was not asked.""",
        ),
        Wrong(
            "something-is-all",
            _RIGHT.replace("if found.errors", "if not found"),
            """You look at whether something came. Documents of one community say nothing of those
            of another, and an empty answer without errors is complete.""",
        ),
        Wrong(
            "only-the-network",
            _RIGHT.replace("from labkit.common.errors import LabkitError",
                           "from labkit.common.errors import NetworkError")
                  .replace("except LabkitError", "except NetworkError"),
            """You catch what the network does. A Failure of the gateway (XdsError) goes through,
            and the list of priors ends with a traceback.""",
        ),
    ),
)  # fmt: skip

RULE = cite("IHE ITI TF-3", "4.2.4.2")


def check(work: Work) -> Verdict:
    """Give it the answers that a gateway gives."""
    away = RegistryError("XDSUnavailableCommunity", "Lakeside was not reached", LAKESIDE.home)
    unasked = RegistryError("XDSUnknownPatientId", "no ID is known", LAKESIDE.home, warning=True)

    def raises(error: Exception) -> Callable[[], Any]:
        def ask() -> Any:
            raise error

        return ask

    cases: tuple[tuple[str, Callable[[], Any], str, str], ...] = (
        ("an empty answer, no error", lambda: Answer([]), "complete", "something-is-all"),
        ("one document, no error", lambda: Answer(["x"]), "complete", ""),
        ("one document, and a community away", lambda: Answer(["x"], [away]), "partial",
         "something-is-all"),
        ("nothing, and a community away", lambda: Answer([], [away]), "partial", ""),
        ("one document, and a warning", lambda: Answer(["x"], [unasked]), "partial",
         "warnings-do-not-count"),
        ("a Failure", raises(XdsError([away])), "unknown", "only-the-network"),
        ("no connection", raises(NetworkError("refused")), "unknown", ""),
    )  # fmt: skip
    for what, ask, right, mistake in cases:
        try:
            got = work.answer(ask)
        except Exception as error:
            return failed(expected=f"{what}: {right}", got=type(error).__name__, rule=RULE,
                          mistake=mistake)  # fmt: skip
        if got is None or got is ...:
            return blank()
        if got != right:
            if right == "unknown" and got == "complete":
                mistake = "silence-is-nothing"
            return failed(expected=f"{what}: {right}", got=str(got), rule=RULE, mistake=mistake)
    return passed("Seven answers, and no silence taken for a finding.", rule=RULE)
