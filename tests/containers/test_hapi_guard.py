"""HAPI FHIR takes and does only what labkit decides, and where nothing is decided, nothing.

See ``hapi_process`` for what runs, ``hapi_world`` for what is in it.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse, Response

from tests.containers.hapi_process import AT_HAND
from tests.containers.hapi_world import (
    NOTHING,
    OPEN,
    SHUT,
    WORLD,
    Guarded,
    delete,
    put,
    study,
    told,
    transaction,
    unnamed,
)

pytestmark = [
    pytest.mark.skipif(not AT_HAND, reason="LABKIT_HAPI_JAR names no jar; lab.py test containers"),
    pytest.mark.timeout(400),
]


@pytest.mark.parametrize(
    "call",
    [
        lambda f: f.get("ImagingStudy/shut-0/$meta"),
        lambda f: f.get("ImagingStudy/$meta"),
        lambda f: f.get("$meta"),
        lambda f: f.http.post(f"{f.url}/ImagingStudy/shut-0/$meta-add", json=NOTHING),
        lambda f: f.get("Patient/shut/$everything"),
        lambda f: f.get("Patient/$everything"),
        lambda f: f.http.post(f"{f.url}/$expunge", json=NOTHING),
        lambda f: f.http.post(f"{f.url}/ImagingStudy/shut-0/$expunge", json=NOTHING),
        lambda f: f.get("ImagingStudy/shut-0/$validate"),
        lambda f: f.get("ImagingStudy/shut-0/$diff"),
        lambda f: f.get("$get-resource-counts"),
        lambda f: f.http.post(f"{f.url}/$mark-all-resources-for-reindexing"),
        lambda f: f.get("$export"),
        lambda f: f.http.post(f"{f.url}/$graphql", json={"query": "{Patient(id:shut){id}}"}),
        lambda f: f.http.patch(
            f"{f.url}/ImagingStudy/shut-0",
            content=b'[{"op": "test", "path": "/status", "value": "available"}]',
            headers={"Content-Type": "application/json-patch+json"},
        ),
        lambda f: f.http.delete(f"{f.url}/ImagingStudy?patient={SHUT}"),
        lambda f: f.get("?_id=shut"),
    ],
)
def test_no_operation_goes_past_the_policy(
    guarded: Guarded, call: Callable[[Guarded], httpx.Response]
) -> None:
    answer = call(guarded)
    assert answer.status_code in (400, 403, 404, 405), answer.text
    assert guarded.lab.get(f"{guarded.url}/ImagingStudy/shut-0").json()["meta"]["versionId"] == "1"
    assert not any(word in answer.text for word in ("lastUpdated", "versionId", "urn:dicom"))


def test_what_is_valid_may_be_asked(guarded: Guarded) -> None:
    answer = guarded.http.post(f"{guarded.url}/ImagingStudy/$validate", json=study("new", OPEN))
    assert answer.status_code == 200 and answer.json()["resourceType"] == "OperationOutcome"


@pytest.mark.parametrize(
    "write",
    [
        lambda f: f.http.put(f"{f.url}/ImagingStudy/shut-0", json=study("shut-0", SHUT)),
        # to take a hidden study over, by saying that it is somebody else's
        lambda f: f.http.put(f"{f.url}/ImagingStudy/shut-0", json=study("shut-0", OPEN)),
        # to give an open one away
        lambda f: f.http.put(f"{f.url}/ImagingStudy/open-0", json=study("open-0", SHUT)),
        lambda f: f.http.put(f"{f.url}/ImagingStudy/shut-new", json=study("shut-new", SHUT)),
        lambda f: f.http.post(f"{f.url}/ImagingStudy", json=unnamed(SHUT)),
        lambda f: f.http.delete(f"{f.url}/ImagingStudy/shut-0"),
        lambda f: f.http.post(f.url, json=transaction(put(study("shut-0", OPEN)))),
        lambda f: f.http.post(f.url, json=transaction(delete("ImagingStudy/shut-0"))),
    ],
)
def test_no_write_touches_it(guarded: Guarded, write: Callable[[Guarded], httpx.Response]) -> None:
    def versions() -> int:
        everything = guarded.lab.get(f"{guarded.url}/ImagingStudy/_history?_count=200")
        return int(everything.json()["total"])

    before = versions()
    answer = write(guarded)
    assert answer.status_code == 403, answer.text
    assert "is not allowed" in told(answer) or "only POST and PUT" in told(answer)
    assert (
        guarded.lab.get(f"{guarded.url}/ImagingStudy/_history?_count=200").json()["total"] == before
    )


def test_a_delete_does_not_say_what_is_there(guarded: Guarded) -> None:
    where = f"{guarded.url}/ImagingStudy"
    made = guarded.http.post(where, json=unnamed(OPEN)).headers["location"]
    gone = made.partition("/_history")[0]
    assert guarded.http.delete(gone).status_code == 200
    answers = [guarded.http.delete(url) for url in (f"{where}/shut-0", f"{where}/nobody", gone)]
    assert {answer.status_code for answer in answers} == {403}
    assert len({told(answer) for answer in answers}) == 1


def test_what_is_allowed_is_written(guarded: Guarded) -> None:
    made = guarded.http.post(f"{guarded.url}/ImagingStudy", json=unnamed(OPEN))
    assert made.status_code == 201
    where = made.headers["location"].partition("/_history")[0]
    assert guarded.http.get(where).json()["subject"]["reference"] == OPEN
    assert guarded.http.delete(where).status_code == 200


def test_a_transaction_is_refused_as_a_whole(guarded: Guarded) -> None:
    mine, not_mine = study("open-9", OPEN), study("shut-0", OPEN)
    answer = guarded.http.post(guarded.url, json=transaction(put(mine), put(not_mine)))
    assert answer.status_code == 403
    assert guarded.get("ImagingStudy/open-9").status_code == 404
    assert guarded.http.post(guarded.url, json=transaction(put(mine))).status_code == 200
    guarded.lab.delete(f"{guarded.url}/ImagingStudy/open-9").raise_for_status()


@pytest.mark.parametrize("kind", ["transaction", "batch"])
@pytest.mark.parametrize(
    "url", ["ImagingStudy/shut-0", "ImagingStudy?_has:Patient", "Patient?family=Shut"]
)
def test_nothing_is_read_through_a_bundle(guarded: Guarded, kind: str, url: str) -> None:
    entry = {"request": {"method": "GET", "url": url}}
    answer = guarded.http.post(guarded.url, json=transaction(entry, kind=kind))
    assert answer.status_code == 403 and "urn:dicom" not in answer.text


def test_a_condition_finds_nothing_that_is_hidden(guarded: Guarded) -> None:
    """A conditional create that is answered 200 would tell that there is one."""
    shut = next(r for r in WORLD if r["id"] == "shut-0")
    twin = {**copy.deepcopy(shut), "subject": {"reference": OPEN}}
    condition = f"identifier=urn:dicom:uid|{shut['identifier'][0]['value']}"
    answer = guarded.http.post(
        f"{guarded.url}/ImagingStudy", json=twin, headers={"If-None-Exist": condition}
    )
    assert answer.status_code == 201, answer.text
    where = answer.headers["location"].partition("/_history")[0]
    guarded.lab.delete(where).raise_for_status()


def test_nobody_is_told_of_it_by_a_subscription(guarded: Guarded) -> None:
    subscription = {
        "resourceType": "Subscription", "status": "requested", "reason": "to be told",
        "criteria": "ImagingStudy?", "channel": {
            "type": "rest-hook", "endpoint": "http://127.0.0.1:9/", "payload": "application/json",
        },
    }  # fmt: skip
    answer = guarded.http.post(f"{guarded.url}/Subscription", json=subscription)
    assert answer.status_code == 403


BROKEN: dict[str, Response] = {
    "the key is wrong": JSONResponse({"error": "the key is missing or wrong"}, 401),
    "an error": Response("", 500),
    "a redirect": Response("", 307, {"location": "http://127.0.0.1:9/"}),
    "no JSON": Response("yes", 200),
    "too few": JSONResponse({"decisions": []}),
    "too many": JSONResponse({"decisions": [{"allowed": True}] * 2}),
    "a text": JSONResponse({"decisions": [{"allowed": "true"}]}),
    "a number": JSONResponse({"decisions": [{"allowed": 1}]}),
    "no word": JSONResponse({"decisions": [{"reason": "fine"}]}),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_not_a_clear_yes_is_a_no(guarded: Guarded, what: str) -> None:
    guarded.switch.broken = BROKEN[what]
    assert guarded.get("ImagingStudy/open-0").status_code == 403
    assert guarded.get("ImagingStudy").status_code == 403
    answer = guarded.http.put(f"{guarded.url}/ImagingStudy/open-0", json=study("open-0", OPEN))
    assert answer.status_code == 403
    assert guarded.get("metadata").status_code == 200, "it tells nothing about anybody"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer forged"},
        {"Authorization": "Basic Z29vZA=="},
        {"Authorization": "good"},
        [("Authorization", "Bearer forged"), ("Authorization", "Bearer good")],
        {"X-Labkit-Key": ""},
        {"X-Labkit-Key": "guessed"},
    ],
)
def test_who_proves_nothing_sees_nothing(guarded: Guarded, headers: Any) -> None:
    calls = {"headers": headers, "timeout": 60, "trust_env": False}
    for id_ in ("open-0", "shut-0", "nobody"):
        assert httpx.get(f"{guarded.url}/ImagingStudy/{id_}", **calls).status_code == 403
    assert httpx.get(f"{guarded.url}/ImagingStudy", **calls).status_code == 403


def test_the_lab_itself_sees_all(guarded: Guarded) -> None:
    guarded.switch.broken = BROKEN["an error"]
    before = guarded.switch.asked
    assert guarded.lab.get(f"{guarded.url}/ImagingStudy/shut-0").status_code == 200
    assert guarded.switch.asked == before
