"""The trace of a request, and the circuit breaker's states."""

import json
from datetime import datetime, timezone

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from labkit.dicomweb.proxy import traced
from labkit.dicomweb.proxy.breaker import CircuitBreaker
from labkit.dicomweb.proxy.trace import Step, current
from tests.contract.pacs.cases import studies, uid
from tests.dicomweb.proxy.conftest import JSON, StartFacade, StartPacs


def test_a_trace_has_what_its_format_says(pacs: StartPacs, facade: StartFacade) -> None:
    behind = pacs()
    behind.hold(*studies())
    front = facade(behind)
    answer = front.web.get(f"/studies/{uid(1)}/metadata?x=1", headers=JSON)
    (trace,) = front.traces
    assert json.loads(json.dumps(trace)) == trace
    assert list(trace) == [
        "format", "id", "method", "target", "status", "started", "seconds", "first_byte", "bytes",
        "cache", "steps",
    ]  # fmt: skip
    assert trace["format"] == "labkit-proxy-trace/1" and trace["id"] == 1
    assert trace["target"] == f"/studies/{uid(1)}/metadata?x=1"
    assert trace["status"] == 200 and trace["cache"] == "miss"
    assert trace["bytes"] == int(answer.headers.get("content-length", trace["bytes"]))
    assert datetime.fromisoformat(trace["started"]).tzinfo is not None
    find, *_, get = trace["steps"]
    assert list(find) == [
        "at", "seconds", "pacs", "service", "level", "association", "status", "meaning", "count",
        "bytes",
    ]  # fmt: skip
    assert (find["service"], find["level"], find["count"], find["bytes"]) == (
        "C-FIND",
        "STUDY",
        1,
        0,
    )
    assert (get["service"], get["pacs"], get["count"]) == ("C-GET", "LEGACY", 3) and get["bytes"]
    assert all(0 <= step["at"] <= trace["seconds"] for step in trace["steps"])


def _app(sink: object) -> TestClient:
    def warned(request: Request) -> Response:
        recorder = current()
        assert recorder is not None
        step = Step("A", "C-FIND", "STUDY", began=recorder.zero - 5)
        recorder.add(step)
        recorder.add(step)
        recorder.warn('one "is" down')
        return Response("x", headers={"Warning": '299 - "first"'})

    app = traced(Starlette(routes=[Route("/warned", warned)]), sink)  # type: ignore[arg-type]
    return TestClient(Starlette(routes=[Mount("/base", app)]))


def test_a_warning_reaches_the_client_and_a_shared_step_begins_with_the_request() -> None:
    traces: list[dict[str, object]] = []
    answer = _app(traces.append).get("/base/warned")
    assert answer.headers["warning"] == '299 - "first", 299 labkit-proxy "one \'is\' down"'
    assert traces[0]["target"] == "/warned"
    (step,) = traces[0]["steps"]  # type: ignore[misc]
    assert step["at"] == 0 and step["meaning"] == "goes on" and step["seconds"] < 5


def test_a_sink_that_fails_changes_nothing() -> None:
    def fails(trace: object) -> None:
        raise OSError("the disk is full")

    assert _app(fails).get("/base/warned").status_code == 200


def test_the_clock_is_an_argument() -> None:
    traces: list[dict[str, object]] = []
    moment = datetime(2026, 1, 15, 8, tzinfo=timezone.utc)
    app = traced(Starlette(), traces.append, clock=lambda: moment)
    with httpx.Client(transport=TestClient(app)._transport, base_url="http://x") as client:
        client.get("/")
    assert traces[0]["started"] == "2026-01-15T08:00:00.000000+00:00"


@pytest.fixture
def seconds() -> list[float]:
    return [0.0]


def test_the_breaker_opens_half_opens_and_waits_longer(seconds: list[float]) -> None:
    breaker = CircuitBreaker(lambda: seconds[0], failures=2)
    breaker.failed()
    assert breaker.state == "closed" and breaker.enter() == 0
    breaker.failed()
    assert breaker.state == "open" and breaker.enter() == 1.0
    seconds[0] = 1.0
    assert breaker.state == "half-open"
    assert breaker.enter() == 0 and breaker.enter() > 0, "one attempt, and no second beside it"
    breaker.failed()
    assert breaker.state == "open" and breaker.enter() == 2.0
    seconds[0] = 3.0
    assert breaker.enter() == 0
    breaker.left()
    assert breaker.enter() == 0, "an attempt without an answer leaves the place to the next"
    breaker.succeeded()
    assert breaker.state == "closed" and breaker.enter() == breaker.enter() == 0


def test_the_breaker_waits_a_minute_at_most(seconds: list[float]) -> None:
    breaker = CircuitBreaker(lambda: seconds[0], failures=1)
    breaker.failed()
    waits = []
    for _ in range(10):
        waits.append(breaker.enter())
        seconds[0] += waits[-1]
        assert breaker.enter() == 0
        breaker.failed()
    assert waits[:4] == [1.0, 2.0, 4.0, 8.0] and waits[-1] == 60.0
