"""ImageViewer, the Python side: what is shown, in numbers; frames go to the view when asked for."""

from __future__ import annotations

import base64
import hashlib
import html
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from traitlets import Bool, Bytes, Float, Int, List, Unicode, validate

from labkit.common.errors import DataError, UsageError
from labkit.dicom.frames import Array, Frame, Window, value_range
from labkit.dicom.geometry import patient_point
from labkit.dicom.stacks import Source, Stack, stacks
from labkit.widgets.base import LabWidget
from labkit.widgets.image_viewer.describe import MODES, PRESETS, describe_stack
from labkit.widgets.image_viewer.picture import png

KEPT = 64 * 2**20
"""Bytes of decoded frames that are kept in Python; the view keeps its own."""

STATIC = 384
"""Width in pixels of the picture on pages without widgets."""


@dataclass(frozen=True)
class Probe:
    """One pixel.

    Attributes
    ----------
    row, column
        From 0.
    stored, value
        As stored, and in `unit`; for colour the RGB triple.
    point
        Where it is in the patient, x, y, z in mm, or ``None``.
    """

    row: int
    column: int
    stored: float | tuple[int, ...]
    value: float | tuple[int, ...]
    unit: str
    point: tuple[float, float, float] | None


class ImageViewer(LabWidget):
    """Look at images.

    Parameters
    ----------
    source
        A data set, a file, a folder, a sample study, or a list of these. What has no pixels is
        left out.
    stack
        Which stack to begin with; by default the one with most frames.
    index
        Which frame to begin with, from 0; by default the middle of a stack of slices.
    preset
        ``"file"`` (the file's own window, frame by frame), ``"auto"`` (all values), or for CT
        ``"brain"``, ``"stroke"``, ``"subdural"``, ``"soft tissue"``, ``"lung"``, ``"bone"`` …
    window
        (center, width) in place of a preset.

    Raises
    ------
    DataError
        There is no picture in `source`.

    Examples
    --------
    >>> viewer = ImageViewer(sample("ct-head"))
    >>> viewer.preset = "bone"
    >>> viewer.probe(128, 128)                  # what the line below the picture says
    >>> viewer.digest                           # of what is shown
    """

    folder: ClassVar[Path] = Path(__file__).parent

    stack = Int(0, help="which stack").tag(sync=True)
    index = Int(0, help="which frame of the stack, from 0").tag(sync=True)
    preset = Unicode("file", help="name of a window, or file, file:2 …, auto, manual").tag(
        sync=True
    )
    center = Float(0.0, help="window center, where the preset is manual").tag(sync=True)
    width = Float(1.0, help="window width, where the preset is manual").tag(sync=True)
    inverted = Bool(False, help="turned round, on top of what the file says").tag(sync=True)
    playing = Bool(False, help="cine runs").tag(sync=True)
    _stacks: Any = List(help="see describe_stack").tag(sync=True)
    _presets: Any = List(help="name, center, width").tag(sync=True)
    _poster = Bytes(b"", help="PNG until the first frame has come").tag(sync=True)

    def __init__(
        self,
        source: Source,
        *,
        stack: int | None = None,
        index: int | None = None,
        preset: str = "file",
        window: tuple[float, float] | None = None,
    ) -> None:
        self.stacks: list[Stack] = stacks(source)
        self._kept: OrderedDict[tuple[int, int], Array] = OrderedDict()
        self._lock = threading.Lock()
        counts = [len(found.frames) for found in self.stacks]
        chosen = counts.index(max(counts)) if stack is None else stack
        self._check(chosen, len(self.stacks), "stack")
        frames = self.stacks[chosen].frames
        volume = len({id(frame.ds) for frame in frames}) > 1
        start = (len(frames) // 2 if volume else 0) if index is None else index
        self._check(start, len(frames), "frame")
        super().__init__(
            stack=chosen, index=start, preset=preset,
            _stacks=[describe_stack(found) for found in self.stacks],
            _presets=[[name, w.center, w.width] for name, w in PRESETS.items()],
        )  # fmt: skip
        if window is not None:
            self.window = window

    # -- what is shown --

    @property
    def frame(self) -> Frame:
        """The frame that is shown."""
        frames = self.stacks[min(max(self.stack, 0), len(self.stacks) - 1)].frames
        return frames[min(max(self.index, 0), len(frames) - 1)]

    @property
    def window(self) -> Window:
        """The window in effect. Set a `Window`, or (center, width)."""
        frame = self.frame
        if self.preset == "manual":
            return Window(self.center, self.width)
        if self.preset in PRESETS:
            return PRESETS[self.preset]
        number = int(self.preset[5:] or 1) - 1 if self.preset.startswith("file") else -1
        proposed = frame.windows
        if number >= 0 and proposed:
            return proposed[min(number, len(proposed) - 1)]
        return Window(0, 1) if frame.is_colour else frame.full_window(self._pixels())

    @window.setter
    def window(self, chosen: Window | tuple[float, float]) -> None:
        given = (chosen.center, chosen.width) if isinstance(chosen, Window) else chosen
        try:
            center, width = (float(number) for number in given)
        except (TypeError, ValueError):
            center = width = 0.0
        if not width >= 1:
            raise UsageError(
                f"{given!r} cannot be used as a window.",
                remedy="Give (center, width); the width at least 1 (PS3.3 C.11.2.1.2).",
            )
        with self.hold_sync():
            self.center, self.width, self.preset = center, width, "manual"

    @property
    def pixels(self) -> Array:
        """The picture as shown: uint8, ``(rows, columns)``, or RGB ``(rows, columns, 3)``."""
        return self.frame.shown(self.window, invert=self.inverted)

    @property
    def values(self) -> Array:
        """Values of the frame with their unit (HU …), ``(rows, columns)``; for colour its RGB."""
        return self.frame.values(self._pixels())

    @property
    def digest(self) -> str:
        """SHA-256 of `pixels` and their shape, 64 hexadecimal digits; zoom does not matter."""
        picture = np.ascontiguousarray(self.pixels)
        return hashlib.sha256(f"{picture.shape}".encode() + picture.tobytes()).hexdigest()

    def probe(self, row: int, column: int) -> Probe:
        """Read one pixel, counted from 0.

        Raises
        ------
        UsageError
            It is outside of the picture.
        """
        frame, pixels = self.frame, self._pixels()
        rows, columns = frame.shape
        if not (0 <= row < rows and 0 <= column < columns):
            raise UsageError(
                f"Row {row}, column {column} is outside of {rows} rows and {columns} columns.",
                remedy="Both count from 0; the row comes first.",
            )
        stored: Any = pixels[row, column].tolist()
        value: Any = frame.values(pixels)[row, column].tolist()
        point = None
        if frame.spacing and "plane" in self._stacks[self.stack]["frames"][self.index]:
            x, y, z = patient_point(frame.ds, row, column, frame.number).tolist()
            point = (x, y, z)
        if frame.is_colour:
            stored = value = tuple(stored)
        return Probe(row, column, stored, value, frame.unit, point)

    def picture(self, width: int = STATIC, *, texts: bool = True) -> bytes:
        """Return what is shown as a PNG file, `width` pixels wide, with its texts."""
        corners = dict(self._stacks[self.stack]["corner"])
        chosen = self.window
        count = len(self.stacks[self.stack].frames)
        state = [f"{self.index + 1} / {count}" if count > 1 else ""]
        if not self.frame.is_colour:
            lut = chosen.function == "LUT"
            state.append("VOI LUT" if lut else f"C {chosen.center:g} W {chosen.width:g}")
        return png(self.pixels, self.frame, {**corners, "state": state}, width, texts=texts)

    # -- inside --

    @validate("preset")
    def _known_preset(self, proposal: dict[str, Any]) -> str:
        name = str(proposal["value"])
        if name in PRESETS or name in MODES or (name[:5] == "file:" and name[5:].isdigit()):
            return name
        raise UsageError(
            f"There is no preset {name!r}.",
            remedy=f"Choose {', '.join([*MODES[:2], *PRESETS])}, or set window=(center, width).",
        )

    @staticmethod
    def _check(number: int, count: int, what: str) -> None:
        if not 0 <= number < count:
            raise UsageError(
                f"There is no {what} {number}: there are {count}.", remedy="Count from 0."
            )

    def _pixels(self, stack: int | None = None, index: int | None = None) -> Array:
        key = (self.stack if stack is None else stack, self.index if index is None else index)
        with self._lock:  # JupyterLab lets a view ask while a cell runs, from another thread
            if key not in self._kept:
                self._kept[key] = self.stacks[key[0]].frames[key[1]].pixels()
                while sum(a.nbytes for a in self._kept.values()) > KEPT and len(self._kept) > 1:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]

    def handlers(self) -> dict[str, Callable[[dict[str, Any]], None]]:
        """Return what the view may ask for."""
        return {"frames": self._send_frames}

    def _send_frames(self, message: dict[str, Any]) -> None:
        stack = int(message["stack"])
        self._check(stack, len(self.stacks), "stack")
        for index in message["indices"]:
            self._check(int(index), len(self.stacks[stack].frames), "frame")
            self._send_frame(stack, int(index))

    def _send_frame(self, stack: int, index: int) -> None:
        pixels = np.ascontiguousarray(self._pixels(stack, index))
        if pixels.dtype.itemsize == 8 and pixels.dtype.kind in "iu":
            pixels = pixels.astype(np.float64)  # JavaScript has no array of 64-bit integers
        if pixels.dtype.kind == "b":
            pixels = pixels.astype(np.uint8)
        little = pixels.astype(pixels.dtype.newbyteorder("<"), copy=False)
        low, high = value_range(pixels, self.stacks[stack].frames[index].padding)
        self.send(
            {"kind": "frame", "stack": stack, "index": index, "dtype": pixels.dtype.name,
             "low": low, "high": high},
            buffers=[little.data.cast("B")],
        )  # fmt: skip

    def summary(self) -> str:
        """Say what there is to look at."""
        count = sum(len(found.frames) for found in self.stacks)
        rows, columns = self.frame.shape
        many = f", {len(self.stacks)} stacks" if len(self.stacks) > 1 else ""
        return f"{count} frame{'' if count == 1 else 's'}{many}, {rows}×{columns}"

    def fallback(self) -> dict[str, object]:
        """Return the picture with its texts; the view shows it until the first frame is there."""
        try:
            self._poster = self.picture()
        except DataError as error:
            return {"text/html": f"<p>{html.escape(str(error))}</p>"}
        return {"image/png": base64.b64encode(self._poster).decode("ascii")}
