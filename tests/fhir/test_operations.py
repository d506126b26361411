"""$validate (R4 resource-operation-validate.html)."""

from typing import Any

import httpx
import pytest

from labkit.fhir import validate

JSON = {"Content-Type": "application/fhir+json"}
GOOD = {"resourceType": "Patient", "gender": "female"}
BAD = {"resourceType": "Patient", "gender": "F"}


def outcome(http: httpx.Client, url: str, body: Any = None, status: int = 200) -> list[Any]:
    method = "GET" if body is None else "POST"
    answer = http.request(method, url, json=body, headers=JSON)
    assert answer.status_code == status, answer.text
    assert validate(answer.json()) == []
    return [(row["severity"], row["code"]) for row in answer.json()["issue"]]


def parameters(**values: Any) -> dict[str, Any]:
    rows = [
        {"name": name, "resource" if name == "resource" else "valueCode": value}
        for name, value in values.items()
    ]
    return {"resourceType": "Parameters", "parameter": rows}


def test_it_says_whether_and_stores_nothing(http: httpx.Client) -> None:
    assert outcome(http, "/Patient/$validate", GOOD) == [("information", "informational")]
    assert outcome(http, "/Patient/$validate", BAD) == [("error", "code-invalid")]
    assert outcome(http, "/Patient/$validate", {"resourceType": "Device"}) == [("error", "invalid")]
    assert outcome(http, "/Patient/$validate", parameters(resource=BAD)) == [
        ("error", "code-invalid")
    ]
    assert http.get("/Patient").json()["total"] == 0


def test_modes_and_profiles(http: httpx.Client) -> None:
    url = "/Patient/$validate"
    assert outcome(http, f"{url}?mode=update", GOOD) == [("error", "required")]
    assert outcome(http, url, parameters(mode="create", resource=GOOD))[0][0] == "information"
    warned = outcome(http, f"{url}?profile=http://example.org/p", GOOD)
    assert warned == [("warning", "not-supported"), ("information", "informational")]
    assert outcome(http, f"{url}?mode=guess", GOOD, status=400) == [("error", "invalid")]
    assert outcome(http, url, parameters(mode="create"), status=400) == [("error", "required")]


def test_of_an_instance(http: httpx.Client) -> None:
    http.put("/Patient/1", json={**GOOD, "id": "1"}, headers=JSON)
    url = "/Patient/1/$validate"
    assert outcome(http, url) == [("information", "informational")]
    assert outcome(http, url, {**BAD, "id": "1"}) == [("error", "code-invalid")]
    assert outcome(http, url, {**GOOD, "id": "2"}) == [("error", "invalid")]
    assert outcome(http, f"{url}?mode=delete") == [("information", "informational")]
    assert outcome(http, "/Patient/9/$validate", status=404) == [("error", "not-found")]


@pytest.mark.parametrize("body", [b"", b"{", b"[]"])
def test_what_cannot_be_validated_is_400(http: httpx.Client, body: bytes) -> None:
    assert http.post("/Patient/$validate", content=body, headers=JSON).status_code == 400
