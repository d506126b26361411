"""Reconcile an unidentified patient, and find who was not told.

A trauma patient gets her name: archive, worklist, and the copies.
"""

from collections.abc import Iterable

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.evidence import since
from labkit.exercises.intermediate.nb03_modality_workflow._before import (
    GIVEN,
    scheduled,
    studies,
    text_of,
)

_BEGIN = """
        mark = lab.mark()
        n = number()
        hers, temporary = f"NG-3{n}", f"NG-2{n}"
        store(lab.archive, ct(hers, "Wrenfield^Odette"))          # from last year
        trauma = ct(temporary, "Trauma^Seven")
        store(lab.archive, trauma)
        study = identifier("STUDY", StudyInstanceUID=trauma[0].StudyInstanceUID)
        move(lab.archive, study, "WORKSTN")
        lab.send_hl7(order(n, temporary, "Trauma^Seven"))         # a second scan is scheduled
"""
_MERGE = '        lab.send_hl7(adt("A40", hers, "Wrenfield^Odette", gone=temporary))\n'
_ASK = """
        keys = identifier("STUDY", PatientID=temporary, StudyInstanceUID="")
        left = [name for name in ("ARCHIVE", "WORKSTN") if find(lab.nodes[name], keys)]
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank=_BEGIN
    + """
        # she is identified: Wrenfield^Odette, `hers`. Have the RIS reconcile the two
        left = ...  # names of the nodes that still show her under `temporary`, as a list
    """,
    answer="left",
    expects=Iterable,
    reference=_BEGIN + _MERGE + _ASK,
    explanation="""
        One A40 moves the images, and the scan that is still scheduled: the CT will find
        Odette on its worklist, not Trauma^Seven. IHE Patient Information Reconciliation has this as
        its unidentified patient case. The workstation got its copy before, by C-MOVE, and no
        ADT goes there: until somebody deletes it or it is retrieved again, its list has a
        patient who does not exist. So a reconciliation ends with a list of who had copies.
    """,
    hints=(
        "The temporary ID is to go, hers is to stay: the same message as in the exercise before.",
        "Then ask: find(lab.archive, keys) and find(lab.workstn, keys), with temporary as "
        "PatientID.",
        'After lab.send_hl7(adt("A40", hers, "Wrenfield^Odette", gone=temporary)) only one of '
        "the two nodes still finds something. left is a list with its name.",
    ),
    wrong=(
        Wrong(
            "nobody-left",
            _BEGIN + _MERGE + "        left = []\n",
            """WORKSTN still has her as Trauma^Seven. It got its copy before, and the RIS does not
            know of it. Ask it.""",
        ),
        Wrong(
            "only-renamed",
            _BEGIN + '        lab.send_hl7(adt("A08", temporary, "Wrenfield^Odette"))\n' + _ASK,
            """A08 has given the temporary ID her name. Last year's images have another ID, so the
            radiologist finds no prior study. Two IDs become one by A40.""",
        ),
        Wrong(
            "asked-too-early",
            _BEGIN + _ASK + _MERGE,
            """You asked before the RIS had reconciled, when both nodes had her under the temporary
            ID. Ask afterwards.""",
        ),
    ),
)

RULE = cite("PS3.3", "C.7.1.1")


def check(work: Work) -> Verdict:
    """Ask ARCHIVE, WORKLIST and WORKSTN for both IDs."""
    if not work.lab.log("WORKLIST", since=since(work)).having("ADT^"):
        return blank("Nothing has been said to the RIS yet.")
    hers, temporary = text_of(work, "hers"), text_of(work, "temporary")
    expected = "in ARCHIVE two studies under `hers`; the next scan is hers; left names the rest"
    held = len(studies(work, hers)), len(studies(work, temporary))
    if held != (2, 0):
        renamed = any(str(s.PatientName) == "Wrenfield^Odette" for s in studies(work, temporary))
        return failed(expected=expected, rule=RULE, mistake="only-renamed" if renamed else "",
                      got=f"{held[0]} under hers, {held[1]} under temporary")  # fmt: skip
    steps = scheduled(work, f"NG{text_of(work, 'n')}")
    if [str(step.PatientID) for step in steps] != [hers]:
        return failed(expected=expected, got="the next scan is not under her ID", rule=RULE)
    said = [work.answer] if isinstance(work.answer, str) else list(work.answer)
    got = {str(getattr(each, "ae_title", each)).strip().upper() for each in said}
    true = {n for n in ("ARCHIVE", "WORKSTN", "LEGACY") if studies(work, temporary, n)}
    if got != true:
        mistake = "nobody-left" if not got else "asked-too-early" if "ARCHIVE" in got else ""
        return failed(expected=expected, got=f"left is {sorted(got)}", rule=RULE, mistake=mistake)
    return passed("Two studies and the next scan are hers; WORKSTN has still to be cleaned.",
                  rule=RULE)  # fmt: skip
