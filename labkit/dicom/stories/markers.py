"""Letters burned into pictures: the side marker of a radiograph, the banner of an ultrasound."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from labkit.dicom.stories.shapes import Array


def lettering(text: str, scale: int = 1) -> Array:
    """Return text as 0 and 1, 11 × `scale` pixels high, in Pillow's built-in bitmap font."""
    font = ImageFont.load_default_imagefont()
    width = int(font.getbbox(text)[2])
    canvas = Image.new("L", (width, 11), 0)
    ImageDraw.Draw(canvas).text((0, 0), text, fill=255, font=font)
    dots = (np.asarray(canvas) > 127).astype(np.uint8)
    return np.kron(dots, np.ones((scale, scale), dtype=np.uint8))


def stamp(image: Array, text: str, row: int, column: int, value: object, scale: int = 1) -> None:
    """Write text into `image` in place; its top left corner is at row and column."""
    dots = lettering(text, scale)
    rows = min(dots.shape[0], image.shape[-3 if image.shape[-1] == 3 else -2] - row)
    part = image[row : row + rows, column : column + dots.shape[1]]
    part[dots[:rows, : part.shape[1]] > 0] = value
