"""Who has seen anything of the VIP?

The privacy office asks on Monday morning. Everybody counts to whom something of her went, whatever
it was: pixels, a resource, or a line in the list of a search.
"""

from collections.abc import Callable
from itertools import product
from typing import Any

from labkit.access.audit.madeup import VIP
from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb11_audit._weeks import GIVEN, hidden

_RIGHT = """
    def who_saw(records, ids):
        by_number = {record["seq"]: record for record in records}
        seen = set()
        for record in records:
            what, shown = record.get("what", {}), record.get("shown", {})
            about = {what.get("PatientID"), what.get("patient"), *shown.get("patients", ())}
            if record["allowed"] and about & set(ids):
                asked = by_number[record["of"]] if record["kind"] == "result" else record
                seen.add(asked["grant"].get("subject"))
        return seen - {None}
"""

EXERCISE = Exercise(
    given=GIVEN,
    secure=True,
    blank="""
    def who_saw(records, ids):
        ...  # a set of user names: grant.subject of whoever got something of this patient

    # ids: all that she is called by, as VIP has it; nodes (no subject) are no people
    """,
    answer="who_saw",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        What was refused was not seen. What a search showed was: the result record names patients,
        and who asked stands in the record of the search, whose number it has in `of`. And one
        person has several ids: the DICOM doors say PatientID, the FHIR server says Patient/….
    """,
    hints=(
        "Print one record of each kind that has to do with her: a read, a result, a refusal.",
        "A result record has no grant. Its `of` is the number of the search that it answers.",
        "Take allowed records only; compare what.PatientID, what.patient and shown.patients with "
        "the ids; for a result, look the subject up in the record `of`.",
    ),
    wrong=(
        Wrong(
            "refused-counted",
            _RIGHT.replace('record["allowed"] and about', "about"),
            """You accused somebody who was refused. That he tried is another finding, and another
            conversation.""",
        ),
        Wrong(
            "lists-missed",
            _RIGHT.replace(', *shown.get("patients", ())', ""),
            """You looked at reads only. Who searched for her name and got her line in the list has
            seen that she is here, which is what the newspaper wants to know.""",
        ),
        Wrong(
            "nodes-too",
            _RIGHT.replace("return seen - {None}", "return seen"),
            """None is among your names: a node has no subject. A workstation is no person; who sat
            there has to be asked of the workstation.""",
        ),
        Wrong(
            "one-id",
            _RIGHT.replace('what.get("patient"), ', ""),
            """You looked for the Patient ID alone. The FHIR server knows her as Patient/…, and who
            read her there is missing.""",
        ),
    ),
)

RULE = (cite("PS3.15", "A.5"), cite("FHIR R4", "auditevent"))


def _subjects(*, refused: bool, lists: bool, both: bool) -> set[Any]:
    records, ids = hidden()[0], set(VIP)
    by_number = {record["seq"]: record for record in records}
    seen = set()
    for record in records:
        what = record.get("what", {})
        about = {what.get("PatientID")} | ({what.get("patient")} if both else set())
        about |= set(record.get("shown", {}).get("patients", ())) if lists else set()
        if about & ids and (record["allowed"] or refused):
            asked = by_number[record["of"]] if record["kind"] == "result" else record
            seen.add(asked["grant"].get("subject"))
    return seen - {None}


def check(work: Work) -> Verdict:
    """Hand it another week."""
    records, truth = hidden()[:2]
    got = work.call(records, VIP)
    if got is None or got is ...:
        return blank("It returns nothing yet.")
    found = set(got) if isinstance(got, (set, frozenset, list, tuple)) else got
    if found == truth.saw_vip:
        return passed(f"{len(truth.saw_vip)} people, one of them by a list alone.", rule=RULE)
    mistake = "nodes-too" if isinstance(found, set) and None in found else ""
    for refused, lists, both in product((False, True), (True, False), (True, False)):
        # of several at once the first is told; the next try shows the others
        if not mistake and found == _subjects(refused=refused, lists=lists, both=both):
            mistake = "refused-counted" if refused else "lists-missed" if not lists else "one-id"
            break
    return failed(expected=sorted(truth.saw_vip), got=got, rule=RULE, mistake=mistake)
