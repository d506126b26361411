"""Codes, PKCE, refreshing, backend services: RFC 6749, 7636, 7523, 9700, SMART App Launch 2.2."""

from __future__ import annotations

import pytest

from labkit.access.oauth import new_key, pkce
from tests.contract.auth.party import Party


def test_rfc6749_4_1_a_user_logs_in(party: Party) -> None:
    tokens = party.login()
    assert tokens["token_type"].lower() == "bearer"
    assert tokens["expires_in"] > 0
    assert tokens["refresh_token"]


def test_rfc6749_4_1_2_state_comes_back(party: Party) -> None:
    assert party.authorize(pkce()[1], state="a b&c=d")["state"] == "a b&c=d"


def test_rfc9207_2_the_answer_says_who_answers(party: Party) -> None:
    assert party.authorize(pkce()[1])["iss"] == party.target.issuer


def test_smart_pkce_is_needed(party: Party) -> None:
    answer = party.authorize("", code_challenge=None, code_challenge_method=None)
    assert "code" not in answer


def test_smart_plain_is_refused(party: Party) -> None:
    verifier, _ = pkce()
    assert "code" not in party.authorize(verifier, code_challenge_method="plain")


def test_smart_state_is_needed(party: Party) -> None:
    assert "code" not in party.authorize(pkce()[1], state=None)


def test_smart_aud_is_needed_and_known(party: Party) -> None:
    assert "code" not in party.authorize(pkce()[1], aud="https://elsewhere.example/fhir")
    assert "code" not in party.authorize(pkce()[1], aud=None)


def test_rfc9700_4_1_3_redirect_uris_are_compared_as_text(party: Party) -> None:
    own = party.target.app["redirect_uri"]
    for uri in (own + "/", own + "?x=1", own + "/more", own.replace("127.0.0.1", "127.0.0.2")):
        assert "code" not in party.authorize(pkce()[1], redirect_uri=uri), uri


def test_rfc7636_4_6_another_verifier(party: Party) -> None:
    code = party.authorize(pkce()[1])["code"]
    answer = party.redeem(code, pkce()[0])
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_rfc6749_4_1_2_a_code_is_good_once(party: Party) -> None:
    verifier, challenge = pkce()
    code = party.authorize(challenge)["code"]
    tokens = party.redeem(code, verifier).json()
    assert party.introspect(tokens["access_token"])["active"] is True
    again = party.redeem(code, verifier)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert party.introspect(tokens["access_token"]) == {"active": False}


def test_rfc6749_6_refresh(party: Party) -> None:
    first = party.login()
    second = party.refresh(first["refresh_token"])
    assert second.status_code == 200, second.text
    assert second.json()["access_token"] != first["access_token"]


def test_rfc9700_4_14_refresh_tokens_rotate(party: Party) -> None:
    first = party.login()
    second = party.refresh(first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert party.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert party.refresh(second["refresh_token"]).json()["error"] == "invalid_grant"


def test_rfc6749_6_scopes_do_not_widen(party: Party) -> None:
    token = party.login()["refresh_token"]
    wider = f"{party.target.app['scope']} {party.target.app['wider']}"
    answer = party.refresh(token, scope=wider)
    assert (answer.status_code, answer.json().get("error")) == (400, "invalid_scope")


def test_smart_a_system_proves_itself(party: Party) -> None:
    answer = party.credentials(party.assertion())
    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert said["expires_in"] <= 300
    assert "refresh_token" not in said
    assert set(said["scope"].split()) >= set(party.target.system["scope"].split())


def test_rfc7523_3_iat_may_be_left_out(party: Party) -> None:
    assert party.credentials(party.short_assertion()).status_code == 200


def test_smart_an_assertion_is_good_once(party: Party) -> None:
    made = party.assertion()
    assert party.credentials(made).status_code == 200
    again = party.credentials(made)
    assert again.status_code in (400, 401)
    assert again.json()["error"].startswith("invalid")


@pytest.mark.parametrize("what", ["audience", "expired", "long", "key", "issuer"])
def test_smart_an_assertion_that_is_not_right(party: Party, what: str) -> None:
    made = {
        "audience": lambda: party.assertion(audience="https://elsewhere.example/token"),
        "expired": lambda: party.assertion(seconds=-120),
        "long": lambda: party.assertion(seconds=3600),
        "key": lambda: party.assertion(key=new_key("ES384", party.target.key.kid or "x")),
        "issuer": lambda: party.assertion(iss="somebody-else"),
    }[what]()
    answer = party.credentials(made)
    assert answer.status_code in (400, 401), what
    assert answer.json()["error"].startswith("invalid")


def test_rfc6749_3_3_scopes_that_a_system_may_not_have(party: Party) -> None:
    answer = party.credentials(party.assertion(), party.target.system["wider"])
    wider = party.target.system["wider"]
    assert answer.status_code == 400 or wider not in answer.json()["scope"].split()
