"""Correct an object that the archive has, and get the correction in.

One SOP Instance UID means one object, for ever and everywhere (PS3.5 9).
"""

from labkit.common import cite
from labkit.dicom.samples import SampleStudy
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.beginner.nb07_send._sent import elsewhere, sent, uids_of
from labkit.exercises.evidence import since

TEXT = "HAND PA AFTER MANIPULATION"

EXERCISE = Exercise(
    given="""
        from labkit.dimse import store
        from pydicom import dcmread
        from pydicom.uid import generate_uid

        hand = lab.sample("dx-hand-followup")
        store(lab.archive, hand.files)
    """,
    blank="""
        mark = lab.mark()
        ds = dcmread(hand.files[0])
        ds.SeriesDescription = "HAND PA AFTER MANIPULATION"

        # ARCHIVE answers 0111 to store(lab.archive, ds).
        # Change what has to change, and no more, so that it takes the corrected image.
        ...
    """,
    reference="""
        mark = lab.mark()
        ds = dcmread(hand.files[0])
        ds.SeriesDescription = "HAND PA AFTER MANIPULATION"

        ds.SOPInstanceUID = generate_uid()
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        store(lab.archive, ds)
    """,
    explanation="""
        A changed object is another object, so it gets a SOP Instance UID of its own; the study and
        the series it belongs to stay the same. Media Storage SOP Instance UID (0002,0003) in the
        file meta information repeats the UID and has to follow it. Now the study has two images,
        the wrong one and the right one, and a viewer shows both: to take the wrong one out of sight
        is another act, a rejection note (a Key Object Selection) as IHE's Imaging Object Change
        Management describes it.
    """,
    hints=(
        "0111 is Duplicate SOP Instance: another object lives under this UID. Which of the three "
        "UIDs of an image names the image itself?",
        "Study and series are still the right ones. Only the image needs a new name: "
        "generate_uid() makes one that nobody else has.",
        "ds.SOPInstanceUID = generate_uid(), the same value into "
        "ds.file_meta.MediaStorageSOPInstanceUID, then store(lab.archive, ds).",
    ),
    wrong=(
        Wrong(
            "same-uid",
            """
            mark = lab.mark()
            ds = dcmread(hand.files[0])
            ds.SeriesDescription = "HAND PA AFTER MANIPULATION"
            ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
            store(lab.archive, ds)
            """,
            """You sent a changed object under the UID of the old one. ARCHIVE keeps what it has and
            refuses the other. It is the SOP Instance UID in the data set, (0008,0018), that counts:
            the file meta information is not sent at all.""",
        ),
        Wrong(
            "new-study",
            """
            mark = lab.mark()
            ds = dcmread(hand.files[0])
            ds.SeriesDescription = "HAND PA AFTER MANIPULATION"
            ds.StudyInstanceUID = generate_uid()
            ds.SeriesInstanceUID = generate_uid()
            ds.SOPInstanceUID = generate_uid()
            store(lab.archive, ds)
            """,
            """It was stored, as a study of its own. You changed the Study Instance UID too, so the
            archive shows two examinations where there was one: the split study that notebook 02
            warns of.""",
        ),
        Wrong(
            "unchanged",
            """
            mark = lab.mark()
            store(lab.archive, hand.files)
            """,
            """You sent the file as it was. ARCHIVE answered Success, since it has this very object,
            and nothing has changed: your correction is in ds, not in the file.""",
        ),
        Wrong(
            "not-corrected",
            """
            mark = lab.mark()
            ds = dcmread(hand.files[0])
            ds.SOPInstanceUID = generate_uid()
            store(lab.archive, ds)
            """,
            """A new object is in the archive, and it says the same as the old one. Set
            Series Description before you send.""",
        ),
    ),
)

RULES = (cite("PS3.5", "9"), cite("PS3.7", "C.5"))


def check(work: Work) -> Verdict:
    """Look for a new object of this patient among those that came to ARCHIVE since the mark."""
    study = work.lab.sample("dx-hand-followup")
    expected = f"ARCHIVE has a new object in the study, with Series Description {TEXT!r}"
    new = [
        ds
        for ds in work.lab.received("ARCHIVE", since=since(work))
        if ds.PatientID == study.patient_id and ds.SOPInstanceUID not in uids_of(study)
    ]
    inside = [ds for ds in new if ds.StudyInstanceUID == study.study_uid]
    if any(str(ds.get("SeriesDescription", "")).strip() == TEXT for ds in inside):
        return passed("ARCHIVE has the corrected image in the same study.", rule=RULES)
    if inside:
        got = f"Series Description {inside[-1].get('SeriesDescription', '')!s}"
        return failed(expected=expected, got=got, rule=RULES, mistake="not-corrected")
    if new:
        got = "a new object of the patient, in another study"
        return failed(
            expected=expected, got=got, rule=cite("PS3.3", "C.7.2.1"), mistake="new-study"
        )
    return _nothing_new(work, study, expected)


def _nothing_new(work: Work, study: SampleStudy, expected: str) -> Verdict:
    answers = sent(work, "ARCHIVE")
    mine = [status for uid, status in answers.items() if uid in uids_of(study)]
    if mine and mine[-1] is not None:
        mistake = "unchanged" if mine[-1] else "same-uid"
        return failed(
            expected=expected,
            got=f"the UID of the old object, answered with {mine[-1]}",
            rule=RULES,
            mistake=mistake,
        )
    if name := elsewhere(work, "ARCHIVE"):
        return failed(expected=expected, got=f"a C-STORE to {name}", rule=RULES)
    if answers:
        got = f"a C-STORE that ARCHIVE answered with {list(answers.values())[-1]}"
        return failed(expected=expected, got=got, rule=RULES)
    return blank()
