"""HAPI FHIR as the FHIR server of the lab, behind a door that notes each request."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from labkit.common.errors import LabError, LabkitError
from labkit.dicom import samples
from labkit.fhir import FhirClient
from labkit.lab import stories
from labkit.lab.containers.admin import ONCE
from labkit.lab.containers.porch import Porch
from labkit.lab.face import Face
from labkit.lab.fhirnode import bare, logged, under
from labkit.lab.nodes import FHIR
from labkit.pacs import EventLog

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from labkit.lab.secure.subjects import Holding

_HOP_BY_HOP = ("connection", "keep-alive", "transfer-encoding", "content-length", "te", "upgrade")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
PATIENCE = 60.0
"""Seconds that HAPI may take for one request; its first ``$validate`` takes some."""


class HapiNode(Face):
    """The FHIR server of a lab on containers; to the lab it is what `FhirNode` is.

    Parameters
    ----------
    upstream
        HAPI's base URL, ``http://fhir:8080/fhir``.
    log
        Gets one line a request.
    porch
        Lets HAPI reach the listeners of Subscriptions.
    """

    headers: Mapping[str, str] = MappingProxyType({})
    """What the lab's own requests carry; an open HAPI asks for nothing."""

    def __init__(self, upstream: str, log: EventLog, porch: Porch) -> None:
        super().__init__(FHIR, "/fhir", log)
        self._upstream, self._porch = upstream.rstrip("/"), porch

    def holding(self, base_url: str) -> Holding:
        """Return what it holds, asked past every policy.

        Raises
        ------
        LabError
            It is open: there is no policy.
        """
        raise LabError(
            "This FHIR server is not guarded.",
            remedy="Start the secure lab: labkit up --backend containers --secure",
        )

    def story(self) -> Iterable[dict[str, Any]]:
        """Return what it holds in a new lab."""
        return stories.patients(samples.patients())

    def close(self) -> None:
        """Close the door."""
        self.stop()

    def sound(self) -> bool:
        """Whether HAPI answers."""
        with suppress(LabkitError), FhirClient(self._upstream, timeout=PATIENCE) as fhir:
            return bool(fhir.capabilities())
        return False

    def set_aside(self) -> None:
        """Refuse: a server that is not ours is not begun anew.

        Raises
        ------
        LabError
            Always.
        """
        raise LabError(
            "The FHIR server in its container does not answer.",
            remedy="`docker compose ps` shows its state, `docker compose logs fhir` its log.",
        )

    def restore(self, folder: Path) -> None:
        """Delete every resource and its history, and enter the patients of the stories."""
        body = {
            "resourceType": "Parameters",
            "parameter": [{"name": "expungeEverything", "valueBoolean": True}],
        }
        try:
            answer = httpx.post(
                f"{self._upstream}/$expunge", json=body, timeout=PATIENCE, trust_env=False,
                headers={"content-type": "application/fhir+json", **self.headers},
            )  # fmt: skip
        except httpx.HTTPError as error:
            raise LabError(f"HAPI FHIR does not answer: {error}", remedy=_COMPOSE) from error
        if answer.status_code >= 400:
            raise LabError(
                f"HAPI FHIR cannot be emptied: {answer.status_code} {answer.text[:200]}",
                remedy=_COMPOSE,
            )
        with FhirClient(self._upstream, timeout=PATIENCE, headers=dict(self.headers)) as fhir:
            fhir.transaction(
                {
                    "resourceType": "Bundle",
                    "type": "transaction",
                    "entry": [self._entry(resource) for resource in self.story()],
                }
            )

    def _entry(self, resource: dict[str, Any]) -> dict[str, Any]:
        url = f"{resource['resourceType']}/{resource['id']}"
        return {
            "fullUrl": f"{self._upstream}/{url}",
            "resource": resource,
            "request": {"method": "PUT", "url": url},
        }

    def put(self, resources: Iterable[dict[str, Any]]) -> None:
        """Store resources under their own ids, those that differ from what is stored."""
        with FhirClient(self._upstream, timeout=PATIENCE, headers=dict(self.headers)) as fhir:
            for resource in resources:
                held = None
                with suppress(LabkitError):
                    held = fhir.read(f"{resource['resourceType']}/{resource['id']}")
                if held is None or bare(held) != bare(resource):
                    fhir.update(resource)

    def _app(self) -> ASGIApp:
        return under("/fhir", logged(self._door(), self._log))

    def _sent(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Return what of a request's headers is passed on."""
        return {k: v for k, v in headers.items() if k not in _HOP_BY_HOP}

    def _door(self) -> ASGIApp:
        """Pass every request on as it is, and the answer back."""
        link = httpx.AsyncClient(timeout=PATIENCE, trust_env=False, limits=ONCE)

        async def door(scope: Scope, receive: Receive, send: Send) -> None:
            request = Request(scope, receive)
            body = await request.body()
            for port in callbacks(body) if b"Subscription" in body else ():
                self._porch.open(port)
            path = quote(scope["path"].removeprefix("/fhir"), safe="/:@!$&'()*+,;=~|")
            query = f"?{request.url.query}" if request.url.query else ""
            try:
                answer = await link.request(
                    request.method, f"{self._upstream}{path.rstrip('/')}{query}",
                    headers=self._sent(request.headers), content=body,
                )  # fmt: skip
            except httpx.HTTPError as error:
                said = {"severity": "fatal", "code": "transient", "diagnostics": str(error)}
                outcome = {"resourceType": "OperationOutcome", "issue": [said]}
                await JSONResponse(outcome, 502)(scope, receive, send)
                return
            passed = Response(answer.content, answer.status_code)
            passed.raw_headers = [
                (key.encode("latin-1"), value.encode("latin-1"))
                for key, value in answer.headers.multi_items()
                if key not in (*_HOP_BY_HOP, "content-encoding")
            ]
            if request.method != "HEAD":
                passed.headers["content-length"] = str(len(answer.content))
            await passed(scope, receive, send)

        return door


_COMPOSE = "`docker compose logs fhir` shows its log."


def callbacks(body: bytes) -> Iterator[int]:
    """Return the loopback ports that the Subscriptions in a body are to be delivered to."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return
    entries = data.get("entry", []) if isinstance(data, dict) else []
    for resource in (data, *(e.get("resource") for e in entries if isinstance(e, dict))):
        if isinstance(resource, dict) and resource.get("resourceType") == "Subscription":
            channel = resource.get("channel")
            target = urlsplit(str(channel.get("endpoint", "")) if isinstance(channel, dict) else "")
            with suppress(ValueError):
                if target.hostname in _LOOPBACK and target.port:
                    yield target.port
