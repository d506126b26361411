"""The embedded FHIR R4 server: an ASGI application over a store and a policy.

::

    store = FhirStore(Path("fhir.sqlite"))
    app = fhir_app(store, ALLOW_ALL, base_url="http://127.0.0.1:8080")

It speaks JSON. What it can do is in its CapabilityStatement, ``GET [base]/metadata``.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from difflib import get_close_matches
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from labkit.common.access import DENY_ALL, AccessPolicy
from labkit.common.errors import LabError
from labkit.fhir import interactions
from labkit.fhir.capability import capability_statement
from labkit.fhir.definitions import definitions
from labkit.fhir.interactions import Service
from labkit.fhir.negotiation import (
    error_response,
    json_response,
    media_type,
    parse_resource,
    prefers,
    read_body,
    version_headers,
)
from labkit.fhir.outcome import FhirError, Issue, operation_outcome, refuse
from labkit.fhir.store import FhirStore, Stored

_log = logging.getLogger(__name__)
Identify = Callable[[Request], str]
_Handler = Callable[[Request], Awaitable[Response]]


def anybody(request: Request) -> str:
    """Name the actor where nobody logs in."""
    return "anonymous"


def fhir_app(
    store: FhirStore,
    policy: AccessPolicy = DENY_ALL,
    *,
    base_url: str,
    identify: Identify = anybody,
) -> Starlette:
    """Make the server.

    Parameters
    ----------
    store
        Where the resources are; its clock is the server's clock.
    policy
        Asked for each interaction and each resource that would be seen. Without one, all is refused
        except the CapabilityStatement, which tells nothing about anybody.
    base_url
        The address that clients reach the application at.
    identify
        Says who sends a request, for the policy.
    """
    api = _Api(Service(store, policy, base_url.rstrip("/")), identify)
    routes = [
        _route("/metadata", GET=api.metadata),
        _route("/{kind}", GET=api.search, POST=api.create),
        _route("/{kind}/_search", POST=api.search_by_form),
        _route("/{kind}/{id}", GET=api.read, PUT=api.update, DELETE=api.delete),
        _route("/{kind}/{id}/_history/{version}", GET=api.read),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _unrouted})


def _route(path: str, **handlers: _Handler) -> Route:
    """One path and a handler for each method that it takes; 405 for the others."""

    async def endpoint(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        if method not in handlers:
            allow = ", ".join(handlers)
            text = f"{method} is not possible at {path.replace('{kind}', '[type]')}, only {allow}"
            issue = Issue("not-supported", text.replace("{id}", "[id]"))
            raise FhirError(405, [issue], headers={"Allow": allow})
        return await handlers[method](request)

    every = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]
    return Route(path, _guard(endpoint), methods=every)


def _guard(handler: _Handler) -> _Handler:
    """Answer every error with an OperationOutcome; tell the log, not the client, about our own."""

    async def endpoint(request: Request) -> Response:
        media, pretty = "", request.query_params.get("_pretty") == "true"
        try:
            media = media_type(request)
            return await handler(request)
        except FhirError as error:
            return error_response(error, media, pretty=pretty)
        except LabError as error:
            _log.error("%s %s: %s", request.method, request.url.path, error.message)
            issue = Issue("no-store", f"{error.message}; {error.remedy}")
            return error_response(FhirError(507, [issue]), media, pretty=pretty)
        except Exception:
            _log.exception("%s %s failed", request.method, request.url.path)
            text = "the server failed; its log says why"
            return error_response(FhirError(500, [Issue("exception", text)]), media)

    return endpoint


async def _unrouted(request: Request, error: Exception) -> Response:
    """Answer what no route takes with an OperationOutcome too."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    text = f"no interaction of FHIR has this URL ({request.method}); see [base]/metadata"
    return error_response(FhirError(status, [Issue("not-found", text)]), "")


