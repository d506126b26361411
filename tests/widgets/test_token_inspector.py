"""TokenInspector: it says what the guard says, shows what is wrong, and keeps nothing usable."""

from __future__ import annotations

import json
from typing import Any

import pytest

from labkit import TokenInspector
from labkit.access.oauth import new_key, public_jwks, sign
from labkit.common.errors import DataError
from tests.access.oauth.forging import changed, unsigned

NOW = 1_768_500_000.0
ISSUER, FHIR = "http://127.0.0.1:5001/auth", "http://127.0.0.1:5002/fhir"
KEY = new_key("ES384", "k1")
CLAIMS = {
    "iss": ISSUER, "sub": "chen", "aud": [FHIR], "client_id": "viewer", "patient": "p1",
    "scope": "launch/patient patient/ImagingStudy.rs?modality=CT", "jti": "j-1",
    "iat": int(NOW) - 60, "exp": int(NOW) + 840,
}  # fmt: skip


def token(header: dict[str, Any] | None = None, **changes: Any) -> str:
    claims = {name: v for name, v in {**CLAIMS, **changes}.items() if v is not None}
    return sign({"typ": "at+jwt", **(header or {})}, claims, KEY)


def inspect(text: str, **changes: Any) -> TokenInspector:
    given = {"jwks": public_jwks(KEY), "issuer": ISSUER, "audience": FHIR, "clock": lambda: NOW}
    return TokenInspector(text, **{**given, **changes})


def test_a_good_token() -> None:
    seen = inspect(token())
    assert (seen.verdict, seen.problems) == ("accepted", [])
    assert seen.scopes == [
        "launch/patient: be told which patient is in context",
        "patient/ImagingStudy.rs?modality=CT: read and search ImagingStudy of the one patient, "
        "only where modality = CT",
    ]
    assert seen._shown["left"] == "14 min"
    assert repr(seen) == "TokenInspector(accepted)"


@pytest.mark.parametrize(
    ("text", "problems", "said"),
    [
        (token(exp=int(NOW) - 60), ["exp"], "expired"),
        (token(aud=["http://127.0.0.1:5002/other"]), ["aud"], "aud"),
        (token(iss="http://127.0.0.1:5001/other"), ["iss"], "iss"),
        (token({"typ": "JWT"}), ["typ"], "typ"),
        (token(scope="patient/ImagingStudy.sr"), ["scope"], "scope"),
        (token(jti=None), ["jti"], "jti"),
        (token(nbf=int(NOW) + 600), ["nbf"], "nbf"),
        (changed(token(), patient="p2"), ["signature"], "signature"),
        (unsigned(token()), ["alg", "signature"], "alg"),
    ],
)
def test_what_is_wrong_is_shown_as_the_guard_says_it(
    text: str, problems: list[str], said: str
) -> None:
    seen = inspect(text)
    assert seen.problems == problems
    assert seen.verdict.startswith("refused: ")
    assert said in seen.verdict


def test_a_revoked_token() -> None:
    seen = inspect(token(), revoked=lambda jti: jti == "j-1")
    assert seen.problems == ["jti"]
    assert "revoked" in seen.verdict


def test_without_keys_nothing_is_accepted() -> None:
    seen = inspect(token(), jwks=None)
    assert seen.verdict == "not decided: issuer, audience and jwks are needed"
    assert seen.problems == []


def test_nothing_usable_is_shown_or_saved() -> None:
    text = token()
    seen = inspect({"access_token": text, "refresh_token": "r" * 48})
    kept = json.dumps([seen.get_state(), seen._repr_mimebundle_()], default=str)
    kept += repr(vars(seen)) + repr(seen._trait_values)
    for secret in (*text.split("."), "r" * 48):
        assert secret not in kept


def test_what_is_stored_is_the_same_each_time() -> None:
    first = inspect(token())
    ports = {"iss": "http://127.0.0.1:6001/auth", "aud": ["http://127.0.0.1:6002/fhir"]}
    later = inspect(
        token(**ports, jti="j-2", iat=int(NOW) + 3, exp=int(NOW) + 903),
        issuer=ports["iss"], audience=ports["aud"][0],
    )  # fmt: skip
    assert first.fallback() == later.fallback()
    assert first.digest == later.digest
    html = str(first.fallback()["text/html"])
    assert "127.0.0.1" not in html
    assert "15 min after iat" in html


@pytest.mark.parametrize("text", ["", "opaque", "a.b.c", "e30.e30", "W10.W10.x"])
def test_what_is_no_token_is_told(text: str) -> None:
    with pytest.raises(DataError, match="no signed JWT"):
        inspect(text)
