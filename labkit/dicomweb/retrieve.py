"""WADO-RS: instances and metadata (PS3.18 10.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from pydicom.dataset import Dataset
from pydicom.uid import UID
from starlette.requests import Request
from starlette.responses import Response

from labkit.dicomweb.dicom_json import array, encode, text, to_json
from labkit.dicomweb.media import DICOM, JSON, MULTIPART, XML, choose, not_acceptable, wanted
from labkit.dicomweb.multipart import Writer
from labkit.dicomweb.native_xml import xml_parts
from labkit.dicomweb.problems import WebError, only_as_stored
from labkit.dicomweb.reading import EXPLICIT, PIXELS, answered_in, header, part10
from labkit.dicomweb.service import (
    Service,
    answer,
    etag_of,
    http_date,
    not_modified,
    nothing_at,
    place_of,
)
from labkit.dicomweb.source import Instance, Json, Place

_OFFERED = (f"multipart {DICOM}", DICOM)
_SYNTAX = "transfer-syntax"


def instances(service: Service, request: Request) -> Response:
    """Answer with the objects of a study, a series, or one instance."""
    place = place_of(request)
    service.allow(request, "read")
    single, syntaxes = _form(request, place)
    found = service.instances(request, place)
    first = next(found)
    etag = etag_of(service.source.version(place), str(single), *syntaxes)
    unchanged = not_modified(request, etag)
    if unchanged is not None:
        return unchanged
    target = _target(first, syntaxes)
    if target is None:
        raise _no_syntax(first, syntaxes)
    headers = {"ETag": etag} if etag else {}
    if place.instance and first.modified:
        headers["Last-Modified"] = http_date(first.modified)
    if single:
        kind = f"{DICOM}; {_SYNTAX}={target}"
        return answer(request, _read(first, target), kind, headers)
    writer = Writer()
    parts = _parts(writer, chain([first], found), syntaxes)
    return answer(request, parts, writer.content_type(DICOM), headers, gather=service.at_hand)


def _form(request: Request, place: Place) -> tuple[bool, list[str]]:
    """Whether the answer is a single object, and the transfer syntaxes to try, best first."""
    single: bool | None = None
    syntaxes: list[str] = []
    for each in wanted(request):
        alone = each.name == DICOM
        if not ((alone and place.instance) or each.name in ("*/*", "multipart/*")
                or (each.name == MULTIPART and each.of_parts in (DICOM, "*/*"))):  # fmt: skip
            continue
        if single is None:
            single = alone
        if alone is single:
            syntaxes.append(each.transfer_syntax or EXPLICIT)
    if single is None:
        raise not_acceptable(_OFFERED if place.instance else _OFFERED[:1])
    return single, list(dict.fromkeys(syntaxes))


def _target(instance: Instance, syntaxes: Iterable[str]) -> str | None:
    for syntax in syntaxes:
        found = answered_in(instance.transfer_syntax, syntax)
        if found:
            return found
    return None


def _read(instance: Instance, target: str) -> Iterator[bytes]:
    with only_as_stored("this object", target):
        yield from part10(instance, target)


def _no_syntax(instance: Instance, syntaxes: list[str]) -> WebError:
    return WebError(
        406,
        f"the object is stored in {UID(instance.transfer_syntax).name}, and cannot be had in "
        + ", ".join(UID(syntax).name for syntax in syntaxes),
        remedy="Accept transfer-syntax=*, or Explicit VR Little Endian (1.2.840.10008.1.2.1).",
    )


def _parts(writer: Writer, found: Iterable[Instance], syntaxes: list[str]) -> Iterator[bytes]:
    """One part an object, as they come.

    One that cannot be had as asked, after others have been sent, goes as it is stored: its part
    says in which transfer syntax it is, and nothing of the study is missing.
    """
    for instance in found:
        target = _target(instance, syntaxes) or answered_in(instance.transfer_syntax, "*")
        assert target is not None
        content = _read(instance, target)
        try:
            first = next(content, b"")
        except WebError:
            target = instance.transfer_syntax
            content = part10(instance, target)
            first = next(content, b"")
        kind = {"Content-Type": f"{DICOM}; {_SYNTAX}={target}"}
        yield from writer.part(kind, chain([first], content))
    yield writer.end()


def metadata(service: Service, request: Request) -> Response:
    """Answer with headers: data sets without pixel data, bulk data as links (10.4.1.1.2)."""
    place = place_of(request)
    service.allow(request, "read")
    kind = choose(request, (JSON, f"multipart {XML}"))
    service.check(request, place)
    etag = etag_of(service.source.version(place), kind)
    unchanged = not_modified(request, etag)
    if unchanged is not None:
        return unchanged
    headers = {"ETag": etag} if etag else {}
    together = service.at_hand
    if kind == JSON and together:
        return answer(request, array(_texts(service, request, place)), JSON, headers)
    found = _metadata(service, request, place)
    if kind == JSON:
        return answer(request, encode(found), JSON, headers, gather=False)
    writer = Writer()
    parts = xml_parts(writer, found)
    return answer(request, parts, writer.content_type(XML), headers, gather=together)


def _texts(service: Service, request: Request, place: Place) -> Iterator[bytes]:
    """Go through the metadata of objects that are at hand; what was written once is kept."""
    for instance in service.instances(request, place):

        def written(instance: Instance = instance) -> bytes:
            with instance.open() as file:
                ds = header(file)
            return text(header_json(ds, f"{service.base_url}{instance.place.path}"))

        yield service.kept.get(getattr(instance, "revision", ""), written)


def _metadata(service: Service, request: Request, place: Place) -> Iterator[Json]:
    visible, any_found = service.may_see(request), False
    service.look(place, visible)
    for instance, ds in service.source.metadata(place):
        if visible(instance.patient_id, instance.place.study):
            any_found = True
            yield header_json(ds, f"{service.base_url}{instance.place.path}")
    if not any_found:
        raise nothing_at(place)


def header_json(ds: Dataset, url: str) -> Json:
    """The metadata of one instance, whose bulk data are below `url`."""
    made = to_json(ds, lambda path: f"{url}/bulkdata/{path}")
    for tag in PIXELS:
        key = f"{tag:08X}"
        if key in made:
            made[key] = {"vr": made[key]["vr"], "BulkDataURI": f"{url}/bulkdata/{key}"}
    return made
