"""Keycloak with the lab's realm gives SMART's tokens, and refuses what it should.

``LABKIT_AUTH_URL`` names the realm (``http://127.0.0.1:8180/realms/labkit``); ``GATEWAY_SECRET``
and ``PATIENT_PASSWORD`` are what the container was started with, ``BACKEND_KEY`` the private key
(PEM) that its ``BACKEND_PUBLIC_KEY`` belongs to.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import re
import secrets
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.containers.realm_party import key_id

URL = os.environ.get("LABKIT_AUTH_URL", "").rstrip("/")
pytestmark = pytest.mark.skipif(not URL, reason="LABKIT_AUTH_URL names no realm")
REDIRECT = "http://127.0.0.1/callback"


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(timeout=60, trust_env=False) as http:
        yield http


@pytest.fixture
def about(http: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = http.get(f"{URL}/.well-known/openid-configuration").json()
    return found


def gateway(http: httpx.Client, about: dict[str, Any], scope: str) -> httpx.Response:
    return http.post(
        about["token_endpoint"],
        data={"grant_type": "client_credentials", "scope": scope},
        auth=("gateway", os.environ["GATEWAY_SECRET"]),
    )


def padded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def claims(http: httpx.Client, about: dict[str, Any], token: str) -> dict[str, Any]:
    """Return what a token says, its signature verified with the realm's public key."""
    from cryptography.hazmat.primitives.asymmetric import padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA384

    head, body, signature = token.split(".")
    header = json.loads(padded(head))
    assert (header["alg"], header["typ"]) == ("RS384", "at+jwt")
    keys = {key["kid"]: key for key in http.get(about["jwks_uri"]).json()["keys"]}
    key = keys[header["kid"]]
    n, e = (int.from_bytes(padded(key[name]), "big") for name in ("n", "e"))
    public = rsa.RSAPublicNumbers(e, n).public_key()
    public.verify(padded(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), SHA384())
    said: dict[str, Any] = json.loads(padded(body))
    assert said["iss"] == about["issuer"]
    return said


def log_in(http: httpx.Client, about: dict[str, Any], **asked: str) -> dict[str, str]:
    """Do what a browser and a person do; return what the app is told at its redirect address."""
    request = {"response_type": "code", "client_id": "viewer", "redirect_uri": REDIRECT, **asked}
    page = http.get(about["authorization_endpoint"], params=request)
    if page.status_code == 302:
        answer = page
    else:
        form = re.search(r'action="([^"]+)"', page.text)
        assert form is not None, page.text[:500]
        person = {"username": "kumorizora", "password": os.environ["PATIENT_PASSWORD"]}
        # Its cookies are Secure; a browser sends them over HTTP to its own machine, httpx does not.
        cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in page.cookies.jar)
        answer = http.post(html.unescape(form[1]), data=person, headers={"Cookie": cookies})
    assert answer.status_code == 302, answer.text[:500]
    location = answer.headers["location"]
    assert location.startswith(REDIRECT)
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def test_scopes_and_pkce_are_announced(about: dict[str, Any]) -> None:
    assert {"patient/ImagingStudy.rs", "patient/ImagingStudy.read"} <= set(
        about["scopes_supported"]
    )
    assert "S256" in about["code_challenge_methods_supported"]


@pytest.mark.parametrize("right", ["read", "rs"])
def test_a_service_gets_what_it_asks_for_and_no_more(
    http: httpx.Client, about: dict[str, Any], right: str
) -> None:
    scope = f"system/ImagingStudy.{right}"
    answer = gateway(http, about, scope)
    assert answer.status_code == 200, answer.text
    said = claims(http, about, answer.json()["access_token"])
    assert said["scope"].split() == [scope]
    assert said["azp"] == said["client_id"] == "gateway" and said["jti"] and said["sub"]
    # FHIR, DICOMweb, and the gateway, which may introspect it; nobody else
    assert sorted(url.rpartition("/")[2] for url in said["aud"]) == ["dicom-web", "fhir", "gateway"]
    assert 0 < said["exp"] - said["iat"] <= 300


@pytest.mark.parametrize(
    "scope", ["nonsense", "system/ImagingStudy.cruds", "patient/ImagingStudy.rs", "system/*.rs"]
)
def test_a_scope_that_is_not_offered_is_refused(
    http: httpx.Client, about: dict[str, Any], scope: str
) -> None:
    answer = gateway(http, about, scope)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")


def signed(claims: dict[str, Any], key: str = "") -> str:
    """Return a client's assertion (RFC 7523), signed with a private key in PEM."""
    from joserfc import jwt
    from joserfc.jwk import RSAKey

    private = RSAKey.import_key(key or os.environ["BACKEND_KEY"])
    kid = key_id(os.environ["BACKEND_KEY"])
    return jwt.encode({"alg": "RS384", "typ": "JWT", "kid": kid}, claims, private, ["RS384"])


def assertion(about: dict[str, Any], **other: Any) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": "backend", "sub": "backend", "aud": about["issuer"], "iat": now,
        "exp": now + 120, "jti": secrets.token_urlsafe(), **other,
    }  # fmt: skip


