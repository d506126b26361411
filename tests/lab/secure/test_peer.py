"""A server that is known by its name alone, and the metadata that it has to have for that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse

from labkit.common.errors import LabError
from labkit.common.serving import HttpService
from labkit.lab.containers import secrets
from labkit.lab.secure.facets import SecureLab
from labkit.lab.secure.facets.peer import PeerServer, keycloak
from labkit.lab.workspace import Workspace


def test_the_labs_own_server_is_met_as_a_stranger(secure_lab: SecureLab) -> None:
    peer = secure_lab.auth.peer()
    assert (peer.product, peer.issuer) == ("labkit", secure_lab.auth.issuer)
    assert peer.metadata()["token_endpoint"].startswith(peer.issuer)
    assert peer.jwks() == secure_lab.auth.jwks()
    assert peer.signing_key.as_dict(private=True)["d"] == peer.key["d"]
    assert str(peer.key["d"]) not in repr(peer)


def test_its_metadata_are_where_rfc8414_has_them(secure_lab: SecureLab) -> None:
    host, _, path = secure_lab.auth.issuer.partition("//")[2].partition("/")
    where = f"http://{host}/.well-known/oauth-authorization-server"
    found = httpx.get(f"{where}/{path}", trust_env=False)
    assert found.json()["issuer"] == secure_lab.auth.issuer
    assert httpx.get(f"{where}/other", trust_env=False).status_code == 404


def test_one_who_says_that_it_is_another_is_not_followed() -> None:
    service = HttpService("other")
    issuer = f"http://127.0.0.1:{service.bind()}/tenant"
    said: dict[str, Any] = {"issuer": issuer}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await JSONResponse(said)(scope, receive, send)

    service.start(app)
    peer = PeerServer("other", issuer, "backend", {})
    try:
        assert peer.metadata() == said
        said = {"issuer": f"{issuer}/2"}
        with pytest.raises(LabError, match="does not say that it is the issuer"):
            peer.metadata()
    finally:
        service.stop()
    with pytest.raises(LabError, match="does not say"):
        peer.metadata()


def test_keycloak_is_the_peer_where_the_lab_has_it(tmp_path: Any) -> None:
    workspace = Workspace(tmp_path)
    assert keycloak(workspace) is None
    workspace.guarded.mkdir()
    drawn = secrets.draw("172.28.78.1", "172.28.78.0/24")
    secrets.write(workspace.product_secrets, drawn)
    found = keycloak(workspace)
    assert found is not None and found.product == "Keycloak"
    assert found.issuer == f"http://127.0.0.1:{drawn.ports['AUTH']}/realms/labkit"
    assert found.signing_key.kid == drawn.system["kid"]
    assert {"GATEWAY_SECRET", "BACKEND_PUBLIC_KEY"} <= set(drawn.environment)
    assert str(drawn.system["d"]) not in str(drawn.environment), "the private half stays here"
    assert keycloak(workspace) == replace(found)
