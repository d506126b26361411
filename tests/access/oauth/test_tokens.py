"""Tokens after they were given out: asked about, given back; keys and the folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from joserfc.jwk import Key

from labkit.access.oauth import (
    AuthorizationServer,
)
from labkit.access.oauth.core import Asked
from labkit.common.errors import DataError, UsageError
from tests.access.oauth.acts import SCOPE, login, refused
from tests.access.oauth.conftest import FHIR, ISSUER, Clock, World

# -- asking about tokens, giving them back --


def test_introspection_tells_a_resource_server_the_patient(world: World) -> None:
    tokens, pacs = login(world), world.client("pacs", secret="s3cret-of-pacs")
    said = pacs.introspect(tokens["access_token"])
    assert said["active"] is True
    assert (said["patient"], said["client_id"], said["scope"]) == ("p2", "viewer", SCOPE)
    assert said["exp"] == int(world.clock.now) + 900
    world.clock.now += 901
    assert pacs.introspect(tokens["access_token"]) == {"active": False}
    assert pacs.introspect(tokens["refresh_token"])["active"] is True
    assert pacs.introspect("made-up") == {"active": False}


def test_who_may_ask_about_a_token(world: World) -> None:
    tokens = login(world)
    assert refused(lambda: world.client().introspect(tokens["access_token"])) == "invalid_client"
    portal = world.client("portal", secret="s3cret-of-portal")
    assert portal.introspect(tokens["access_token"]) == {"active": False}


def test_what_is_given_back_is_over_at_once(world: World) -> None:
    tokens = login(world)
    assert world.get(f"{FHIR}/Patient/p2", tokens["access_token"]).status_code == 200
    world.client().revoke(tokens["access_token"])
    assert world.get(f"{FHIR}/Patient/p2", tokens["access_token"]).status_code == 401
    renewed = world.client().refresh(tokens["refresh_token"])
    assert world.get(f"{FHIR}/Patient/p2", renewed["access_token"]).status_code == 200
    world.client().revoke(renewed["refresh_token"])
    assert world.get(f"{FHIR}/Patient/p2", renewed["access_token"]).status_code == 401
    world.client().revoke("made-up")  # RFC 7009 2.2: not an error


def test_only_its_client_gives_a_token_back(world: World) -> None:
    tokens = login(world)
    portal = world.client("portal", secret="s3cret-of-portal")
    assert refused(lambda: portal.revoke(tokens["access_token"])) == "invalid_grant"
    assert world.verifier.verify(tokens["access_token"], audience=FHIR)


# -- keys and the folder --


def test_tokens_outlive_a_rotation_and_no_longer(world: World) -> None:
    before = world.token("user/*.rs")
    old = world.server.jwks()["keys"][0]["kid"]
    new = world.server.rotate()
    assert [key["kid"] for key in world.server.jwks()["keys"]] == [new, old]
    after = world.token("user/*.rs")
    assert world.verifier.verify(before, audience=FHIR)
    assert world.verifier.verify(after, audience=FHIR)
    world.clock.now += 1000
    assert [key["kid"] for key in world.server.jwks()["keys"]] == [new]


def test_nothing_secret_is_published(world: World) -> None:
    for path in ("/jwks", "/.well-known/oauth-authorization-server"):
        text = world.get(ISSUER + path).text
        assert '"d"' not in text
    assert world.get(ISSUER + "/jwks").json()["keys"][0]["use"] == "sig"


def test_the_folder_outlives_the_server(
    world: World, make: Callable[..., AuthorizationServer]
) -> None:
    tokens, jwks = login(world), world.server.jwks()
    world.server.close()
    again = make(world.clock)
    assert again.jwks() == jwks
    form = (("grant_type", "refresh_token"), ("client_id", "viewer"))
    for token, status in ((tokens["refresh_token"], 200), (tokens["refresh_token"], 400)):
        asked = Asked("POST", f"{ISSUER}/token", {}, (*form, ("refresh_token", token)))
        assert again.token(asked).status == status


def test_files_are_their_owners_and_hold_no_token(world: World) -> None:
    tokens = login(world)
    for path in world.folder.iterdir():
        assert path.stat().st_mode & 0o077 == 0, path.name
        content = path.read_bytes()
        assert tokens["refresh_token"].encode() not in content
        assert tokens["access_token"].split(".")[2].encode() not in content


def test_keys_that_cannot_be_read_are_not_replaced(
    tmp_path: Path, make: Callable[..., AuthorizationServer]
) -> None:
    (tmp_path / "auth").mkdir()
    (tmp_path / "auth" / "keys.json").write_text("{")
    with pytest.raises(DataError):
        make(Clock())
    assert (tmp_path / "auth" / "keys.json").read_text() == "{"


# -- in the process --


def test_the_lab_may_issue_what_a_login_would_have(world: World, client_key: Key) -> None:
    issue = world.server.issue
    made = issue("backend", scope="system/*.rs", purpose="BTG", reason="no pulse")
    assert world.verifier.verify(made["access_token"], audience=FHIR).purpose == "BTG"
    for wrong in (
        {"client_id": "backend", "scope": "system/*.cruds"},
        {"client_id": "backend", "scope": "system/*.rs", "purpose": "TREAT"},
        {"client_id": "viewer", "scope": "patient/*.rs", "subject": "chen", "patient": "p3"},
        {"client_id": "viewer", "scope": "patient/*.rs", "subject": "chen"},
        {"client_id": "viewer", "scope": "user/*.rs"},
        {"client_id": "viewer", "scope": "user/*.rs", "subject": "nobody"},
        {"client_id": "nobody", "scope": "user/*.rs", "subject": "chen"},
        {"client_id": "viewer", "scope": "user/*.rs", "subject": "chen", "aud": "http://x"},
    ):
        with pytest.raises(UsageError):
            issue(**wrong)
