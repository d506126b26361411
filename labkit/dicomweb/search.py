"""QIDO-RS: searching (PS3.18 10.6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from labkit.common.access import ALLOW_ALL
from labkit.dicomweb.dicom_json import encode
from labkit.dicomweb.media import JSON, XML, choose
from labkit.dicomweb.multipart import Writer
from labkit.dicomweb.native_xml import xml_parts
from labkit.dicomweb.parameters import read_search
from labkit.dicomweb.service import Service, answer, place_of
from labkit.dicomweb.source import Json, Page
from labkit.pacs.keys import Level

_LEVELS = {"studies": Level.STUDY, "series": Level.SERIES, "instances": Level.IMAGE}
_RETRIEVE_URL = "00081190"
_NAMED = (("studies", "0020000D"), ("series", "0020000E"), ("instances", "00080018"))


def search(service: Service, request: Request) -> Response:
    """Answer a search at any level: 200 with the matches, 204 if there are none (10.6.3.1)."""
    kind = choose(request, (JSON, f"multipart {XML}"))
    level = _LEVELS[request.scope["path"].rstrip("/").rsplit("/", 1)[1]]
    place = place_of(request)
    service.allow(request, "search")
    query = read_search(level, place, request.query_params.multi_items())
    if service.policy is not ALLOW_ALL:
        query = replace(query, visible=service.may_see(request))
    page = service.source.search(query)
    matches = _with_urls(service.base_url, page)
    first = next(matches, None)
    headers = _warnings(service.base_url, page)
    if first is None:
        return Response(status_code=204, headers=headers)
    everything = _chained(first, matches)
    if kind == JSON:
        return answer(request, encode(everything), JSON, headers)
    writer = Writer()
    return answer(request, xml_parts(writer, everything), writer.content_type(XML), headers)


def _chained(first: Json, rest: Iterator[Json]) -> Iterator[Json]:
    yield first
    yield from rest


def _with_urls(base: str, page: Page) -> Iterator[Json]:
    """Add Retrieve URL (0008,1190) to each match."""
    for match in page.matches:
        url = base
        for name, tag in (
            ("studies", "0020000D"),
            ("series", "0020000E"),
            ("instances", "00080018"),
        ):
            values = match.get(tag, {}).get("Value")
            if not values:
                break
            url += f"/{name}/{values[0]}"
        yield dict(sorted({**match, _RETRIEVE_URL: {"vr": "UR", "Value": [url]}}.items()))


def _warnings(base: str, page: Page) -> dict[str, str]:
    """The ``Warning`` header, in the words of PS3.18 8.3.4.2 and 8.3.4.4."""
    texts = list(page.warnings)
    if page.remaining:
        texts.append(f"There are {page.remaining} additional results that can be requested")
    clean = (text.replace('"', "'").encode("ascii", "replace").decode() for text in texts)
    said = ", ".join(f'299 {base} "{text}"' for text in clean)
    return {"Warning": said} if said else {}
