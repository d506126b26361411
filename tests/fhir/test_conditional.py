"""Conditional create, update, delete and read; If-Match (R4 http.html)."""

from typing import Any

import httpx
import pytest

JSON = {"Content-Type": "application/fhir+json"}
SYSTEM = "http://example.org/mrn"
MINE = f"identifier={SYSTEM}|7"


def patient(value: str = "7", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "identifier": [{"system": SYSTEM, "value": value}],
        **more,
    }


def post(http: httpx.Client, **headers: str) -> httpx.Response:
    return http.post("/Patient", json=patient(), headers={**JSON, **headers})


def test_create_if_none_exist(http: httpx.Client) -> None:
    first = post(http, **{"If-None-Exist": MINE})
    assert (first.status_code, first.json()["id"]) == (201, "1")
    again = post(http, **{"If-None-Exist": MINE})
    assert (again.status_code, again.json()["id"]) == (200, "1")
    assert again.headers["ETag"] == 'W/"1"'
    assert "Location" not in again.headers, "201 alone has one"
    assert again.headers["Content-Location"].endswith("/Patient/1/_history/1")
    post(http)
    assert post(http, **{"If-None-Exist": MINE}).status_code == 412


@pytest.mark.parametrize("criteria", ["", "_count=1", "nonsense=1"])
def test_a_condition_that_is_none_is_refused(http: httpx.Client, criteria: str) -> None:
    assert post(http, **{"If-None-Exist": criteria}).status_code == 400
    assert http.delete(f"/Patient?{criteria}").status_code == 400
    assert http.put(f"/Patient?{criteria}", json=patient(), headers=JSON).status_code == 400


def test_update_by_criteria(http: httpx.Client) -> None:
    url = f"/Patient?{MINE}"
    made = http.put(url, json=patient(), headers=JSON)
    assert (made.status_code, made.json()["id"]) == (201, "1")
    changed = http.put(url, json=patient(gender="male"), headers=JSON)
    assert (changed.status_code, changed.json()["meta"]["versionId"]) == (200, "2")
    stale = http.put(url, json=patient(), headers={**JSON, "If-Match": 'W/"1"'})
    assert stale.status_code == 412
    other = http.put(url, json=patient(id="own"), headers=JSON)
    assert other.status_code == 400, "another id than the match has"
    same = http.put(url, json=patient(id="1"), headers=JSON)
    assert same.status_code == 200
    absent = f"/Patient?identifier={SYSTEM}|8"
    own = http.put(absent, json=patient("9", id="own"), headers=JSON)
    assert (own.status_code, own.json()["id"]) == (201, "own")
    assert http.put(absent, json=patient("9", id="own"), headers=JSON).status_code == 409
    post(http)
    assert http.put(url, json=patient(), headers=JSON).status_code == 412


def test_delete_by_criteria(http: httpx.Client) -> None:
    assert http.delete(f"/Patient?{MINE}").status_code == 204, "nothing matches: nothing to do"
    post(http)
    assert http.delete(f"/Patient?{MINE}").status_code == 204
    assert http.get("/Patient/1").status_code == 410
    post(http)
    post(http)
    assert http.delete(f"/Patient?{MINE}").status_code == 412
    assert http.get("/Patient?_summary=count").json()["total"] == 2


def test_delete_heeds_if_match(http: httpx.Client) -> None:
    post(http)
    assert http.delete("/Patient/1", headers={"If-Match": 'W/"2"'}).status_code == 412
    assert http.delete("/Patient/1", headers={"If-Match": 'W/"1"'}).status_code == 204


def test_read_if_modified(http: httpx.Client) -> None:
    made = post(http).headers["Last-Modified"]
    for name, value, status in (
        ("If-Modified-Since", made, 304),
        ("If-Modified-Since", "Mon, 01 Jan 2024 00:00:00 GMT", 200),
        ("If-Modified-Since", "yesterday", 200),
        ("If-None-Match", 'W/"9", W/"1"', 304),
        ("If-None-Match", 'W/"11"', 200),
        ("If-None-Match", "*", 304),
    ):
        answer = http.get("/Patient/1", headers={name: value})
        assert answer.status_code == status, (name, value)
        assert answer.headers["ETag"] == 'W/"1"'
        assert bool(answer.content) == (status == 200)


def test_a_part_of_a_resource_is_not_stored_as_the_whole(http: httpx.Client) -> None:
    post(http)
    part = http.get("/Patient?_elements=gender").json()["entry"][0]["resource"]
    assert "identifier" not in part
    answer = http.put("/Patient/1", json=part, headers=JSON)
    assert answer.status_code == 422
    assert "_elements" in answer.json()["issue"][0]["diagnostics"]
