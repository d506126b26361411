"""Make the banner black, in every frame and every colour.

An ultrasound device burns the patient's name into rows 0 to 23.
"""

from collections.abc import Callable

import numpy as np
from pydicom import uid as uids
from pydicom.dataset import Dataset, FileMetaDataset

from labkit.common import cite
from labkit.deid.attack.images import likeness
from labkit.dicom import rendered
from labkit.dicom.stories.markers import stamp
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed

_RIGHT = """
    def blacken(ds, rows):
        values = stored_values(ds).copy()
        if ds.SamplesPerPixel == 3:
            values[..., :rows, :, :] = 0
        else:
            shade = rendered(ds).astype(int)
            shade = shade.sum(axis=-1) if shade.ndim == 3 else shade
            at = np.unravel_index(shade.argmin(), shade.shape)
            values[..., :rows, :] = values[(0, *at) if values.ndim == 3 else at]
        ds.PixelData = values.tobytes()
"""

EXERCISE = Exercise(
    given="import numpy as np\nfrom labkit.dicom import rendered, stored_values",
    blank="""
    def blacken(ds, rows):
        ...  # the first rows of every frame black, in place (ds.PixelData = …)

    # ds is not compressed: one grey frame, several frames of RGB, or PALETTE COLOR
    """,
    answer="blacken",
    expects=Callable,  # type: ignore[arg-type]
    reference=_RIGHT,
    explanation="""
        Black is what is shown black. In a palette, 0 is whatever its first entry says (PS3.3
        C.7.6.3.1.5), and a banner of 0 may be white. Frames have an axis of their own, in front of
        the rows; one that is forgotten has the name in it, and a player shows it for 40 ms.
        labkit.deid.pixels does the same for compressed images, and says so in (0028,0301).
    """,
    hints=(
        "What shape has stored_values(ds) for each of the three? Rows are not always first.",
        "values[..., :rows, :] for grey and palette, values[..., :rows, :, :] for RGB take the "
        "rows of every frame.",
        "In a palette find the stored value that is shown darkest: rendered(ds) says how each "
        "pixel looks; take the stored value where that is smallest.",
    ),
    wrong=(
        Wrong(
            "first-frame",
            """
            def blacken(ds, rows):
                values = stored_values(ds).copy()
                frame = values[0] if int(ds.get("NumberOfFrames", 1)) > 1 else values
                shade = rendered(ds).astype(int)
                shade = shade.sum(axis=-1) if shade.ndim == 3 else shade
                black = frame[np.unravel_index(shade.argmin(), shade.shape)]
                frame[:rows] = 0 if ds.SamplesPerPixel == 3 else black
                ds.PixelData = values.tobytes()
            """,
            """You blackened the first frame. The name is in the others too, or only there: devices
            write it when the registration is finished, in the middle of the loop.""",
        ),
        Wrong(
            "rows-are-not-first",
            """
            def blacken(ds, rows):
                pixels = stored_values(ds).copy()
                pixels[:rows] = 0
                ds.PixelData = pixels.tobytes()
            """,
            """You took the first axis for the rows. Of several frames it is the frame: whole frames
            are black now, from top to bottom.""",
        ),
        Wrong(
            "columns",
            """
            def blacken(ds, rows):
                values = stored_values(ds).copy()
                values[..., :rows, :] = 0
                ds.PixelData = values.tobytes()
            """,
            """In RGB the last axis is the colour, so the one before it is the columns: the left
            edge is black, and the banner is where it was.""",
        ),
        Wrong(
            "zero-is-black",
            """
            def blacken(ds, rows):
                values = stored_values(ds).copy()
                if ds.SamplesPerPixel == 3:
                    values[..., :rows, :, :] = 0
                else:
                    values[..., :rows, :] = 0
                ds.PixelData = values.tobytes()
            """,
            """You took 0 for black. In this palette entry 0 is white; the name is gone, but the
            reader sees a white bar, and in MONOCHROME1 it is the same.""",
        ),
    ),
)

RULE = (cite("PS3.15", "E.3.1"), cite("PS3.3", "C.7.6.3.1.5"))
_NAME, _ROWS = "OTTILIE MOXFEN", 24


def image(kind: str) -> Dataset:
    """Return an image with the name in its banner: ``grey``, ``loop`` or ``palette``."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = uids.ExplicitVRLittleEndian
    ramp = np.tile(np.linspace(40, 200, 160).astype(np.uint8), (96, 1))
    ramp[:_ROWS] = 10
    frames = np.stack([ramp] * 3)
    for number, frame in enumerate(frames):
        if kind != "loop" or number == 1:
            stamp(frame, _NAME, 6, 8, 240)
    ds.Rows, ds.Columns, ds.BitsAllocated, ds.BitsStored, ds.HighBit = 96, 160, 8, 8, 7
    ds.PixelRepresentation, ds.SamplesPerPixel = 0, 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    data = frames[0]
    if kind == "loop":
        ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.NumberOfFrames = 3, "RGB", 3
        ds.PlanarConfiguration, data = 0, np.repeat(frames[..., None], 3, axis=3)
    if kind == "palette":
        ds.PhotometricInterpretation, data = "PALETTE COLOR", 255 - data
        down = (np.arange(255, -1, -1, dtype=np.uint16) * 257).astype("<u2").tobytes()
        for colour in ("Red", "Green", "Blue"):
            setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
            setattr(ds, f"{colour}PaletteColorLookupTableData", down)
    ds.PixelData = data.tobytes()
    ds["PixelData"].VR = "OB"
    return ds


def check(work: Work) -> Verdict:
    """Look at each frame as it would be shown."""
    for kind in ("grey", "loop", "palette"):
        ds, before = image(kind), image(kind)
        got = work.call(ds, _ROWS)
        if isinstance(got, Dataset):
            ds = got
        if kind == "grey" and ds.PixelData == before.PixelData:
            return blank("Nothing is black yet.")
        for number in range(int(ds.get("NumberOfFrames", 1))):
            shown, was = rendered(ds, frame=number), rendered(before, frame=number)
            what = f"{kind}, frame {number + 1}"
            grey = shown if shown.ndim == 2 else shown.mean(axis=-1)
            left = kind == "loop" and not shown[_ROWS:, :_ROWS].any()
            if likeness(grey, _NAME) > 0.6:
                mistake = "columns" if left else "first-frame" if number else ""
                return failed(expected=f"no letters in {what}", got="the name", rule=RULE,
                              mistake=mistake)  # fmt: skip
            rest = grey[_ROWS:]
            if kind == "grey" and rest.max() == rest.min():
                return failed(expected="an image below the banner", got="one shade", rule=RULE)
            top = grey[:_ROWS]
            if top.max() > grey.min() + 1:
                mistake = "zero-is-black" if kind == "palette" and top.min() > 200 else ""
                mistake = "columns" if left else mistake
                return failed(expected=f"a black banner in {what}",
                              got=f"shown as {int(top.max())} of 255", rule=RULE,
                              mistake=mistake)  # fmt: skip
            if kind != "grey" and (shown[_ROWS:] != was[_ROWS:]).any():
                return failed(expected=f"the rest of {what} untouched", got="changed", rule=RULE,
                              mistake="rows-are-not-first" if kind == "loop" else "")  # fmt: skip
    return passed("Black in every frame, in grey, in colour and through a palette.", rule=RULE)
