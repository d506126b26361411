"""Who broke the glass and did not say why?

An emergency override opens what consent keeps shut. It is meant to be used, and to be explained:
each one without a reason goes to the head of department.
"""

from collections.abc import Callable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb11_audit._weeks import GIVEN, hidden

_RIGHT = """
    def unexplained(records):
        return [record["seq"] for record in records
                if record.get("purpose") == "BTG" and record["allowed"]
                and not record.get("purpose_reason", "").strip()]
"""

EXERCISE = Exercise(
    given=GIVEN,
    secure=True,
    blank="""
    def unexplained(records):
        ...  # the numbers (seq) of the records, in order

    # purpose BTG is a broken glass; purpose_reason is what was typed into the box
    """,
    answer="unexplained",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        Purpose of use is a code of v3-ActReason; BTG says that the glass was broken. Only what was
        allowed has opened anything. A blank is what people type who are in a hurry: a required
        field does not make a reason.
    """,
    hints=(
        "Print purpose, allowed and purpose_reason of all records whose purpose is not TREAT.",
        "Three things make a finding: BTG, allowed, and no words in the reason.",
        'The reason may be missing or be " ": record.get("purpose_reason", "").strip().',
    ),
    wrong=(
        Wrong(
            "all-of-them",
            _RIGHT.replace('and not record.get("purpose_reason", "").strip()', ""),
            """You listed each broken glass. Those with a reason are what the glass is for.""",
        ),
        Wrong(
            "refused-too",
            _RIGHT.replace('and record["allowed"]', ""),
            """You listed an attempt that was refused: this role may not break the glass, and
            nothing was opened.""",
        ),
        Wrong(
            "a-blank-is-a-reason",
            _RIGHT.replace(".strip()", ""),
            """You took a blank for a reason. Somebody pressed the space bar to get past the
            box.""",
        ),
    ),
)

RULE = (cite("PS3.15", "A.5.3.11"), cite("FHIR R4", "auditevent"))


def check(work: Work) -> Verdict:
    """Hand it another week."""
    records, truth = hidden()[:2]
    got = work.call(records)
    if got is None or got is ...:
        return blank("It returns nothing yet.")
    if got == truth.unexplained:
        return passed(f"{len(truth.unexplained)} without a reason.", rule=RULE)
    glass = [r for r in records if r.get("purpose") == "BTG"]
    opened = [r for r in glass if r["allowed"]]
    mistakes = {
        "all-of-them": opened,
        "refused-too": [r for r in glass if not r.get("purpose_reason", "").strip()],
        "a-blank-is-a-reason": [r for r in opened if not r.get("purpose_reason")],
    }
    named = [name for name, which in mistakes.items() if got == [r["seq"] for r in which]]
    return failed(expected=truth.unexplained, got=got, rule=RULE, mistake=named[0] if named else "")
