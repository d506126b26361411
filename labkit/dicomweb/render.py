"""WADO-RS: rendered images and thumbnails (PS3.18 8.3.5, 10.4.1.1.3)."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydicom.dataset import Dataset
from starlette.requests import Request
from starlette.responses import Response

from labkit.common.errors import DataError, UsageError
from labkit.dicom.pixels import modality_values, rendered, window
from labkit.dicomweb.frames import frame_numbers, number_of_frames
from labkit.dicomweb.media import choose
from labkit.dicomweb.problems import WebError
from labkit.dicomweb.reading import whole
from labkit.dicomweb.service import (
    Service,
    answer,
    etag_of,
    not_modified,
    nothing_at,
    place_of,
)
from labkit.dicomweb.source import Instance, Place, Search
from labkit.pacs.keys import Level

_FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/gif": "GIF"}
_FUNCTIONS = {"linear": "LINEAR", "linear-exact": "LINEAR_EXACT", "sigmoid": "SIGMOID"}
_THUMBNAIL = 128
_LARGEST = 8192


def picture(service: Service, request: Request) -> Response:
    """Answer with one picture, ready to be shown.

    Of a study, a series, or an object with several frames it is the one in the middle: more likely
    to show something than the first. Nothing is burned in: no name is in the picture.
    """
    place = place_of(request)
    service.allow(request, "read")
    kind = choose(request, tuple(_FORMATS))
    service.check(request, place)
    thumbnail = request.scope["path"].endswith("/thumbnail")
    asked = request.query_params
    etag = etag_of(service.source.version(place), kind, str(request.url))
    unchanged = not_modified(request, etag)
    if unchanged is not None:
        return unchanged
    shown = _shown(service, request, place)
    frames = request.path_params.get("frames", "")

    def drawn() -> bytes:
        ds = whole(shown)
        held = number_of_frames(ds)
        number = frame_numbers(frames)[0] if frames else held // 2 + 1 if held > 1 else 1
        if frames and number > held:
            raise WebError(404, f"there is no frame {number}: the object has {held}")
        return encoded_picture(ds, number - 1, kind, asked, thumbnail=thumbnail)

    revision = getattr(shown, "revision", "")
    name = f"{revision} {kind} {frames} {thumbnail} {sorted(asked.items())}" if revision else ""
    made = service.kept.get(name, drawn)
    return answer(request, [made], kind, {"ETag": etag} if etag else {})


def _shown(service: Service, request: Request, place: Place) -> Instance:
    """The instance to draw: the one named, else that in the middle."""
    if not place.instance and not service.at_hand:
        # Only the one that is shown is fetched.
        keys = Dataset()
        keys.SeriesInstanceUID = keys.SOPInstanceUID = None
        for keyword, uid in place.keys().items():
            setattr(keys, keyword, uid)
        search = Search(Level.IMAGE, keys, visible=service.may_see(request))
        matches = list(service.source.search(search).matches)
        if not matches:
            raise nothing_at(place)
        middle = matches[len(matches) // 2]
        series, instance = (middle[tag]["Value"][0] for tag in ("0020000E", "00080018"))
        place = Place(place.study, series, instance)
    found = list(service.instances(request, place))
    return found[len(found) // 2]


def encoded_picture(
    ds: Dataset, frame: int, kind: str, asked: Mapping[str, str], *, thumbnail: bool = False
) -> bytes:
    """Draw a frame (counted from 0) as `kind`, as the query asks: window, viewport, quality.

    Raises
    ------
    WebError
        400 for what is asked, 406 where there is nothing to be drawn.
    """
    quality = _quality(asked.get("quality", ""))
    try:
        image = Image.fromarray(_grey(ds, frame, asked.get("window", "")))
    except (DataError, UsageError) as error:
        raise WebError(
            406,
            f"the object cannot be shown as a picture: {error.message}",
            remedy="Retrieve its metadata instead.",
        ) from error
    if thumbnail:
        image.thumbnail((_THUMBNAIL, _THUMBNAIL))
    if asked.get("viewport"):
        image = _viewport(image, asked["viewport"])
    stream = BytesIO()
    options = {"quality": quality} if kind == "image/jpeg" else {}
    image.save(stream, _FORMATS[kind], **options)
    return stream.getvalue()


def _grey(ds: Dataset, frame: int, text: str) -> npt.NDArray[np.uint8]:
    asked = _window(text) if text else None
    photometric = str(ds.get("PhotometricInterpretation"))
    if asked is None or not photometric.startswith("MONOCHROME"):  # colours have no window
        return rendered(ds, frame=frame)
    center, width, function = asked
    try:
        grey = window(modality_values(ds, frame), center, width, function)  # type: ignore[arg-type]
    except UsageError as error:
        raise WebError(400, error.message, remedy=error.remedy) from error
    return 255 - grey if photometric == "MONOCHROME1" else grey


def _window(text: str) -> tuple[float, float, str]:
    parts = text.split(",")
    try:
        center, width = float(parts[0]), float(parts[1])
        return center, width, _FUNCTIONS[parts[2].lower() if len(parts) > 2 else "linear"]
    except (ValueError, IndexError, KeyError) as error:
        raise WebError(
            400,
            f"{text[:60]!r} is no window",
            remedy="window=40,400,linear: centre, width, function (PS3.18 8.3.5.1.4).",
        ) from error


def _quality(text: str) -> int:
    if not text:
        return 90
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:4]) <= 100:
        raise WebError(400, f"quality is {text[:20]!r}", remedy="Give 1 to 100 (8.3.5.1.2).")
    return int(text)


def _viewport(image: Image.Image, text: str) -> Image.Image:
    """Cut out a region and scale it to fit the viewport, proportions kept (8.3.5.1.3)."""
    try:
        numbers = [float(part) if part else 0.0 for part in text.split(",")]
        width, height = int(numbers[0]), int(numbers[1])
        left, top = [*numbers[2:4], 0.0, 0.0][:2]
        across = numbers[4] if len(numbers) > 4 and numbers[4] else image.width - left
        down = numbers[5] if len(numbers) > 5 and numbers[5] else image.height - top
        if not (0 < width <= _LARGEST and 0 < height <= _LARGEST) or min(left, top) < 0:
            raise ValueError
        if across == 0 or down == 0 or left >= image.width or top >= image.height:
            raise ValueError
    except (ValueError, IndexError, OverflowError) as error:
        raise WebError(
            400,
            f"{text[:60]!r} is no viewport",
            remedy="viewport=512,512 or viewport=512,512,x,y,width,height (PS3.18 8.3.5.1.3).",
        ) from error
    region = image.crop((int(left), int(top), int(left + abs(across)), int(top + abs(down))))
    if across < 0:
        region = region.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    if down < 0:
        region = region.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    scale = min(width / region.width, height / region.height)
    size = max(round(region.width * scale), 1), max(round(region.height * scale), 1)
    return region.resize(size, Image.Resampling.BILINEAR)
