"""A picture with its texts as PNG, for pages that run no script."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from typing import Any

import numpy as np

from labkit.dicom.frames import Frame
from labkit.dicom.geometry import orientation_labels

_DPI = 100
_TEXT = 6.5
_LOWEST, _HIGHEST = 0.6, 1.15  # height of the whole for a width of 1


def png(
    picture: Any, frame: Frame, corners: dict[str, list[str]], width: int, *, texts: bool = True
) -> bytes:
    """Draw a picture.

    Parameters
    ----------
    picture
        uint8, ``(rows, columns)`` or ``(rows, columns, 3)``.
    corners
        Lines of text for ``"patient"``, ``"study"``, ``"series"`` and ``"state"``.
    width
        In pixels. The height follows from the picture, within limits: a tall one gets black sides.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from PIL import Image

    rows, columns = frame.shape
    tall = rows * frame.aspect / columns  # height of the picture for a width of 1
    height = round(width * min(max(tall, _LOWEST), _HIGHEST))
    wide, high = min(1.0, height / width / tall), min(1.0, tall * width / height)
    figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI, facecolor="black")
    canvas = FigureCanvasAgg(figure)
    axes = figure.add_axes(((1 - wide) / 2, (1 - high) / 2, wide, high))
    axes.set_axis_off()
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255, aspect="auto", interpolation="bilinear")
    if texts:
        labels = orientation_labels(frame.ds, frame.number)
        marks = [
            (0.01, 0.98, "left", "top", corners.get("patient", [])),
            (0.99, 0.98, "right", "top", corners.get("study", [])),
            (0.01, 0.02, "left", "bottom", corners.get("series", [])),
            (0.99, 0.02, "right", "bottom", corners.get("state", [])),
            (0.01, 0.5, "left", "center", [labels.left]),
            (0.99, 0.5, "right", "center", [labels.right]),
            (0.5, 0.98, "center", "top", [labels.top]),
            (0.5, 0.02, "center", "bottom", [labels.bottom]),
        ]
        for x, y, across, up, lines in marks:
            _write(figure, x, y, across, up, "\n".join(_drawable(line) for line in lines if line))
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba()))
    # One byte a pixel, grey or out of 128 colours: a third of the size, for notebooks in git.
    grey, colours = image.convert("L"), image.convert("RGB")
    out = BytesIO()
    small = colours.quantize(128, dither=Image.Dither.NONE) if frame.is_colour else grey
    small.save(out, "PNG", optimize=True)
    return out.getvalue()


def _write(figure: Any, x: float, y: float, across: str, up: str, text: str) -> None:
    from matplotlib.patheffects import withStroke

    if text:
        figure.text(
            x, y, text, ha=across, va=up, color="#e8e8e8",
            fontsize=_TEXT, linespacing=1.25, family="DejaVu Sans", parse_math=False,
            path_effects=[withStroke(linewidth=1.2, foreground="black")],
        )  # fmt: skip


@cache
def _glyphs() -> frozenset[int]:
    from matplotlib.font_manager import findfont
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(findfont("DejaVu Sans")).get_charmap())


def _drawable(line: str) -> str:
    """Leave out what the font at hand cannot draw, such as kanji: the Latin spelling remains."""
    parts = [part for part in line.split(" / ") if all(ord(c) in _glyphs() for c in part)]
    return " / ".join(parts) or "".join(c if ord(c) in _glyphs() else "?" for c in line)
