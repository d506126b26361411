"""history of a resource, a type and the system (R4 http.html#history)."""

from typing import Any

import httpx
import pytest

from labkit.fhir import FhirStore, validate


@pytest.fixture(autouse=True)
def stored(store: FhirStore) -> None:
    store.create({"resourceType": "Patient", "gender": "female"})
    store.put({"resourceType": "Patient", "id": "1", "gender": "male"})
    store.put({"resourceType": "Patient", "id": "own", "gender": "other"})
    store.create({"resourceType": "Device", "status": "active"})
    store.delete("Patient", "1")


def told(http: httpx.Client, url: str) -> list[str]:
    out: list[str] = []
    while url:
        bundle = http.get(url).json()
        assert validate(bundle) == []
        assert bundle["type"] == "history"
        for row in bundle.get("entry", []):
            assert ("resource" in row) == (row["request"]["method"] != "DELETE")
            out.append(f"{row['request']['method']} {row['response']['etag'][3:-1]}")
        links = {row["relation"]: row["url"] for row in bundle["link"]}
        url = links.get("next", "")
    return out


def test_of_one_resource(http: httpx.Client) -> None:
    assert told(http, "/Patient/1/_history") == ["DELETE 3", "PUT 2", "POST 1"]
    assert told(http, "/Patient/own/_history") == ["PUT 1"]
    bundle = http.get("/Patient/1/_history").json()
    assert bundle["total"] == 3
    assert [row["response"]["status"] for row in bundle["entry"]] == [
        "204 No Content", "200 OK", "201 Created",
    ]  # fmt: skip
    assert http.get("/Patient/9/_history").status_code == 404


@pytest.mark.parametrize("count", ["", "?_count=1", "?_count=2", "?_count=500"])
def test_of_a_type_and_of_all_page_by_page(http: httpx.Client, count: str) -> None:
    patients = ["DELETE 3", "PUT 1", "PUT 2", "POST 1"]
    assert told(http, f"/Patient/_history{count}") == patients
    assert told(http, f"/_history{count}") == ["DELETE 3", "POST 1", "PUT 1", "PUT 2", "POST 1"]


def test_since(http: httpx.Client) -> None:
    times = [r["response"]["lastModified"] for r in http.get("/_history").json()["entry"]]
    assert len(told(http, f"/_history?_since={times[1]}")) == 2
    assert told(http, "/_history?_since=2030") == []
    assert told(http, "/Patient/1/_history?_since=2030") == []
    assert http.get("/_history?_count=0").json()["total"] == 5


@pytest.mark.parametrize(
    "query",
    ["_since=yesterday", "_count=x", "_page=zz", "name=x", "_since=0001-01-01T00:00:00%2B14:00"],
)
def test_refuses(http: httpx.Client, query: str) -> None:
    assert http.get(f"/Patient/_history?{query}").status_code == 400


def test_a_store_of_an_older_labkit_is_brought_along(store: FhirStore, tmp_path: Any) -> None:
    """A store of schema 1 gets what schema 2 has more."""
    import sqlite3

    from labkit.fhir.store import _SCHEMA

    old = sqlite3.connect(tmp_path / "old.sqlite")
    old.executescript(_SCHEMA + "PRAGMA user_version=1;")
    old.execute("INSERT INTO resource VALUES (1, 'Patient', '1', 1, 0)")
    old.execute("INSERT INTO version VALUES (1, 1, '2026-01-15T08:00:00.000Z', '{}')")
    old.commit()
    old.close()
    again = FhirStore(tmp_path / "old.sqlite")
    assert again.query("SELECT method FROM version", []) == [("",)]
    again.put({"resourceType": "Patient", "id": "1"})
    again.close()
