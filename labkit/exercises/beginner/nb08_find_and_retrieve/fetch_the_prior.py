"""Have an earlier examination sent to the workstation.

C-MOVE asks the one who has the images, and names the one who shall get them (PS3.4 C.4.2).
"""

from labkit.common import cite
from labkit.dimse import decode_negotiation
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.beginner.nb08_find_and_retrieve._asked import asked, value
from labkit.exercises.evidence import Exchange, exchanges, traces

EXERCISE = Exercise(
    given="""
        from labkit.dimse import find, identifier, move, store
    """,
    blank="""
        mark = lab.mark()
        prior = lab.sample("cr-chest-prior").study_uid  # Marigold Thistlewick, two years ago

        ...  # LEGACY has it; the radiologist sits at WORKSTN
    """,
    reference="""
        mark = lab.mark()
        prior = lab.sample("cr-chest-prior").study_uid  # Marigold Thistlewick, two years ago

        move(lab.legacy, identifier("STUDY", StudyInstanceUID=prior), "WORKSTN")
    """,
    explanation="""
        Three parties take part. You asked LEGACY, and gave it nothing but an AE title as
        destination; LEGACY looked WORKSTN up in its own table, opened an association of its own to
        it and sent one C-STORE. To you it reported how many sub-operations were completed. So the
        network between LEGACY and WORKSTN has to work, and yours to WORKSTN does not matter at all.
        Each of those C-STORE requests says on whose behalf it comes, in Move Originator Application
        Entity Title (0000,1030).
    """,
    hints=(
        "The one who has the images is asked; the one who shall get them is named. Which function "
        "retrieves to a third party?",
        "move() takes the node to ask, an identifier with the unique key, and the AE title of the "
        "destination.",
        'move(lab.legacy, identifier("STUDY", StudyInstanceUID=prior), …) with the title of the '
        "workstation.",
    ),
    wrong=(
        Wrong(
            "asked-archive",
            """
            mark = lab.mark()
            prior = lab.sample("cr-chest-prior").study_uid
            move(lab.archive, identifier("STUDY", StudyInstanceUID=prior), "WORKSTN")
            """,
            """You asked ARCHIVE, which does not have this study. It answered 0000 Success with no
            completed sub-operation: it has sent all that matched, which was nothing. Read the
            counts, not the status alone.""",
        ),
        Wrong(
            "other-keys",
            """
            mark = lab.mark()
            study = lab.sample("cr-chest-prior")
            move(lab.legacy, identifier("STUDY", PatientID=study.patient_id), "WORKSTN")
            """,
            """The identifier lacks the Study Instance UID. A C-FIND may search by whatever it
            likes; a retrieval takes unique keys only: the patient's ID at PATIENT, the study's UID
            at STUDY. Find first, then retrieve.""",
        ),
        Wrong(
            "to-myself",
            """
            mark = lab.mark()
            prior = lab.sample("cr-chest-prior").study_uid
            move(lab.legacy, identifier("STUDY", StudyInstanceUID=prior), "LEARNER")
            """,
            """The destination is not WORKSTN. You named a title that is not in LEGACY's table, so
            it does not know which host and port that would be: A801, Move destination unknown.""",
        ),
        Wrong(
            "wrong-way-round",
            """
            mark = lab.mark()
            prior = lab.sample("cr-chest-prior").study_uid
            try:
                move(lab.workstn, identifier("STUDY", StudyInstanceUID=prior), "LEGACY")
            except Exception as error:
                print(error)
            """,
            """You asked the workstation to send to LEGACY. It is the other way round: the first
            argument is the one who has the images. WORKSTN does not serve C-MOVE at all, so it
            refused the presentation context.""",
        ),
        Wrong(
            "carried-there",
            """
            mark = lab.mark()
            store(lab.workstn, lab.sample("cr-chest-prior").files)
            """,
            """The image is at WORKSTN, but you have brought it from your own disk. Outside this lab
            you do not have the files: LEGACY has them, and has to be asked.""",
        ),
    ),
)

RULES = (cite("PS3.4", "C.4.2"), cite("PS3.7", "9.1.4"))
EXPECTED = (
    "LEGACY has recorded your C-MOVE to WORKSTN, and WORKSTN a C-STORE of the study by LEGACY"
)


def check(work: Work) -> Verdict:
    """Believe the two ends: what LEGACY was asked, and what WORKSTN got from it."""
    study = work.lab.sample("cr-chest-prior")
    uids = {str(ds.SOPInstanceUID) for ds in study.datasets()}
    came = [
        each
        for each in exchanges(work, "WORKSTN", "C-STORE", caller="LEGACY")
        if each.sop_instance_uid in uids and each.status == 0x0000
    ]
    moves = exchanges(work, "LEGACY", "C-MOVE")
    if came and moves:
        return passed(
            "LEGACY was asked, opened an association to WORKSTN and stored the study there.",
            rule=RULES,
        )
    if moves:
        return _failed_move(moves[-1], study.study_uid)
    if others := exchanges(work, "ARCHIVE", "C-MOVE"):
        got = f"a C-MOVE at ARCHIVE, {_ending(others[-1])}"
        return failed(expected=EXPECTED, got=got, rule=RULES, mistake="asked-archive")
    if exchanges(work, "WORKSTN", "C-STORE"):
        got = "a C-STORE to WORKSTN by you, and no C-MOVE"
        return failed(expected=EXPECTED, got=got, rule=RULES, mistake="carried-there")
    tried = [c for t in traces(work, "WORKSTN", caller="") for c in decode_negotiation(t).contexts]
    if any("MOVE" in context.name and context.result for context in tried):
        got = "a proposal of C-MOVE to WORKSTN, which refused it"
        rule = cite("PS3.8", "9.3.3.2")
        return failed(expected=EXPECTED, got=got, rule=rule, mistake="wrong-way-round")
    return blank()


def _failed_move(last: Exchange, study_uid: str) -> Verdict:
    identifier, destination = asked(last), str(last.request.command.get("MoveDestination", ""))
    got = f"a C-MOVE at LEGACY to {destination}, {_ending(last)}"
    mistake, rule = "", cite("PS3.4", "C.4.2.1.4")
    if destination.strip() != "WORKSTN":
        mistake, rule = "to-myself", cite("PS3.4", "C.4.2.1.5")
    elif value(identifier, "StudyInstanceUID") != study_uid:
        mistake = "" if value(identifier, "StudyInstanceUID") else "other-keys"
    return failed(expected=EXPECTED, got=got, rule=rule, mistake=mistake)


def _ending(move: Exchange) -> str:
    if not move.responses:
        return "without an answer"
    command = move.responses[-1].command
    completed = int(command.get("NumberOfCompletedSuboperations") or 0)
    return f"{move.status}, {completed} completed"
