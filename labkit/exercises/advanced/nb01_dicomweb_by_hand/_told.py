"""What a learner's Response asked for and holds, read without trusting it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from email.message import Message
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

import requests

from labkit.common.errors import DataError, LabError
from labkit.dicomweb.multipart import parts
from labkit.exercises import Work

if TYPE_CHECKING:
    from labkit.lab.dicomweb import EmbeddedDicomweb

Match = dict[str, Any]


def service(work: Work) -> EmbeddedDicomweb:
    """The DICOMweb service of the learner's lab."""
    found: EmbeddedDicomweb | None = getattr(work.lab, "dicomweb", None)
    if found is None:
        raise LabError(
            "This lab has no DICOMweb service.", remedy="Use the embedded back end: labkit up."
        )
    return found


def url_of(answer: requests.Response) -> str:
    """The address that was asked, as it was sent."""
    return str(getattr(answer.request, "url", None) or answer.url or "")


def path_of(answer: requests.Response) -> str:
    """The path below the base URL: ``/studies/1.2/series``."""
    path = urlsplit(url_of(answer)).path
    return path[path.find("/studies") :] if "/studies" in path else path


def query_of(answer: requests.Response) -> list[tuple[str, str]]:
    """Names and values of the query string, decoded, in order."""
    return parse_qsl(urlsplit(url_of(answer)).query, keep_blank_values=True)


def accepted(answer: requests.Response) -> str:
    """The Accept header of the request, without blanks and quotes."""
    headers = getattr(answer.request, "headers", None) or {}
    return str(headers.get("Accept", "")).replace(" ", "").replace('"', "").lower()


def matches_of(answer: requests.Response) -> list[Match]:
    """The data sets of a DICOM JSON body; none where it is something else."""
    try:
        value = answer.json()
    except ValueError:
        return []
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def first(match: Match, tag: str) -> Any:
    """The first value of an attribute, or ``None``."""
    element = match.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    return values[0] if isinstance(values, list) and values else None


def uids(matches: list[Match], tag: str) -> list[str]:
    """A UID of each match."""
    return [str(first(match, tag)) for match in matches]


def said(answer: requests.Response) -> str:
    """Status, and the detail of a problem body where there is one."""
    text = f"{answer.status_code} {answer.reason}"
    try:
        body = answer.json()
    except ValueError:
        return text
    detail = body.get("detail") or body.get("Details") if isinstance(body, dict) else ""
    return f"{text}: {detail}" if detail else text


def parts_of(answer: requests.Response) -> list[tuple[dict[str, str], bytes]]:
    """Headers and content of each part; none where the body is no multipart or is cut short."""
    return list(_parts(answer.headers.get("Content-Type", ""), answer.content))


def _parts(content_type: str, body: bytes) -> Iterator[tuple[dict[str, str], bytes]]:
    message = Message()
    message["content-type"] = content_type
    boundary = message.get_param("boundary")
    if message.get_content_maintype() != "multipart" or not isinstance(boundary, str):
        return
    with suppress(DataError):
        yield from parts(boundary, [body])
