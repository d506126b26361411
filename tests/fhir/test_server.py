"""The server over HTTP: status codes, headers, OperationOutcomes."""

from typing import Any

import httpx
import pytest

from labkit.common import AccessRequest, Decision
from labkit.fhir import FhirStore, validate

PATIENT = {"resourceType": "Patient", "name": [{"family": "Rossi"}], "gender": "female"}
JSON = {"Content-Type": "application/fhir+json"}
XML = {"Content-Type": "application/fhir+xml"}
FHIR_R5 = {"Accept": "application/fhir+json;fhirVersion=5.0"}


def post(http: httpx.Client, resource: dict[str, Any], **headers: str) -> httpx.Response:
    return http.post(f"/{resource['resourceType']}", json=resource, headers={**JSON, **headers})


def test_create_then_read_is_the_same(http: httpx.Client) -> None:
    made = post(http, {**PATIENT, "id": "mine"})
    assert made.status_code == 201
    assert made.headers["ETag"] == 'W/"1"'
    assert made.headers["Location"] == "http://fhir.test/Patient/1/_history/1"
    assert made.headers["Content-Type"].startswith("application/fhir+json")
    body = made.json()
    assert body["id"] == "1", "an id that the client gives to create is ignored"
    assert body["meta"] == {"versionId": "1", "lastUpdated": "2026-01-15T08:00:02.000Z"}
    read = http.get("/Patient/1")
    assert read.json() == body
    assert read.headers["Last-Modified"] == "Thu, 15 Jan 2026 08:00:02 GMT"


def test_decimals_and_order_stay_as_given(http: httpx.Client) -> None:
    text = (
        '{"resourceType":"Observation","status":"final","code":{"text":"dose"},'
        '"valueQuantity":{"value":1.00,"unit":"mGy"}}'
    )
    made = http.post("/Observation", content=text, headers=JSON)
    assert made.status_code == 201
    assert '"value":1.00,' in http.get("/Observation/1").text


def test_read_knows_304_404_410(http: httpx.Client) -> None:
    post(http, PATIENT)
    assert http.get("/Patient/1", headers={"If-None-Match": 'W/"1"'}).status_code == 304
    assert http.get("/Patient/2").status_code == 404
    assert http.delete("/Patient/1").status_code == 204
    gone = http.get("/Patient/1")
    assert gone.status_code == 410
    assert gone.json()["issue"][0]["code"] == "deleted"
    assert http.delete("/Patient/1").status_code == 204, "deleting twice is right (R4 http.html)"
    assert http.get("/Patient/1/_history/1").status_code == 200
    assert http.get("/Patient/1/_history/2").status_code == 410
    assert http.get("/Patient/1/_history/9").status_code == 404


def test_update_makes_versions_and_checks_if_match(http: httpx.Client) -> None:
    post(http, PATIENT)
    changed = {**PATIENT, "id": "1", "gender": "male"}
    done = http.put("/Patient/1", json=changed, headers={**JSON, "If-Match": 'W/"1"'})
    assert (done.status_code, done.headers["ETag"]) == (200, 'W/"2"')
    late = http.put("/Patient/1", json=changed, headers={**JSON, "If-Match": 'W/"1"'})
    assert late.status_code == 412
    assert http.get("/Patient/1/_history/1").json()["gender"] == "female"
    new = http.put("/Patient/own", json={**PATIENT, "id": "own"}, headers=JSON)
    assert (new.status_code, new.json()["id"]) == (201, "own")
    other = http.put("/Patient/own", json={**PATIENT, "id": "x"}, headers=JSON)
    assert other.status_code == 400
    http.delete("/Patient/1")
    back = http.put("/Patient/1", json=changed, headers=JSON)
    assert (back.status_code, back.headers["ETag"]) == (201, 'W/"4"')


def test_own_ids_of_clients_are_not_given_twice(http: httpx.Client) -> None:
    http.put("/Patient/1", json={**PATIENT, "id": "1"}, headers=JSON)
    assert post(http, PATIENT).json()["id"] == "2"


