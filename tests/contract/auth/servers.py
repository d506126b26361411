"""The authorization server that the suite is aimed at: the embedded one, or yours.

Yours is described by a TOML file that ``LABKIT_AUTH`` names::

    product = "Keycloak"
    version = "26.0"
    issuer = "http://127.0.0.1:8080/realms/lab"
    audience = "http://127.0.0.1:8080/fhir"      # in aud of its access tokens
    types = ["jwt"]                              # typ of its access tokens; at+jwt if left out
    algorithms = ["RS256"]                       # RS384 and ES384 if left out

    [app]                                        # public, PKCE, may refresh
    client_id = "viewer"
    redirect_uri = "http://127.0.0.1:9999/callback"
    scope = "patient/ImagingStudy.rs offline_access"
    wider = "patient/*.cruds"                    # what it may not have
    user = "chen"
    password = "…"

    [system]                                     # private_key_jwt
    client_id = "backend"
    scope = "system/ImagingStudy.rs"
    wider = "system/*.cruds"
    jwk = '''{"kty": …}'''                       # its private key, with kid and alg

    [resource]                                   # may introspect, with a secret
    client_id = "pacs"
    secret = "…"
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
from joserfc.jwk import ECKey, Key, RSAKey
from starlette.applications import Starlette
from starlette.routing import Mount

from labkit.access.oauth import (
    AuthorizationServer,
    Client,
    User,
    auth_app,
    new_key,
    public_jwks,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

VARIABLE = "LABKIT_AUTH"
BACK = "http://127.0.0.1:9999/callback"


@dataclass(frozen=True)
class Target:
    """One authorization server, and who is registered there."""

    product: str
    version: str
    issuer: str
    audience: str
    app: dict[str, str]
    system: dict[str, str]
    resource: dict[str, str]
    key: Key
    types: tuple[str, ...] = ("at+jwt",)
    algorithms: tuple[str, ...] = ("RS384", "ES384")


@contextmanager
def embedded(folder: Path) -> Iterator[Target]:
    """Our own server, in this process."""
    config = uvicorn.Config(Starlette(), port=0, log_config=None, lifespan="off")
    listener = config.bind_socket()
    listener.listen()  # nobody is refused before the server has started
    base = f"http://127.0.0.1:{listener.getsockname()[1]}"
    key = new_key("ES384", "suite-1")
    app = {"client_id": "viewer", "redirect_uri": BACK, "wider": "patient/*.cruds",
           "scope": "patient/ImagingStudy.rs offline_access", "user": "chen",
           "password": "made-up"}  # fmt: skip
    system = {"client_id": "backend", "scope": "system/ImagingStudy.rs", "wider": "system/*.cruds"}
    resource = {"client_id": "pacs", "secret": "made-up-too"}
    server = AuthorizationServer(
        folder / "auth",
        issuer=f"{base}/auth",
        clients=[
            Client("viewer", "Viewer", scope=app["scope"], redirect_uris=(BACK,)),
            Client("backend", "Backend", scope=system["scope"], jwks=public_jwks(key),
                   grant_types=("client_credentials",)),
            Client("pacs", "PACS", secret=resource["secret"], grant_types=(), introspects=True),
        ],
        users=[User("chen", "Dr. Chen", "made-up", patients=(("p1", "One"),))],
        services={f"{base}/fhir": [f"{base}/fhir"]},
    )  # fmt: skip
    config.app = Starlette(routes=[Mount("/auth", auth_app(server))])
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield Target("embedded", "", server.issuer, f"{base}/fhir", app, system, resource, key)
    finally:
        running.should_exit = True
        thread.join(10)
        server.close()


@contextmanager
def yours(folder: Path) -> Iterator[Target]:
    """The server that the variable names."""
    said: dict[str, Any] = tomllib.loads(Path(os.environ[VARIABLE]).read_text("utf-8"))
    jwk = json.loads(said["system"].pop("jwk"))
    key: Key = RSAKey.import_key(jwk) if jwk["kty"] == "RSA" else ECKey.import_key(jwk)
    more = {name: tuple(said[name]) for name in ("types", "algorithms") if name in said}
    yield Target(said["product"], said["version"], said["issuer"].rstrip("/"), said["audience"],
                 said["app"], said["system"], said["resource"], key, **more)  # fmt: skip


SERVERS = {"embedded": embedded, "yours": yours}
