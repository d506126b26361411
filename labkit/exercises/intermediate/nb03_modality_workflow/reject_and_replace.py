"""Take images of the wrong patient out of use, and put the right ones in.

A rejection note that says why, and copies with UIDs of their own.
"""

from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.dimse import find, identifier
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.evidence import since
from labkit.exercises.intermediate.nb03_modality_workflow._before import GIVEN, studies, text_of

_BEGIN = """
        mark = lab.mark()
        n = number()
        right, wrong = f"NG-5{n}", f"NG-4{n}"
        taken = ct(wrong, "Pennyfold^Aldous", 2)
        store(lab.archive, taken, ae_title="CT7")
"""
_NOTE = """
        note = rejection_note(taken, "wrong worklist entry")
        store(lab.archive, note)
"""
_REPLACE = """
        study, series = generate_uid(), generate_uid()
        for ds in taken:
            ds.PatientID, ds.PatientName = right, "Wrenfield^Odette"
            ds.StudyInstanceUID, ds.SeriesInstanceUID = study, series
            ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        store(lab.archive, taken)
"""

EXERCISE = Exercise(
    given=GIVEN,
    blank=_BEGIN
    + """
        # the entry of Aldous was chosen, and Odette lay in the scanner
        # 1 reject both images in ARCHIVE, with the reason that fits
        # 2 store them again: ID `right`, Wrenfield^Odette, in a study of hers
        ...
    """,
    reference=_BEGIN + _NOTE + _REPLACE,
    explanation="""
        The note is a Key Object Selection with the title 113038, Incorrect Modality Worklist
        Entry (CID 7011). The title decides what an archive may do: these images are hidden from
        all, images rejected for quality (113001) may still be shown where somebody asks
        for them (IHE RAD, Imaging Object Change Management). The replacement is new objects: SOP
        Instance UIDs are unique (PS3.5 9), so whoever has a copy of the old ones is not
        given other patient data under a UID that is known.
    """,
    hints=(
        "rejection_note(images, reason) makes the note, and store sends it. The reasons stand in "
        "labkit.dicom.rejection.REASONS.",
        "The copies need new UIDs on all three levels: another patient's study is another study.",
        "note = rejection_note(taken, 'wrong worklist entry'); store it; then change PatientID, "
        "PatientName, StudyInstanceUID, SeriesInstanceUID and SOPInstanceUID (in file_meta too), "
        "and store again.",
    ),
    wrong=(
        Wrong(
            "wrong-reason",
            _BEGIN + _NOTE.replace("wrong worklist entry", "quality") + _REPLACE,
            """Your note says that the images are of poor quality. Then others may show them to
            whoever asks, and these would show Odette's head as Aldous's.""",
        ),
        Wrong(
            "same-uids",
            _BEGIN
            + _NOTE
            + _REPLACE.replace(
                "    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()\n"
                + " " * 8,
                "",
            ),
            """The copies have the SOP Instance UIDs that you have just rejected, so they are hidden
            as well, if they are taken at all. New data is a new object with a new UID.""",
        ),
        Wrong(
            "no-replacement",
            _BEGIN + _NOTE,
            """The images are out of sight, and Odette has none: she would be scanned again.""",
        ),
        Wrong(
            "not-rejected",
            _BEGIN + _REPLACE,
            """Odette has her images, and Aldous has them still. Without a note nobody knows that
            his are not his.""",
        ),
        Wrong(
            "withdrawn",
            _BEGIN + '        lab.withdraw("ARCHIVE", taken)\n' + _REPLACE,
            """You deleted them in ARCHIVE. Other systems have copies and are never told, and no
            record says what happened or why. A note can be sent to all of them.""",
        ),
    ),
)

RULE = cite("PS3.3", "A.35.4")
NEEDED = "113038"


def check(work: Work) -> Verdict:
    """Ask ARCHIVE what is left of both, and look at the notes it got."""
    got = work.lab.received("ARCHIVE", since=since(work))
    notes = [ds for ds in got if ds.get("Modality") == "KO"]
    images = [ds for ds in got if ds.get("Modality") != "KO"]
    hers = _images(work, text_of(work, "right"))
    his = _images(work, text_of(work, "wrong"))
    if not notes and not hers and his:
        return blank("ARCHIVE has got nothing but the images themselves.")
    expected = "no image of Aldous, two of Odette, and a note with the title 113038"
    said = f"{his} of Aldous, {hers} of Odette, {len(notes)} notes"
    titles = {str(ds.ConceptNameCodeSequence[0].CodeValue) for ds in notes}
    if not notes:
        mistake = "not-rejected" if his else "withdrawn"
    elif NEEDED not in titles:
        mistake = "wrong-reason"
        said += f", title {', '.join(sorted(titles))}"
    elif _rejected(notes) & _held(work, text_of(work, "right")):
        mistake = "same-uids"
    elif his == 0 and hers == 2:
        return passed("Hidden, with the reason, and replaced by two new objects.", rule=RULE)
    elif hers == 0:
        uids = {str(ds.SOPInstanceUID) for ds in work.namespace.get("taken") or []}
        again = any(str(ds.PatientID) == text_of(work, "right") for ds in images)
        same = again or (bool(uids) and _renamed(work))
        mistake = "same-uids" if same else "no-replacement"
    else:
        mistake = ""
    return failed(expected=expected, got=said, rule=RULE, mistake=mistake)


def _renamed(work: Work) -> bool:
    """Whether the learner's own data sets are Odette's by now."""
    taken = work.namespace.get("taken") or []
    return any(str(ds.get("PatientID")) == text_of(work, "right") for ds in taken)


def _images(work: Work, patient: str) -> int:
    """Count the images that a query finds under a patient ID."""
    return len(_held(work, patient))


def _held(work: Work, patient: str) -> set[str]:
    """SOP Instance UIDs of the images that a query finds under a patient ID."""
    found = set()
    for study in studies(work, patient):
        series = identifier(
            "SERIES", StudyInstanceUID=study.StudyInstanceUID, Modality="", SeriesInstanceUID=""
        )
        for one in find(work.lab.archive, series, ae_title="WORKSTN"):
            image = identifier(
                "IMAGE", StudyInstanceUID=study.StudyInstanceUID,
                SeriesInstanceUID=one.SeriesInstanceUID, SOPInstanceUID="",
            )  # fmt: skip
            if one.Modality != "KO":
                held = find(work.lab.archive, image, ae_title="WORKSTN")
                found |= {str(ds.SOPInstanceUID) for ds in held}
    return found


def _rejected(notes: list[Dataset]) -> set[str]:
    """SOP Instance UIDs that rejection notes name."""
    return {
        str(item.get("ReferencedSOPInstanceUID"))
        for note in notes
        for study in note.get("CurrentRequestedProcedureEvidenceSequence") or []
        for series in study.get("ReferencedSeriesSequence") or []
        for item in series.get("ReferencedSOPSequence") or []
    }
