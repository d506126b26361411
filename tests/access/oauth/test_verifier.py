"""Tokens that must not be accepted, and the reason that each is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from labkit.access.oauth import TokenError, Verifier, new_key, public_jwks, sign
from tests.access.oauth.conftest import FHIR, ISSUER, OTHER, WEB, World
from tests.access.oauth.forging import changed, confused, parts_of, unsigned

NOW = 1_768_500_000


def why(world: World, token: str, audience: str = FHIR) -> str:
    with pytest.raises(TokenError) as caught:
        world.verifier.verify(token, audience=audience)
    assert caught.value.description.isascii()
    assert caught.value.error == "invalid_token"
    return caught.value.description


def signed(world: World, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """A token of the server's own key, with other claims than it would write."""
    _, claims, _ = parts_of(world.token("user/*.rs"))
    said = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return sign({"typ": "at+jwt", **(header or {})}, said, world.server._keys.current())


def test_a_good_one_says_who_asks(world: World) -> None:
    grant = world.verifier.verify(world.token("patient/*.rs", "p1"), audience=FHIR)
    assert (grant.client_id, grant.subject, grant.scope) == ("viewer", "chen", "patient/*.rs")
    assert (grant.patient, grant.purpose) == ("p1", "TREAT")
    assert grant.actors == {"Practitioner/chen"}
    assert grant.token_id


def test_one_token_is_for_fhir_and_for_pixels_and_for_nothing_else(world: World) -> None:
    token = world.token("user/*.rs")
    assert world.verifier.verify(token, audience=FHIR)
    assert world.verifier.verify(token, audience=WEB)
    assert "aud" in why(world, token, OTHER)
    assert "aud" in why(world, world.token("user/*.rs", aud=OTHER))
    assert "aud" in why(world, token, FHIR + "/")
    with pytest.raises(TokenError, match="own name"):
        world.verifier.verify(token)


def test_a_token_ends(world: World) -> None:
    token = world.token("user/*.rs")
    world.clock.now += 900 + 29
    assert world.verifier.verify(token, audience=FHIR)
    world.clock.now += 2
    assert why(world, token) == "exp: the token has expired"


@pytest.mark.parametrize("alg", ["none", "None", "NONE", ""])
def test_without_a_signature(world: World, alg: str) -> None:
    assert why(world, unsigned(world.token("user/*.rs"), alg))


def test_another_claim_under_the_old_signature(world: World) -> None:
    token = world.token("patient/*.rs", "p1")
    assert "signature" in why(world, changed(token, patient="p2"))
    assert "signature" in why(world, changed(token, scope="system/*.cruds"))
    assert "signature" in why(world, token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB"))


def test_the_public_key_is_no_secret_of_an_hmac(world: World) -> None:
    key = new_key("RS384", "rsa-1")
    assert isinstance(key, RSAKey)
    jwks = public_jwks(key)
    verifier = Verifier(ISSUER, lambda: jwks, audience=FHIR, revoked=lambda jti: False,
                        clock=world.clock)  # fmt: skip
    _, claims, _ = parts_of(world.token("user/*.rs"))
    good = sign({"typ": "at+jwt"}, claims, key)
    assert verifier.verify(good)
    pem, jwk = key.as_pem(private=False), json.dumps(jwks["keys"][0]).encode()
    for secret in (pem, pem.strip(), jwk):
        for alg in ("HS256", "HS384"):
            with pytest.raises(TokenError, match="is not one of RS384, ES384"):
                verifier.verify(confused(good, secret, alg))
    # Even a verifier that was told to take HMAC does not use a public key for it.
    careless = Verifier(ISSUER, lambda: jwks, audience=FHIR, revoked=lambda jti: False,
                        clock=world.clock, algorithms=("RS384", "HS384"))  # fmt: skip
    with pytest.raises(TokenError, match="not the one that this key is for"):
        careless.verify(confused(good, pem))


@pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "x5c"])
def test_a_token_that_brings_its_own_key(world: World, name: str) -> None:
    foreign = new_key("ES384", "mine")
    value: Any = {
        "jku": "http://127.0.0.1:1/jwks", "x5u": "http://127.0.0.1:1/chain",
        "jwk": public_jwks(foreign)["keys"][0], "x5c": ["AAAA"],
    }[name]  # fmt: skip
    _, claims, _ = parts_of(world.token("user/*.rs"))
    # With a key of its own, and (the check comes first) with the server's.
    for header, key in (({}, foreign), ({}, world.server._keys.current())):
        token = sign({"typ": "at+jwt", name: value, **header}, claims, key)
        assert "does not say what checks it" in why(world, token)


def test_a_key_that_is_not_published(world: World) -> None:
    _, claims, _ = parts_of(world.token("user/*.rs"))
    foreign = new_key("ES384", "mine")
    assert "kid" in why(world, sign({"typ": "at+jwt"}, claims, foreign))
    kid = world.server.jwks()["keys"][0]["kid"]
    assert "signature" in why(world, sign({"typ": "at+jwt", "kid": kid}, claims, foreign))


def test_a_token_of_another_kind(world: World) -> None:
    for typ in ("JWT", "jwt", "logout+jwt", ""):
        assert "typ" in why(world, signed(world, {"typ": typ}))
    assert world.verifier.verify(signed(world, {"typ": "application/AT+JWT"}), audience=FHIR)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"iss": "http://127.0.0.1:8765/auth/"}, "iss"),
        ({"iss": "https://elsewhere.example"}, "iss"),
        ({"aud": []}, "aud"),
        ({"aud": {"x": FHIR}}, "aud"),
        ({"nbf": NOW + 60}, "nbf"),
        ({"iat": NOW + 60}, "iat"),
        ({"exp": "1768500900"}, "exp"),
        ({"exp": float("nan")}, "exp"),
        ({"exp": NOW - 31}, "exp"),
        ({"sub": 7}, "sub"),
        ({"scope": ["user/*.rs"]}, "scope"),
        ({"scope": "user/*.sr"}, "scope"),
        ({"patient": 7}, "patient"),
        ({"jti": "made-up"}, "jti"),
        *(({name: None}, f"missing ({name})") for name in
          ("iss", "sub", "aud", "exp", "iat", "jti", "client_id", "scope")),
    ],
)  # fmt: skip
def test_a_claim_that_is_not_as_it_should_be(
    world: World, changes: dict[str, Any], said: str
) -> None:
    assert said in why(world, signed(world, **changes))


def test_a_token_without_data_gives_nothing(world: World) -> None:
    with pytest.raises(TokenError) as caught:
        world.verifier.verify(signed(world, scope="openid offline_access"), audience=FHIR)
    assert caught.value.error == "insufficient_scope"


@pytest.mark.parametrize(
    "text", ["", "x", "a.b", "a.b.c", "a.b.c.d.e", "." * 40, "é.é.é", "A" * 9000, "e30.e30."]
)
def test_what_is_no_token(world: World, text: str) -> None:
    assert why(world, text)


def test_the_reason_tells_nothing_of_the_token(world: World) -> None:
    token = signed(world, scope="secret-of-somebody", patient="thistlewick")
    assert "thistlewick" not in why(world, token)
    assert "secret" not in why(world, token)
