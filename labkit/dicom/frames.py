"""One picture of an image object, and how it is to be shown; decoded when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_voi

from labkit.common.errors import DataError
from labkit.dicom.geometry import functional_group, pixel_spacing
from labkit.dicom.pixels import modality_values, rendered, stored_values, unit, window

Array = npt.NDArray[Any]

PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


@dataclass(frozen=True)
class Window:
    """How values become grey (PS3.3 C.11.2).

    Attributes
    ----------
    name
        As the file explains it, or ``""``.
    center, width
        In the unit of the values.
    function
        ``LINEAR``, ``LINEAR_EXACT``, ``SIGMOID``; or ``LUT``, a table of the file's VOI LUT
        Sequence, from the value `center` - `width` / 2 on.
    table
        Of a ``LUT``: grey 0–255 for each value, `width` of them.
    """

    center: float
    width: float
    function: str = "LINEAR"
    name: str = ""
    table: bytes = field(default=b"", repr=False)

    @property
    def first(self) -> float:
        """Of a ``LUT``: the value that the first entry is for."""
        return self.center - self.width / 2


@dataclass(frozen=True)
class Frame:
    """One picture: a single-frame image, or one frame of a multi-frame one.

    Attributes
    ----------
    ds
        The data set that holds it.
    number
        Its frame number in there, from 0.
    """

    ds: Dataset
    number: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return int(self.ds.Rows), int(self.ds.Columns)

    @property
    def is_colour(self) -> bool:
        """Whether it is shown in colour, without window: RGB, YBR or PALETTE COLOR."""
        palette = self.ds.get("PhotometricInterpretation") == "PALETTE COLOR"
        return palette or int(self.ds.get("SamplesPerPixel", 1)) > 1

    @property
    def is_inverted(self) -> bool:
        """Whether low values are bright: MONOCHROME1 (PS3.3 C.7.6.3.1.2)."""
        return str(self.ds.get("PhotometricInterpretation")) == "MONOCHROME1"

    @property
    def rescale(self) -> tuple[float, float]:
        """Slope and intercept that make values of `pixels` (PS3.3 C.11.1); else 1 and 0."""
        if self.is_colour or self.ds.get("ModalityLUTSequence"):
            return 1.0, 0.0
        if self.ds.get("DoseGridScaling"):  # RT Dose has its own (PS3.3 C.8.8.3)
            return float(self.ds.DoseGridScaling), 0.0
        item = functional_group(self.ds, "PixelValueTransformationSequence", self.number)
        slope, intercept = item.get("RescaleSlope"), item.get("RescaleIntercept")
        return (1.0 if slope in (None, "") else float(slope),
                0.0 if intercept in (None, "") else float(intercept))  # fmt: skip

    @property
    def unit(self) -> str:
        """Unit of `values`: ``"HU"``, ``"Gy"`` …, or ``""``."""
        if self.ds.get("DoseGridScaling"):
            return {"GY": "Gy"}.get(str(self.ds.get("DoseUnits")), "")
        return "" if self.is_colour else unit(self.ds)

    @property
    def windows(self) -> list[Window]:
        """The windows that the file proposes: its VOI LUT if it has one, then those in numbers."""
        if self.is_colour:
            return []
        return [*self._luts(), *self._numeric_windows()]

    def _luts(self) -> list[Window]:
        if not self.ds.get("VOILUTSequence"):
            return []
        item = self.ds.VOILUTSequence[0]
        entries, first, bits = (int(n) for n in item.LUTDescriptor)
        entries = entries or 65536  # PS3.3 C.11.2.1.1
        steps = np.arange(first, first + entries)
        grey = apply_voi(steps, self.ds).astype(np.float64) / (2**bits - 1) * 255.0
        table = np.rint(np.clip(grey, 0, 255)).astype(np.uint8).tobytes()
        name = str(item.get("LUTExplanation") or "VOI LUT")
        return [Window(first + entries / 2, float(entries), "LUT", name, table)]

    def _numeric_windows(self) -> list[Window]:
        item = functional_group(self.ds, "FrameVOILUTSequence", self.number)
        centers, widths = (numbers(item.get(k)) for k in ("WindowCenter", "WindowWidth"))
        names = item.get("WindowCenterWidthExplanation") or []
        names = [names] if isinstance(names, str) else list(names)
        names += [""] * len(centers)
        function = str(item.get("VOILUTFunction") or "LINEAR")
        known = function if function in ("LINEAR_EXACT", "SIGMOID") else "LINEAR"
        return [
            Window(center, width, known, name)
            for center, width, name in zip(centers, widths, names, strict=False)
            if width >= (1 if known == "LINEAR" else 1e-9)
        ]

    @property
    def spacing(self) -> tuple[float, float] | None:
        """Between rows and between columns, in mm; ``None`` where the file does not say."""
        try:
            found = pixel_spacing(self.ds, self.number)
        except DataError:
            return None
        return found.row_mm, found.column_mm

    @property
    def aspect(self) -> float:
        """Height of a pixel over its width, as it must be shown."""
        if self.spacing:
            return self.spacing[0] / self.spacing[1]
        ratio = numbers(self.ds.get("PixelAspectRatio"))
        return ratio[0] / ratio[1] if len(ratio) == 2 and min(ratio) > 0 else 1.0

    def pixels(self) -> Array:
        """Decode: what a viewer draws from.

        Returns
        -------
        numpy.ndarray
            Grey: stored values, ``(rows, columns)``, integer or float; `rescale` makes them values.
            After a Modality LUT where there is one. Colour: uint8 RGB, ``(rows, columns, 3)``.

        Raises
        ------
        DataError
            The pixels cannot be decoded.
        """
        if self.is_colour:
            return rendered(self.ds, frame=self.number)
        if self.ds.get("ModalityLUTSequence"):
            return modality_values(self.ds, self.number)
        return stored_values(self.ds, self.number)

    def values(self, pixels: Array | None = None) -> Array:
        """Return the values with a unit (HU …), ``(rows, columns)``, from `pixels` if given."""
        pixels = self.pixels() if pixels is None else pixels
        slope, intercept = self.rescale
        if (slope, intercept) == (1.0, 0.0):
            return pixels
        return pixels.astype(np.float64) * slope + intercept

    def full_window(self, pixels: Array | None = None) -> Window:
        """Return the window from the lowest value to the highest, padding left out."""
        pixels = self.pixels() if pixels is None else pixels
        low, high = value_range(pixels, self.padding)
        slope, intercept = self.rescale
        low, high = sorted((low * slope + intercept, high * slope + intercept))
        width = (high - low) or 1.0
        return Window(low + width / 2, width, "LINEAR_EXACT")

    @property
    def padding(self) -> tuple[float, float] | None:
        """Stored values that mean "no picture here" (PS3.3 C.7.5.1.1.2), as a range."""
        value = self.ds.get("PixelPaddingValue")
        if not isinstance(value, int):
            return None
        limit = self.ds.get("PixelPaddingRangeLimit")
        other = limit if isinstance(limit, int) else value
        return float(min(value, other)), float(max(value, other))

    def shown(self, chosen: Window, *, invert: bool = False) -> npt.NDArray[np.uint8]:
        """Return the picture as shown: uint8, grey ``(rows, columns)``, or RGB with 3 more.

        Parameters
        ----------
        invert
            Turn it round, on top of what the file says.
        """
        if self.is_colour:
            picture = rendered(self.ds, frame=self.number)
        else:
            picture = _grey(self.values(), chosen)
        turned = invert != (self.is_inverted and not self.is_colour)
        return 255 - picture if turned else picture


def _grey(values: Array, chosen: Window) -> npt.NDArray[np.uint8]:
    if chosen.function == "LUT":
        table = np.frombuffer(chosen.table, np.uint8)
        place = np.rint(values - chosen.first)
        return table[np.clip(place, 0, len(table) - 1).astype(np.int64)]
    function: Any = chosen.function
    return window(values, chosen.center, chosen.width, function)


def value_range(pixels: Array, padding: tuple[float, float] | None = None) -> tuple[float, float]:
    """Return the lowest and highest finite pixel, those of `padding` left out."""
    flat: Array = pixels.ravel()
    if flat.dtype.kind == "f":
        flat = flat[np.isfinite(flat)]
    if padding:
        inside = flat[(flat < padding[0]) | (flat > padding[1])]
        flat = inside if inside.size else flat
    return (float(flat.min()), float(flat.max())) if flat.size else (0.0, 1.0)


def numbers(value: object) -> list[float]:
    """Return the numbers of a DS, FD, IS … value: none, one or several."""
    if value in (None, ""):
        return []
    parts = value if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    found = []
    for part in parts:
        try:
            found.append(float(str(part)))
        except ValueError:  # real files have an IS of "1A"
            continue
    return found
