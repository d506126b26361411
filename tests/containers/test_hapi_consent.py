"""HAPI FHIR shows and takes only what labkit decides: its ConsentInterceptor, and what that leaves.

Nothing here uses a policy of the lab's: one that can be switched between two requests stands in its
place. See ``hapi_process`` for what runs.
"""

from __future__ import annotations

import copy
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from labkit.access import Grant, current_grant
from labkit.access.decisions import decisions_app
from labkit.common.access import AccessRequest, Decision
from labkit.common.errors import AccessDenied
from labkit.lab.http import HttpService
from tests.containers.hapi_process import AT_HAND, hapi

pytestmark = [
    pytest.mark.skipif(not AT_HAND, reason="LABKIT_HAPI_JAR names no jar; lab.py test containers"),
    pytest.mark.timeout(400),
]
Resource = dict[str, Any]
OPEN, SHUT = "Patient/open", "Patient/shut"
NOTHING = {"resourceType": "Parameters"}
ABOUT_NOBODY = {"Endpoint", "Organization"}


@dataclass
class Switch:
    """Whose data is denied now; and how the service of decisions behaves."""

    denied: set[str] = field(default_factory=lambda: {SHUT})
    broken: Response | None = None
    asked: int = 0

    def decide(self, request: AccessRequest) -> Decision:
        self.asked += 1
        if current_grant() is None:
            return Decision(False, "nobody asks")
        about = request.resource
        if request.action == "search" or about["resourceType"] in ABOUT_NOBODY:
            return Decision(True, "it is about nobody")
        patient = about.get("patient", "")
        if not patient:
            return Decision(False, "it is not known whom this is about")
        refused = patient in self.denied
        return Decision(not refused, "the patient denies it" if refused else "the patient agrees")


def grants(token: str) -> Grant:
    if token != "good":
        raise AccessDenied("it is not signed by us", remedy="Get another.")
    return Grant("viewer", subject="chen", scope="user/*.cruds")


@dataclass
class Guarded:
    """A guarded HAPI and its two kinds of callers."""

    url: str
    switch: Switch
    http: httpx.Client
    lab: httpx.Client

    def get(self, path: str) -> httpx.Response:
        return self.http.get(f"{self.url}/{path}")

    def put(self, resource: Resource) -> None:
        where = f"{self.url}/{resource['resourceType']}/{resource['id']}"
        self.lab.put(where, json=resource).raise_for_status()


def study(id_: str, patient: str, **more: Any) -> Resource:
    return {
        "resourceType": "ImagingStudy",
        "id": id_,
        "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:1.2.{id_.encode().hex()}"}],
        "status": "available",
        "subject": {"reference": patient},
        "endpoint": [{"reference": "Endpoint/archive"}],
        **more,
    }


def unnamed(patient: str) -> Resource:
    return {key: value for key, value in study("new", patient).items() if key != "id"}


