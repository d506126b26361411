"""Find what a rule file would lose, before it is in force.

An object that no rule sends is answered 0000 and not kept.
"""

from collections.abc import Callable, Sequence

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.headers import made

_REFERENCE = """
    def lost(rules, headers, calling):
        found = []
        for ds in headers:
            decision = explained(rules, ds, calling=calling)
            if not decision.routes and not decision.dropped:
                found.append(ds.SOPInstanceUID)
        return found
"""

EXERCISE = Exercise(
    given="from labkit.lab.routing import explained",
    blank="""
        def lost(rules, headers, calling):
            ...  # SOP Instance UIDs of the headers that go nowhere although no rule drops them

        # `calling` is the AE title that sends them
    """,
    answer="lost",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        Run this over a month of headers before a rule file goes into force: an empty list is what
        you want. The sender cannot see the loss, since status 0000 says only that the router took
        the object (PS3.4 B.2). Two ways lead nowhere: no rule fits, or the only destination is
        where the object came from, and a router does not send back. What a rule drops is
        different: somebody decided it, and wrote down why.
    """,
    hints=(
        "print(explained(rules, ds, calling=calling)) for one header, and look at the last lines. "
        "The decision has `routes`, `dropped` and `obeyed`.",
        "routes is empty for a dropped object too. dropped is the rule that drops it, or None.",
        "not decision.routes and not decision.dropped, with calling=calling handed on.",
    ),
    wrong=(
        Wrong(
            "dropped-too",
            _REFERENCE.replace(" and not decision.dropped", ""),
            """You count what a rule drops. That is a decision with a reason, not a loss.""",
        ),
        Wrong(
            "calling-forgotten",
            _REFERENCE.replace(", calling=calling", ""),
            """You did not say who sends, so the dry run took LEARNER. Rules look at the calling
            AE title, and nothing is sent back to it.""",
        ),
        Wrong(
            "obeyed-is-sent",
            _REFERENCE.replace(
                "not decision.routes and not decision.dropped", "not decision.obeyed"
            ),
            """You looked at whether a rule is obeyed. A rule whose only destination is the sender
            is obeyed, and the object still goes nowhere: it is not sent back.""",
        ),
    ),
)

RULE = cite("PS3.4", "B.2")
RULES = """
[[rule]]
name = "localisers"
when.description = "*LOCALISER*"
drop = "not kept"
[[rule]]
name = "X-ray room"
when.calling = "CR1"
send = "WORKSTN"
[[rule]]
name = "CT"
when.modality = "CT"
send = "ARCHIVE"
"""
HEADERS = (
    made(SOPInstanceUID="1.2.1", Modality="CT"),
    made(SOPInstanceUID="1.2.2", Modality="CR"),
    made(SOPInstanceUID="1.2.3", Modality="MR", SeriesDescription="LOCALISER"),
    made(SOPInstanceUID="1.2.4", Modality="NM"),
)
CASES: tuple[tuple[str, list[str], dict[tuple[str, ...], str]], ...] = (
    ("LEARNER", ["1.2.2", "1.2.4"], {("1.2.2", "1.2.3", "1.2.4"): "dropped-too"}),
    ("CR1", [], {("1.2.3",): "dropped-too", ("1.2.2", "1.2.4"): "calling-forgotten"}),
    ("ARCHIVE", ["1.2.1", "1.2.2", "1.2.4"], {("1.2.2", "1.2.4"): "obeyed-is-sent"}),
)


def check(work: Work) -> Verdict:
    """Call the function with rules and headers that the learner has not seen."""
    for calling, right, mistakes in CASES:
        got = work.call(RULES, list(HEADERS), calling)
        if got is None or got is ...:
            return blank()
        uids = _uids(got)
        if uids != right:
            return failed(
                expected=f"{right} of four objects sent by {calling}",
                got=got if uids is None else str(uids),
                rule=RULE,
                mistake=mistakes.get(tuple(uids or ("?",)), ""),
            )
    return passed("Right for three senders; what a rule drops is not lost.", rule=RULE)


def _uids(got: object) -> list[str] | None:
    """What was returned, sorted; data sets count by their UID."""
    if isinstance(got, str) or not isinstance(got, (Sequence, set, frozenset)):
        return None
    return sorted(str(getattr(each, "SOPInstanceUID", each)) for each in got)
