"""Find the images that a segmentation was drawn on.

A SEG object has no meaning without the images it belongs to, and they are in another series.
"""

from labkit.common import cite
from labkit.dicom import sample
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed

EXERCISE = Exercise(
    given="""
        from labkit.dicom import sample
        seg = sample("ct-chest").datasets("SEG")[0]
    """,
    blank="""
        source = ...  # the Series Instance UID of the images that `seg` was drawn on
    """,
    answer="source",
    expects=str,
    reference="""
        source = seg.ReferencedSeriesSequence[0].SeriesInstanceUID
    """,
    explanation="""
        An object points to others by UID. The Referenced Series Sequence (0008,1115) of a
        segmentation names the series, and each instance of it, that the segments were drawn on.
        The SEG itself lies in a series of its own, since a series holds one modality from one
        machine. A viewer reads the sequence, fetches that series, and lays the one over the other.
        If somebody gives the images new UIDs and forgets the SEG, it points into the void.
    """,
    hints=(
        "seg.SeriesInstanceUID is where the SEG itself lies. Which sequence points elsewhere?",
        "Look for a sequence called Referenced Series Sequence.",
        "A sequence is a list of items: seg.ReferencedSeriesSequence[0], then its UID.",
    ),
    wrong=(
        Wrong(
            "its-own-series",
            "source = seg.SeriesInstanceUID",
            """That is the series in which the SEG itself lies. It holds the one object and no
            image.""",
        ),
        Wrong(
            "frame-of-reference",
            "source = seg.FrameOfReferenceUID",
            """That is the Frame of Reference UID: the coordinate system that SEG, CT and PET
            share. It says that positions may be compared, not which images were used.""",
        ),
        Wrong(
            "the-study",
            "source = seg.StudyInstanceUID",
            """That is the study. Both are in it; the images are one of its series.""",
        ),
    ),
)

RULE = cite("PS3.3", "C.12.2")


def check(work: Work) -> Verdict:
    """Compare with the sequence, and with the CT that is really there."""
    answer = str(work.answer).strip()
    seg = sample("ct-chest").datasets("SEG")[0]
    right = str(sample("ct-chest").datasets("CT")[0].SeriesInstanceUID)
    if answer == right:
        return passed("The CT series of 40 slices: the nodule is drawn on it.", rule=RULE)
    known = {
        str(seg.SeriesInstanceUID): "its-own-series",
        str(seg.FrameOfReferenceUID): "frame-of-reference",
        str(seg.StudyInstanceUID): "the-study",
    }
    expected = "the UID of the CT series that the SEG refers to"
    return failed(expected=expected, got=answer, rule=RULE, mistake=known.get(answer, ""))
