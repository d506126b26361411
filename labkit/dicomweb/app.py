"""A DICOMweb service (PS3.18) as an ASGI application, over any source.

::

    app = dicomweb_app(ArchiveSource(archive), ALLOW_ALL, base_url="http://127.0.0.1:8042/dicom-web")
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from labkit.common.access import DENY_ALL, AccessPolicy, anybody
from labkit.common.errors import LabkitError
from labkit.common.occasion import Occasions
from labkit.dicomweb.openapi import openapi
from labkit.dicomweb.problems import WebError, no_room, problem, status_of
from labkit.dicomweb.service import MAX_BODY, Service
from labkit.dicomweb.source import Source
from labkit.dicomweb.table import ROUTES, WADO, Act

_log = logging.getLogger(__name__)
LOOPBACK = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"
"""Web pages of this machine, such as a viewer; no other page may read what is here (CORS)."""
_SHOWN = ["ETag", "Last-Modified", "Warning", "Content-Range", "Retry-After"]


def dicomweb_app(
    source: Source,
    policy: AccessPolicy = DENY_ALL,
    *,
    base_url: str,
    identify: Callable[[Request], str] = anybody,
    deletes: bool = False,
    max_body: int = MAX_BODY,
    origins: str = LOOPBACK,
) -> Starlette:
    """Make the service; it answers below the root of where it is mounted.

    Parameters
    ----------
    source
        Where the objects are.
    policy
        Asked for each act and for each patient whose data would be seen. Without one, all is
        refused except the description of the service.
    base_url
        The address that clients reach the application at.
    identify
        Says who sends a request, for the policy.
    deletes
        Whether DELETE is offered.
    max_body
        Bytes that one request to store may have.
    origins
        Regular expression of the web origins whose pages may use it.
    """
    service = Service(source, policy, base_url.rstrip("/"), identify, deletes, max_body)
    return _application(service, ROUTES, origins)


def wado_app(
    source: Source,
    policy: AccessPolicy = DENY_ALL,
    *,
    base_url: str,
    identify: Callable[[Request], str] = anybody,
    origins: str = LOOPBACK,
) -> Starlette:
    """Make a WADO-URI service (PS3.18 9), which has one path: where it is mounted.

    The parameters are those of `dicomweb_app`.
    """
    return _application(Service(source, policy, base_url, identify), WADO, origins)


def _application(service: Service, table: dict[str, dict[str, Act]], origins: str) -> Starlette:
    routes = [
        Route(path, _endpoint(service, acts), methods=[*_methods(service, acts), "OPTIONS"])
        for path, acts in table.items()
    ]

    async def description(request: Request) -> Response:
        return Response(openapi(service), media_type="application/json")

    routes += [Route(path, description) for path in ("/", "/openapi.json") if path not in table]
    cors = Middleware(
        CORSMiddleware,
        allow_origin_regex=origins,
        allow_methods=["GET", "POST", "DELETE", "OPTIONS"],
        allow_headers=["*"],
        expose_headers=_SHOWN,
    )
    return Starlette(
        routes=routes,
        middleware=[Middleware(Occasions), cors],
        exception_handlers={404: _no_route, 405: _no_method},
    )


def _methods(service: Service, acts: dict[str, Act]) -> list[str]:
    return [method for method in acts if method != "DELETE" or service.deletes]


def _endpoint(service: Service, acts: dict[str, Act]) -> Callable[[Request], Awaitable[Response]]:
    allow = ", ".join([*_methods(service, acts), "OPTIONS"] + ["HEAD"] * ("GET" in acts))

    async def endpoint(request: Request) -> Response:
        if request.method == "OPTIONS":
            return Response(openapi(service), 200, {"Allow": allow}, "application/json")
        act = acts["GET" if request.method == "HEAD" else request.method]
        try:
            if act.awaited is not None:
                return await act.awaited(service, request)
            assert act.plain is not None
            return await run_in_threadpool(act.plain, service, request)
        except LabkitError as error:
            if status_of(error) >= 500:
                _log.warning("%s %s: %s", request.method, request.url.path, error.message)
            return problem(error)
        except ClientDisconnect:
            _log.info("%s %s: the client is gone", request.method, request.url.path)
            return Response(status_code=499)  # nobody reads it; nginx's number, for our own log
        except OSError as error:
            _log.error("%s %s: %s", request.method, request.url.path, error)
            return problem(no_room(error))
        except Exception:
            _log.exception("%s %s failed", request.method, request.url.path)
            return problem(WebError(500, "the service failed; its log says why"))

    return endpoint


async def _no_route(request: Request, error: Exception) -> Response:
    remedy = "See /openapi.json: /studies, /series, /instances and what is below them."
    return problem(WebError(404, "no resource of DICOMweb has this path", remedy=remedy))


async def _no_method(request: Request, error: Exception) -> Response:
    headers = dict(getattr(error, "headers", None) or {})
    return problem(WebError(405, f"{request.method} is not possible here", headers=headers))


__all__: Sequence[str] = ["LOOPBACK", "anybody", "dicomweb_app", "wado_app"]
