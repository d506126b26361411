"""The embedded FHIR R4 server: an ASGI application over a store and a policy.

::

    store = FhirStore(Path("fhir.sqlite"))
    app = fhir_app(store, ALLOW_ALL, base_url="http://127.0.0.1:8080")
    courier = Courier(store)   # delivers to Subscriptions; start() and stop() it with the server

It speaks JSON. What it can do is in its CapabilityStatement, ``GET [base]/metadata``.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from labkit.common.access import DENY_ALL, AccessPolicy, anybody
from labkit.common.errors import LabError
from labkit.common.occasion import Occasions
from labkit.fhir import routes
from labkit.fhir.capability import capability_statement
from labkit.fhir.endpoints import loopback_only
from labkit.fhir.messages import Answer, Service
from labkit.fhir.negotiation import (
    error_response,
    media_type,
    parse_request,
    read_body,
    respond_with,
    wants_bytes,
)
from labkit.fhir.outcome import FhirError, Issue
from labkit.fhir.store import FhirStore

_log = logging.getLogger(__name__)
Identify = Callable[[Request], str]
_Handler = Callable[[Request], Awaitable[Response]]
_METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"]


def fhir_app(
    store: FhirStore,
    policy: AccessPolicy = DENY_ALL,
    *,
    base_url: str,
    identify: Identify = anybody,
    may_ring: Callable[[str], bool] = loopback_only,
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
    may_ring
        Says whether a Subscription may have its notices sent to a URL; this machine only, unless
        told otherwise.
    """
    service = Service(store, policy, base_url.rstrip("/"), may_ring)
    started = store.clock()

    async def endpoint(request: Request) -> Response:
        # A path that ends in a slash means the same (R4 http.html#general).
        path = tuple(part for part in request.path_params["path"].split("/") if part)
        if path == ("metadata",) and request.method in ("GET", "HEAD"):
            statement = capability_statement(service.base_url, started)
            return respond_with(request, Answer(200, statement), service.base_url)
        if not wants_bytes(request, path):
            media_type(request)
        routes.find(request.method, path)
        body = await read_body(request)
        ask = await run_in_threadpool(parse_request, request, path, body)
        answer = await run_in_threadpool(routes.respond, service, identify(request), ask)
        return await run_in_threadpool(respond_with, request, answer, service.base_url, path)

    route = Route("/{path:path}", _guard(endpoint), methods=_METHODS)
    return Starlette(routes=[route], middleware=[Middleware(Occasions)])


def _guard(handler: _Handler) -> _Handler:
    """Answer every error with an OperationOutcome; tell the log, not the client, about our own."""

    async def endpoint(request: Request) -> Response:
        pretty = request.query_params.get("_pretty") == "true"
        try:
            return await handler(request)
        except FhirError as error:
            return error_response(error, _media_or_default(request), pretty=pretty)
        except ClientDisconnect:
            _log.info("%s %s: the client is gone", request.method, request.url.path)
            return Response(status_code=499)  # nobody reads it; nginx's number, for our own log
        except LabError as error:
            _log.error("%s %s: %s", request.method, request.url.path, error.message)
            issue = Issue("no-store", f"{error.message}; {error.remedy}")
            return error_response(FhirError(507, [issue]), "", pretty=pretty)
        except Exception:
            _log.exception("%s %s failed", request.method, request.url.path)
            text = "the server failed; its log says why"
            return error_response(FhirError(500, [Issue("exception", text)]), "")

    return endpoint


def _media_or_default(request: Request) -> str:
    try:
        return media_type(request)
    except FhirError:
        return ""
