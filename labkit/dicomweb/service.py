"""What all routes share: the source, the policy, and how an answer is sent."""

from __future__ import annotations

import hashlib
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import format_datetime
from itertools import chain
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from labkit.common.access import ALLOW_ALL, AccessPolicy, AccessRequest, decide
from labkit.dicomweb.kept import Kept
from labkit.dicomweb.parameters import check_uid
from labkit.dicomweb.problems import WebError
from labkit.dicomweb.source import Instance, Place, Source
from labkit.dicomweb.streaming import Stream

_GZIP = 16 + zlib.MAX_WBITS
MAX_BODY = 8 << 30
_FRESH = 0.4
"""Seconds that an answer of the policy is taken for the same request."""
_GATHERED = 1 << 19
"""Bytes that are sent at once: each piece costs a change of threads."""


@dataclass(frozen=True)
class Service:
    """A DICOMweb service.

    Attributes
    ----------
    source
        Where the objects are.
    policy
        Asked for each act and for each patient whose data would be seen.
    base_url
        As clients reach it, without a slash at its end.
    identify
        Says who sends a request, for the policy.
    deletes
        Whether DELETE is offered.
    max_body
        Bytes that a request to store may have.
    kept
        Texts made of objects.
    """

    source: Source
    policy: AccessPolicy
    base_url: str
    identify: Callable[[Request], str]
    deletes: bool = False
    max_body: int = MAX_BODY
    kept: Kept = field(default_factory=Kept, compare=False)

    @property
    def at_hand(self) -> bool:
        """Whether the source has all that it knows of here, so that nothing has to be waited for.

        Then small pieces of an answer go together, and metadata is read from the objects.
        """
        return bool(getattr(self.source, "at_hand", False))

    def allow(self, request: Request, action: str) -> None:
        """Raise 403 unless the policy lets the sender do it at all, whatever the data."""
        decision = decide(
            self.policy, AccessRequest(self.identify(request), action, self.base_url, {})
        )
        if not decision:
            raise WebError(403, f"{action} is refused: {decision.reason}")

    def may(self, request: Request, action: str, resource: dict[str, str]) -> bool:
        """Ask the policy about data; its reason may tell of them, so nobody gets to read it."""
        asked = AccessRequest(self.identify(request), action, self.base_url, resource)
        return bool(decide(self.policy, asked))

    def may_see(self, request: Request) -> Callable[[str, str], bool]:
        """Return a function that says whether a patient and a study may be seen.

        It asks again after `_FRESH` seconds: an answer may take long, and leave be withdrawn.
        """
        known: dict[tuple[str, str], tuple[float, bool]] = {}

        def visible(patient_id: str, study: str) -> bool:
            key = patient_id, study
            asked, seen = known.get(key, (-_FRESH, False))
            now = time.monotonic()
            if now - asked >= _FRESH:
                resource = {"PatientID": patient_id, "StudyInstanceUID": study}
                seen = self.may(request, "read", resource)
                known[key] = now, seen
            return seen

        return visible

    def check(self, request: Request, place: Place) -> None:
        """Raise 404 unless something of a place may be seen, before anything else is said of it.

        An entity tag that still fits, or a form that cannot be had, tells that it is there.
        """
        if self.policy is not ALLOW_ALL:
            self._check(request, place)

    def _check(self, request: Request, place: Place) -> None:
        visible = self.may_see(request)
        whose = getattr(self.source, "patients", None)
        if whose is not None:
            seen = any(visible(patient_id, place.study) for patient_id in whose(place))
        else:
            found = self.source.instances(place)
            seen = any(visible(one.patient_id, one.place.study) for one in found)
        if not seen:
            raise nothing_at(place)

    def instances(self, request: Request, place: Place) -> Iterator[Instance]:
        """Go through the objects of a place that the sender may see.

        Raises
        ------
        WebError
            404 from the first step, if there are none. A study that is hidden is not there.
        """
        visible, found = self.may_see(request), False
        self.look(place, visible)
        for instance in self.source.instances(place):
            if visible(instance.patient_id, instance.place.study):
                found = True
                yield instance
        if not found:
            raise nothing_at(place)

    def look(self, place: Place, visible: Callable[[str, str], bool]) -> None:
        """Raise 404 before anything is fetched of a place of which nothing may be seen.

        A source that has to fetch objects says whose they are: ``patients(place)``.
        """
        patients = getattr(self.source, "patients", None)
        if patients is None or self.policy is ALLOW_ALL:
            return
        if not any(visible(patient_id, place.study) for patient_id in patients(place)):
            raise nothing_at(place)


def nothing_at(place: Place) -> WebError:
    """404, saying what is not there."""
    level = "instance" if place.instance else "series" if place.series else "study"
    return WebError(
        404, f"there is no such {level} here", remedy="Search for it first: GET /studies."
    )


def place_of(request: Request) -> Place:
    """The UIDs of the path; 400 if one is none."""
    parts = request.path_params
    return Place(
        *(
            check_uid(parts[name]) if name in parts else ""
            for name in ("study", "series", "instance")
        )
    )


def etag_of(version: str, *form: str) -> str:
    """A strong entity tag of what is there and in which form it is answered; ``""`` if unknown."""
    if not version:
        return ""
    return f'"{hashlib.sha256(chr(10).join((version, *form)).encode()).hexdigest()[:32]}"'


def not_modified(request: Request, etag: str) -> Response | None:
    """304 if the client has this already (RFC 9110 13.1.2)."""
    asked = {
        tag.strip().removeprefix("W/")
        for tag in request.headers.get("if-none-match", "").split(",")
    }
    if etag and (etag in asked or "*" in asked):
        return Response(status_code=304, headers={"ETag": etag})
    return None


def http_date(seconds: float) -> str:
    """A time as HTTP writes it."""
    return format_datetime(datetime.fromtimestamp(int(seconds), timezone.utc), usegmt=True)


def answer(
    request: Request,
    content: Iterable[bytes],
    media_type: str,
    headers: dict[str, str] | None = None,
    status: int = 200,
    *,
    gather: bool = True,
) -> Response:
    """Send content as it is made; gzip for text where the client takes it.

    The first piece is made before the status is sent, so that an error there is still an error.

    Parameters
    ----------
    gather
        Whether small pieces go together; not where one has to be waited for.
    """
    sent: dict[str, Any] = {"Content-Type": media_type, "Vary": "Accept, Accept-Encoding"}
    sent |= headers or {}
    pieces = _together(content) if gather else iter(content)
    first = next(pieces, b"")
    if request.method == "HEAD":
        close = getattr(pieces, "close", None)
        if close:
            close()
        return Response(b"", status, sent)
    gzip = "json" in media_type and "gzip" in request.headers.get("accept-encoding", "")
    if gzip:
        sent["Content-Encoding"] = "gzip"
    if gather and len(first) < _GATHERED:  # that was all
        return Response(b"".join(_gzipped([first])) if gzip else first, status, sent)
    whole = chain([first], pieces)
    return Stream(_gzipped(whole) if gzip else whole, status, sent, pieces)


def _together(content: Iterable[bytes]) -> Iterator[bytes]:
    """Join pieces, so that each but the last has at least `_GATHERED` bytes."""
    waiting: list[bytes] = []
    size = 0
    for piece in content:
        waiting.append(piece)
        size += len(piece)
        if size >= _GATHERED:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)


def _gzipped(content: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(6, zlib.DEFLATED, _GZIP)
    for piece in content:
        packed = packer.compress(piece)
        if packed:
            yield packed
    yield packer.flush()
