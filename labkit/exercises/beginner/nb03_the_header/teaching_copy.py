"""Make a copy that is an object of its own.

A copy for another patient needs new UIDs at three levels, or it breaks the real study
(PS3.3 A.1.2).
"""

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed, show
from labkit.exercises.evidence import exchanges

EXERCISE = Exercise(
    given="""
        import copy

        from labkit.dimse import store
        from pydicom.uid import generate_uid
    """,
    blank="""
        mark = lab.mark()
        original = lab.sample("dx-hand").datasets()[0]

        teaching = ...  # a copy of it for the patient TEACHING^HAND with Patient ID TEACH-001
        # and then, when it is ready:
        # store(lab.workstn, teaching)
    """,
    answer="teaching",
    expects=Dataset,
    reference="""
        mark = lab.mark()
        original = lab.sample("dx-hand").datasets()[0]

        teaching = copy.deepcopy(original)
        teaching.PatientName = "TEACHING^HAND"
        teaching.PatientID = "TEACH-001"
        teaching.StudyInstanceUID = generate_uid()
        teaching.SeriesInstanceUID = generate_uid()
        teaching.SOPInstanceUID = generate_uid()
        teaching.file_meta.MediaStorageSOPInstanceUID = teaching.SOPInstanceUID
        store(lab.workstn, teaching)
    """,
    explanation="""
        deepcopy makes a data set that shares nothing with the first. A new SOP Instance UID makes
        it another object. New Series and Study Instance UIDs are needed because a study belongs to
        one patient: an image of TEACHING^HAND under the old Study Instance UID would put two
        patients into one study. File meta is not sent, the receiver writes its own, but a file
        saved with the old one would lie. And this is not de-identification: birth date, accession
        number and the order in its sequence are still Posy Brackenfold's.
    """,
    hints=(
        "teaching = original is no copy: both names mean one data set. Python's copy.deepcopy "
        "makes two of them.",
        "Set PatientName and PatientID in the copy. Then ask which UIDs say 'the same thing as "
        "before': instance, series and study. generate_uid() makes a new one each time.",
        "After the deepcopy set PatientName, PatientID, StudyInstanceUID, SeriesInstanceUID and "
        "SOPInstanceUID, the last three to generate_uid(), and call store(lab.workstn, teaching).",
    ),
    wrong=(
        Wrong(
            "changed-the-original",
            """
            mark = lab.mark()
            original = lab.sample("dx-hand").datasets()[0]
            teaching = original
            teaching.PatientName, teaching.PatientID = "TEACHING^HAND", "TEACH-001"
            teaching.StudyInstanceUID = generate_uid()
            teaching.SeriesInstanceUID = generate_uid()
            teaching.SOPInstanceUID = generate_uid()
            store(lab.workstn, teaching)
            """,
            """The original says TEACH-001 now. teaching = original gives one data set a second
            name; what you change through one is changed for both.""",
        ),
        Wrong(
            "kept-the-instance",
            """
            mark = lab.mark()
            original = lab.sample("dx-hand").datasets()[0]
            teaching = copy.deepcopy(original)
            teaching.PatientName, teaching.PatientID = "TEACHING^HAND", "TEACH-001"
            store(lab.workstn, teaching)
            """,
            """Your copy has the SOP Instance UID of the original: two different objects under one
            UID. An archive that has one refuses the other, or silently replaces it.""",
        ),
        Wrong(
            "kept-the-study",
            """
            mark = lab.mark()
            original = lab.sample("dx-hand").datasets()[0]
            teaching = copy.deepcopy(original)
            teaching.PatientName, teaching.PatientID = "TEACHING^HAND", "TEACH-001"
            teaching.SOPInstanceUID = generate_uid()
            store(lab.workstn, teaching)
            """,
            """The copy is a new object in the old study. That study has two patients now, and a
            PACS that keeps one record a study shows either of them for both.""",
        ),
        Wrong(
            "not-sent",
            """
            mark = lab.mark()
            original = lab.sample("dx-hand").datasets()[0]
            teaching = copy.deepcopy(original)
            teaching.PatientName, teaching.PatientID = "TEACHING^HAND", "TEACH-001"
            teaching.StudyInstanceUID = generate_uid()
            teaching.SeriesInstanceUID = generate_uid()
            teaching.SOPInstanceUID = generate_uid()
            """,
            """The copy is right, and it is still in this notebook only. WORKSTN has no record of
            it: the last line, store(lab.workstn, teaching), sends it.""",
        ),
    ),
)

LEVELS = cite("PS3.3", "A.1.2")
UNIQUE = cite("PS3.5", "9.1")
UIDS = ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
WORDS = {"PatientName": "TEACHING^HAND", "PatientID": "TEACH-001"}


def check(work: Work) -> Verdict:
    """Look at the copy, at the original, and at what WORKSTN recorded."""
    teaching, true = work.answer, work.lab.sample("dx-hand").datasets()[0]
    for keyword, wanted in WORDS.items():
        got = str(teaching.get(keyword, "")).rstrip("^ ")
        if got != wanted:
            return failed(expected=f"{keyword} {wanted}", got=show(got), rule=LEVELS)
    original = work.namespace.get("original")
    if original is teaching or _changed(original, true):
        return failed(
            expected="the original as it was: Brackenfold^Posy, 1001234",
            got=f"{original.get('PatientName')}, {original.get('PatientID')}" if original else "",
            rule=UNIQUE,
            mistake="changed-the-original",
        )
    kept = [k for k in UIDS
            if not teaching.get(k) or teaching[k].value == true[k].value]  # fmt: skip
    if kept:
        named = {"SOPInstanceUID": "kept-the-instance", "StudyInstanceUID": "kept-the-study"}
        rule = UNIQUE if kept[0] == "SOPInstanceUID" else LEVELS
        return failed(
            expected="a SOP Instance UID, a Series and a Study Instance UID that are new",
            got=f"the original's {', '.join(kept)}",
            rule=rule,
            mistake=named.get(kept[0], ""),
            why="" if kept[0] in named else "A series belongs to one study, and this one is new.",
        )
    if len({str(teaching[keyword].value) for keyword in UIDS}) < len(UIDS):
        return failed(
            expected="three different UIDs",
            got="one UID for two levels",
            rule=UNIQUE,
            why="A study, its series and its image are three things; each has a UID of its own.",
        )
    return _sent(work, teaching)


def _sent(work: Work, teaching: Dataset) -> Verdict:
    sent = [
        exchange
        for exchange in exchanges(work, "WORKSTN", "C-STORE")
        if exchange.sop_instance_uid == teaching.SOPInstanceUID
    ]
    if not sent:
        return failed(
            expected="WORKSTN has recorded a C-STORE of the copy",
            got="no C-STORE of this SOP Instance UID",
            rule=cite("PS3.4", "B.2.2"),
            mistake="not-sent",
        )
    if not any(exchange.status for exchange in sent):
        return failed(
            expected="WORKSTN has stored it", got=str(sent[-1].status), rule=cite("PS3.4", "B.2.3")
        )
    return passed("WORKSTN has it, as another patient's own study.", rule=[LEVELS, UNIQUE])


def _changed(original: object, true: Dataset) -> bool:
    if not isinstance(original, Dataset):
        return False
    return any(original.get(keyword) != true.get(keyword) for keyword in WORDS)
