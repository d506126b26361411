"""Which form of an answer a client wants: ``Accept``, with quality values (PS3.18 8.7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import Message
from urllib.request import parse_http_list

from starlette.requests import Request

from labkit.dicomweb.problems import WebError

DICOM, JSON, XML = "application/dicom", "application/dicom+json", "application/dicom+xml"
OCTETS, MULTIPART = "application/octet-stream", "multipart/related"


@dataclass(frozen=True)
class MediaType:
    """A media type with its parameters.

    Attributes
    ----------
    name
        ``multipart/related``, in lower case.
    type
        Of a multipart: the media type of its parts.
    transfer_syntax
        ``transfer-syntax``: a UID, ``*``, or ``""``.
    quality
        ``q``, 0–1.
    parameters
        All others, by name in lower case.
    """

    name: str
    type: str = ""
    transfer_syntax: str = ""
    quality: float = 1.0
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def of_parts(self) -> str:
        """The media type of what is carried, whether in parts or not."""
        return (self.type or "*/*") if self.name == MULTIPART else self.name


def parse(text: str) -> MediaType:
    """Read a media type: ``multipart/related; type="application/dicom"; q=0.5``."""
    message = Message()
    message["content-type"] = text
    pairs = message.get_params(failobj=[])
    name = pairs[0][0].strip().lower() if pairs else ""
    parameters = {key.strip().lower(): value.strip() for key, value in pairs[1:]}
    try:
        quality = float(parameters.pop("q", "1"))
        quality = quality if 0 <= quality <= 1 else 0.0  # NaN is neither (RFC 9110 12.4.2)
    except ValueError:
        quality = 0.0
    kind = parameters.pop("type", "").lower()
    syntax = parameters.pop("transfer-syntax", "")
    return MediaType(name, kind, syntax, quality, parameters)


def wanted(request: Request) -> list[MediaType]:
    """What the client takes, best first; of equal quality the first named, ``*/*`` last.

    The query parameter ``accept`` counts before the header (8.3.3.1).

    Raises
    ------
    WebError
        406: it says nothing (8.7.5), or refuses everything.
    """
    text = request.query_params.get("accept") or request.headers.get("accept", "")
    if "accept" in request.query_params:
        text = text.replace(" ", "+")  # a plus sign in a URL is a space: application/dicom+json
    # parse_http_list knows that a comma in quotes is no end.
    found = [each for each in map(parse, parse_http_list(text)) if each.quality > 0 and each.name]
    if not found:
        raise WebError(
            406,
            "the request accepts nothing",
            remedy="Send an Accept header, */* will do (PS3.18 8.7.5).",
        )
    return sorted(found, key=lambda each: (-each.quality, "*" in each.name))


def choose(request: Request, offered: Sequence[str]) -> str:
    """Choose among plain media types, the first offered being the default.

    A name may stand for another: ``multipart/related; type=X`` is written ``multipart X``.

    Raises
    ------
    WebError
        406: none is acceptable.
    """
    for each in wanted(request):
        name = f"multipart {each.type}" if each.name == MULTIPART else each.name
        if name == "*/*":
            return offered[0]
        if each.name in (MULTIPART, "multipart/*") and each.type in ("", "*/*"):
            parts = [offer for offer in offered if offer.startswith("multipart ")]
            if parts:
                return parts[0]
        if name == "application/json" and JSON in offered:
            return JSON
        if name in offered:
            return name
        family, _, rest = name.partition("/")
        if rest == "*":
            for offer in offered:
                if offer.startswith(f"{family}/"):
                    return offer
    raise not_acceptable(offered)


def not_acceptable(offered: Sequence[str]) -> WebError:
    """406, naming what there is."""
    names = [
        f'{MULTIPART}; type="{o.split()[1]}"' if o.startswith("multipart ") else o for o in offered
    ]
    return WebError(
        406,
        "none of the media types that the request accepts can be had here",
        remedy=f"Accept one of: {', '.join(names)} (PS3.18 8.7.5).",
    )
