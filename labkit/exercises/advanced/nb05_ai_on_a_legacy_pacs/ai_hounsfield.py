"""From stored values to blood.

A threshold is in Hounsfield units; what lies in Pixel Data need not be.
"""

from collections.abc import Callable

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_RIGHT = """
    def blood(ds):
        hu = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
        return (hu > 50) & (hu < 90)
"""

EXERCISE = Exercise(
    blank="""
    def blood(ds):
        ...  # which pixels of a CT slice lie between 50 and 90 HU: an array of bool
    """,
    answer="blood",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        HU are stored value times Rescale Slope plus Rescale Intercept (PS3.3 C.11.1.1.2). Most
        scanners use slope 1 and intercept −1024, or 0 where values are signed, so a program that
        knows only these works for years and then meets an object with another slope.
    """,
    hints=(
        "What is the smallest stored value of these images, and what is the HU of air?",
        "Two attributes turn one into the other. Both count, in each slice.",
        "hu = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)",
    ),
    wrong=(
        Wrong(
            "forgot-rescale",
            _RIGHT.replace(" * float(ds.RescaleSlope) + float(ds.RescaleIntercept)", ""),
            """You compared stored values. With an intercept of −1024 your 50 is −974 HU: air
            beside the head, and no blood is ever found.""",
        ),
        Wrong(
            "forgot-slope",
            _RIGHT.replace(" * float(ds.RescaleSlope)", ""),
            """You added the intercept and left the slope out. Where it is 1 nobody notices.""",
        ),
        Wrong(
            "always-1024",
            _RIGHT.replace("float(ds.RescaleSlope) + float(ds.RescaleIntercept)", "1 - 1024"),
            """You took 1024 for granted. Images that store signed values have an intercept of
            0, and each of their pixels is then 1024 HU too low.""",
        ),
    ),
)

RULE = (cite("PS3.3", "C.11.1.1.2"), cite("PS3.3", "C.8.2.1"))
_HU = np.array([[-1000, 40, 49, 51], [66, 89, 91, 1200]])


def slice_of(slope: float, intercept: int, *, signed: bool = False) -> Dataset:
    """Return a slice of eight pixels whose HU are `_HU`."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID, ds.Modality = CTImageStorage, "CT"
    ds.Rows, ds.Columns = _HU.shape
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit = 16, 16, 15
    ds.PixelRepresentation = int(signed)
    ds.RescaleSlope, ds.RescaleIntercept, ds.RescaleType = f"{slope:g}", str(intercept), "HU"
    kind = "<i2" if signed else "<u2"
    ds.PixelData = np.rint((_HU - intercept) / slope).astype(kind).tobytes()
    ds["PixelData"].VR = "OW"
    return ds


def check(work: Work) -> Verdict:
    """Hand it the same HU stored in three ways."""
    right = ((_HU > 50) & (_HU < 90)).tolist()
    ways = ((1.0, -1024, False), (1.0, 0, True), (0.5, -1024, False))
    missed = []
    for slope, intercept, signed in ways:
        got = work.call(slice_of(slope, intercept, signed=signed))
        if got is None or got is ...:
            return blank("It returns nothing yet.")
        try:
            fits = np.asarray(got).astype(bool).tolist() == right
        except (TypeError, ValueError):
            fits = False
        missed.append(not fits)
    if not any(missed):
        return passed("Blood is blood in all three ways of storing it.", rule=RULE)
    known: dict[tuple[bool, ...], str] = {
        (True, True, True): "forgot-rescale",
        (True, False, True): "forgot-rescale",
        (False, False, True): "forgot-slope",
        (False, True, True): "always-1024",
    }
    mistake = known.get(tuple(missed), "")
    at = [f"slope {s:g}, intercept {i}" for (s, i, _), bad in zip(ways, missed, strict=True) if bad]
    return failed(expected="the pixels of 51, 66 and 89 HU, however they are stored",
                  got=f"others, with {'; '.join(at)}", rule=RULE, mistake=mistake)  # fmt: skip
