"""Decisions over HTTP: what is not a clear yes is a no."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from labkit.access import Grant, current_grant
from labkit.access.decisions import MAX_BODY, MAX_QUESTIONS, decisions_app
from labkit.common.access import DENY_ALL, AccessPolicy, AccessRequest, Decision
from labkit.common.errors import AccessDenied, UsageError

KEY = "a key that is shared by two"
BASE = "http://127.0.0.1:8080/fhir"
ROWANBERRY = Grant("viewer", subject="Practitioner/rowanberry", scope="user/*.rs")
STUDY = {
    "resourceType": "ImagingStudy",
    "id": "ct-chest",
    "status": "available",
    "subject": {"reference": "Patient/thistlewick"},
}


class Noting:
    """Allows what is about thistlewick; keeps each question, and on whose behalf it was."""

    def __init__(self) -> None:
        self.asked: list[tuple[AccessRequest, Grant | None]] = []

    def decide(self, request: AccessRequest) -> Decision:
        self.asked.append((request, current_grant()))
        mine = request.resource.get("patient") == "Patient/thistlewick"
        return Decision(mine, "it is theirs" if mine else "it is not theirs")


class Broken:
    def decide(self, request: AccessRequest) -> Decision:
        raise RuntimeError("thistlewick's consent cannot be read")


def grants(token: str) -> Grant:
    if token == "good":
        return ROWANBERRY
    if token == "expired":
        raise AccessDenied("the token has expired", remedy="Get a new one.")
    raise ZeroDivisionError(token)


def service(policy: AccessPolicy) -> TestClient:
    app = decisions_app(policy, key=KEY, grants=grants, base_url=f"{BASE}/")
    return TestClient(app, headers={"x-labkit-key": KEY})


@pytest.fixture
def noting() -> Noting:
    return Noting()


@pytest.fixture
def http(noting: Noting) -> Iterator[TestClient]:
    with service(noting) as http:
        yield http


def ask(http: TestClient, *questions: Any, token: str = "good") -> list[dict[str, Any]]:
    answer = http.post("/decide", json={"token": token, "questions": list(questions)})
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    found: list[dict[str, Any]] = answer.json()["decisions"]
    return found


def test_each_question_has_its_answer_in_order(http: TestClient, noting: Noting) -> None:
    another = {**STUDY, "id": "mr-brain", "subject": {"reference": "Patient/quillfeather"}}
    found = ask(http, *({"action": "read", "resource": r} for r in (another, STUDY)))
    assert found == [
        {"allowed": False, "reason": "it is not theirs"},
        {"allowed": True, "reason": "it is theirs"},
    ]
    (_, first), (request, second) = noting.asked
    assert first == second == ROWANBERRY
    assert request == AccessRequest(
        "Practitioner/rowanberry", "read", BASE,
        {"resourceType": "ImagingStudy", "id": "ct-chest", "patient": "Patient/thistlewick"},
    )  # fmt: skip


def test_a_reference_by_this_servers_own_url_is_the_same_patient(http: TestClient) -> None:
    by_url = {**STUDY, "subject": {"reference": f"{BASE}/Patient/thistlewick"}}
    elsewhere = {**STUDY, "subject": {"reference": "http://else.example.org/Patient/thistlewick"}}
    found = ask(http, *({"action": "read", "resource": r} for r in (by_url, elsewhere)))
    assert [decision["allowed"] for decision in found] == [True, False]


def test_what_has_no_resource_is_asked_as_it_is(http: TestClient, noting: Noting) -> None:
    about = {"resourceType": "ImagingStudy", "query": "patient=thistlewick"}
    assert not ask(http, {"action": "search", "about": about})[0]["allowed"]
    assert dict(noting.asked[0][0].resource) == about


def test_no_grant_outlives_its_request(http: TestClient, noting: Noting) -> None:
    ask(http, {"action": "read", "resource": STUDY})
    ask(http, {"action": "read", "resource": STUDY}, token="")
    assert [grant for _, grant in noting.asked] == [ROWANBERRY, None]
    assert noting.asked[1][0].actor == "anonymous"
    assert current_grant() is None


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("expired", "the token is refused: the token has expired"),
        ("forged", "the token is refused (ZeroDivisionError)"),
    ],
)
def test_a_token_that_proves_nothing_refuses_all(
    http: TestClient, noting: Noting, token: str, why: str
) -> None:
    question = {"action": "read", "resource": STUDY}
    assert ask(http, question, question, token=token) == [{"allowed": False, "reason": why}] * 2
    assert noting.asked == []


def test_a_policy_that_fails_has_refused_and_tells_nothing() -> None:
    with service(Broken()) as http:
        (decision,) = ask(http, {"action": "read", "resource": STUDY})
    assert decision == {"allowed": False, "reason": "the access policy failed (RuntimeError)"}


def test_a_reason_that_tells_of_data_is_kept() -> None:
    class Private(Decision):
        private = True

    class Telling:
        def decide(self, request: AccessRequest) -> Decision:
            return Private(False, "thistlewick denies Lakeside Clinic")

    with service(Telling()) as http:
        (decision,) = ask(http, {"action": "read", "resource": STUDY})
    assert decision == {"allowed": False, "reason": ""}


def test_without_a_policy_nothing_is_allowed() -> None:
    with service(DENY_ALL) as http:
        assert not ask(http, {"action": "read", "resource": STUDY})[0]["allowed"]


@pytest.mark.parametrize("key", ["", "another", KEY[:-1], KEY + " x"])
def test_without_the_key_nothing_is_decided(http: TestClient, noting: Noting, key: str) -> None:
    body = {"token": "good", "questions": [{"action": "read", "resource": STUDY}]}
    answer = http.post("/decide", json=body, headers={"x-labkit-key": key})
    assert (answer.status_code, noting.asked) == (401, [])


@pytest.mark.parametrize("key", ["", "short"])
def test_no_service_has_a_key_that_can_be_guessed(key: str) -> None:
    with pytest.raises(UsageError, match="at least 16"):
        decisions_app(DENY_ALL, key=key, grants=grants, base_url=BASE)


GOOD = {"action": "read", "resource": STUDY}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"[" * 100_000,
        {"questions": [GOOD]},
        {"token": 1, "questions": [GOOD]},
        {"token": "good", "questions": {"action": "read"}},
        {"token": "good", "questions": [GOOD, {}]},
        {"token": "good", "questions": [GOOD, {"action": "read"}]},
        {"token": "good", "questions": [{**GOOD, "action": ""}]},
        {"token": "good", "questions": [{**GOOD, "about": {"resourceType": "Patient"}}]},
        {"token": "good", "questions": [{"action": "read", "about": {}}]},
        {"token": "good", "questions": [{"action": "read", "about": {"resourceType": 1}}]},
        {"token": "good", "questions": [{"action": "read", "about": "Patient"}]},
        {"token": "good", "questions": [{"action": "read", "resource": {"id": "x"}}]},
        {"token": "good", "questions": [{"action": "read", "resource": {"resourceType": "Odd"}}]},
        {"token": "good", "questions": [{"action": "read", "resource": {**STUDY, "id": None}}]},
        {"token": "good", "questions": [GOOD] * (MAX_QUESTIONS + 1)},
        b" " * (MAX_BODY + 1),
    ],
)
def test_what_cannot_be_read_is_not_decided(http: TestClient, noting: Noting, body: Any) -> None:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = http.post("/decide", content=content)
    assert (answer.status_code, noting.asked) == (400, []), answer.text


def test_only_post_decides(http: TestClient) -> None:
    assert http.get("/decide").status_code == 405
    assert http.post("/").status_code == 404


def test_two_at_once_do_not_lend_each_other_their_grants() -> None:
    """Both are in the policy at the same moment, each in a thread of its own."""
    both = threading.Barrier(2, timeout=20)
    seen: dict[str, Grant | None] = {}

    class Meeting:
        def decide(self, request: AccessRequest) -> Decision:
            both.wait()
            seen[request.action] = current_grant()
            return Decision(True, "met")

    with service(Meeting()) as http:
        threads = [
            threading.Thread(
                target=ask, args=(http, {"action": token or "none", "resource": STUDY}),
                kwargs={"token": token},
            )
            for token in ("good", "")
        ]  # fmt: skip
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert seen == {"good": ROWANBERRY, "none": None}
