"""Merge a patient who was registered twice.

ADT^A40: PID-3 is the one that stays, MRG-1 the one that goes.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.evidence import since
from labkit.exercises.intermediate.nb03_modality_workflow._before import GIVEN, studies, text_of

_BEGIN = """
        mark = lab.mark()
        n = number()
        stays, goes = f"NG-7{n}", f"NG-6{n}"
        store(lab.archive, ct(stays, "Wrenfield^Odette"), ae_title="CT7")
        store(lab.archive, ct(goes, "Wrenfeld^Odet"), ae_title="CT7")
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank=_BEGIN
    + """
        # both are Wrenfield^Odette: have her images under the ID `stays`
        ...
    """,
    reference=_BEGIN
    + """
        print(lab.send_hl7(adt("A40", stays, "Wrenfield^Odette", gone=goes)))
""",
    explanation="""
        A40 is ADT's merge of patient identifiers (HL7 v2.5.1 3.3.40). The order is what people get
        wrong: PID has the survivor, MRG the record that is gone. There is no unmerge that
        knows which images came from where: that is why hospitals let few people merge, and why
        the archive keeps, in each object that it sends, what the ID was (0400,0561).
    """,
    hints=(
        "The event is A40; adt has an argument for the ID that goes.",
        "The patient argument becomes PID-3, gone becomes MRG-1. Which of the two is to stay?",
        'lab.send_hl7(adt("A40", stays, "Wrenfield^Odette", gone=goes))',
    ),
    wrong=(
        Wrong(
            "turned-round",
            _BEGIN + '        lab.send_hl7(adt("A40", goes, "Wrenfield^Odette", gone=stays))\n',
            """It is the wrong way round: her images are under the ID that was to go. PID-3 is the
            one that stays, MRG-1 the one that goes.""",
        ),
        Wrong(
            "only-renamed",
            _BEGIN + '        lab.send_hl7(adt("A08", goes, "Wrenfield^Odette"))\n',
            """Both have the right name, and still two IDs. For every system she is two women of one
            name.""",
        ),
        Wrong(
            "nobody-to-go",
            _BEGIN + '        lab.send_hl7(adt("A40", stays, "Wrenfield^Odette"))\n',
            """There is no MRG, so nobody goes. The RIS answered AE 101: read the answer.""",
        ),
    ),
)

RULE = cite("PS3.3", "C.7.1.1")


def check(work: Work) -> Verdict:
    """Ask ARCHIVE for both IDs."""
    said = work.lab.log("WORKLIST", since=since(work)).having("ADT^")
    if not said:
        return blank("Nothing has been said to the RIS yet.")
    stay, gone = studies(work, text_of(work, "stays")), studies(work, text_of(work, "goes"))
    expected = "in ARCHIVE: two studies under `stays`, none under `goes`"
    got = f"{len(stay)} under stays, {len(gone)} under goes"
    if (len(stay), len(gone)) != (2, 0):
        mistake = ""
        if len(gone) == 2:
            mistake = "turned-round"
        elif "AE 101" in said.text:
            mistake = "nobody-to-go"
        elif all(str(ds.PatientName) == "Wrenfield^Odette" for ds in (*stay, *gone)):
            mistake = "only-renamed"
        return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
    names = {str(ds.PatientName) for ds in stay}
    if names != {"Wrenfield^Odette"}:
        return failed(expected="Wrenfield^Odette in both", got=", ".join(sorted(names)), rule=RULE)
    return passed("Two studies, one woman, one ID.", rule=RULE)
