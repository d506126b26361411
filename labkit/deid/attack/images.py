"""Attacks on pixels: letters, planes of bits, thumbnails, faces."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from scipy import ndimage, signal

from labkit.common.errors import DataError
from labkit.deid.attack.model import Attack, Loot, Planted, parts
from labkit.deid.attack.study.heads import FIELD_MM, GALLERY, HEIGHTS_MM, SIZE, VICTIM, surface
from labkit.dicom.pixels import rendered, stored_values
from labkit.dicom.stories.markers import lettering

Array = npt.NDArray[Any]

#: How alike a place must be to the letters looked for. Noise alone stays below 0.4.
LIKENESS = 0.6


def likeness(image: Array, text: str) -> float:
    """Return the best normalised cross-correlation of letters with any place of an image.

    Parameters
    ----------
    image
        ``(rows, columns)``; light or dark letters count alike.
    """
    dots = lettering(text).astype(np.float64)
    if image.shape[0] < dots.shape[0] or image.shape[1] < dots.shape[1]:
        return 0.0
    kernel = dots - dots.mean()
    values = image.astype(np.float64)
    values = values - values.mean()
    match = signal.fftconvolve(values, kernel[::-1, ::-1], mode="valid")
    ones = np.ones_like(dots)
    mean = signal.fftconvolve(values, ones, mode="valid") / dots.size
    square = signal.fftconvolve(values**2, ones, mode="valid") / dots.size
    spread = np.sqrt(np.maximum(square - mean**2, 0.0)) * dots.size
    norm = np.sqrt((kernel**2).mean())
    # Where a window is flat there are no letters; rounding must not make some.
    flat = spread < 1e-3 * dots.size
    score = np.where(flat, 0.0, match / np.maximum(spread * norm, 1e-12))
    return float(np.abs(score).max())


def _frames(ds: Dataset) -> Iterator[Array]:
    for number in range(int(ds.get("NumberOfFrames", 1) or 1)):
        try:
            shown = rendered(ds, frame=number)
        except DataError:
            return
        yield shown if shown.ndim == 2 else shown.mean(axis=-1)


def _burned(channel: str, carrier: str) -> Callable[[Planted, Loot], str]:
    def run(planted: Planted, loot: Loot) -> str:
        for ds in loot.carried(planted.carriers[carrier]):
            for number, frame in enumerate(_frames(ds), 1):
                score = likeness(frame, planted.plants.word(channel))
                if score > LIKENESS:
                    return f"letters in frame {number} (likeness {score:.2f})"
        return ""

    return run


def _planes(planted: Planted, loot: Loot) -> str:
    """Look at each plane of overlay bits (PS3.3 C.9.2)."""
    for file, part in loot.elements():
        for group in range(0x6000, 0x6020, 2):
            if (group, 0x3000) not in part:
                continue
            rows, columns = int(part[group, 0x0010].value), int(part[group, 0x0011].value)
            bits = np.unpackbits(
                np.frombuffer(part[group, 0x3000].value, np.uint8), bitorder="little"
            )
            if bits.size >= rows * columns:
                plane = bits[: rows * columns].reshape(rows, columns)
                if likeness(plane, planted.plants.word("overlay-plane")) > LIKENESS:
                    return f"letters in overlay {group:04X} of {file.name}"
    return ""


def _unused_bits(planted: Planted, loot: Loot) -> str:
    """Look at the bits above Bits Stored, where overlays used to live (PS3.5 8.1.1)."""
    for ds in loot.carried(planted.carriers["radiograph"]):
        count = int(ds.Rows) * int(ds.Columns)
        words = np.frombuffer(bytes(ds.get("PixelData", b""))[: 2 * count], "<u2")
        if words.size < count or ds.BitsAllocated != 16:
            continue
        for bit in range(int(ds.BitsStored), 16):
            plane = ((words >> bit) & 1).reshape(ds.Rows, ds.Columns)
            if likeness(plane, planted.plants.word("unused-bits")) > LIKENESS:
                return f"letters in bit {bit} of the pixels"
    return ""


def _icons(planted: Planted, loot: Loot) -> str:
    """Look at every image that stands inside a sequence."""
    for file in loot.files:
        for part in list(parts(file.ds))[1:] if file.ds is not None else []:
            if "PixelData" not in part:
                continue
            values = np.frombuffer(part.PixelData, np.uint8)[: int(part.Rows) * int(part.Columns)]
            icon = values.reshape(part.Rows, part.Columns)
            if likeness(icon, planted.plants.word("icon")) > LIKENESS:
                return f"letters in an icon of {file.name}"
    return ""


def _volume(found: list[Dataset]) -> Array | None:
    """Stack slices by their position; ``None`` if they do not make the volume looked for."""
    slices = sorted(found, key=_order)
    if not slices or any(int(ds.Columns) != SIZE for ds in slices):
        return None
    try:
        return np.stack([stored_values(ds) for ds in slices]).astype(np.float64)
    except DataError:
        return None


def _order(ds: Dataset) -> float:
    position = ds.get("ImagePositionPatient")
    return float(position[2]) if position else float(ds.get("InstanceNumber") or 0)


def profile_of(volume: Array, level: float) -> Array:
    """Return how far in front the skin of the face lies, in mm from the front of the field.

    Seen from in front, as in a photograph in 3D, of the lower half alone: the forehead is much the
    same in everybody.
    """
    low = volume[HEIGHTS_MM[: len(volume)] < 0.0]
    solid = ndimage.binary_opening(low > level, iterations=1)
    middle = solid[:, : SIZE // 2, SIZE // 2 - 26 : SIZE // 2 + 26]
    depth = np.where(middle.any(axis=1), middle.argmax(axis=1), SIZE // 2)
    return depth * (FIELD_MM / SIZE)


def identify(volume: Array, level: float, modality: str, true_level: float) -> tuple[int, float]:
    """Choose among the gallery the face that fits best.

    Returns
    -------
    tuple
        Its index, and the root mean square of what does not fit, in mm.
    """
    seen = profile_of(volume, level)
    misfit = [
        float(np.sqrt(((known - seen) ** 2).mean())) for known in _gallery(modality, true_level)
    ]
    best = int(np.argmin(misfit))
    return best, misfit[best]


@lru_cache(4)
def _gallery(modality: str, level: float) -> tuple[Array, ...]:
    """Return the faces among which is chosen; they are always the same."""
    return tuple(profile_of(surface(face, modality), level) for face in GALLERY)


#: A face that fits worse than this is nobody's; guessing is right one time in five.
FITS_MM = 3.0


def _face(carrier: str, modality: str, level: float, true_level: float) -> object:
    def run(planted: Planted, loot: Loot) -> str:
        volume = _volume(loot.carried(planted.carriers[carrier]))
        if volume is None or len(volume) < 8:
            return ""
        who, misfit = identify(volume, level, modality, true_level)
        if who == VICTIM and misfit < FITS_MM:
            return f"face {GALLERY[who].name} of the gallery, {misfit:.1f} mm"
        return ""

    return run


def image_attacks() -> list[Attack]:
    """Return the attacks on pixels."""
    rows = (
        ("burned-in-still", "look for letters in a colour still", "still",
         _burned("burned-still", "still")),
        ("burned-in-loop", "look for letters in the last frame of a compressed loop", "loop",
         _burned("burned-loop", "loop")),
        ("burned-in-palette", "look for letters through the palette", "palette",
         _burned("burned-palette", "palette")),
        ("burned-in-capture", "look for letters where the header says there are none", "capture",
         _burned("burned-capture", "capture")),
        ("overlay-plane", "look at the bits of overlays", "radiograph", _planes),
        ("unused-bits", "look at the bits above Bits Stored", "radiograph", _unused_bits),
        ("icon", "look at the thumbnail", "radiograph", _icons),
        ("face-ct", "compare the skin of a CT with faces in 3D", "ct",
         _face("ct", "CT", 624.0, -400.0)),
        ("face-mr", "compare the skin of an MR with faces in 3D", "mr",
         _face("mr", "MR", 120.0, 120.0)),
    )  # fmt: skip
    return [Attack(name, "Pixels", what, carrier, run) for name, what, carrier, run in rows]  # type: ignore[arg-type]
