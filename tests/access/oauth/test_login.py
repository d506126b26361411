"""A user logs in, decides, and is away: codes, PKCE, refreshing; and each way to cheat."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from labkit.access.oauth import (
    pkce,
)
from tests.access.oauth.acts import SCOPE, login, refused
from tests.access.oauth.conftest import BACK, FHIR, ISSUER, World

# -- a user logs in --


def test_a_user_logs_in_and_chooses_a_patient(world: World) -> None:
    tokens = login(world)
    assert tokens["scope"] == SCOPE
    assert tokens["patient"] == "p2"
    assert tokens["refresh_token"]
    claims = world.verifier.claims(tokens["access_token"], audience=FHIR)
    assert (claims["sub"], claims["client_id"], claims["patient"]) == ("chen", "viewer", "p2")
    assert claims["fhirUser"] == "Practitioner/chen"
    assert claims["exp"] - claims["iat"] == tokens["expires_in"] == 900


def test_a_confidential_client_needs_its_secret(world: World) -> None:
    scope = "patient/ImagingStudy.rs"
    assert login(world, scope, client_id="portal", secret="s3cret-of-portal")["access_token"]
    assert refused(lambda: login(world, scope, client_id="portal")) == "invalid_client"
    assert refused(lambda: login(world, scope, client_id="portal", secret="x")) == "invalid_client"


def test_what_the_client_may_not_have_is_left_out(world: World) -> None:
    asked = "patient/ImagingStudy.rs patient/Observation.rs"
    tokens = login(world, asked, client_id="portal", secret="s3cret-of-portal")
    assert tokens["scope"] == "patient/ImagingStudy.rs"
    assert "refresh_token" not in tokens  # nothing asked to be refreshed


def request_of(challenge: str, **changes: str | None) -> str:
    sent: dict[str, str | None] = {
        "response_type": "code", "client_id": "viewer", "redirect_uri": BACK, "scope": SCOPE,
        "state": "s1", "aud": FHIR, "code_challenge": challenge, "code_challenge_method": "S256",
        **changes,
    }  # fmt: skip
    return urlencode({name: value for name, value in sent.items() if value is not None})


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"state": None}, "invalid_request"),
        ({"aud": None}, "invalid_request"),
        ({"aud": "https://elsewhere.example/fhir"}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"scope": "system/*.rs"}, "invalid_scope"),
        ({"scope": "patient/ImagingStudy.sr"}, "invalid_scope"),
        ({"scope": None}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
def test_a_request_out_of_order_goes_back_with_its_error(
    world: World, changes: dict[str, str | None], error: str
) -> None:
    answer = world.get(f"{ISSUER}/authorize?{request_of(pkce()[1], **changes)}")
    assert answer.status_code == 303, answer.text
    place = urlsplit(answer.headers["location"])
    assert f"{place.scheme}://{place.netloc}{place.path}" == BACK
    said = parse_qs(place.query)
    assert said["error"] == [error]
    assert said["iss"] == [ISSUER]
    assert said.get("state") == (None if "state" in changes else ["s1"])


@pytest.mark.parametrize(
    "uri",
    [
        BACK + "/", BACK + "?x=1", BACK + "/../evil", BACK.upper(), "http://127.0.0.1:9998/callback",
        "https://evil.example/callback", "http://127.0.0.1:9999" + "@evil.example/",
        "javascript:alert(1)", "", None,
    ],
)  # fmt: skip
def test_a_code_goes_only_where_it_is_registered_to(world: World, uri: str | None) -> None:
    answer = world.get(f"{ISSUER}/authorize?{request_of(pkce()[1], redirect_uri=uri)}")
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "Nothing was sent" in answer.text


def test_an_unknown_client_is_told_to_the_user_only(world: World) -> None:
    answer = world.get(f"{ISSUER}/authorize?{request_of(pkce()[1], client_id='made-up')}")
    assert (answer.status_code, "location" in answer.headers) == (400, False)


def test_parameters_that_are_there_twice_are_refused(world: World) -> None:
    answer = world.get(f"{ISSUER}/authorize?{request_of(pkce()[1])}&scope=patient/*.cruds")
    assert answer.status_code in (303, 400)
    assert "Log in" not in answer.text
    form = "grant_type=client_credentials&scope=system/*.rs&scope=system/*.cruds"
    sent = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = world.http.post(f"{ISSUER}/token", content=form, headers=sent)
    assert answer.json()["error"] == "invalid_request"


# -- codes --


def code_of(world: World, challenge: str) -> str:
    url = f"{ISSUER}/authorize?{request_of(challenge)}"
    place = world.client().browse(url, "chen", "made-up", "p1")
    return parse_qs(urlsplit(place).query)["code"][0]


def test_a_code_without_its_verifier_is_worth_nothing(world: World) -> None:
    verifier, challenge = pkce()
    code = code_of(world, challenge)
    assert refused(lambda: world.client().redeem(code, pkce()[0])) == "invalid_grant"
    # The try has used the code up: whoever guesses has one guess.
    assert refused(lambda: world.client().redeem(code, verifier)) == "invalid_grant"
    code = code_of(world, challenge)
    assert refused(lambda: world.client()._post(
        "token", grant_type="authorization_code", code=code, redirect_uri=BACK
    )) == "invalid_request"  # fmt: skip


def test_a_code_that_is_used_again_takes_its_tokens_back(world: World) -> None:
    verifier, challenge = pkce()
    code = code_of(world, challenge)
    tokens = world.client().redeem(code, verifier)
    assert world.verifier.verify(tokens["access_token"], audience=FHIR)
    assert refused(lambda: world.client().redeem(code, verifier)) == "invalid_grant"
    assert world.get(f"{FHIR}/Patient/p1", tokens["access_token"]).status_code == 401
    assert refused(lambda: world.client().refresh(tokens["refresh_token"])) == "invalid_grant"


def test_a_code_is_for_its_client_its_address_and_a_minute(world: World) -> None:
    verifier, challenge = pkce()
    code = code_of(world, challenge)
    other = world.client("portal", secret="s3cret-of-portal")
    assert refused(lambda: other.redeem(code, verifier)) == "invalid_grant"
    code = code_of(world, challenge)
    elsewhere = world.client()
    elsewhere.redirect_uri = BACK + "2"
    assert refused(lambda: elsewhere.redeem(code, verifier)) == "invalid_grant"
    code = code_of(world, challenge)
    world.clock.now += 61
    assert refused(lambda: world.client().redeem(code, verifier)) == "invalid_grant"


# -- refreshing --


def test_a_refresh_token_is_good_once_and_its_theft_ends_all(world: World) -> None:
    first = login(world)
    second = world.client().refresh(first["refresh_token"])
    assert second["refresh_token"] != first["refresh_token"]
    assert second["patient"] == "p2"
    assert refused(lambda: world.client().refresh(first["refresh_token"])) == "invalid_grant"
    assert refused(lambda: world.client().refresh(second["refresh_token"])) == "invalid_grant"
    assert world.get(f"{FHIR}/Patient/p2", second["access_token"]).status_code == 401


def test_scopes_do_not_widen_when_refreshed(world: World) -> None:
    first = login(world)
    for wider in ("patient/*.rs", "patient/ImagingStudy.cruds", SCOPE + " user/*.cruds"):
        assert refused(lambda w=wider: world.client().refresh(first["refresh_token"], w)) == (  # type: ignore[misc]
            "invalid_scope"
        )
    fewer = world.client().refresh(first["refresh_token"], "patient/ImagingStudy.rs")
    assert fewer["scope"] == "patient/ImagingStudy.rs"
    again = world.client().refresh(fewer["refresh_token"])
    assert again["scope"] == SCOPE  # the login is as wide as it was (RFC 6749 6)


def test_a_login_does_not_last_for_ever(world: World) -> None:
    token = login(world)["refresh_token"]
    for _ in range(3):
        world.clock.now += 9 * 86400
        token = world.client().refresh(token)["refresh_token"]
    world.clock.now += 4 * 86400
    assert refused(lambda: world.client().refresh(token)) == "invalid_grant"


def test_a_refresh_token_is_its_clients(world: World) -> None:
    token = login(world)["refresh_token"]
    other = world.client("portal", secret="s3cret-of-portal")
    assert refused(lambda: other.refresh(token)) in ("invalid_grant", "unauthorized_client")
