"""From stored numbers to values with a meaning, and on to a picture.

The steps, in the standard's order (PS3.4 N.2, PS3.3 C.11):

1. stored values: what lies in Pixel Data, decompressed,
2. modality values: rescale slope and intercept, or a Modality LUT; in HU, Bq/ml …
3. window (or VOI LUT): the part of the values that is to be seen, as 0–255,
4. presentation: MONOCHROME1 shows high values dark; colours are made RGB.

Colour images skip 2 and 3.
"""

from __future__ import annotations

import struct
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut
from pydicom.pixels.utils import pixel_array

from labkit.common.errors import DataError, UsageError
from labkit.dicom.damage import endless_jp2, names_damage
from labkit.dicom.geometry import functional_group

Array = npt.NDArray[Any]
VoiFunction = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]

#: What pydicom and the codecs raise on pixels that do not add up.
_DECODE_ERRORS = (
    AttributeError, IndexError, KeyError, MemoryError, NotImplementedError, OverflowError,
    RuntimeError, StopIteration, TypeError, ValueError, struct.error,
)  # fmt: skip

#: Units (0054,1001) of PET and NM as people write them (PS3.3 C.8.9.1.1.3).
_UNITS = {"BQML": "Bq/ml", "CNTS": "counts", "PROPCNTS": "proportional to counts", "GML": "g/ml"}


def stored_values(ds: Dataset, frame: int | None = None) -> Array:
    """Return the stored values, decompressed.

    Returns
    -------
    numpy.ndarray
        Shape ``(rows, columns)``, ``(frames, rows, columns)``, or one more axis of 3 samples for
        colour; one frame only if `frame` (from 0) is given. Bits above Bits Stored are removed. YBR
        is already RGB.

    Raises
    ------
    DataError
        If there are no pixels, too few, or nobody here can decode them.
    """
    if not {"PixelData", "FloatPixelData", "DoubleFloatPixelData"} & set(ds.dir("PixelData")):
        name = getattr(ds.get("SOPClassUID"), "name", "this data set")
        raise DataError(
            f"{name} has no pixel data",
            remedy="look at its modality: reports, presentation states and key images have none",
        )
    if endless_jp2(ds.get("PixelData") or b""):
        raise DataError("its JPEG 2000 file is damaged", remedy="ask the sender for the original")
    try:
        values = pixel_array(ds, index=frame)
    except BaseException as error:
        # The RLE codec is in Rust: what its panics raise is no Exception and cannot be imported.
        if not isinstance(error, _DECODE_ERRORS) and type(error).__name__ != "PanicException":
            raise
        raise DataError(
            f"the pixels cannot be decoded: {error}",
            remedy="compare Rows, Columns, Bits Allocated, frames, transfer syntax with the bytes",
        ) from error
    return values.astype(values.dtype.newbyteorder("="), copy=False)


@names_damage
def modality_values(ds: Dataset, frame: int | None = None) -> Array:
    """Return values with the meaning that `unit` names (PS3.3 C.11.1).

    Pixels that only pad the image (Pixel Padding Value) are left as they are.

    Returns
    -------
    numpy.ndarray
        Shaped as `stored_values`. Integers stay integers (int32) where slope and intercept are
        whole numbers; otherwise float64. Stored values where the object has no rescale.
    """
    values = stored_values(ds, frame)
    if ds.get("SamplesPerPixel", 1) != 1 or ds.get("PhotometricInterpretation") == "PALETTE COLOR":
        return values
    if ds.get("ModalityLUTSequence"):
        return _look_up(values, ds.ModalityLUTSequence[0])[0]
    if "PerFrameFunctionalGroupsSequence" in ds and frame is None and values.ndim == 3:
        return np.stack([_rescale(values[i], _transform(ds, i)) for i in range(len(values))])
    return _rescale(values, _transform(ds, frame or 0))


@names_damage
def hounsfield(ds: Dataset, frame: int | None = None) -> Array:
    """Return the HU of a CT image: air −1000, water 0. Shape ``(rows, columns)`` or with frames.

    Raises
    ------
    DataError
        If the values are not in HU: another modality, a localiser, or rescale is missing.
    """
    if unit(ds) != "HU":
        what = ds.get("Modality") or "no modality"
        raise DataError(
            f"this is {what}, and its values are not in HU",
            remedy="use modality_values(ds) and unit(ds)",
        )
    if "RescaleIntercept" not in _transform(ds, frame or 0):
        raise DataError(
            "this CT has no Rescale Intercept, so its values cannot be turned into HU",
            remedy="it is type 1 in CT (PS3.3 C.8.2.1): ask the sender for the original",
        )
    return modality_values(ds, frame)


@names_damage
def unit(ds: Dataset) -> str:
    """Return the unit of `modality_values`: ``"HU"``, ``"Bq/ml"``, or ``""`` for none."""
    rescale_type = _transform(ds, 0).get("RescaleType")
    if rescale_type and rescale_type != "US":
        return str(rescale_type)
    if ds.get("Units"):
        return _UNITS.get(ds.Units, str(ds.Units))
    # Without Rescale Type a CT is in HU, unless it is a localiser (PS3.3 C.8.2.1.1.2).
    localiser = "LOCALIZER" in (ds.get("ImageType") or [])
    return "HU" if ds.get("Modality") == "CT" and not localiser else ""