@pytest.mark.parametrize(
    ("prefer", "found"),
    [
        ("return=minimal", ""),
        ("return=OperationOutcome", "OperationOutcome"),
        ("return=representation", "Patient"),
    ],
)
def test_prefer_return(http: httpx.Client, prefer: str, found: str) -> None:
    made = post(http, PATIENT, Prefer=prefer)
    assert made.status_code == 201
    assert (made.json()["resourceType"] if made.content else "") == found


JSON_PATCH = {"Content-Type": "application/json-patch+json"}
BAD: list[tuple[str, str, bytes, dict[str, str], int, str]] = [
    ("POST", "/Patient", b"{", JSON, 400, "structure"),
    ("POST", "/Patient", b"\xff\xfe", JSON, 400, "structure"),
    ("POST", "/Patient", b"[]", JSON, 400, "structure"),
    ("POST", "/Patient", b"NaN", JSON, 400, "structure"),
    ("POST", "/Patient", b'{"a":1,"a":2}', JSON, 400, "structure"),
    ("POST", "/Patient", b"[" * 100_000, JSON, 400, "structure"),
    ("POST", "/Patient", b'{"resourceType":"Device"}', JSON, 400, "invalid"),
    ("POST", "/Patient", b"{}", JSON, 400, "invalid"),
    ("POST", "/Patient", b"<Patient/>", XML, 415, "not-supported"),
    ("POST", "/Patient", b"{}", {}, 415, "not-supported"),
    ("POST", "/Patient", b'{"resourceType":"Patient","gender":"M"}', JSON, 422, "code-invalid"),
    ("POST", "/Patient/_search", b"{}", JSON, 415, "not-supported"),
    ("POST", "/Patient/1", b"{}", JSON, 405, "not-supported"),
    ("PATCH", "/Patient", b"{}", JSON, 405, "not-supported"),
    ("PATCH", "/Patient/1", b"{}", JSON, 400, "invalid"),
    ("PATCH", "/Patient/1", b"[]", JSON_PATCH, 415, "not-supported"),
    ("PATCH", "/Patient/1", b"{}", XML, 415, "not-supported"),
    ("GET", "/patient/1", b"", {}, 404, "not-supported"),
    ("GET", "/", b"", {}, 405, "not-supported"),
    ("GET", "/a/b/c/d/e", b"", {}, 404, "not-found"),
    ("GET", "/Patient/1", b"", {"Accept": "application/fhir+xml"}, 406, "not-supported"),
    ("GET", "/Patient/1", b"", FHIR_R5, 406, "not-supported"),
    ("GET", "/Patient/1?_format=xml", b"", {}, 406, "not-supported"),
    ("GET", "/Patient?nmae=x", b"", {}, 400, "not-supported"),
    ("GET", "/Patient?name=", b"", {}, 400, "invalid"),
    ("GET", "/Patient?birthdate=1.2.1970", b"", {}, 400, "invalid"),
    ("GET", "/Patient?_count=many", b"", {}, 400, "invalid"),
    ("GET", "/Patient?_page=zzz", b"", {}, 400, "invalid"),
    ("GET", "/Patient?_page=WzEsMl0", b"", {}, 400, "invalid"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "url", "body", "headers", "status", "code"), BAD)
def test_every_error_is_an_operation_outcome(
    http: httpx.Client, method: str, url: str, body: bytes, headers: dict[str, str], status: int,
    code: str,
) -> None:  # fmt: skip
    answer = http.request(method, url, content=body, headers=headers)
    outcome = answer.json()
    assert (answer.status_code, outcome["issue"][0]["code"]) == (status, code), outcome
    assert validate(outcome) == []
    assert len(outcome["issue"][0]["diagnostics"]) > 15
    if status == 405:
        assert answer.headers["Allow"]


