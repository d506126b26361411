"""The FHIR server as a part of the lab: started, stopped and put back like a node."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.responses import PlainTextResponse

from labkit.common.errors import LabError
from labkit.fhir import Courier, FhirStore, fhir_app
from labkit.lab.face import Face
from labkit.lab.health import HEALTH_AE
from labkit.lab.nodes import FHIR
from labkit.lab.secure.guarding import Guarding
from labkit.lab.secure.subjects import LabSubjects
from labkit.pacs import EventLog

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class FhirNode(Face):
    """One FHIR R4 server and its store.

    Parameters
    ----------
    folder
        Holds ``fhir.sqlite``.
    log
        Gets one line a request.
    guarding
        Says who decides, and what checks tokens; the open lab's by default.
    """

    def __init__(self, folder: Path, log: EventLog, *, guarding: Guarding | None = None) -> None:
        super().__init__(FHIR, "/fhir", log)
        self._folder = folder
        self._guarding = guarding or Guarding()
        self._store: FhirStore | None = None
        self._courier: Courier | None = None

    @property
    def store(self) -> FhirStore:
        """Its store; opened when first asked for, and usable while the server is stopped."""
        if self._store is None:
            self._store = FhirStore(self._folder / "fhir.sqlite")
        return self._store

    def start(self, port: int = 0) -> int:
        """Serve, and deliver the notices of Subscriptions; return the port."""
        super().start(port)
        if self._guarding.delivers():
            self._courier = Courier(self.store)
            self._courier.start()
        return self._port

    def stop(self) -> None:
        """Stop answering and delivering; the resources stay."""
        super().stop()
        if self._courier is not None:
            self._courier.stop()
            self._courier = None

    def _app(self) -> ASGIApp:
        policy = self._guarding.policy_of(FHIR)
        app = fhir_app(self.store, policy=policy, base_url=self.url)
        return under("/fhir", logged(self._guarding.guard(FHIR, app, self.url), self._log))

    def holding(self, base_url: str) -> LabSubjects:
        """Return what it holds, asked past every policy."""
        return LabSubjects(lambda: self.store, base_url)

    def close(self) -> None:
        """Stop, and close the store."""
        self.stop()
        if self._store is not None:
            self._store.close()
            self._store = None

    def sound(self) -> bool:
        """Whether the store can be opened."""
        try:
            return bool(self.store.path)
        except LabError as error:
            self._log.write("ERROR", FHIR, "-", error.message)
            return False

    def set_aside(self) -> None:
        """Begin with an empty store; the one that cannot be opened is kept beside it."""
        number = next(n for n in count(1) if not _damaged(self._folder, n).exists())
        aside = _damaged(self._folder, number)
        self._folder.rename(aside)
        self._log.write("WARNING", FHIR, "-", f"begun anew; the old store is kept: {aside.name}")

    def restore(self, folder: Path) -> None:
        """Go back to the ``fhir.sqlite`` in `folder`, while serving."""
        self.store.restore(folder / "fhir.sqlite")

    def put(self, resources: Iterable[dict[str, Any]]) -> None:
        """Store resources under their own ids, those that differ from what is stored."""
        with self.store.transaction():
            for resource in resources:
                before = self.store.read(resource["resourceType"], resource["id"])
                if before is None or before.deleted or bare(before.resource) != bare(resource):
                    self.store.put(resource, self.url)


def _damaged(folder: Path, number: int) -> Path:
    return folder.with_name(f"{folder.name}-damaged-{number}")


def under(prefix: str, app: ASGIApp) -> ASGIApp:
    """Serve `app` below a path; the path itself, without a slash, is its base URL too."""

    async def below(scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"] + ("/" if scope["path"] == prefix else "")
        if path.startswith(f"{prefix}/"):
            await app({**scope, "path": path, "root_path": prefix}, receive, send)
        else:
            outside = PlainTextResponse(f"the FHIR server is at {prefix}", status_code=404)
            await outside(scope, receive, send)

    return below


def logged(app: ASGIApp, log: EventLog) -> ASGIApp:
    """Write a line for each request: method, path, names of the parameters, status.

    Values of parameters stay out: ``Patient?family=`` tells what was asked, not about whom.
    """

    async def logged(scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                _note(log, scope, message["status"])
            await send(message)

        health = headers.get(b"user-agent") == HEALTH_AE.encode("ascii")
        await app(scope, receive, send if health else noting)

    return logged


def _note(log: EventLog, scope: Scope, status: int) -> None:
    pairs = parse_qsl(scope["query_string"].decode("utf-8", "replace"), keep_blank_values=True)
    query = "&".join(f"{name}=…" for name, _ in pairs)
    path = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/")
    asked = f"{scope['method']} {path}{'?' if query else ''}{query}"
    log.write("INFO" if status < 400 else "WARNING", FHIR, "-", f"{asked} -> {status}")


def bare(resource: dict[str, Any]) -> dict[str, Any]:
    """Leave out what the store adds itself."""
    return {key: value for key, value in resource.items() if key != "meta"}