WORLD: list[Resource] = [
    {
        "resourceType": "Endpoint", "id": "archive", "status": "active",
        "connectionType": {"code": "dicom-wado-rs"}, "payloadType": [{"text": "DICOM"}],
        "address": "http://archive.example.org/dicom-web",
    },
    *(
        {"resourceType": "Patient", "id": p.partition("/")[2], "name": [{"family": p[8:].title()}]}
        for p in (OPEN, SHUT)
    ),
    *(study(f"{p[8:]}-{n}", p) for n in range(4) for p in (OPEN, SHUT)),
    {
        "resourceType": "DiagnosticReport", "id": "of-shut", "status": "final",
        "code": {"text": "CT"}, "subject": {"reference": SHUT},
        "imagingStudy": [{"reference": "ImagingStudy/shut-0"}],
    },
    study(
        "with-contained", OPEN,
        contained=[{"resourceType": "Practitioner", "id": "doc", "name": [{"family": "Chen"}]}],
        referrer={"reference": "#doc"},
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    switch, key = Switch(), secrets.token_urlsafe()
    service = HttpService("decisions")
    port = service.bind()
    app = decisions_app(switch, key=key, grants=grants, base_url="")

    async def door(scope: Scope, receive: Receive, send: Send) -> None:
        await (switch.broken or app)(scope, receive, send)

    service.start(door)
    settings = {"DECISIONS_URL": f"http://127.0.0.1:{port}/decide", "DECISIONS_KEY": key}
    log = tmp_path_factory.mktemp("hapi") / "hapi.log"
    kind = {"Accept": "application/fhir+json", "Content-Type": "application/fhir+json"}
    calls = {"timeout": 60, "trust_env": False}
    try:
        with (
            hapi(settings, log) as url,
            httpx.Client(headers={**kind, "Authorization": "Bearer good"}, **calls) as http,
            httpx.Client(headers={**kind, "X-Labkit-Key": key}, **calls) as lab,
        ):
            yield Guarded(url, switch, http, lab)
    finally:
        service.stop()


@pytest.fixture
def fhir(started: Guarded) -> Guarded:
    """The world as it begins: of two patients, one denies everything."""
    started.switch.denied, started.switch.broken = {SHUT}, None
    for resource in WORLD:
        started.put(resource)
    return started


def told(answer: httpx.Response) -> str:
    """What an OperationOutcome says."""
    return str(answer.json()["issue"][0]["diagnostics"])


def found(answer: httpx.Response) -> set[str]:
    """References of all that is in a Bundle; it must not say how much more there is."""
    assert answer.status_code == 200, answer.text
    bundle = answer.json()
    assert "total" not in bundle, "a total counts what is hidden"
    entries = bundle.get("entry", [])
    assert all("resource" in entry for entry in entries), "an empty entry tells that there is one"
    return {f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in entries}


def hidden(answer: httpx.Response) -> bool:
    """Whether an answer has nothing of the patient who denies it."""
    return "shut" not in answer.text.lower()


def test_what_is_allowed_is_shown(fhir: Guarded) -> None:
    assert fhir.get("ImagingStudy/open-0").json()["subject"]["reference"] == OPEN
    expected = {*(f"ImagingStudy/open-{n}" for n in range(4)), "ImagingStudy/with-contained"}
    assert found(fhir.get(f"ImagingStudy?patient={OPEN}")) == expected


def test_what_is_contained_in_it_is_shown_with_it(fhir: Guarded) -> None:
    one = fhir.get("ImagingStudy/with-contained").json()
    (again,) = fhir.get("ImagingStudy?_id=with-contained").json()["entry"]
    for resource in (one, again["resource"]):
        assert [c["resourceType"] for c in resource["contained"]] == ["Practitioner"]


@pytest.mark.parametrize("path", ["{}", "{}/_history/1", "{}/_history", "{}?_elements=id"])
def test_hidden_and_never_there_are_told_in_the_same_words(fhir: Guarded, path: str) -> None:
    shut = fhir.get("ImagingStudy/" + path.format("shut-0"))
    never = fhir.get("ImagingStudy/" + path.format("none-0"))
    assert shut.status_code == never.status_code == 404
    assert shut.text.replace("shut-0", "none-0") == never.text
    assert set(shut.headers) == set(never.headers)


def test_deleted_and_hidden_are_told_in_the_same_words(fhir: Guarded) -> None:
    fhir.put(study("shut-gone", SHUT))
    fhir.lab.delete(f"{fhir.url}/ImagingStudy/shut-gone").raise_for_status()
    gone, never = (fhir.get(f"ImagingStudy/{id_}") for id_ in ("shut-gone", "none-gone"))
    assert gone.status_code == never.status_code == 404
    assert gone.text.replace("shut-gone", "none-gone") == never.text
    assert fhir.get("ImagingStudy/shut-gone/_history").status_code == 404


@pytest.mark.parametrize(
    "search",
    [
        "Patient",
        "Patient?_id=shut",
        "Patient?family=Shut",
        "ImagingStudy",
        f"ImagingStudy?patient={SHUT}",
        "ImagingStudy?_id=shut-0,shut-1",
        "ImagingStudy?identifier=urn:dicom:uid|urn:oid:1.2.736875742d30",
        "ImagingStudy?_include=ImagingStudy:patient",
        "ImagingStudy?_include=*",
        "Patient?_revinclude=ImagingStudy:patient&_revinclude=DiagnosticReport:patient",
        "Endpoint?_revinclude=ImagingStudy:endpoint",
        "Endpoint?_revinclude=ImagingStudy:endpoint&_include:iterate=ImagingStudy:patient",
        "ImagingStudy?_elements=status",
        "ImagingStudy?_summary=true",
        "ImagingStudy?_summary=data",
        "ImagingStudy?_sort=-_lastUpdated",
        "ImagingStudy?_total=none",
        "ImagingStudy?subject:missing=false",
        "DiagnosticReport",
        "DiagnosticReport?_include=DiagnosticReport:patient",
        "Patient/_history",
        "ImagingStudy/_history",
        "_history",
    ],
)
def test_no_search_and_no_history_shows_it(fhir: Guarded, search: str) -> None:
    answer = fhir.get(search)
    references = found(answer)
    assert not {r for r in references if "shut" in r}
    links = [link for link in answer.json()["link"] if link["relation"] != "self"]
    assert "shut" not in json.dumps([answer.json().get("entry", []), links]).lower()


@pytest.mark.parametrize("asked", ["_summary=count", "_total=accurate"])
def test_nothing_is_counted(fhir: Guarded, asked: str) -> None:
    answer = fhir.get(f"ImagingStudy?patient={SHUT}&{asked}")
    assert answer.status_code == 400 and "total" not in answer.json()


@pytest.mark.parametrize(
    "search",
    [
        "ImagingStudy?patient.family=Shut",
        "ImagingStudy?subject:Patient.name=Shut",
        "Endpoint?_has:ImagingStudy:endpoint:patient=Patient/shut",
        "Patient?_has:ImagingStudy:patient:_id=shut-0",
        "ImagingStudy?_filter=patient eq Patient/shut",
        "Patient?_text=Shut",
        "Patient?_content=Shut",
        "ImagingStudy?_list=1",
        "ImagingStudy?_contained=both",
    ],
)
def test_no_search_looks_into_other_resources(fhir: Guarded, search: str) -> None:
    answer = fhir.get(search)
    assert answer.status_code == 403, answer.text
    assert "looks into other resources" in told(answer)
    form = dict([search.partition("?")[2].split("=", 1)])
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    where = f"{fhir.url}/{search.partition('?')[0]}/_search"
    assert fhir.http.post(where, data=form, headers=kind).status_code == 403


def test_pages_have_what_is_allowed_and_nothing_else(fhir: Guarded) -> None:
    seen: list[str] = []
    answer = fhir.get("ImagingStudy?_count=2&_sort=_id")
    while True:
        page = found(answer)
        assert len(page) <= 2
        seen += page
        following = [k["url"] for k in answer.json()["link"] if k["relation"] == "next"]
        if not following:
            break
        answer = fhir.http.get(following[0])
    assert len(seen) == len(set(seen)) == 5
    assert all("shut" not in reference for reference in seen)


def test_a_consent_that_is_withdrawn_between_two_pages_holds_for_the_second(fhir: Guarded) -> None:
    first = fhir.get("ImagingStudy?_count=2&_sort=_id")
    (following,) = (k["url"] for k in first.json()["link"] if k["relation"] == "next")
    assert len(found(first)) == 2
    fhir.switch.denied = {SHUT, OPEN}
    assert found(fhir.http.get(following)) == set()
    assert fhir.get("ImagingStudy/open-0").status_code == 404
    fhir.switch.denied = {SHUT}
    assert found(fhir.http.get(following)), "given again, it is seen again"


def test_nobody_pages_on_with_another_ones_token(fhir: Guarded) -> None:
    first = fhir.get("ImagingStudy?_count=2")
    (following,) = (k["url"] for k in first.json()["link"] if k["relation"] == "next")
    answer = httpx.get(following, timeout=60, trust_env=False)
    assert answer.status_code == 200 and found(answer) == set()


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
    fhir: Guarded, call: Callable[[Guarded], httpx.Response]
) -> None:
    answer = call(fhir)
    assert answer.status_code in (400, 403, 404, 405), answer.text
    assert fhir.lab.get(f"{fhir.url}/ImagingStudy/shut-0").json()["meta"]["versionId"] == "1"
    assert not any(word in answer.text for word in ("lastUpdated", "versionId", "urn:dicom"))


def test_what_is_valid_may_be_asked(fhir: Guarded) -> None:
    answer = fhir.http.post(f"{fhir.url}/ImagingStudy/$validate", json=study("new", OPEN))
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
def test_no_write_touches_it(fhir: Guarded, write: Callable[[Guarded], httpx.Response]) -> None:
    before = fhir.lab.get(f"{fhir.url}/ImagingStudy/_history?_count=200").json()["total"]
    answer = write(fhir)
    assert answer.status_code == 403, answer.text
    assert "is not allowed" in told(answer)
    assert fhir.lab.get(f"{fhir.url}/ImagingStudy/_history?_count=200").json()["total"] == before


def test_what_is_allowed_is_written(fhir: Guarded) -> None:
    made = fhir.http.post(f"{fhir.url}/ImagingStudy", json=unnamed(OPEN))
    assert made.status_code == 201
    where = made.headers["location"].partition("/_history")[0]
    assert fhir.http.get(where).json()["subject"]["reference"] == OPEN
    assert fhir.http.delete(where).status_code == 200


def transaction(*entries: Resource, kind: str = "transaction") -> Resource:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def put(resource: Resource) -> Resource:
    url = f"{resource['resourceType']}/{resource['id']}"
    request = {"method": "PUT", "url": url}
    return {"fullUrl": f"http://else.example.org/{url}", "resource": resource, "request": request}


def delete(url: str) -> Resource:
    return {"request": {"method": "DELETE", "url": url}}


def test_a_transaction_is_refused_as_a_whole(fhir: Guarded) -> None:
    mine, not_mine = study("open-9", OPEN), study("shut-0", OPEN)
    answer = fhir.http.post(fhir.url, json=transaction(put(mine), put(not_mine)))
    assert answer.status_code == 403
    assert fhir.get("ImagingStudy/open-9").status_code == 404
    assert fhir.http.post(fhir.url, json=transaction(put(mine))).status_code == 200
    fhir.lab.delete(f"{fhir.url}/ImagingStudy/open-9").raise_for_status()


@pytest.mark.parametrize("kind", ["transaction", "batch"])
@pytest.mark.parametrize(
    "url", ["ImagingStudy/shut-0", "ImagingStudy?_has:Patient", "Patient?family=Shut"]
)
def test_nothing_is_read_through_a_bundle(fhir: Guarded, kind: str, url: str) -> None:
    entry = {"request": {"method": "GET", "url": url}}
    answer = fhir.http.post(fhir.url, json=transaction(entry, kind=kind))
    assert answer.status_code == 403 and "urn:dicom" not in answer.text


def test_a_condition_finds_nothing_that_is_hidden(fhir: Guarded) -> None:
    """A conditional create that is answered 200 would tell that there is one."""
    shut = next(r for r in WORLD if r["id"] == "shut-0")
    twin = {**copy.deepcopy(shut), "subject": {"reference": OPEN}}
    condition = f"identifier=urn:dicom:uid|{shut['identifier'][0]['value']}"
    answer = fhir.http.post(
        f"{fhir.url}/ImagingStudy", json=twin, headers={"If-None-Exist": condition}
    )
    assert answer.status_code == 201, answer.text
    where = answer.headers["location"].partition("/_history")[0]
    fhir.lab.delete(where).raise_for_status()


def test_nobody_is_told_of_it_by_a_subscription(fhir: Guarded) -> None:
    subscription = {
        "resourceType": "Subscription", "status": "requested", "reason": "to be told",
        "criteria": "ImagingStudy?", "channel": {
            "type": "rest-hook", "endpoint": "http://127.0.0.1:9/", "payload": "application/json",
        },
    }  # fmt: skip
    answer = fhir.http.post(f"{fhir.url}/Subscription", json=subscription)
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
def test_what_is_not_a_clear_yes_is_a_no(fhir: Guarded, what: str) -> None:
    fhir.switch.broken = BROKEN[what]
    assert fhir.get("ImagingStudy/open-0").status_code == 404
    assert fhir.get("ImagingStudy").status_code == 403
    answer = fhir.http.put(f"{fhir.url}/ImagingStudy/open-0", json=study("open-0", OPEN))
    assert answer.status_code == 403
    assert fhir.get("metadata").status_code == 200, "it tells nothing about anybody"


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
def test_who_proves_nothing_sees_nothing(fhir: Guarded, headers: Any) -> None:
    calls = {"headers": headers, "timeout": 60, "trust_env": False}
    assert httpx.get(f"{fhir.url}/ImagingStudy/open-0", **calls).status_code == 404
    assert httpx.get(f"{fhir.url}/ImagingStudy", **calls).status_code == 403


def test_the_lab_itself_sees_all(fhir: Guarded) -> None:
    fhir.switch.broken = BROKEN["an error"]
    before = fhir.switch.asked
    assert fhir.lab.get(f"{fhir.url}/ImagingStudy/shut-0").status_code == 200
    assert fhir.switch.asked == before
