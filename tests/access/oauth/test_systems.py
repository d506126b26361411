"""SMART Backend Services: a system proves itself with its key, and with nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from labkit.access.oauth import (
    client_assertion,
    new_key,
    public_jwks,
    sign,
)
from labkit.access.oauth.client import ASSERTION_TYPE
from tests.access.oauth.acts import refused
from tests.access.oauth.conftest import FHIR, ISSUER, OTHER, World


def test_a_system_proves_itself_with_its_key(world: World) -> None:
    tokens = world.backend().credentials("system/ImagingStudy.rs")
    assert tokens["expires_in"] <= 300
    assert "refresh_token" not in tokens
    grant = world.verifier.verify(tokens["access_token"], audience=FHIR)
    assert (grant.subject, grant.purpose) == ("backend", "HRESCH")
    assert grant.actors == {"Organization/lakeside"}
    told = world.backend().credentials("system/*.rs", resource=OTHER)
    assert world.verifier.claims(told["access_token"], audience=OTHER)["aud"] == [OTHER]


@pytest.mark.parametrize(
    ("scope", "error"),
    [("system/*.cruds", "invalid_scope"), ("patient/*.rs", "invalid_scope"),
     ("user/*.rs", "invalid_scope"), ("", "invalid_scope"), ("made-up", "invalid_scope")],
)  # fmt: skip
def test_a_system_gets_only_its_own_scopes(world: World, scope: str, error: str) -> None:
    assert refused(lambda: world.backend().credentials(scope)) == error


def asserted(world: World, assertion: str) -> str:
    form = {"grant_type": "client_credentials", "scope": "system/*.rs",
            "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion}  # fmt: skip
    answer = world.http.post(f"{ISSUER}/token", data=form)
    return str(answer.json().get("error", "ok"))


@pytest.mark.parametrize(
    ("changes", "outcome"),
    [
        ({}, "ok"),
        ({"aud": ISSUER}, "invalid_client"),
        ({"aud": "https://elsewhere.example/token"}, "invalid_client"),
        ({"iss": "viewer"}, "invalid_client"),
        ({"sub": "portal"}, "invalid_client"),
        ({"exp": 1_768_500_301}, "invalid_client"),
        ({"exp": 1_768_500_000}, "invalid_client"),
        ({"exp": "1768500200"}, "invalid_client"),
        ({"exp": float("nan")}, "invalid_client"),
        ({"exp": None}, "invalid_client"),
        ({"nbf": 1_768_500_100}, "invalid_client"),
        ({"jti": None}, "invalid_client"),
        ({"jti": ""}, "invalid_client"),
    ],
)
def test_an_assertion_is_for_us_and_for_now(
    world: World, changes: dict[str, Any], outcome: str
) -> None:
    made = client_assertion("backend", world.key, f"{ISSUER}/token", now=world.clock.now, **changes)
    assert asserted(world, made) == outcome


def test_an_assertion_is_good_once(world: World) -> None:
    made = client_assertion("backend", world.key, f"{ISSUER}/token", now=world.clock.now)
    assert [asserted(world, made), asserted(world, made)] == ["ok", "invalid_client"]


def test_an_assertion_of_another_key_is_refused(world: World) -> None:
    for key in (new_key("ES384", "client-1"), new_key("ES384", "another")):
        made = client_assertion("backend", key, f"{ISSUER}/token", now=world.clock.now)
        assert asserted(world, made) == "invalid_client"
    foreign = new_key("ES384", "mine")
    jwk = public_jwks(foreign)["keys"][0]
    claims = {"iss": "backend", "sub": "backend", "aud": f"{ISSUER}/token", "jti": "x",
              "exp": world.clock.now + 100}  # fmt: skip
    for header in ({"jwk": jwk}, {"jku": "http://127.0.0.1:1/jwks"}, {"kid": ""}):
        made = sign({"typ": "JWT", **header}, claims, foreign)
        assert asserted(world, made) == "invalid_client"


def test_a_public_client_has_no_credentials_grant(world: World) -> None:
    assert refused(lambda: world.client().credentials("system/*.rs")) == "invalid_client"
