"""The façade as one ASGI application: DICOMweb, WADO-URI, and what a platform asks."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from labkit.common.access import AccessRequest, decide
from labkit.dicomweb.app import LOOPBACK, dicomweb_app, wado_app
from labkit.dicomweb.mounting import below
from labkit.dicomweb.problems import WebError, problem
from labkit.dicomweb.proxy.service.health import Probe
from labkit.dicomweb.proxy.service.journal import Journal
from labkit.dicomweb.proxy.service.metrics import Metrics
from labkit.dicomweb.proxy.service.observed import Observed
from labkit.dicomweb.proxy.service.policy import ClientPolicy, Guarded, identify
from labkit.dicomweb.proxy.trace import traced

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from labkit.dicomweb.proxy.service.config import ServiceConfig
    from labkit.dicomweb.source import Source

_NOBODY = r"(?!)"


class Facade:
    """Puts everything together.

    Parameters
    ----------
    config
        What the file says.
    source
        What stands behind the routes.
    probe
        Asks each PACS for ``/ready``.
    metrics
        Counts.
    journal
        Gets a line a request.
    """

    def __init__(
        self,
        config: ServiceConfig,
        source: Source,
        probe: Probe,
        metrics: Metrics,
        journal: Journal,
    ) -> None:
        self._probe, self._metrics, self._journal = probe, metrics, journal
        self._config, self._source = config, source
        self._policy = ClientPolicy(config)
        self.stopping = False
        self._ill: dict[str, str] = {}
        self.app = Observed(self._routes(), journal, metrics.count_request)

    def _routes(self) -> ASGIApp:
        proxy, policy = self._config.proxy, self._policy
        base = urlsplit(proxy.url)
        beside = base.path.rsplit("/", 1)[0] + "/wado"
        wado_url = urlunsplit((base.scheme, base.netloc, beside, "", ""))
        origins = _origins(self._config)
        services = {
            base.path: dicomweb_app(
                self._source, policy, base_url=proxy.url, identify=identify, origins=origins
            ),
            beside: wado_app(
                self._source, policy, base_url=wado_url, identify=identify, origins=origins
            ),
        }
        beside_it = Starlette(
            routes=[Route("/health", self._health), Route("/ready", self._ready)],
            exception_handlers={404: self._nothing},
        )
        metrics: ASGIApp = Starlette(routes=[Route("/", self._scraped)])
        if proxy.open_to_network:
            metrics = Guarded(metrics, policy)
        guarded = {
            path: Guarded(traced(app, lambda record: self.app.trace(record)), policy)
            for path, app in services.items()
        }
        return below({**guarded, "/metrics": metrics}, beside_it)

    async def _health(self, request: Request) -> Response:
        """Alive: it answers."""
        return _json({"alive": True})

    async def _ready(self, request: Request) -> Response:
        """Ready: not stopping, and a PACS answers a C-ECHO. Which one does not is told by name."""
        found = await run_in_threadpool(self._probe.ask)
        for name, why in found.problems.items():
            if why != self._ill.get(name, ""):
                level, event = ("error", "pacs lost") if why else ("info", "pacs found")
                self._journal.write(level, event, pacs=name, reason=why)
        self._ill = dict(found.problems)
        ready = bool(found) and not self.stopping
        pacs = {name: "does not answer" if why else "ok" for name, why in found.problems.items()}
        return _json(
            {"ready": ready, "stopping": self.stopping, "pacs": pacs}, 200 if ready else 503
        )

    async def _scraped(self, request: Request) -> Response:
        if self._config.proxy.open_to_network:
            asked = AccessRequest(identify(request), "metrics", "metrics")
            decision = decide(self._policy, asked)
            if not decision:
                return problem(WebError(403, f"metrics is refused: {decision.reason}"))
        body, media_type = self._metrics.page()
        return Response(body, media_type=media_type)

    async def _nothing(self, request: Request, error: Exception) -> Response:
        path = urlsplit(self._config.proxy.url).path
        return problem(WebError(404, f"DICOMweb is at {path}; /health, /ready, /metrics beside it"))


def _origins(config: ServiceConfig) -> str:
    """Whose pages may use it: those that the file names; where all is open, this machine's."""
    named = "|".join(re.escape(origin) for origin in config.proxy.origins)
    return named or (LOOPBACK if config.clients.open else _NOBODY)


def _json(content: object, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(json.dumps(content).encode(), status, headers, "application/json")
