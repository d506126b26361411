"""HTTP around FHIR: media types, headers and bodies in and out (R4 http.html)."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import format_datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from labkit.common.errors import DataError
from labkit.fhir.canonical import dumps, loads
from labkit.fhir.outcome import FhirError, operation_outcome, refuse
from labkit.fhir.store import Stored

FHIR_JSON = "application/fhir+json"
#: What a client may ask for, and what it then gets.
_PRODUCED = {
    FHIR_JSON: FHIR_JSON,
    "application/json": "application/json",
    "text/json": "application/json",
    "text/html": "application/json",  # a browser: it shows JSON and would save fhir+json
    "application/*": FHIR_JSON,
    "*/*": FHIR_JSON,
    "json": FHIR_JSON,  # only as _format=json
}
_CONSUMED = (FHIR_JSON, "application/json", "text/json")
MAX_BODY = 32 * 1024 * 1024


def media_type(request: Request) -> str:
    """Choose the media type of the answer from ``_format``, else ``Accept``; 406 if none fits."""
    asked = request.query_params.get("_format") or request.headers.get("accept") or "*/*"
    ranked = []
    for item in asked.replace(" ", "+" if "_format" in request.query_params else "").split(","):
        name, *parameters = [part.strip().lower() for part in item.split(";")]
        quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        version = next((p[12:] for p in parameters if p.startswith("fhirversion=")), "4.0")
        if name in _PRODUCED and version.strip('"') in ("4.0", "4.0.1"):
            try:
                ranked.append((float(quality), _PRODUCED[name]))
            except ValueError:
                ranked.append((0.0, _PRODUCED[name]))
    best = max(ranked, default=(0.0, ""), key=lambda pair: pair[0])
    if best[0] <= 0:
        raise refuse(406, "not-supported", f"only {FHIR_JSON} (FHIR 4.0) is given, not {asked!r}")
    return best[1]


async def read_body(request: Request) -> bytes:
    """Read the body; 413 if it is over `MAX_BODY`, without holding more than that."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BODY:
            raise refuse(413, "too-long", f"a body has at most {MAX_BODY} bytes here")
        chunks.append(chunk)
    return b"".join(chunks)


def parse_resource(request: Request, body: bytes, kind: str) -> dict[str, Any]:
    """Parse the body as a resource of type `kind`; 415 or 400 if it is none."""
    content = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content not in _CONSUMED:
        said = f"not {content}" if content else "and the request has no Content-Type"
        raise refuse(415, "not-supported", f"send {FHIR_JSON}, {said}")
    try:
        value = loads(body)
    except DataError as error:
        raise refuse(400, "structure", error.message) from error
    if not isinstance(value, dict):
        raise refuse(400, "structure", "a resource is a JSON object in braces")
    found = value.get("resourceType")
    if found != kind:
        said = repr(found) if found else "missing"
        raise refuse(400, "invalid", f"resourceType is {said}, but the URL says {kind}")
    return value


def prefers(request: Request, name: str) -> str:
    """Return the value of one preference of the Prefer header (RFC 7240), or ``""``."""
    for header in request.headers.getlist("prefer"):
        for item in header.replace(";", ",").split(","):
            key, _, value = item.strip().partition("=")
            if key.strip().lower() == name:
                return value.strip().strip('"')
    return ""


def json_response(
    value: Any, media: str, *, status: int = 200, pretty: bool = False,
    headers: dict[str, str] | None = None,
) -> Response:  # fmt: skip
    """Answer with a resource."""
    text = value if isinstance(value, str) and not pretty else ""
    if not text:
        text = dumps(loads(value) if isinstance(value, str) else value, pretty=pretty)
    return Response(
        text, status, headers=headers, media_type=f"{media}; charset=utf-8; fhirVersion=4.0"
        if media == FHIR_JSON else media,
    )  # fmt: skip


def error_response(error: FhirError, media: str, *, pretty: bool = False) -> Response:
    """Answer with the OperationOutcome of an error."""
    outcome = operation_outcome(error.issues)
    return json_response(
        outcome, media or FHIR_JSON, status=error.status, pretty=pretty, headers=error.headers
    )


def version_headers(stored: Stored) -> dict[str, str]:
    """Return the headers that name a version: ETag is the weak form of versionId."""
    moment = datetime.fromisoformat(stored.updated.replace("Z", "+00:00"))
    return {
        "ETag": f'W/"{stored.version}"',
        "Last-Modified": format_datetime(moment.astimezone(timezone.utc), usegmt=True),
    }
