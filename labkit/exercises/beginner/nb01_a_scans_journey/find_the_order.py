"""Find the order that the CT scanner will do next.

The radiographer at CT1 has Tobias Quillfeather on the table again and needs his accession number.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.evidence import exchanges

EXERCISE = Exercise(
    given="""
        from labkit.dimse import find, identifier, worklist
    """,
    blank="""
        accession = ...  # of Tobias Quillfeather's scheduled CT, as the worklist has it
    """,
    answer="accession",
    expects=str,
    reference="""
        ct = {"Modality": "CT"}
        keys = {"PatientName": "Quillfeather*", "ScheduledProcedureStepSequence": ct}
        steps = worklist(lab.worklist, keys)
        accession = steps[0].AccessionNumber
    """,
    explanation="""
        The worklist holds what is scheduled, and nothing that is done. A scanner asks it for its
        own modality or its own AE title, so that the radiographer picks the patient from a short
        list and types nothing. Name, ID, accession number and Study Instance UID then go from the
        answer into every image. Most mix-ups of patients begin where somebody typed instead.
    """,
    hints=(
        "What is scheduled is in the worklist; the archive only knows what was done.",
        "worklist() takes the keys to match. The name may end in * (PS3.4 C.2.2.2.4).",
        'Ask for {"PatientName": "Quillfeather*"} and take .AccessionNumber of the one match.',
    ),
    wrong=(
        Wrong(
            "the-study-that-is-done",
            """
            keys = identifier("STUDY", PatientName="Quillfeather*", AccessionNumber="")
            accession = find(lab.archive, keys)[0].AccessionNumber
            """,
            """That is the accession number of a study the archive has: it is done. Images sent
            under it would end up in the old study. What is still to do is in the worklist.""",
        ),
        Wrong(
            "requested-procedure-id",
            """
            keys = {"PatientName": "Quillfeather*", "RequestedProcedureID": ""}
            accession = worklist(lab.worklist, keys)[0].RequestedProcedureID
            """,
            """You took the Requested Procedure ID, (0040,1001). An order may ask for several
            procedures, and each has such an ID; the number of the order is the accession
            number.""",
        ),
        Wrong(
            "first-of-all",
            """
            accession = worklist(lab.worklist)[0].AccessionNumber
            """,
            """You asked for everything that is scheduled and took the first. It is another
            patient's. Say in the keys whom you mean.""",
        ),
    ),
)

RULE = cite("PS3.4", "K.6.1.2.2")
DONE = ("NG2600101", "NG2600118")
SCHEDULED = "NG2600142"
OTHERS = ("NG2600143", "NG2600144", "NG2600147", "NG2600149", "LK2600035")


def check(work: Work) -> Verdict:
    """Compare with the worklist, and see in its record that it was asked."""
    answer = work.answer.strip()
    expected = "the accession number of his scheduled CT, asked of WORKLIST"
    mistake = ""
    if answer in DONE:
        mistake = "the-study-that-is-done"
    elif answer.startswith("RP"):
        mistake = "requested-procedure-id"
    elif answer in OTHERS:
        mistake = "first-of-all"
    if answer != SCHEDULED:
        return failed(expected=expected, got=answer, rule=RULE, mistake=mistake)
    if not exchanges(work, "WORKLIST", "C-FIND"):
        got = f"{answer}, and WORKLIST was not asked"
        return failed(expected=expected, got=got, rule=RULE)
    return passed("CT1 now puts this number into every image of the scan.", rule=RULE)
