"""A hospital in one process: authorization server, FHIR server and DICOMweb, and their clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc.jwk import Key
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from labkit.access import StoredSubjects
from labkit.access.oauth import (
    AuthorizationServer,
    Client,
    Guard,
    SmartClient,
    TokenPolicy,
    User,
    Verifier,
    auth_app,
    new_key,
    public_jwks,
)
from labkit.dicomweb import ArchiveSource, dicomweb_app
from labkit.fhir import FhirStore, fhir_app
from labkit.pacs import Archive
from tests.access.oauth.cases import RESOURCES, STUDIES, instance_of

BASE = "http://127.0.0.1:8765"
ISSUER, FHIR, WEB, OTHER = f"{BASE}/auth", f"{BASE}/fhir", f"{BASE}/dicom-web", f"{BASE}/other"
BACK = "http://127.0.0.1:9999/callback"
ALL = "patient/*.cruds user/*.cruds launch/patient offline_access online_access"


@dataclass
class Clock:
    now: float = 1_768_500_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class World:
    """What the tests talk to."""

    server: AuthorizationServer
    verifier: Verifier
    transport: httpx.BaseTransport
    http: httpx.Client
    clock: Clock
    key: Key
    folder: Path

    def client(self, client_id: str = "viewer", **more: Any) -> SmartClient:
        return SmartClient(ISSUER, client_id, redirect_uri=BACK, clock=self.clock,
                           transport=self.transport, **more)  # fmt: skip

    def backend(self) -> SmartClient:
        return self.client("backend", key=self.key)

    def token(self, scope: str, patient: str = "", user: str = "chen", aud: str = FHIR) -> str:
        client_id = "viewer" if user else "backend"
        made = self.server.issue(client_id, scope=scope, subject=user, patient=patient, aud=aud)
        return str(made["access_token"])

    def get(self, url: str, token: str = "", **headers: str) -> httpx.Response:
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        return self.http.get(url, headers={**sent, **headers})


def clients(key: Key) -> list[Client]:
    return [
        Client("viewer", "Viewer", scope=ALL, redirect_uris=(BACK,)),
        Client("portal", "Portal <b>", scope="patient/ImagingStudy.rs launch/patient",
               redirect_uris=(BACK, "http://127.0.0.1:9999/other"), secret="s3cret-of-portal"),
        Client("backend", "Backend", scope="system/*.rs", grant_types=("client_credentials",),
               jwks=public_jwks(key), actors=frozenset({"Organization/lakeside"}),
               purpose="HRESCH", purposes=frozenset({"BTG"})),
        Client("pacs", "PACS", secret="s3cret-of-pacs", grant_types=(), introspects=True),
    ]  # fmt: skip


USERS = [
    User("chen", "Dr. Chen", "made-up", "Practitioner/chen", (("p1", "One"), ("p2", "Two"))),
    User("one", "Patient One", "made-up-too", "Patient/p1", (("p1", "One"),)),
]


@pytest.fixture(scope="session")
def client_key() -> Key:
    return new_key("ES384", "client-1")


@pytest.fixture
def make(tmp_path: Path, client_key: Key) -> Iterator[Callable[..., AuthorizationServer]]:
    made: list[AuthorizationServer] = []

    def server(clock: Callable[[], float], **more: Any) -> AuthorizationServer:
        services = {FHIR: [FHIR, WEB], OTHER: [OTHER]}
        given = {"algorithm": "ES384", "services": services, **more}
        one = AuthorizationServer(tmp_path / "auth", issuer=ISSUER, clients=clients(client_key),
                                  users=USERS, clock=clock, **given)  # fmt: skip
        made.append(one)
        return one

    yield server
    for one in made:
        one.close()


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FhirStore, Archive]]:
    folder = tmp_path_factory.mktemp("data")
    store, archive = FhirStore(folder / "fhir.sqlite"), Archive(folder / "archive")
    for resource in RESOURCES:
        store.put(resource, FHIR)
    for uid, patient_id in STUDIES.values():
        file = folder / f"{uid}.dcm"
        instance_of(uid, patient_id).save_as(file, enforce_file_format=True)
        archive.add_file(file)
    yield store, archive
    archive.close()
    store.close()


@pytest.fixture
def world(
    make: Callable[..., AuthorizationServer],
    data: tuple[FhirStore, Archive],
    client_key: Key,
    tmp_path: Path,
) -> Iterator[World]:
    clock = Clock()
    server = make(clock)
    verifier = Verifier(ISSUER, server.jwks, revoked=server.revoked, identity=server.identity,
                        clock=clock)  # fmt: skip
    store, archive = data
    policy = TokenPolicy(StoredSubjects(store, FHIR))
    fhir = fhir_app(store, policy, base_url=FHIR)
    web = dicomweb_app(ArchiveSource(archive), policy, base_url=WEB)
    app = Starlette(
        routes=[
            Mount("/auth", auth_app(server)),
            Mount("/fhir", Guard(fhir, verifier, audience=FHIR, public=["/metadata"],
                                 smart=server.smart_configuration)),
            Mount("/dicom-web", Guard(web, verifier, audience=WEB)),
        ]
    )  # fmt: skip
    with TestClient(app, base_url=BASE, follow_redirects=False) as http:
        yield World(server, verifier, http._transport, http, clock, client_key, tmp_path / "auth")


def uid_of(name: str) -> str:
    return STUDIES[name][0]


__all__ = ["BACK", "BASE", "FHIR", "ISSUER", "OTHER", "USERS", "WEB", "World", "uid_of"]
