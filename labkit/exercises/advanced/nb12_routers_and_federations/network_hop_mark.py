"""Mark the way: who has had this object?

The other way to end a loop: each router writes into the object that it was there.
"""

from __future__ import annotations

import copy
from typing import Any

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.dicom.samples import sample
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb12_routers_and_federations._networks import IMPORTS

_MARK = """
    def hop(ds, ae_title):
        before = list(ds.get("ContributingEquipmentSequence") or [])
        if any(item.get("StationName") == ae_title for item in before):
            return None
        item = Dataset()
        PURPOSE
        item.Manufacturer = "labkit"
        item.StationName = ae_title
        marked = copy.deepcopy(ds)
        marked.ContributingEquipmentSequence = [*before, item]
        return marked
"""
_PURPOSE = "item.PurposeOfReferenceCodeSequence = [ROUTER]"

EXERCISE = Exercise(
    given=IMPORTS + """
    from pydicom.dataset import Dataset
    from pydicom.sr.codedict import codes

    ROUTER = Dataset()
    ROUTER.CodeValue, ROUTER.CodingSchemeDesignator = "109103", "DCM"
    ROUTER.CodeMeaning = "Modifying Equipment"
""",
    blank="""
    # hop(ds, ae_title) returns a copy of the object with one more item in
    # ContributingEquipmentSequence: PurposeOfReferenceCodeSequence [ROUTER], Manufacturer "labkit",
    # StationName ae_title. Where there is one of this ae_title already, it returns None: it has
    # been here. What others have written stays, and the object that was handed in does not change.
    def hop(ds, ae_title):
        ...
    """,
    answer="hop",
    reference=_MARK.replace("PURPOSE", _PURPOSE),
    explanation="""
        Contributing Equipment Sequence is where equipment that had a part in an object may write
        itself down; purpose and manufacturer are of Type 1. Marks need no memory and see loops of
        any length. They have a price: the object is no longer the one that was made. Two ways
        that lead to one archive bring two different objects of one UID, and the second is refused
        (0111).
    """,
    hints=(
        "ds.get('ContributingEquipmentSequence') may be None; a list of what is there comes first.",
        "Copy the object before you change it: copy.deepcopy(ds).",
        "marked.ContributingEquipmentSequence = [*before, item], and None where any item of "
        "`before` has StationName == ae_title.",
    ),
    wrong=(
        Wrong(
            "marks-overwritten",
            _MARK.replace("PURPOSE", _PURPOSE).replace("[*before, item]", "[item]"),
            """Each router wipes out the mark of the one before, and each finds that it was not here
            yet. The object goes round for ever, and the equipment that made it is forgotten.""",
        ),
        Wrong(
            "purpose-left-out",
            _MARK.replace("PURPOSE", "item.ContributionDescription = 'passed on'"),
            """The item lacks Purpose of Reference Code Sequence, which is of Type 1: each archive
            that validates refuses the object, and the router has made it invalid.""",
        ),
        Wrong(
            "original-changed",
            _MARK.replace("PURPOSE", _PURPOSE).replace("marked = copy.deepcopy(ds)", "marked = ds"),
            """The object that was handed in has the mark too: what waits in the queue for another
            destination is changed behind its back.""",
        ),
        Wrong(
            "mark-in-the-description",
            """
    def hop(ds, ae_title):
        if ae_title in ds.get("StudyDescription", ""):
            return None
        marked = copy.deepcopy(ds)
        marked.StudyDescription = f"{ds.get('StudyDescription', '')} {ae_title}"
        return marked
""",
            """It ends the loop, and radiologists read ROUTER1 ROUTER2 beside each study; hanging
            protocols and rules that look at the description no longer fit.""",
        ),
    ),
)  # fmt: skip

RULE = cite("PS3.3", "C.12.1")


def check(work: Work) -> Verdict:
    """Send an object round a ring of three, and look at what it has on it then."""
    first = sample("ct-head").datasets("CT")[0]
    maker = Dataset()
    maker.Manufacturer, maker.StationName = "Maker", "CT1"
    first.ContributingEquipmentSequence = [maker]
    before = first.to_json()
    ds: Any = copy.deepcopy(first)
    given = ds.to_json()
    way, here = [], ds
    for number in range(9):
        title = f"ROUTER{number % 3 + 1}"
        after = work.call(here, title)
        if number == 0 and ds.to_json() != given:
            got = "ContributingEquipmentSequence of the original was changed"
            return failed(expected="the original untouched", got=got, rule=RULE,
                          mistake="original-changed")  # fmt: skip
        if after is None or after is ...:
            break
        if not isinstance(after, Dataset):
            return failed(expected="a data set, or None", got=type(after).__name__, rule=RULE)
        way.append(title)
        here = after
    if not way:
        return blank()
    if str(here.get("StudyDescription", "")) != str(first.get("StudyDescription", "")):
        return failed(expected="the description as it was", got=str(here.StudyDescription),
                      rule=RULE, mistake="mark-in-the-description")  # fmt: skip
    items = list(here.get("ContributingEquipmentSequence") or [])
    stations = [str(item.get("StationName", "")) for item in items]
    if len(way) != 3 or stations != ["CT1", "ROUTER1", "ROUTER2", "ROUTER3"]:
        got = f"{len(way)} hops, marks {', '.join(stations) or 'none'}"
        mistake = "marks-overwritten" if len(stations) == 1 else ""
        return failed(expected="3 hops, marks CT1, ROUTER1, ROUTER2, ROUTER3", got=got, rule=RULE,
                      mistake=mistake)  # fmt: skip
    lacking = [i for i in items[1:] if not i.get("PurposeOfReferenceCodeSequence")]
    if lacking or any(not item.get("Manufacturer") for item in items[1:]):
        return failed(expected="purpose and manufacturer in each item (Type 1)",
                      got="one is not there", rule=RULE, mistake="purpose-left-out")  # fmt: skip
    if first.to_json() != before:
        return failed(expected="the original untouched", got="it was changed", rule=RULE)
    return passed("After three hops it has been everywhere, and says so.", rule=RULE)
