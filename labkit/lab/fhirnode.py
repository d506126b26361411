"""The FHIR server as a part of the lab: started, stopped and put back like a node."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount

from labkit.common.access import ALLOW_ALL, AccessPolicy
from labkit.common.errors import LabError
from labkit.fhir import FhirStore, fhir_app
from labkit.lab.http import HOST, HttpService


class FhirNode:
    """One FHIR R4 server and its store.

    Parameters
    ----------
    folder
        Holds ``fhir.sqlite``.
    policy
        Asked for every interaction; the lab is open unless told otherwise.
    """

    def __init__(self, folder: Path, *, policy: AccessPolicy = ALLOW_ALL) -> None:
        self._folder = folder
        self._policy = policy
        self._service = HttpService("fhir")
        self._store: FhirStore | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://{HOST}:{self._port}/fhir"

    @property
    def running(self) -> bool:
        """Whether it answers now."""
        return self._service.running

    @property
    def store(self) -> FhirStore:
        """Its store; opened when first asked for, and usable while the server is stopped."""
        if self._store is None:
            self._store = FhirStore(self._folder / "fhir.sqlite")
        return self._store

    def start(self, port: int = 0) -> int:
        """Serve, at `port` where it is free; return the port."""
        self._port = self._service.bind(port or self._port)
        app = fhir_app(self.store, policy=self._policy, base_url=self.url)
        self._service.start(Starlette(routes=[Mount("/fhir", app=app)]))
        return self._port

    def stop(self) -> None:
        """Stop answering; the resources stay."""
        self._service.stop()

    def close(self) -> None:
        """Stop, and close the store."""
        self.stop()
        if self._store is not None:
            self._store.close()
            self._store = None

    def snapshot(self, folder: Path) -> None:
        """Write every resource and version to a new folder."""
        folder.mkdir(parents=True)
        self.store.backup(folder / "fhir.sqlite")

    def restore(self, folder: Path) -> None:
        """Go back to what `snapshot` wrote, while serving."""
        if not (folder / "fhir.sqlite").is_file():
            raise LabError(
                "There is no first state of the FHIR server to go back to.",
                remedy="Run `labkit down`, delete the workspace and run `labkit up`.",
            )
        self.store.restore(folder / "fhir.sqlite")

    def put(self, resources: Iterable[dict[str, Any]]) -> None:
        """Store resources under their own ids, those that differ from what is stored."""
        with self.store.transaction():
            for resource in resources:
                before = self.store.read(resource["resourceType"], resource["id"])
                if before is None or before.deleted or _bare(before.resource) != _bare(resource):
                    self.store.put(resource, self.url)


def _bare(resource: dict[str, Any]) -> dict[str, Any]:
    """Leave out what the store adds itself."""
    return {key: value for key, value in resource.items() if key != "meta"}