class _Api:
    """From HTTP to the interactions and back."""

    def __init__(self, service: Service, identify: Identify) -> None:
        self.service = service
        self.identify = identify
        self.started = service.store.clock()

    async def metadata(self, request: Request) -> Response:
        statement = capability_statement(self.service.base_url, self.started)
        return self._answer(request, statement)

    async def read(self, request: Request) -> Response:
        kind, id_ = self._kind(request), request.path_params["id"]
        version = request.path_params.get("version", "")
        actor = self.identify(request)
        stored = await run_in_threadpool(interactions.read, self.service, actor, kind, id_, version)
        headers = version_headers(stored)
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return self._answer(request, stored.body, headers=headers)

    async def create(self, request: Request) -> Response:
        kind = self._kind(request)
        body = await read_body(request)
        resource = await run_in_threadpool(parse_resource, request, body, kind)
        actor = self.identify(request)
        stored = await run_in_threadpool(interactions.create, self.service, actor, resource)
        return self._written(request, stored, created=True)

    async def update(self, request: Request) -> Response:
        kind, id_ = self._kind(request), request.path_params["id"]
        body = await read_body(request)
        resource = await run_in_threadpool(parse_resource, request, body, kind)
        actor, if_match = self.identify(request), request.headers.get("if-match", "")
        stored, created = await run_in_threadpool(
            interactions.update, self.service, actor, resource, id_, if_match
        )
        return self._written(request, stored, created=created)

    async def delete(self, request: Request) -> Response:
        kind, id_ = self._kind(request), request.path_params["id"]
        actor = self.identify(request)
        stored = await run_in_threadpool(interactions.delete, self.service, actor, kind, id_)
        headers = {"ETag": version_headers(stored)["ETag"]} if stored else {}
        return Response(status_code=204, headers=headers)

    async def search(self, request: Request) -> Response:
        return await self._search(request, request.query_params.multi_items())

    async def search_by_form(self, request: Request) -> Response:
        content = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if content != "application/x-www-form-urlencoded":
            text = "_search takes application/x-www-form-urlencoded"
            raise refuse(415, "not-supported", text)
        body = await read_body(request)
        form = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
        return await self._search(request, [*request.query_params.multi_items(), *form])

    async def _search(self, request: Request, pairs: list[tuple[str, str]]) -> Response:
        kind, actor = self._kind(request), self.identify(request)
        lenient = prefers(request, "handling") == "lenient"
        bundle = await run_in_threadpool(
            interactions.search, self.service, actor, kind, pairs, lenient=lenient
        )
        return self._answer(request, bundle)

    def _kind(self, request: Request) -> str:
        kind: str = request.path_params["kind"]
        known = definitions().resources
        if kind not in known:
            close = get_close_matches(kind.capitalize(), known, n=1)
            hint = f"did you mean {close[0]}? " if close else ""
            text = f"no resource type {kind!r} here; {hint}the server has {', '.join(known)}"
            raise refuse(404, "not-supported", text)
        return kind

    def _written(self, request: Request, stored: Stored, *, created: bool) -> Response:
        """Answer a create or update as ``Prefer: return=`` asks (R4 http.html#ops)."""
        headers = version_headers(stored)
        status = 201 if created else 200
        if created:
            base = f"{self.service.base_url}/{stored.type}/{stored.id}"
            headers["Location"] = f"{base}/_history/{stored.version}"
        wanted = prefers(request, "return")
        if wanted == "minimal":
            return Response(status_code=status, headers=headers)
        if wanted == "OperationOutcome":
            text = f"{stored.type}/{stored.id} is stored as version {stored.version}"
            outcome = operation_outcome([Issue("informational", text, severity="information")])
            return self._answer(request, outcome, status=status, headers=headers)
        return self._answer(request, stored.body, status=status, headers=headers)

    def _answer(
        self, request: Request, value: object, *, status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> Response:  # fmt: skip
        pretty = request.query_params.get("_pretty") == "true"
        media = media_type(request)
        return json_response(value, media, status=status, pretty=pretty, headers=headers)