def backend(http: httpx.Client, about: dict[str, Any], signature: str) -> httpx.Response:
    request = {
        "grant_type": "client_credentials", "scope": "system/ImagingStudy.rs",
        "client_id": "backend", "client_assertion": signature,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }  # fmt: skip
    return http.post(about["token_endpoint"], data=request)


with_key = pytest.mark.skipif(not os.environ.get("BACKEND_KEY"), reason="BACKEND_KEY has no key")


@with_key
def test_a_service_shows_who_it_is_by_its_key(http: httpx.Client, about: dict[str, Any]) -> None:
    once = signed(assertion(about))
    answer = backend(http, about, once)
    assert answer.status_code == 200, answer.text
    said = claims(http, about, answer.json()["access_token"])
    assert said["client_id"] == "backend" and said["scope"] == "system/ImagingStudy.rs"
    again = backend(http, about, once)
    assert again.status_code in (400, 401), "an assertion works once"


@with_key
@pytest.mark.parametrize(
    "what", ["another key", "expired", "another server", "another client", "none"]
)
def test_an_assertion_that_proves_nothing_is_refused(
    http: httpx.Client, about: dict[str, Any], what: str
) -> None:
    from joserfc.jwk import RSAKey

    now = int(time.time())
    other = RSAKey.generate_key(2048).as_pem(private=True).decode()
    signature = {
        "another key": lambda: signed(assertion(about), other),
        "expired": lambda: signed(assertion(about, iat=now - 900, exp=now - 600)),
        "another server": lambda: signed(assertion(about, aud="https://else.example.org")),
        "another client": lambda: signed(assertion(about, iss="gateway", sub="gateway")),
        "none": lambda: unsigned(assertion(about)),
    }[what]()
    answer = backend(http, about, signature)
    assert answer.status_code in (400, 401), answer.text
    assert "access_token" not in answer.json()


def unsigned(said: dict[str, Any]) -> str:
    parts = ({"alg": "none", "typ": "JWT"}, said)
    coded = (base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts)
    return ".".join([*coded, ""])


def test_a_wrong_secret_is_refused(http: httpx.Client, about: dict[str, Any]) -> None:
    request = {"grant_type": "client_credentials", "scope": "system/Patient.rs"}
    answer = http.post(about["token_endpoint"], data=request, auth=("gateway", "wrong"))
    assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized_client")


def test_a_patient_logs_in_with_pkce(http: httpx.Client, about: dict[str, Any]) -> None:
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    told = log_in(
        http, about, scope="openid launch/patient fhirUser patient/ImagingStudy.rs", state="s-1",
        code_challenge=challenge, code_challenge_method="S256",
    )  # fmt: skip
    assert told["state"] == "s-1"
    request = {
        "grant_type": "authorization_code", "client_id": "viewer", "code": told["code"],
        "redirect_uri": REDIRECT, "code_verifier": verifier,
    }  # fmt: skip
    answer = http.post(about["token_endpoint"], data=request)
    assert answer.status_code == 200, answer.text
    said = claims(http, about, answer.json()["access_token"])
    assert said["patient"] == "kumorizora" and said["fhirUser"] == "Patient/kumorizora"
    assert "patient/ImagingStudy.rs" in said["scope"].split()
    # SMART 2.2 app-launch.html wants it beside the token too; Keycloak has no mapper for that
    assert "patient" not in answer.json()
    again = http.post(about["token_endpoint"], data=request)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant"), "a code works once"


def test_a_refresh_token_works_once(http: httpx.Client, about: dict[str, Any]) -> None:
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    told = log_in(
        http, about, scope="launch/patient patient/ImagingStudy.rs",
        code_challenge=base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
        code_challenge_method="S256",
    )  # fmt: skip
    request = {
        "grant_type": "authorization_code", "client_id": "viewer", "code": told["code"],
        "redirect_uri": REDIRECT, "code_verifier": verifier,
    }  # fmt: skip
    first = http.post(about["token_endpoint"], data=request).json()
    renew = {
        "grant_type": "refresh_token", "client_id": "viewer",
        "refresh_token": first["refresh_token"],
    }  # fmt: skip
    second = http.post(about["token_endpoint"], data=renew)
    assert second.status_code == 200, second.text
    again = http.post(about["token_endpoint"], data=renew)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_no_code_without_pkce(http: httpx.Client, about: dict[str, Any]) -> None:
    assert log_in(http, about, scope="patient/ImagingStudy.rs")["error"] == "invalid_request"


def test_no_code_goes_to_another_address(http: httpx.Client, about: dict[str, Any]) -> None:
    request = {"response_type": "code", "client_id": "viewer", "scope": "openid"}
    elsewhere = {**request, "redirect_uri": "https://elsewhere.example.org/"}
    answer = http.get(about["authorization_endpoint"], params=elsewhere)
    assert answer.status_code == 400 and "redirect_uri" in answer.text
