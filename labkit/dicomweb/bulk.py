"""WADO-RS: frames and other bulk data (PS3.18 10.4.1.1.5, 10.4.1.1.6)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from pydicom.dataset import Dataset
from pydicom.uid import UID
from starlette.requests import Request
from starlette.responses import Response

from labkit.dicomweb.dicom_json import BINARY
from labkit.dicomweb.frames import frame_numbers, read_frames
from labkit.dicomweb.kept import Kept
from labkit.dicomweb.media import OCTETS, choose, not_acceptable, wanted
from labkit.dicomweb.multipart import Writer
from labkit.dicomweb.problems import WebError, only_as_stored
from labkit.dicomweb.reading import EXPLICIT, PIXELS, answered_in, whole
from labkit.dicomweb.service import Service, answer, etag_of, not_modified, place_of
from labkit.dicomweb.source import Instance

# Media types of compressed frames; the first transfer syntax is the default (Table 8.7.3-5).
_IMAGES = {
    "image/jpeg": ("1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.4.50",
                   "1.2.840.10008.1.2.4.51", "1.2.840.10008.1.2.4.57"),
    "image/dicom-rle": ("1.2.840.10008.1.2.5",),
    "image/jls": ("1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.81"),
    "image/jp2": ("1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.91"),
    "image/jphc": ("1.2.840.10008.1.2.4.201", "1.2.840.10008.1.2.4.202",
                   "1.2.840.10008.1.2.4.203"),
    "image/jxl": ("1.2.840.10008.1.2.4.110", "1.2.840.10008.1.2.4.111",
                  "1.2.840.10008.1.2.4.112"),
}  # fmt: skip
_TAG = re.compile(r"[0-9A-Fa-f]{8}")


def frames(service: Service, request: Request) -> Response:
    """Answer with frames of an instance; each is a part, or the body where one is asked so."""
    place = place_of(request)
    numbers = frame_numbers(request.path_params["frames"])
    service.allow(request, "read")
    instance = next(service.instances(request, place))
    single, kind, target = _form(request, instance.transfer_syntax, len(numbers))
    etag = etag_of(service.source.version(place), str(single), kind, target)
    unchanged = not_modified(request, etag)
    if unchanged is not None:
        return unchanged
    headers = {"ETag": etag} if etag else {}
    content = _readable(instance, numbers, target, service.kept)
    part_type = f"{kind}; transfer-syntax={target}"
    if single:
        return answer(request, content, part_type, headers)
    writer = Writer()
    first = next(content)  # what cannot be had is an error yet, not a broken answer
    return answer(
        request, _parts(writer, chain([first], content), part_type), writer.content_type(kind),
        headers,
    )  # fmt: skip


def _readable(
    instance: Instance, numbers: list[int], target: str, kept: Kept | None = None
) -> Iterator[bytes]:
    with only_as_stored("the frame", target):
        yield from read_frames(instance, numbers, target, kept)


def _parts(writer: Writer, content: Iterator[bytes], kind: str) -> Iterator[bytes]:
    for frame in content:
        yield from writer.part({"Content-Type": kind}, [frame])
    yield writer.end()


def _form(request: Request, stored: str, count: int) -> tuple[bool, str, str]:
    """Whether it is a single part, its media type, and its transfer syntax."""
    offered = [f"multipart {OCTETS}", *(f"multipart {kind}" for kind in _IMAGES)]
    for each in wanted(request):
        kind = each.of_parts
        single = each.name not in ("multipart/related", "multipart/*", "*/*")
        if single and count > 1:
            continue
        if kind in (OCTETS, "*/*", "multipart/*"):
            target = answered_in(stored, each.transfer_syntax or EXPLICIT)
            if target:
                return single, OCTETS, target
        for syntax in _IMAGES.get(kind, ()):
            asked = each.transfer_syntax
            if asked and asked not in ("*", syntax):
                continue
            # Not naming one means the default; `*` means the stored one (8.7.3.5.2).
            target = answered_in(stored, syntax)
            if target and (asked != "*" or target == stored):
                return single, kind, target
            if not asked:
                break
    raise not_acceptable(offered)


def bulkdata(service: Service, request: Request) -> Response:
    """Answer with the value of one element: what a BulkDataURI of the metadata names.

    A part of it can be asked for with ``Range`` (RFC 9110 14.2), as a single part.
    """
    place = place_of(request)
    service.allow(request, "read")
    kind = choose(request, (OCTETS, f"multipart {OCTETS}"))
    instance = next(service.instances(request, place))
    etag = etag_of(service.source.version(place), kind, request.path_params["element"])
    unchanged = not_modified(request, etag)
    if unchanged is not None:
        return unchanged
    value = _value(instance, request.path_params["element"])
    headers = {"ETag": etag} if etag else {}
    if kind != OCTETS:
        writer = Writer()
        parts = _parts(writer, iter([value]), OCTETS)
        return answer(request, parts, writer.content_type(OCTETS), headers)
    headers["Accept-Ranges"] = "bytes"
    part = _range(request.headers.get("range", ""), len(value))
    if part is None:
        return answer(request, [value], OCTETS, {**headers, "Content-Length": str(len(value))})
    headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(value)}"
    headers["Content-Length"] = str(len(part))
    return answer(request, [value[part.start : part.stop]], OCTETS, headers, 206)


def _value(instance: Instance, path: str) -> bytes:
    """The bytes of an element: ``7FE00010``, or ``00880200/0/7FE00010`` inside an item.

    Compressed pixel data are decoded: a client that follows a link cannot know what it would get.
    """
    ds: Dataset = whole(instance)
    parts = path.split("/")
    if UID(instance.transfer_syntax).is_encapsulated and parts == [f"{PIXELS[-1]:08X}"]:
        numbers = list(range(1, max(int(ds.get("NumberOfFrames") or 1), 1) + 1))
        return b"".join(_readable(instance, numbers, EXPLICIT))
    problem = WebError(
        404, "the object has no bulk data of this path", remedy="Follow the BulkDataURI as it is."
    )
    for tag, item in zip(parts[:-1:2], parts[1::2], strict=False):
        sequence = ds.get(int(tag, 16)) if _TAG.fullmatch(tag) else None
        if sequence is None or sequence.VR != "SQ" or not item.isdigit():
            raise problem
        if int(item) >= len(sequence.value):
            raise problem
        ds = sequence.value[int(item)]
    last = int(parts[-1], 16) if _TAG.fullmatch(parts[-1]) else 0
    if len(parts) % 2 == 0 or last not in ds:
        raise problem
    element = ds[last]
    if element.VR not in BINARY:
        raise problem
    return bytes(element.value or b"")


def _range(text: str, size: int) -> range | None:
    """The one range asked for; ``None`` where the whole is to be given (RFC 9110 14.2)."""
    found = re.fullmatch(r"bytes=(\d*)-(\d*)", text.strip())
    if not found or not (found[1] or found[2]):
        return None  # several ranges, or another unit: these may be ignored
    if not found[1]:
        begin, end = max(size - int(found[2]), 0), size
    else:
        begin, end = int(found[1]), min(int(found[2] or size - 1), size - 1) + 1
    if begin >= end:
        raise WebError(
            416,
            f"the value has {size} bytes",
            headers={"Content-Range": f"bytes */{size}"},
        )
    return range(begin, end)