def test_a_body_over_the_limit_is_refused(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labkit.fhir.negotiation.MAX_BODY", 100)
    assert post(http, {**PATIENT, "language": "x" * 100}).status_code == 413


def test_a_browser_and_format_get_json(http: httpx.Client) -> None:
    post(http, PATIENT)
    browser = http.get("/Patient/1", headers={"Accept": "text/html,*/*;q=0.8"})
    assert browser.headers["Content-Type"] == "application/json"
    for asked in ("json", "application/fhir%2Bjson", "application/fhir+json", "application/json"):
        assert http.get(f"/Patient/1?_format={asked}").status_code == 200
    assert "\n  " in http.get("/Patient/1?_pretty=true").text
    assert http.head("/Patient/1").status_code == 200


def test_the_capability_statement_is_valid_and_open(connect: Any) -> None:
    answer = connect(policy=_No()).get("/metadata")
    assert answer.status_code == 200
    assert validate(answer.json()) == []
    assert answer.json()["fhirVersion"] == "4.0.1"


class _No:
    def decide(self, request: AccessRequest) -> Decision:
        raise RuntimeError("no decision")


def test_a_policy_that_fails_refuses_everything(connect: Any, store: FhirStore) -> None:
    store.create(dict(PATIENT))
    http = connect(policy=_No())
    answers = [
        http.get("/Patient/1"),
        http.get("/Patient/9"),
        http.get("/Patient"),
        http.delete("/Patient/1"),
        http.put("/Patient/1", json={**PATIENT, "id": "1"}, headers=JSON),
        post(http, PATIENT),
    ]
    assert [answer.status_code for answer in answers] == [403] * 6
    assert store.read("Patient", "1").version == 1  # type: ignore[union-attr]


class _OnlyPatient1:
    def __init__(self) -> None:
        self.asked: list[AccessRequest] = []

    def decide(self, request: AccessRequest) -> Decision:
        self.asked.append(request)
        about = request.resource
        return Decision(about.get("patient", "Patient/1") == "Patient/1", "another patient")


def test_a_search_leaves_out_what_the_policy_refuses(connect: Any, store: FhirStore) -> None:
    for number in ("1", "2", "1"):
        store.create(
            {
                "resourceType": "ImagingStudy",
                "status": "available",
                "subject": {"reference": f"Patient/{number}"},
            }
        )
    policy = _OnlyPatient1()
    http = connect(policy=policy, identify=lambda request: "dr-jones")
    bundle = http.get("/ImagingStudy").json()
    assert [entry["resource"]["id"] for entry in bundle["entry"]] == ["1", "3"]
    assert "total" not in bundle, "it would tell how many are hidden"
    hidden, none = (http.get(f"/ImagingStudy/{id_}") for id_ in ("2", "9"))
    assert hidden.status_code == none.status_code == 404
    assert hidden.text.replace("ImagingStudy/2", "ImagingStudy/9") == none.text
    assert {request.actor for request in policy.asked} == {"dr-jones"}


def test_a_failure_of_ours_is_500_and_tells_the_client_nothing(
    connect: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(request: object) -> str:
        raise KeyError("secret")

    answer = connect(identify=broken).get("/Patient/1")
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "secret" in caplog.text


def test_a_full_disk_is_507_and_stores_nothing(http: httpx.Client, store: FhirStore) -> None:
    post(http, PATIENT)
    pages = store.query("PRAGMA page_count", [])[0][0]
    store.query(f"PRAGMA max_page_count = {pages}", [])
    full = post(http, {**PATIENT, "name": [{"text": "x" * 100_000}]})
    assert (full.status_code, full.json()["issue"][0]["code"]) == (507, "no-store")
    assert "make room" in full.json()["issue"][0]["diagnostics"]
    assert [row[0] for row in store.query("SELECT id FROM resource", [])] == ["1"]
    store.query("PRAGMA max_page_count = 1000000", [])
    assert post(http, PATIENT).json()["id"] == "2"
