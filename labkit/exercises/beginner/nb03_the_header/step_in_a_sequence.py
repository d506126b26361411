"""Find the step that was ordered.

It lies in a sequence, Request Attributes (0040,0275), and may not be there at all (PS3.3 C.7.3.1).
"""

from collections.abc import Callable

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed, show
from labkit.exercises.model import AnswerRaised

EXERCISE = Exercise(
    blank="""
        def scheduled_step(ds):
            ...  # return the Scheduled Procedure Step ID of the order; None where there is no order
    """,
    answer="scheduled_step",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
        def scheduled_step(ds):
            orders = ds.get("RequestAttributesSequence") or []
            if not orders:
                return None
            return orders[0].get("ScheduledProcedureStepID")
    """,
    explanation="""
        A sequence behaves like a list, and each item like a data set. Request Attributes Sequence
        is optional (type 3) in the General Series module, so three things must be survived: no such
        element, a sequence without items, and an item without the ID. get() with a keyword answers
        None for what is absent, where ds.Keyword raises. The same ID stands on the worklist: with
        it an engineer goes from an image back to the order. It is not the Performed Procedure Step
        ID, which the modality gives; that these two are often equal is a habit, not a rule.
    """,
    hints=(
        "Look at ds.RequestAttributesSequence of the chest CT in a cell of its own. How many "
        "items does it have, and what is in the first?",
        "The item is a data set: item.ScheduledProcedureStepID. Then think of us-thyroid, which "
        "was made without an order: ds.get('RequestAttributesSequence') does not raise.",
        "items = ds.get('RequestAttributesSequence'); where that is None or empty, return None, "
        "else return items[0].get('ScheduledProcedureStepID').",
    ),
    wrong=(
        Wrong(
            "looked-at-the-top",
            """
            def scheduled_step(ds):
                return ds.get("ScheduledProcedureStepID")
            """,
            """You looked for (0040,0009) in the data set itself. In an image it stands inside an
            item of the Request Attributes Sequence, and get() does not look into items.""",
        ),
        Wrong(
            "took-the-performed-step",
            """
            def scheduled_step(ds):
                return ds.PerformedProcedureStepID if "RequestAttributesSequence" in ds else None
            """,
            """You took the Performed Procedure Step ID (0040,0253): the number that the modality
            gave to what it did. The order's number is another, even if both are often equal.""",
        ),
        Wrong(
            "fails-without-an-order",
            """
            def scheduled_step(ds):
                return ds.RequestAttributesSequence[0].ScheduledProcedureStepID
            """,
            """Your function works while there is an order, and raises where there is none. The
            sequence is optional: it may be absent, or have no items, or an item without the ID.""",
        ),
    ),
)

RULE = cite("PS3.3", "C.7.3.1")


def check(work: Work) -> Verdict:
    """Try it on an image with an order, on a changed copy, and on images without."""
    ordered = work.lab.sample("ct-chest").datasets("CT")[0]
    item = ordered.RequestAttributesSequence[0]
    first = work.call(ordered)
    if first in (None, ...):
        return _nothing(work, ordered)
    item.ScheduledProcedureStepID = "SPS-CHECK"
    ordered.PerformedProcedureStepID = "PPS-CHECK"
    changed = work.call(ordered)
    if str(changed) != "SPS-CHECK":
        mistake = "took-the-performed-step" if str(changed) == "PPS-CHECK" else ""
        return failed(
            expected="SPS-CHECK, of a copy in which the order says so, and PPS-CHECK was performed",
            got=show(changed),
            rule=RULE,
            mistake=mistake,
        )
    walk_in = work.lab.sample("us-thyroid").datasets()[0]
    empty, bare = Dataset(), Dataset()
    empty.RequestAttributesSequence = []
    bare.RequestAttributesSequence = [Dataset()]
    cases = {
        "us-thyroid, which has no Request Attributes Sequence": walk_in,
        "a data set whose sequence has no items": empty,
        "a data set whose item has no Scheduled Procedure Step ID": bare,
    }
    for what, ds in cases.items():
        try:
            got = work.call(ds)
        except AnswerRaised as error:
            return failed(
                expected=f"None for {what}",
                got=error.message.split(", when called")[0],
                rule=RULE,
                mistake="fails-without-an-order",
            )
        if got not in (None, ""):
            return failed(expected=f"None for {what}", got=show(got), rule=RULE)
    return passed("It finds the step, and survives three kinds of images without one.", rule=RULE)


def _nothing(work: Work, ordered: Dataset) -> Verdict:
    """Tell a function that is not written from one that looks in the wrong place."""
    step = ordered.RequestAttributesSequence[0].ScheduledProcedureStepID
    ordered.ScheduledProcedureStepID = "AT-THE-TOP"
    if work.call(ordered) == "AT-THE-TOP":
        return failed(
            expected=f"{step} for the first slice of ct-chest",
            got="None",
            rule=RULE,
            mistake="looked-at-the-top",
        )
    return blank("Your function returns nothing for the chest CT.")
