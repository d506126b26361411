"""Have a misspelt patient corrected everywhere.

ADT^A08, sent to the RIS, which tells all that know the patient.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.evidence import since
from labkit.exercises.intermediate.nb03_modality_workflow._before import (
    GIVEN,
    messages_taken,
    studies,
    text_of,
)

_BEGIN = """
        mark = lab.mark()
        patient = f"NG-8{number()}"
        store(lab.archive, ct(patient, "Quillfether^Tobis", 2), ae_title="CT7")
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank=_BEGIN
    + """
        # the patient is Quillfeather^Tobias, born on 4 March 1958:
        # tell the RIS, so that ARCHIVE has it right; the images stay as they are
        ...
    """,
    reference=_BEGIN
    + """
        print(lab.send_hl7(adt("A08", patient, "Quillfeather^Tobias")))
""",
    explanation="""
        A08 says what is true of a patient ID from now on. Nothing is sent again, and no UID
        changes: the archive answers queries with the new name, and what it sends out has the new
        name and, in Original Attributes Sequence (0400,0561), the old one (PS3.3 C.12.1.1.9). IHE
        calls this Patient Information Reconciliation (RAD-12). Whoever got a copy before,
        a workstation or another hospital, keeps the old name.
    """,
    hints=(
        "adt(event, patient, name) makes the message; lab.send_hl7 sends it.",
        "The event of an update is A08. PID-3 says whose name it is.",
        'lab.send_hl7(adt("A08", patient, "Quillfeather^Tobias"))',
    ),
    wrong=(
        Wrong(
            "other-patient",
            _BEGIN + '        lab.send_hl7(adt("A08", "NG-100231", "Quillfeather^Tobias"))\n',
            """The RIS has accepted it, for NG-100231, and your patient is misspelt as before. AA
            says that the message was understood, not that it did what you wanted.""",
        ),
        Wrong(
            "sent-again",
            _BEGIN
            + """
        store(lab.archive, ct(patient, "Quillfeather^Tobias", 2), ae_title="CT7")
""",
            """You sent corrected copies. Now the patient has two studies, one of them misspelt,
            and twice as many images as were made.""",
        ),
        Wrong(
            "admitted",
            _BEGIN + '        lab.send_hl7(adt("A01", patient, "Quillfeather^Tobias"))\n',
            """A01 admits a patient. The RIS answered AR 201, it does not handle that event, and
            nothing was changed: read the answer.""",
        ),
        Wrong(
            "merged",
            _BEGIN
            + """
        lab.send_hl7(adt("A40", "NG-100231", "Quillfeather^Tobias", gone=patient))
""",
            """You have merged the patient into NG-100231. The name is right, and the images
            belong to another ID now. That is not taken back by another message.""",
        ),
    ),
)

RULE = cite("PS3.3", "C.12.1.1.9")


def check(work: Work) -> Verdict:
    """Ask ARCHIVE for the patient, and the log of WORKLIST for what was said."""
    patient = text_of(work, "patient")
    said = work.lab.log("WORKLIST", since=since(work)).having("ADT^")
    found = studies(work, patient)
    if not said and len(found) < 2:
        return blank("Nothing has been said to the RIS yet.")
    expected = "in ARCHIVE: one study, of Quillfeather^Tobias, born 19580304"
    if not found:
        merged = "merged" if messages_taken(work, "ADT^A40") else ""
        return failed(expected=expected, got=f"nothing under {_short(patient)}", rule=RULE,
                      mistake=merged)  # fmt: skip
    got = ", ".join(sorted(f"{ds.PatientName} ({ds.PatientBirthDate})" for ds in found))
    if len(found) > 1:
        return failed(expected=expected, got=got, rule=RULE, mistake="sent-again")
    if (str(found[0].PatientName), str(found[0].PatientBirthDate)) != (
        "Quillfeather^Tobias", "19580304",
    ):  # fmt: skip
        updated = messages_taken(work, "ADT^A08")
        mistake = "other-patient" if updated and "Quillfether" in got else ""
        if "201" in said.text:
            mistake = "admitted"
        return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
    if not messages_taken(work, "ADT^A08"):
        return failed(expected=expected, got="a name that no A08 has corrected", rule=RULE)
    return passed("ARCHIVE has the right name; what it sends says what it was.", rule=RULE)


def _short(patient: str) -> str:
    return "this patient ID" if patient else "no patient ID"
