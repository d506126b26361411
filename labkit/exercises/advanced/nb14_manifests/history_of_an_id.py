"""Whose image was this, and whose before?

The header remembers, if it was asked to.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.dicom import sample
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb14_manifests._site import DISC

EXERCISE = Exercise(
    given=DISC,
    blank="""
    def history(ds):
        # Return [(Patient ID, Issuer of Patient ID), …] from the first hospital to today. Who did
        # not change the ID (a corrected name, say) is not in it.
        ...
    """,
    answer="history",
    expects=Callable,  # type: ignore[arg-type]
    reference="""
    def history(ds):
        found = []
        for item in ds.get("OriginalAttributesSequence", []):
            (before,) = item.ModifiedAttributesSequence
            if "PatientID" in before:
                found.append((before.PatientID, before.get("IssuerOfPatientID", "")))
        return [*found, (ds.PatientID, ds.get("IssuerOfPatientID", ""))]
    """,
    explanation="""
        Original Attributes Sequence (0400,0561) has an item for each change, the oldest first, and
        Modified Attributes Sequence (0400,0550) of the item holds the values as they were before
        it. The newest values are in the data set itself. An item has what was changed and no more.
    """,
    hints=(
        "ds.OriginalAttributesSequence has an item a change. Which values does it hold?",
        "item.ModifiedAttributesSequence[0] is what they were before that change.",
        "Collect PatientID of each item that has it, then add that of ds.",
    ),
    wrong=(
        Wrong(
            "first-change-only",
            """
            def history(ds):
                items = ds.get("OriginalAttributesSequence", [])
                before = [items[0].ModifiedAttributesSequence[0]] if items else []
                return [(b.get("PatientID"), b.get("IssuerOfPatientID", ""))
                        for b in [*before, ds]]
            """,
            """You looked at the first change only. The image went through a second hospital, and
            that is the one that would have told you who has it too.""",
        ),
        Wrong(
            "newest-first",
            """
            def history(ds):
                items = reversed(ds.get("OriginalAttributesSequence", []))
                olds = [i.ModifiedAttributesSequence[0] for i in items]
                return [(d.PatientID, d.get("IssuerOfPatientID", ""))
                        for d in [ds, *olds] if "PatientID" in d]
            """,
            """The order is the other way round: items are added at the end, so the first is the
            oldest, and today's ID is the last of the history.""",
        ),
        Wrong(
            "every-change-is-an-id",
            """
            def history(ds):
                items = ds.get("OriginalAttributesSequence", [])
                olds = [i.ModifiedAttributesSequence[0] for i in items]
                return [(d.get("PatientID", ""), d.get("IssuerOfPatientID", ""))
                        for d in [*olds, ds]]
            """,
            """One of the changes was of a name. Its item has no Patient ID, since only what was
            changed stands in it, and your history has a patient without a number.""",
        ),
    ),
)

RULE = (cite("PS3.3", "C.12.1.1.9"),)


def check(work: Work) -> Verdict:
    """Give it a header that two hospitals have changed, and one that nobody has."""
    wandered, fresh = _headers()
    wanted = [("LK-20871", "LAKESIDE"), ("C-77", "CITY"), ("NG-100457", "NORTHGEN")]
    got = work.call(wandered)
    if got in (None, ...):
        return blank("It returns no history yet.")
    said = _pairs(got)
    if said != wanted:
        mistake = ""
        if said == wanted[::-1]:
            mistake = "newest-first"
        elif said == [wanted[0], wanted[-1]]:
            mistake = "first-change-only"
        elif isinstance(said, list) and ("", "") in said:
            mistake = "every-change-is-an-id"
        return failed(expected=wanted, got=said, rule=RULE, mistake=mistake)
    alone = _pairs(work.call(fresh))
    if alone != [("LK-20871", "LAKESIDE")]:
        return failed(expected="one entry for an image that nobody has changed", got=alone,
                      rule=RULE)  # fmt: skip
    return passed("From Lakeside over City to North General.", rule=RULE)


def _pairs(got: Any) -> Any:
    try:
        return [tuple(str(part) for part in pair) for pair in got]
    except TypeError:  # no list of pairs
        return got


def _headers() -> tuple[Any, Any]:
    from labkit.exchange.manifests.practice import NOW
    from labkit.exchange.media import LocalPatient, coerce
    from labkit.pacs.corrections import set_and_record

    fresh, ds = (sample("cr-chest-prior").datasets()[0] for _ in "12")
    coerce(ds, LocalPatient("C-77", "CITY"), when=NOW, system="CITY")
    set_and_record(ds, {"PatientName": "Thistlewick^Mary"}, at="20260101000000", system="CITY",
                   reason="CORRECT")  # fmt: skip
    coerce(ds, LocalPatient("NG-100457", "NORTHGEN"), when=NOW, system="IMPORTER")
    return ds, fresh
