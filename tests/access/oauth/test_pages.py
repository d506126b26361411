"""What a user sees: pages that work without a script and give nothing away."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

import httpx

from labkit.access.oauth import pkce
from labkit.access.oauth.client import _hidden
from tests.access.oauth.conftest import BACK, FHIR, ISSUER, World

ASK = f"{ISSUER}/authorize"


def query(**changes: str) -> str:
    sent = {"response_type": "code", "client_id": "portal", "redirect_uri": BACK, "state": "s1",
            "scope": "launch/patient patient/ImagingStudy.rs", "aud": FHIR,
            "code_challenge": pkce()[1], "code_challenge_method": "S256", **changes}  # fmt: skip
    return urlencode(sent)


def logged_in(world: World, asked: str, password: str = "made-up") -> httpx.Response:
    page = world.get(f"{ASK}?{asked}")
    form = {**_hidden(page.text), "username": "chen", "password": password}
    return world.http.post(ASK, data=form)


def test_pages_cannot_be_framed_scripted_or_kept(world: World) -> None:
    asked = query()
    for page in (world.get(f"{ASK}?{asked}"), logged_in(world, asked), world.get(ASK)):
        assert "<script" not in page.text
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["referrer-policy"] == "no-referrer"


def test_what_a_client_is_called_is_text(world: World) -> None:
    page = world.get(f"{ASK}?{query()}")
    assert "Portal &lt;b&gt;" in page.text
    asked = query(state='"><script>alert(1)</script>')
    page = world.get(f"{ASK}?{asked}")
    assert "<script" not in page.text


def test_a_wrong_password_says_no_more(world: World) -> None:
    wrong = logged_in(world, query(), "guess")
    assert wrong.status_code == 403
    assert "Name or password is not right." in wrong.text
    form = {"request": query(), "username": "nobody", "password": "guess"}
    assert "Name or password is not right." in world.http.post(ASK, data=form).text


def test_the_user_says_no(world: World) -> None:
    page = logged_in(world, query())
    answer = world.http.post(ASK, data={**_hidden(page.text), "decision": "deny"})
    assert answer.status_code == 303
    assert "error=access_denied" in answer.headers["location"]
    assert "state=s1" in answer.headers["location"]


def test_a_decision_is_made_once_for_one_request(world: World) -> None:
    asked = query()
    form = {**_hidden(logged_in(world, asked).text), "decision": "allow", "patient": "p1",
            "scope": "patient/ImagingStudy.rs"}  # fmt: skip
    other = world.http.post(ASK, data={**form, "request": query(client_id="viewer")})
    assert (other.status_code, "location" in other.headers) == (403, False)
    form = {**form, **_hidden(logged_in(world, asked).text)}
    first = world.http.post(ASK, data=form)
    assert "code=" in first.headers["location"]
    again = world.http.post(ASK, data=form)
    assert (again.status_code, "location" in again.headers) == (403, False)


def test_a_user_gives_less_but_never_more(world: World) -> None:
    asked = query()

    def decided(**changes: str) -> httpx.Response:
        form = {**_hidden(logged_in(world, asked).text), "decision": "allow", "patient": "p1",
                "scope": "patient/ImagingStudy.rs", **changes}  # fmt: skip
        return world.http.post(ASK, data=form)

    assert decided().status_code == 303
    for wrong in ({"scope": "patient/*.cruds"}, {"scope": ""}, {"patient": "p3"}, {"patient": ""}):
        page = decided(**wrong)
        assert (page.status_code, "location" in page.headers) == (200, False), wrong
        assert 'role="alert"' in page.text


def test_the_code_goes_by_303_with_state_and_issuer(world: World) -> None:
    page = logged_in(world, query())
    form = {**_hidden(page.text), "decision": "allow", "patient": "p1",
            "scope": "patient/ImagingStudy.rs"}  # fmt: skip
    answer = world.http.post(ASK, data=form)
    assert answer.status_code == 303
    said = urlsplit(answer.headers["location"]).query
    assert "state=s1" in said
    assert urlencode({"iss": ISSUER}) in said
    assert answer.content == b""
