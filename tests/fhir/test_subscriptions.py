"""Subscriptions: what is admitted, what rings, what survives (R4 subscription.html)."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.common import AccessRequest, Decision
from labkit.fhir import Courier, FhirStore
from labkit.fhir.endpoints import loopback_only

JSON = {"Content-Type": "application/fhir+json"}


class Listener:
    """An HTTP server that keeps what rings, and answers what it is told to."""

    def __init__(self) -> None:
        self.rung: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.news = threading.Condition()
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def take(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                with listener.news:  # before the answer: the next may come as soon as it is out
                    row = (self.command, self.path, dict(self.headers.items()), body)
                    listener.rung.append(row)
                    listener.news.notify_all()
                status = listener.answers.pop(0) if listener.answers else 200
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_POST = do_PUT = take  # noqa: N815

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def wait(self, count: int) -> list[tuple[str, str]]:
        with self.news:
            assert self.news.wait_for(lambda: len(self.rung) >= count, 10), self.rung
        return [(method, path) for method, path, _, _ in self.rung]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


@pytest.fixture
def courier(store: FhirStore) -> Iterator[Courier]:
    courier = Courier(store, tries=3, pause=0.01, timeout=2)
    courier.start()
    yield courier
    courier.stop()


def subscription(url: str, criteria: str = "ImagingStudy?modality=CT", **channel: Any) -> Any:
    return {
        "resourceType": "Subscription",
        "status": "requested",
        "reason": "new studies",
        "criteria": criteria,
        "channel": {"type": "rest-hook", "endpoint": url, **channel},
    }


def study(modality: str = "CT") -> dict[str, Any]:
    return {
        "resourceType": "ImagingStudy",
        "status": "available",
        "subject": {"reference": "Patient/1"},
        "series": [{"uid": "1.2", "modality": {"code": modality}}],
    }


def post(http: httpx.Client, resource: dict[str, Any]) -> httpx.Response:
    return http.post(f"/{resource['resourceType']}", json=resource, headers=JSON)


def until(http: httpx.Client, id_: str, status: str) -> dict[str, Any]:
    for _ in range(1000):
        body: dict[str, Any] = http.get(f"/Subscription/{id_}").json()
        if body["status"] == status:
            return body
        threading.Event().wait(0.01)
    raise AssertionError(body)


def test_it_rings_with_nothing_in_it(
    http: httpx.Client, listener: Listener, courier: Courier
) -> None:
    made = post(http, subscription(listener.url, header=["X-Ward: 4 north"]))
    assert made.json()["status"] == "active"
    post(http, study("MR"))
    post(http, study())
    assert listener.wait(1) == [("POST", "/hook")]
    _, _, headers, body = listener.rung[0]
    assert (headers["X-Ward"], body) == ("4 north", b"")
    changed = {**http.get("/ImagingStudy/3").json(), "description": "late"}
    http.put("/ImagingStudy/3", json=changed, headers=JSON)
    listener.wait(2)
    http.delete("/ImagingStudy/3")
    post(http, study())
    assert len(listener.wait(3)) == 3, "a deletion does not ring"


def test_with_a_payload_it_is_an_update_in_order(
    http: httpx.Client, listener: Listener, courier: Courier
) -> None:
    post(http, subscription(listener.url, payload="application/fhir+json"))
    entries = [
        {"request": {"method": "POST", "url": "ImagingStudy"}, "resource": study()}
        for _ in range(4)
    ]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    assert http.post("/", json=bundle, headers=JSON).status_code == 200
    assert listener.wait(4) == [("PUT", f"/hook/ImagingStudy/{n}") for n in range(2, 6)]
    _, _, headers, body = listener.rung[0]
    assert headers["Content-Type"] == "application/fhir+json"
    assert json.loads(body) == http.get("/ImagingStudy/2").json()


def test_a_transaction_that_fails_does_not_ring(http: httpx.Client, store: FhirStore) -> None:
    post(http, subscription("http://127.0.0.1:1/hook"))
    good = {"request": {"method": "POST", "url": "ImagingStudy"}, "resource": study()}
    bad = {"request": {"method": "GET", "url": "ImagingStudy/none"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [good, bad]}
    assert http.post("/", json=bundle, headers=JSON).status_code == 404
    assert store.query("SELECT * FROM notice", []) == []


def test_after_failures_it_waits_for_its_owner(
    http: httpx.Client, listener: Listener, courier: Courier
) -> None:
    listener.answers = [500, 503, 404]
    id_ = post(http, subscription(listener.url)).json()["id"]
    post(http, study())
    failed = until(http, id_, "error")
    assert failed["error"].endswith("answered 404")
    assert len(listener.wait(3)) == 3
    failed["status"] = "requested"
    again = http.put(f"/Subscription/{id_}", json=failed, headers=JSON).json()
    assert (again["status"], "error" in again) == ("active", False)
    assert len(listener.wait(4)) == 4, "what could not be delivered is delivered now"


def test_a_notice_survives_a_restart(
    http: httpx.Client, store: FhirStore, listener: Listener, tmp_path: Path
) -> None:
    post(http, subscription(listener.url))
    post(http, study())
    assert listener.rung == []
    again = FhirStore(store.path)
    courier = Courier(again)
    courier.start()
    try:
        listener.wait(1)
    finally:
        courier.stop()
        again.close()
    assert store.query("SELECT * FROM notice", []) == []


def test_off_and_over_do_not_ring(
    http: httpx.Client, store: FhirStore, listener: Listener, courier: Courier
) -> None:
    off = {**subscription(listener.url), "status": "off"}
    assert post(http, off).json()["status"] == "off"
    past = {**subscription(listener.url), "end": "2026-01-15T08:00:00.000Z"}
    post(http, past)
    post(http, subscription(listener.url, "ImagingStudy?status=cancelled"))
    gone = post(http, subscription(listener.url)).json()["id"]
    http.delete(f"/Subscription/{gone}")
    post(http, study())
    assert store.query("SELECT * FROM notice", []) == []
    assert listener.rung == []


REFUSED = [
    (subscription("http://169.254.169.254/latest/meta-data"), "127.0.0.1 only"),
    (subscription("http://192.168.0.1/"), "127.0.0.1 only"),
    (subscription("http://127.0.0.1.example.org/"), "127.0.0.1 only"),
    (subscription("http://user" + ":secret@127.0.0.1/"), "127.0.0.1 only"),
    (subscription("file:///etc/passwd"), "127.0.0.1 only"),
    (subscription("http://fhir.test/Patient"), "itself"),
    (subscription("http://127.0.0.1/", "Subscription?status=active"), "subscribed"),
    (subscription("http://127.0.0.1/", "ImagingStudy?nonsense=1"), "nonsense"),
    (subscription("http://127.0.0.1/", payload="text/csv"), "text/csv"),
    (subscription("http://127.0.0.1/", header=["Host: x"]), "transport"),
    (subscription("http://127.0.0.1/", header=["X: a\r\nY: b"]), "header"),
    ({**subscription("x"), "channel": {"type": "email", "endpoint": "mailto:x"}}, "rest-hook"),
    ({**subscription("x"), "channel": {"type": "rest-hook"}}, "needs the URL"),
]


@pytest.mark.parametrize(("resource", "says"), REFUSED)
def test_what_cannot_be_is_refused(http: httpx.Client, resource: Any, says: str) -> None:
    answer = post(http, resource)
    assert answer.status_code == 422, answer.text
    assert says in answer.text
    checked = http.post("/Subscription/$validate", json=resource, headers=JSON)
    assert says in checked.text


def test_settings_may_allow_more(connect: Any) -> None:
    http = connect(may_ring=lambda url: url.startswith("https://hooks.example.org/"))
    assert post(http, subscription("https://hooks.example.org/ct")).status_code == 201
    assert post(http, subscription("http://127.0.0.1/")).status_code == 422


def test_the_policy_decides_who_is_told(connect: Any, store: FhirStore) -> None:
    class NotToSubscribers:
        def decide(self, request: AccessRequest) -> Decision:
            return Decision(not request.actor.startswith("Subscription/"), "nobody is told")

    http = connect(policy=NotToSubscribers())
    assert post(http, subscription("http://127.0.0.1/")).status_code == 201
    assert post(http, study()).status_code == 201
    assert store.query("SELECT * FROM notice", []) == []


@given(st.text(max_size=30))
def test_only_this_machine(host: str) -> None:
    for url in (f"http://{host}", f"http://{host}@127.0.0.1", host):
        assert (
            not loopback_only(url) or "127." in host or "localhost" in host.lower() or ":" in host
        )


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:8000/x", True), ("http://localhost/x", True), ("http://[::1]:1/", True),
        ("http://127.1/", False), ("http://2130706433/", False), ("http://0.0.0.0/", False),
        ("http://[::ffff:10.0.0.1]/", False), ("ftp://127.0.0.1/", False),
        ("http://127.0.0.1:99999/", False), ("http://[/", False),
        ("http://@127.0.0.1/", False), ("http://a@127.0.0.1/", False),
    ],
)  # fmt: skip
def test_loopback(url: str, allowed: bool) -> None:
    assert loopback_only(url) is allowed