def window(
    values: Array, center: float, width: float, function: VoiFunction = "LINEAR"
) -> npt.NDArray[np.uint8]:
    """Map values to 0–255 by a window (PS3.3 C.11.2.1.2).

    Parameters
    ----------
    values
        Modality values, any shape.
    center, width
        Window Center and Window Width, in the unit of `values`.
    function
        VOI LUT Function. ``LINEAR`` is the default of the standard, and its half-pixel shifts are
        meant: width 1 makes a step. ``LINEAR_EXACT`` has none, ``SIGMOID`` never clips.

    Raises
    ------
    UsageError
        If the width is too small for the function.
    """
    smallest = {"LINEAR": 1.0, "LINEAR_EXACT": 0.0, "SIGMOID": 0.0}
    if function not in smallest:
        raise UsageError(
            f"there is no VOI LUT function {function!r}", remedy=f"use one of {', '.join(smallest)}"
        )
    if width < smallest[function] or width <= 0:
        raise UsageError(
            f"a window of width {width} cannot be used with {function}",
            remedy="LINEAR needs a width of at least 1, the others above 0 (PS3.3 C.11.2.1.2)",
        )
    x = values.astype(np.float64)
    if function == "SIGMOID":
        y = 255.0 / (1.0 + np.exp(np.clip(-4.0 * (x - center) / width, -700, 700)))
    elif function == "LINEAR_EXACT":
        y = ((x - center) / width + 0.5) * 255.0
    elif width == 1:
        y = np.where(x <= center - 0.5, 0.0, 255.0)
    else:
        y = ((x - (center - 0.5)) / (width - 1.0) + 0.5) * 255.0
    return np.rint(np.clip(y, 0.0, 255.0)).astype(np.uint8)


@names_damage
def default_window(ds: Dataset) -> tuple[float, float] | None:
    """Return the first window that the object proposes, as (center, width), or ``None``."""
    voi = functional_group(ds, "FrameVOILUTSequence")
    centers, widths = voi.get("WindowCenter"), voi.get("WindowWidth")
    if centers in (None, "") or widths in (None, ""):
        return None
    first = [float(v[0]) if hasattr(v, "__getitem__") else float(v) for v in (centers, widths)]
    return first[0], first[1]


@names_damage
def rendered(
    ds: Dataset,
    *,
    frame: int = 0,
    center: float | None = None,
    width: float | None = None,
) -> npt.NDArray[np.uint8]:
    """Return one frame as it should be shown.

    Parameters
    ----------
    frame
        Counted from 0.
    center, width
        The window. By default the object's own (VOI LUT or first window), else all values.

    Returns
    -------
    numpy.ndarray
        uint8, ``(rows, columns)`` for grey (0 is black) or ``(rows, columns, 3)`` for RGB.
    """
    photometric = str(ds.get("PhotometricInterpretation", "MONOCHROME2"))
    if photometric == "PALETTE COLOR":
        try:
            return _eight_bits(apply_color_lut(stored_values(ds, frame), ds))
        except AttributeError as error:  # a descriptor or the data of one colour
            raise DataError(
                "the palette is missing, or a part of it", remedy="ask the sender for the original"
            ) from error
    if ds.get("SamplesPerPixel", 1) == 3:
        return _eight_bits(stored_values(ds, frame), int(ds.BitsStored))
    values = modality_values(ds, frame)
    shown = default_window(ds)
    if center is not None and width is not None:
        grey = window(values, center, width)
    elif ds.get("VOILUTSequence"):
        looked_up, bits = _look_up(values, ds.VOILUTSequence[0])
        grey = _stretch(looked_up, 0.0, float(2**bits - 1))
    elif shown:
        voi = functional_group(ds, "FrameVOILUTSequence")
        grey = window(values, *shown, function=voi.get("VOILUTFunction") or "LINEAR")
    else:
        grey = _stretch(values, float(values.min()), float(values.max()))
    return 255 - grey if photometric == "MONOCHROME1" else grey


def _transform(ds: Dataset, frame: int) -> Dataset:
    return functional_group(ds, "PixelValueTransformationSequence", frame)


def _rescale(values: Array, item: Dataset) -> Array:
    slope, intercept = (
        1.0 if item.get(k) in (None, "") else float(item[k].value)
        for k in ("RescaleSlope", "RescaleIntercept")
    )
    if "RescaleIntercept" not in item and "RescaleSlope" not in item:
        return values
    if item.get("RescaleIntercept") in (None, ""):
        intercept = 0.0
    if slope.is_integer() and intercept.is_integer() and values.dtype.kind in "iu":
        return values.astype(np.int32) * int(slope) + int(intercept)
    return values.astype(np.float64) * slope + intercept


def _look_up(values: Array, item: Dataset) -> tuple[Array, int]:
    """Put values through a LUT (PS3.3 C.11.1.1.1); values outside get its first or last entry.

    pydicom 3.0's own ``apply_voi`` wraps round at 256 where the entries have 8 bits.
    """
    length, first, bits = (int(v) for v in item.LUTDescriptor)
    data = item.LUTData
    if isinstance(data, bytes):
        entries = np.frombuffer(data, dtype="<u2")
    else:
        entries = np.asarray(data, dtype=np.uint16)
    entries = entries[: length or 65536]
    if not len(entries):
        raise DataError("the LUT has no entries", remedy="use a window: center and width")
    index = np.clip(np.asarray(values, dtype=np.int64) - first, 0, len(entries) - 1)
    return entries[index], bits


def _stretch(values: Array, low: float, high: float) -> npt.NDArray[np.uint8]:
    span = (high - low) or 1.0
    scaled = (np.asarray(values, dtype=np.float64) - low) / span * 255.0
    return np.rint(np.clip(scaled, 0.0, 255.0)).astype(np.uint8)


def _eight_bits(values: Array, bits: int = 0) -> npt.NDArray[np.uint8]:
    """Cut colour down to 8 bits a sample; LUTs of 16 bits come out of pydicom as uint16."""
    depth = bits or values.dtype.itemsize * 8
    return (values >> max(depth - 8, 0)).astype(np.uint8)
