"""Tokens and what a server says of them and of itself: RFC 7662, 7009, 7517, 8414, 9068."""

from __future__ import annotations

import time

from labkit.access.oauth import Verifier
from labkit.access.scopes import OTHER
from tests.access.oauth.forging import changed, parts_of, unsigned
from tests.contract.auth.party import Party


def verifier_of(party: Party) -> Verifier:
    target, jwks = party.target, party.jwks()
    return Verifier(target.issuer, lambda: jwks, audience=target.audience, types=target.types,
                    revoked=lambda jti: False, algorithms=target.algorithms)  # fmt: skip


def test_rfc8414_metadata(party: Party) -> None:
    said = party.metadata
    assert said["issuer"] == party.target.issuer
    assert {"authorization_code", "client_credentials", "refresh_token"} <= set(
        said["grant_types_supported"]
    )
    assert "private_key_jwt" in said["token_endpoint_auth_methods_supported"]
    assert {"RS384", "ES384"} <= set(said["token_endpoint_auth_signing_alg_values_supported"])


def test_smart_s256_and_not_plain(party: Party) -> None:
    methods = party.metadata["code_challenge_methods_supported"]
    assert "S256" in methods
    assert "plain" not in methods


def test_rfc7517_public_keys_only(party: Party) -> None:
    keys = party.jwks()["keys"]
    assert keys
    for key in keys:
        assert key["kid"]
        assert key["kty"] in ("RSA", "EC", "OKP")
        assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()


def test_rfc6749_5_1_answers_are_not_kept(party: Party) -> None:
    for answer in (party.credentials(party.assertion()), party.token(grant_type="made-up")):
        assert "no-store" in answer.headers["cache-control"]


def test_rfc6749_5_2_unknown_grant(party: Party) -> None:
    answer = party.token(grant_type="made-up")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_rfc9068_our_guard_takes_its_tokens(party: Party) -> None:
    grant = verifier_of(party).verify(party.login()["access_token"])
    assert grant.client_id == party.target.app["client_id"]
    assert set(party.target.app["scope"].split()) - OTHER <= set(grant.scope.split())


def test_rfc9068_2_1_the_type_is_at_jwt(party: Party) -> None:
    header, _, _ = parts_of(party.login()["access_token"])
    assert header["typ"].lower() in ("at+jwt", "application/at+jwt")


def test_smart_signatures_are_rs384_or_es384(party: Party) -> None:
    header, _, _ = parts_of(party.login()["access_token"])
    assert header["alg"] in ("RS384", "ES384")


def test_rfc7662_2_2_a_living_token(party: Party) -> None:
    said = party.introspect(party.login()["access_token"])
    assert said["active"] is True
    assert said["client_id"] == party.target.app["client_id"]
    assert said["exp"] > time.time()
    assert set(party.target.app["scope"].split()) - OTHER <= set(said["scope"].split())


def test_smart_introspection_tells_the_patient(party: Party) -> None:
    assert party.introspect(party.login()["access_token"])["patient"]


def test_rfc7662_2_2_what_is_no_token_is_not_active(party: Party) -> None:
    token = party.login()["access_token"]
    for wrong in ("made-up", unsigned(token), changed(token, scope="system/*.cruds")):
        assert party.introspect(wrong) == {"active": False}


def test_rfc7662_2_1_nobody_asks_without_proof(party: Party) -> None:
    endpoint = party.metadata["introspection_endpoint"]
    token = party.login()["access_token"]
    answer = party.http.post(endpoint, data={"token": token})
    assert answer.status_code in (400, 401)
    client_id = party.target.resource["client_id"]
    answer = party.http.post(endpoint, data={"token": token}, auth=(client_id, "guessed"))
    assert answer.status_code in (400, 401)


def test_rfc7009_2_a_token_is_given_back(party: Party) -> None:
    tokens = party.login()
    assert party.revoke(tokens["access_token"]).status_code == 200
    assert party.introspect(tokens["access_token"]) == {"active": False}


def test_rfc7009_2_1_a_refresh_token_takes_its_tokens_along(party: Party) -> None:
    tokens = party.login()
    assert party.revoke(tokens["refresh_token"]).status_code == 200
    assert party.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert party.introspect(tokens["access_token"]) == {"active": False}


def test_rfc7009_2_2_an_unknown_token_is_no_error(party: Party) -> None:
    assert party.revoke("made-up").status_code == 200
