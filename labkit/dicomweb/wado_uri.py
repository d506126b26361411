"""WADO-URI, the older service: one object or picture, named in the query (PS3.18 9)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from labkit.common.errors import DataError, UsageError
from labkit.dicomweb.frames import frame_numbers, number_of_frames
from labkit.dicomweb.parameters import check_uid
from labkit.dicomweb.problems import WebError
from labkit.dicomweb.reading import EXPLICIT, answered_in, part10, whole
from labkit.dicomweb.render import encoded_picture
from labkit.dicomweb.service import Service, answer
from labkit.dicomweb.source import Instance, Place

_PICTURES = ("image/jpeg", "image/png", "image/gif")
_NAMES = {"studyUID": "study", "seriesUID": "series", "objectUID": "instance"}


def wado(service: Service, request: Request) -> Response:
    """Answer ``?requestType=WADO&studyUID=…&seriesUID=…&objectUID=…&contentType=…`` (9.4)."""
    asked = request.query_params
    if asked.get("requestType") != "WADO":
        raise WebError(400, "requestType is not WADO", remedy="Begin with ?requestType=WADO.")
    missing = [name for name in _NAMES if not asked.get(name)]
    if missing:
        raise WebError(
            400, f"the request lacks {', '.join(missing)}", remedy="All three UIDs are needed."
        )
    place = Place(**{part: check_uid(asked[name]) for name, part in _NAMES.items()})
    service.allow(request, "read")
    instance = next(service.instances(request, place))
    kind = _content_type(asked.get("contentType", ""))
    if kind == "application/dicom":
        return _object(request, instance, asked.get("transferSyntax", ""))
    ds = whole(instance)
    number = frame_numbers(asked.get("frameNumber", "1"))[0]
    if number > max(number_of_frames(ds), 1):
        raise WebError(404, f"there is no frame {number}: the object has {number_of_frames(ds)}")
    made = encoded_picture(ds, number - 1, kind, _as_rendered(request))
    return answer(request, [made], kind)


def _content_type(text: str) -> str:
    if not text:
        return _PICTURES[0]  # of an image; 9.1.2 has it as the default
    for name in (part.split(";")[0].strip().lower() for part in text.split(",")):
        if name in ("application/dicom", *_PICTURES):
            return name
    raise WebError(
        406,
        f"contentType {text[:60]!r} cannot be had",
        remedy=f"Ask for application/dicom, {', '.join(_PICTURES)} (PS3.18 9.1.2).",
    )


def _object(request: Request, instance: Instance, syntax: str) -> Response:
    target = answered_in(instance.transfer_syntax, syntax or EXPLICIT)
    if target is None:
        raise WebError(406, f"the object cannot be had in {syntax[:64]}",
                       remedy="Leave transferSyntax out.")  # fmt: skip
    try:
        return answer(request, part10(instance, target), "application/dicom")
    except (DataError, UsageError) as error:
        raise WebError(406, error.message, remedy=error.remedy) from error


def _as_rendered(request: Request) -> dict[str, str]:
    """The older names of what the rendering parameters are called now (9.4.1.2)."""
    asked = request.query_params
    made: dict[str, str] = {}
    if asked.get("imageQuality"):
        made["quality"] = asked["imageQuality"]
    if asked.get("windowCenter") and asked.get("windowWidth"):
        made["window"] = f"{asked['windowCenter']},{asked['windowWidth']},linear"
    if asked.get("rows") or asked.get("columns"):
        rows, columns = asked.get("rows", ""), asked.get("columns", "")
        made["viewport"] = f"{columns or rows},{rows or columns}"
    return made
