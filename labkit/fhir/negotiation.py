"""HTTP around FHIR: media types, headers and bodies in and out (R4 http.html)."""

from __future__ import annotations

from datetime import datetime, timezone
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from labkit.common.errors import DataError
from labkit.fhir.binary import content_of, to_resource
from labkit.fhir.canonical import dumps, loads
from labkit.fhir.messages import Answer, Ask
from labkit.fhir.outcome import FhirError, Issue, operation_outcome, refuse
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


def parse_request(request: Request, path: tuple[str, ...], body: bytes) -> Ask:
    """Read a request whose path has an interaction: parameters, headers and body.

    Raises
    ------
    FhirError
        415 or 400 if the body is not what the interaction takes.
    """
    pairs = request.query_params.multi_items()
    resource: dict[str, Any] = {}
    content = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if path[-1:] == ("_search",):
        if content != "application/x-www-form-urlencoded":
            text = "_search takes application/x-www-form-urlencoded"
            raise refuse(415, "not-supported", text)
        pairs += parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    elif request.method in ("POST", "PUT", "PATCH"):
        resource = _body(request, path, content, body)
    return Ask(
        request.method,
        path,
        tuple(pairs),
        resource,
        if_match=request.headers.get("if-match", ""),
        if_none_match=request.headers.get("if-none-match", ""),
        if_modified_since=request.headers.get("if-modified-since", ""),
        if_none_exist=request.headers.get("if-none-exist"),
        lenient=prefers(request, "handling") == "lenient",
        representation=prefers(request, "return") == "representation",
    )


def _body(request: Request, path: tuple[str, ...], content: str, body: bytes) -> dict[str, Any]:
    operation = path[-1:] == ("$validate",)
    if operation and not body:
        return {}
    patch = request.method == "PATCH"
    if (
        path[:1] == ("Binary",)
        and not (operation or patch)
        and not _is_binary_resource(content, body)
    ):
        context = request.headers.get("x-security-context", "")
        id_ = path[1] if len(path) == 2 else ""
        return to_resource(body, request.headers.get("content-type", ""), context, id_)
    value = parse_resource(content, body)
    expected = path[0] if path else "Bundle"
    expected = "Parameters" if patch else expected
    if value.get("resourceType") != expected and not operation:
        found = value.get("resourceType")
        said = repr(found) if found else "missing"
        whom = "a patch is" if patch else "the URL says"
        raise refuse(400, "invalid", f"resourceType is {said}, but {whom} {expected}")
    return value


def _is_binary_resource(content: str, body: bytes) -> bool:
    """Whether JSON sent to Binary is the resource: plain JSON could also be what is to be kept."""
    if content == FHIR_JSON or not content:
        return True
    return content in _CONSUMED and b'"resourceType"' in body and b'"Binary"' in body


def parse_resource(content: str, body: bytes) -> dict[str, Any]:
    """Parse a body of media type `content` as a resource; 415 or 400 if it is none."""
    if content not in _CONSUMED:
        said = f"not {content}" if content else "and the request has no Content-Type"
        raise refuse(415, "not-supported", f"send {FHIR_JSON}, {said}")
    try:
        value = loads(body)
    except DataError as error:
        raise refuse(400, "structure", error.message) from error
    if not isinstance(value, dict):
        raise refuse(400, "structure", "a resource is a JSON object in braces")
    return value


def wants_bytes(request: Request, path: tuple[str, ...]) -> bool:
    """Whether a Binary is read as its bytes: unless FHIR is asked for (R4 http.html#binary)."""
    if path[:1] != ("Binary",) or len(path) not in (2, 4) or path[-1][:1] in ("_", "$"):
        return False
    asked = request.query_params.get("_format") or request.headers.get("accept", "")
    return request.method in ("GET", "HEAD") and "fhir" not in asked and asked != "json"


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


def respond_with(
    request: Request, answer: Answer, base_url: str, path: tuple[str, ...] = ()
) -> Response:
    """Answer over HTTP, a create or update as ``Prefer: return=`` asks (R4 http.html#ops)."""
    headers = {**answer.headers, **(version_headers(answer.stored) if answer.stored else {})}
    body = answer.body
    if answer.written and answer.stored:
        stored = answer.stored
        location = f"{base_url}/{stored.type}/{stored.id}/_history/{stored.version}"
        if answer.status == 201:
            headers["Location"] = location
        headers["Content-Location"] = location
        wanted = prefers(request, "return")
        if wanted == "minimal":
            body = None
        elif wanted == "OperationOutcome":
            text = f"{stored.type}/{stored.id} is stored as version {stored.version}"
            body = operation_outcome([Issue("informational", text, severity="information")])
    if body is None:
        return Response(status_code=answer.status, headers=headers)
    if answer.stored and wants_bytes(request, path):
        content, kind = content_of(answer.stored.resource)
        # Somebody else's bytes: a browser is to keep them, not to run them.
        headers |= {"X-Content-Type-Options": "nosniff", "Content-Disposition": "attachment"}
        return Response(content, answer.status, headers=headers, media_type=kind)
    pretty = request.query_params.get("_pretty") == "true"
    media = media_type(request)
    return json_response(body, media, status=answer.status, pretty=pretty, headers=headers)


def version_headers(stored: Stored) -> dict[str, str]:
    """Return the headers that name a version: ETag is the weak form of versionId."""
    moment = datetime.fromisoformat(stored.updated.replace("Z", "+00:00"))
    return {
        "ETag": f'W/"{stored.version}"',
        "Last-Modified": format_datetime(moment.astimezone(timezone.utc), usegmt=True),
    }
