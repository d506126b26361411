"""Images with burned-in text: one still, a loop, a palette, and one that no rule knows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom import uid as uids
from pydicom.encaps import encapsulate, generate_frames
from pydicom.uid import UID

from labkit.deid.attack.plants import Plants
from labkit.deid.attack.study.common import Array, background, frame, item, nested, set_image, write
from labkit.dicom.stories.markers import stamp
from labkit.dicom.transcode import transcode

#: Where the banner's text begins (row, column): attackers know the device's layout.
BANNER = (4, 6)
STILL, LOOP, PALETTE, CAPTURE = (200, 240), (184, 248), (176, 232), (168, 224)
TOP = 24  # rows of the banner


def _echo(seed: int, size: tuple[int, int]) -> Array:
    """Return a picture with a black banner above it."""
    grey = background(seed, *size, 200)
    grey[:TOP] = 0
    return grey


def _region(ds: object, size: tuple[int, int]) -> None:
    """Say where the ultrasound is (PS3.3 C.8.5.5): below the banner."""
    where = item(
        RegionSpatialFormat=1, RegionDataType=1, RegionFlags=0, RegionLocationMinX0=0,
        RegionLocationMinY0=TOP, RegionLocationMaxX1=size[1] - 1, RegionLocationMaxY1=size[0] - 1,
        PhysicalUnitsXDirection=3, PhysicalUnitsYDirection=3, PhysicalDeltaX=0.05,
        PhysicalDeltaY=0.05,
    )  # fmt: skip
    ds.SequenceOfUltrasoundRegions = nested(where)  # type: ignore[attr-defined]
    # A device that peers' rule files know too.
    ds.Manufacturer, ds.ManufacturerModelName = "GE Healthcare", "LOGIQE9"  # type: ignore[attr-defined]
    ds.BurnedInAnnotation = "YES"  # type: ignore[attr-defined]


def still(plants: Plants, path: Path) -> Path:
    """Write a colour still, native."""
    ds = frame(plants, "us-still", uids.UltrasoundImageStorage, "US")
    image = np.repeat(_echo(2, STILL)[..., None], 3, axis=2).astype(np.uint8)
    stamp(image, plants.word("burned-still"), *BANNER, (235, 235, 235))
    set_image(ds, image, "RGB")
    _region(ds, STILL)
    return write(ds, path)


def loop(plants: Plants, path: Path) -> Path:
    """Write a loop in JPEG Baseline: the name in its last frame alone, and a JPEG comment."""
    ds = frame(plants, "us-loop", uids.UltrasoundMultiFrameImageStorage, "US")
    frames = np.stack([_echo(n, LOOP) for n in (3, 4, 5)])
    image = np.repeat(frames[..., None], 3, axis=3).astype(np.uint8)
    stamp(image[2], plants.word("burned-loop"), *BANNER, (235, 235, 235))
    set_image(ds, image, "RGB")
    ds.FrameTime, ds.FrameIncrementPointer = "40", 0x00181063
    _region(ds, LOOP)
    ds = transcode(ds, uids.JPEGBaseline8Bit)  # type: ignore[assignment]
    del ds.SourceImageSequence
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = UID(plants.uid("us-loop"))
    made = list(generate_frames(ds.PixelData, number_of_frames=3))
    text = f"probe of {plants.word('jpeg-comment')}".encode()
    comment = b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text  # COM, ISO 10918-1 B.2.4.5
    ds.PixelData = encapsulate([made[0][:2] + comment + made[0][2:], *made[1:]])
    return write(ds, path)


def palette(plants: Plants, path: Path) -> Path:
    """Write a PALETTE COLOR still, RLE: black is not the number 0 in it."""
    ds = frame(plants, "us-palette", uids.UltrasoundImageStorage, "US")
    image = (255 - _echo(6, PALETTE)).astype(np.uint8)
    stamp(image, plants.word("burned-palette"), *BANNER, 8)
    set_image(ds, image, "PALETTE COLOR")
    amber = np.arange(255, -1, -1, dtype=np.uint16) * 257
    for colour, part in (("Red", 1.0), ("Green", 0.8), ("Blue", 0.4)):
        setattr(ds, f"{colour}PaletteColorLookupTableDescriptor", [256, 0, 16])
        entries = (amber * part).astype("<u2").tobytes()
        setattr(ds, f"{colour}PaletteColorLookupTableData", entries)
    _region(ds, PALETTE)
    return write(transcode(ds, uids.RLELossless), path)


def capture(plants: Plants, path: Path) -> Path:
    """Write a screenshot: text in the middle of it, and a header that claims there is none."""
    ds = frame(plants, "capture", uids.SecondaryCaptureImageStorage, "OT")
    image = background(8, *CAPTURE, 160).astype(np.uint8)
    image[80:96, 20:200] = 0
    stamp(image, plants.word("burned-capture"), 82, 24, 250)
    set_image(ds, image)
    ds.ConversionType, ds.BurnedInAnnotation = "WSD", "NO"
    return write(ds, path)
