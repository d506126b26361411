"""Tie each frame of the SEG to its slice.

Masks come from the algorithm in its order, images from the PACS in its own.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.dicom.stories.lakeside import head_with_bleed
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_RIGHT = """
    def pairs(images, masks):
        there = [ds for ds in images if ds.SOPInstanceUID in masks]
        return there, np.stack([masks[ds.SOPInstanceUID] for ds in there])
"""

EXERCISE = Exercise(
    given="import numpy as np",
    blank="""
    def pairs(images, masks):
        ...  # (source_images, pixel_array) as hd.seg.Segmentation takes them

    # plane n of the pixels belongs to image n; `images` are as the PACS gave them,
    # `masks` is {SOP Instance UID: mask of that slice}
    """,
    answer="pairs",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        hd.seg.Segmentation takes plane n of the pixels for image n of the source, and writes this
        image's UID into Derivation Image Sequence of the frame. If the two lists are in different
        orders the object is perfectly valid, and each mask lies on the wrong slice. Only a name
        ties them together: the SOP Instance UID.
    """,
    hints=(
        "What says which slice a mask belongs to: its place in a dict, or its key?",
        "Go through the images, and look up the mask of each by its SOP Instance UID.",
        "return there, np.stack([masks[ds.SOPInstanceUID] for ds in there])",
    ),
    wrong=(
        Wrong(
            "two-orders",
            """
            def pairs(images, masks):
                return list(images), np.stack(list(masks.values()))
            """,
            """You took both lists as they came. The images came from the head downwards and the
            masks upwards: the bleed is at the other end now, and nothing complains.""",
        ),
        Wrong(
            "sorted-one",
            """
            def pairs(images, masks):
                ordered = sorted(images, key=lambda ds: ds.InstanceNumber)
                return ordered, np.stack(list(masks.values()))
            """,
            """You sorted the images by Instance Number and hoped that the masks lie so too. This
            series is numbered by position and the masks are in an order of their own.""",
        ),
    ),
)

Mask: TypeAlias = npt.NDArray[Any]
RULE = (cite("PS3.3", "C.8.20.3.1"), cite("PS3.3", "C.7.6.16.2.6"))


def material() -> tuple[list[Dataset], dict[str, Mask]]:
    """Return six slices as a PACS gives them, and masks: n + 1 pixels on slice n."""
    slices = [ds for ds in head_with_bleed() if ds.SeriesDescription.endswith("H30s")][6:12]
    masks = {}
    for number, ds in enumerate(slices):
        mask = np.zeros((ds.Rows, ds.Columns), bool)
        mask[100, 100 : 101 + number] = True
        masks[str(ds.SOPInstanceUID)] = mask
    order = [2, 0, 5, 1, 4, 3]
    keys = [str(slices[i].SOPInstanceUID) for i in order]
    return slices[::-1], {key: masks[key] for key in keys}


def check(work: Work) -> Verdict:
    """Write a SEG from what it pairs, and see on which slice each mask lies."""
    images, masks = material()
    got = work.call(images, masks)
    if got is None or got is ...:
        return blank("It returns nothing yet.")
    try:
        source, pixels = got
        source, pixels = list(source), np.asarray(pixels)
        lies = _written(source, pixels)
    except Exception as error:
        return failed(expected="images and an array of as many planes, from which a SEG is made",
                      got=f"{type(error).__name__}: {error}", rule=RULE)  # fmt: skip
    right = {uid: int(mask.sum()) for uid, mask in masks.items()}
    if lies == right:
        return passed("Each frame names the slice that its mask was drawn on.", rule=RULE)
    wrong = sum(lies.get(uid) != count for uid, count in right.items())
    mistake = "sorted-one" if [d.InstanceNumber for d in source] == sorted(
        d.InstanceNumber for d in source) else "two-orders"  # fmt: skip
    return failed(expected=f"{len(right)} frames on their slices", rule=RULE, mistake=mistake,
                  got=f"{wrong} masks on a slice that is not theirs")  # fmt: skip


def _written(images: list[Dataset], pixels: Mask) -> dict[str, int]:
    """Return, for each source image, how many pixels the SEG has on it."""
    import highdicom as hd
    from pydicom.sr.codedict import codes

    segment = hd.seg.SegmentDescription(
        1, "Haemorrhage", codes.SCT.MorphologicallyAbnormalStructure, codes.SCT.Hemorrhage,
        hd.seg.SegmentAlgorithmTypeValues.MANUAL,
    )  # fmt: skip
    seg = hd.seg.Segmentation(
        images, pixels.astype(np.uint8), "BINARY", [segment], "1.2.3", 9, "1.2.4", 1,
        "labkit", "exercise", "1", "1",
    )  # fmt: skip
    frames = seg.pixel_array.reshape(-1, seg.Rows, seg.Columns)
    named = [group.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
             for group in seg.PerFrameFunctionalGroupsSequence]  # fmt: skip
    return {str(uid): int(frame.sum()) for uid, frame in zip(named, frames, strict=True)}
