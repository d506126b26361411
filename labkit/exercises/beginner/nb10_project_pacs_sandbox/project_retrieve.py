"""Project 3: find a study and have it brought to the workstation.

Search in the archive, look into what was found, and have it sent to where it will be read.
"""

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.evidence import arrived, exchanges, size_in_archive

_GIVEN = """
    from labkit.dicom import real_file, real_files
    from labkit.dimse import find, get, identifier, move, store
    from pydicom import dcmread
    mark = lab.mark()
    my_files = [real_file(name) for name in ("CT_small", "MR_small", "examples_overlay")]
    store(lab.archive, my_files)
    patient_id = dcmread(my_files[0]).PatientID
"""

EXERCISE = Exercise(
    given=_GIVEN,
    blank="""
        study_uid = ...  # of one of the studies you sent, found by asking ARCHIVE
        ...  # ask ARCHIVE what is in it, and have all of it sent to WORKSTN
    """,
    answer="study_uid",
    expects=str,
    reference="""
        patient_id = dcmread(my_files[0]).PatientID
        keys = identifier("STUDY", PatientID=patient_id, StudyInstanceUID="", StudyDate="")
        found = [match for match in find(lab.archive, keys) if match.PatientID == patient_id]
        study_uid = found[0].StudyInstanceUID
        find(lab.archive, identifier("SERIES", StudyInstanceUID=study_uid, SeriesInstanceUID="",
                                     Modality="", NumberOfSeriesRelatedInstances=""))
        result = move(lab.archive, identifier("STUDY", StudyInstanceUID=study_uid), "WORKSTN")
    """,
    explanation="""
        First the study, by something you know of the patient; then the series in it, by the
        study's UID; then the C-MOVE, which names the workstation by its AE title and lets the
        archive call it. The final response counts: completed is what arrived, failed is what did
        not. The Patient ID that came back is compared, since a study without one matches every
        number (PS3.4 C.2.2.1.2), and some of pydicom's files have none. A C-GET would have brought
        the images to your notebook instead, over your own association.
    """,
    hints=(
        "You know the Patient ID of what you sent: it is in the file.",
        "find() at STUDY with PatientID, then find() at SERIES with the StudyInstanceUID.",
        'move(lab.archive, identifier("STUDY", StudyInstanceUID=study_uid), "WORKSTN")',
    ),
    wrong=(
        Wrong(
            "nothing-moved",
            """
            keys = identifier("STUDY", PatientID=patient_id, StudyInstanceUID="")
            study_uid = find(lab.archive, keys)[0].StudyInstanceUID
            find(lab.archive, identifier("SERIES", StudyInstanceUID=study_uid, Modality=""))
            """,
            """You found the study and moved nothing: WORKSTN has not got it. A C-FIND brings
            answers, a C-MOVE brings images.""",
        ),
        Wrong(
            "fetched-it-yourself",
            """
            keys = identifier("STUDY", PatientID=patient_id, StudyInstanceUID="")
            study_uid = find(lab.archive, keys)[0].StudyInstanceUID
            find(lab.archive, identifier("SERIES", StudyInstanceUID=study_uid, Modality=""))
            result = get(lab.archive, identifier("STUDY", StudyInstanceUID=study_uid))
            """,
            """A C-GET brought the images to your notebook. They are wanted at WORKSTN: the
            archive has to send them there, and C-MOVE asks it to.""",
        ),
        Wrong(
            "sent-it-yourself",
            """
            keys = identifier("STUDY", PatientID=patient_id, StudyInstanceUID="")
            study_uid = find(lab.archive, keys)[0].StudyInstanceUID
            find(lab.archive, identifier("SERIES", StudyInstanceUID=study_uid, Modality=""))
            store(lab.workstn, my_files)
            """,
            """You sent your files to WORKSTN yourself. That passes by the archive: the
            workstation should get what the archive has.""",
        ),
        Wrong(
            "never-asked",
            """
            study_uid = dcmread(my_files[0]).StudyInstanceUID
            result = move(lab.archive, identifier("STUDY", StudyInstanceUID=study_uid), "WORKSTN")
            """,
            """You took the UID from your own file. It works because you have the file; a
            radiologist has a name or a number, and has to ask.""",
        ),
    ),
)  # fmt: skip

RULE = cite("PS3.4", "C.4.2")
ASK = cite("PS3.4", "C.4.1")


def check(work: Work) -> Verdict:
    """Look for the question, the look inside, and the arrival at WORKSTN from ARCHIVE."""
    study = work.answer.strip()
    expected = "the study found in ARCHIVE, looked into, and whole at WORKSTN"
    asked = {x.level for x in exchanges(work, "ARCHIVE", "C-FIND") if x.matches}
    if "STUDY" not in asked:
        if exchanges(work, "ARCHIVE", "C-FIND"):
            got = "no query at the STUDY level that found one"
            return failed(expected=expected, got=got, rule=ASK)
        got = "no query came in"
        return failed(expected=expected, got=got, rule=ASK, mistake="never-asked")
    if not {"SERIES", "IMAGE"} & asked:
        return failed(expected=expected, got="no query below the study", rule=ASK)
    held = {str(ds.SOPInstanceUID) for ds in arrived(work) if ds.StudyInstanceUID == study}
    size = size_in_archive(work, study)
    if not size:
        return failed(expected=expected, got="ARCHIVE has no study of this UID", rule=RULE)
    if not held:
        mistake = "nothing-moved"
        if _since_the_question(work, "ARCHIVE", "C-GET"):
            mistake = "fetched-it-yourself"
        elif _since_the_question(work, "WORKSTN", "C-STORE"):
            mistake = "sent-it-yourself"
        got = "ARCHIVE has sent nothing of it to WORKSTN"
        return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
    sent = {x.sop_instance_uid for x in exchanges(work, "ARCHIVE", "C-STORE")}
    if not held & sent:
        got = "a study that was in ARCHIVE before; you have sent nothing of it"
        why = "Did a match with an empty PatientID come back? Unknown matches all: compare it."
        return failed(expected=expected, got=got, rule=RULE, why=why)
    if len(held) < size:
        got = f"{len(held)} of {size} objects at WORKSTN"
        return failed(expected=expected, got=got, rule=RULE)
    return passed("Asked, looked into, and brought to where it is read.", rule=RULE)


def _since_the_question(work: Work, node: str, service: str) -> bool:
    """Whether it was done after the last query: what was tried before that is another attempt."""
    asked = max(x.trace.started for x in exchanges(work, "ARCHIVE", "C-FIND"))
    return any(x.trace.started >= asked for x in exchanges(work, node, service))
