"""ProxyTrace without a browser: records in and out, counts, words, and broken records."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labkit.common.errors import DataError, LabNotRunning, UsageError
from labkit.widgets import ProxyTrace
from labkit.widgets.proxy_trace import model
from labkit.widgets.proxy_trace.words import short_target, steps_text
from tests.widgets.facade import IMAGE, ROOT, SERIES, record, records, step


def test_counts_of_requests_cache_and_operations() -> None:
    trace = ProxyTrace(records())
    found = trace.totals
    assert found.requests == 9 and found.hits == 1
    assert found.cache == {"hit": 1, "shared": 1, "miss": 3, "none": 4}
    assert found.statuses == {200: 7, 400: 1, 502: 1}
    assert found.operations == {"C-ECHO": 1, "C-FIND": 8, "C-GET": 1, "C-MOVE": 3, "C-STORE": 2}
    assert found.failed == 1 and found.bytes == sum(r["bytes"] for r in records())
    assert trace.slowest is not None and trace.slowest.status == 502
    assert repr(trace) == (
        "ProxyTrace(9 requests, 1 answered by the cache, 15 DIMSE operations (1 C-ECHO, 8 C-FIND, "
        "1 C-GET, 3 C-MOVE, 2 C-STORE), 1 of them failed)"
    )


def test_a_retrieve_that_two_waited_for_counts_once() -> None:
    move = step("C-MOVE", "SERIES", 0.02, 0.3, 40)
    first = record(1, "/a", 0.4, cache="miss", steps=[move])

    def waiting(at: float, seconds: float, started: float = 1.1, **other: Any) -> int:
        """Count the moves of the first request and of one that comes `started`."""
        time = f"2026-01-15T08:00:0{started:.6f}+00:00"
        steps = [{**move, "at": at, "seconds": seconds, **other}]
        found = [record(2, "/b", 0.4, cache="shared", started=time, steps=steps), first]
        assert ProxyTrace(found).totals == ProxyTrace(found[::-1]).totals
        return ProxyTrace(found).totals.operations["C-MOVE"]

    assert waiting(0.0, 0.22) == 1  # it came while the move was under way
    assert waiting(0.03, 0.299, 0.99) == 1  # it came before, and waited for the move all the same
    assert waiting(0.05, 0.22) == 2  # a move of its own
    assert waiting(0.0, 0.22, 1.5) == 2  # of a move that is not among these
    assert waiting(0.0, 0.22, pacs="CITY") == 2
    goes_on = {"status": "", "meaning": "goes on"}
    first["steps"] = [{**move, **goes_on}]
    assert waiting(0.0, 0.1, 3.0, **goes_on) == 1
    twice = record(1, "/a", 0.4, steps=[move, move])  # of one request, two are two
    assert ProxyTrace(twice).totals.operations == {"C-MOVE": 2}


def test_selecting_shows_what_was_caused() -> None:
    trace = ProxyTrace(records())
    assert trace._detail == {}
    assert trace.select(7).status == 502
    told = trace._detail
    assert (told["said"], told["tone"]) == ("502 Bad Gateway", "failure")
    find, move = told["steps"]
    assert (find["kind"], find["tone"], find["said"]) == ("find", "success", "Success")
    assert move["said"] == "A801 Refused: Move Destination unknown" and move["tone"] == "failure"
    assert move["reference"].startswith("PS3.4 C.4.2") and move["url"].startswith("https://")
    assert told["pacs_seconds"] == pytest.approx(5.02)
    assert trace.select(-1).method == "POST" and trace.selected == 8
    with pytest.raises(UsageError, match="no request 9"):
        trace.select(9)
    trace.selected = 99
    assert trace._detail == {}


def test_time_at_the_pacs_counts_what_overlaps_once() -> None:
    steps = [step("C-FIND", "STUDY", *at, 1) for at in ((-0.5, 0.6), (0.05, 0.1), (0.8, 9.0))]
    (request,) = ProxyTrace(record(1, "/a", 1.0, steps=steps)).requests
    assert request.pacs_seconds == pytest.approx(0.15 + 0.2)


def test_words_of_statuses_that_the_record_gives_none_for() -> None:
    steps = [step("C-MOVE", "STUDY", 0, 1, 0, status=code, meaning="")
             for code in ("0000", "A801", "B000", "FE00", "")]  # fmt: skip
    (request,) = ProxyTrace(record(1, "/a", 1.0, steps=steps)).requests
    assert [s.tone for s in request.steps] == [
        "success", "failure", "warning", "warning", "failure"]  # fmt: skip
    assert request.steps[1].said == "A801 Move destination unknown"
    assert request.steps[4].said == "no answer"


@pytest.mark.parametrize(("other", "said", "tone"), [
    ({"status": 299}, "status without a name", "success"),
    ({"status": 404}, "Not Found", "warning"), ({"status": 503}, "Service Unavailable", "failure"),
    ({"status": 0, "broken": True, "first_byte": None}, "no answer", "failure"),
    ({"broken": True}, "OK, broken off", "failure"),
])  # fmt: skip
def test_statuses_of_http_in_words(other: dict[str, Any], said: str, tone: str) -> None:
    trace = ProxyTrace(record(1, "/a", 1.0, **other))
    assert (trace.requests[0].phrase, trace.requests[0].tone) == (said, tone)
    trace.status = "failed"
    assert len(trace.shown()) == (tone == "failure")


def test_what_goes_on_has_not_failed() -> None:
    steps = [step("C-GET", "STUDY", 0.1, 0.9, 12, status="", meaning="goes on")]
    trace = ProxyTrace(record(1, "/a", 1.0, steps=steps))
    assert trace.totals.failed == 0 and trace._detail["steps"][0]["tone"] == "pending"


def test_filters_choose_what_is_shown_and_counts_stay() -> None:
    trace = ProxyTrace(records())
    trace.cache = "miss"
    assert [r.id for r in trace.shown()] == [3, 4, 8]
    trace.status = "5xx"
    assert [r.id for r in trace.shown()] == [8]
    trace.cache, trace.status = "", "failed"
    assert [r.id for r in trace.shown()] == [8]
    assert trace.totals.requests == 9


def test_digest_is_of_what_does_not_change_from_run_to_run() -> None:
    other = copy.deepcopy(records())
    for n, each in enumerate(other):
        each |= {"id": 100 + n, "started": f"2027-02-01T10:00:{n:02d}+00:00", "seconds": 7.5}
        each |= {"bytes": each["bytes"] + 1, "first_byte": 0.2}
        for one in each["steps"]:
            one |= {"at": one["at"] + 1, "seconds": 2.0, "association": "new"}
    here, there = ProxyTrace(records()), ProxyTrace(other)
    assert here.digest == there.digest
    other[2]["steps"][1]["count"] = 39
    assert ProxyTrace(other).digest != here.digest
    other[2]["steps"][1]["count"] = 40
    other[2]["cache"] = "hit"
    assert ProxyTrace(other).digest != here.digest


def test_page_without_widgets_has_no_times_and_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    html = str(ProxyTrace(records()).fallback()["text/html"])
    assert "C-MOVE SERIES at LEGACY: Success, 40" in html and "502 Bad Gateway" in html
    assert " ms" not in html and "2026" not in html and "0.41" not in html
    nasty = str(ProxyTrace(record(1, "/<script>", 1.0)).fallback()["text/html"])
    assert "<script>" not in nasty and "&lt;script&gt;" in nasty
    monkeypatch.setattr(model, "STATIC", 2)
    trace = ProxyTrace(records())
    assert "7 more requests" in str(trace.fallback()["text/html"])
    trace.cache = "hit"
    assert str(trace.fallback()["text/html"]).count("<tr>") == 2


def test_equal_operations_are_counted_in_words() -> None:
    steps = [step("C-FIND", "SERIES", n / 100, 0.01, 1) for n in range(12)]
    steps += [step("C-FIND", "SERIES", 1, 0.01, n) for n in range(2, 9)]
    (request,) = ProxyTrace(record(1, "/a", 1.0, steps=steps)).requests
    said = steps_text(request)
    assert said.startswith("12 × C-FIND SERIES at LEGACY: Success, 1; C-FIND SERIES at LEGACY")
    assert said.endswith("; and 4 more")


def test_targets_are_shortened_in_the_middle() -> None:
    assert short_target("/studies/1.2/series") == "/studies/1.2/series"
    full = f"{ROOT}/series/{SERIES}/instances/{IMAGE}/frames/1"
    assert short_target(full, 80) == (
        "/studies/…29632652/series/…72323212/instances/…64436454/frames/1"
    )
    made_here = f"/studies/2.25.{'7' * 38}1/series/2.25.{'7' * 38}2"
    assert short_target(made_here) == "/studies/…77777771/series/…77777772"
    query = "/studies?" + "&".join(f"PatientName=A{n}" for n in range(20))
    short = short_target(query)
    assert len(short) == 64 and short.startswith("/studies?PatientName=A0")
    assert short.endswith("PatientName=A19") and "…" in short


def test_every_kind_of_source(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps(r) for r in records())
    file = tmp_path / "proxy.log"
    file.write_text(f'{lines}\n{{"event": "started"}}\n\n')
    whole = json.dumps(records())
    for source in (records(), tuple(records()), iter(records()), lines, whole, whole.encode(),
                   file, str(file), [file]):  # fmt: skip
        assert len(ProxyTrace(source).requests) == 9
    assert len(ProxyTrace(records()[0]).requests) == 1
    zulu = {**records()[0], "started": "2026-01-15T08:00:00Z"}
    assert ProxyTrace(zulu).requests[0].started.utcoffset() is not None
    with pytest.raises(UsageError, match="int holds no requests"):
        ProxyTrace(3)
    with pytest.raises(DataError, match="cannot be read"):
        ProxyTrace(tmp_path / "none.log")
    with pytest.raises(DataError, match="Line 2 is not JSON"):
        ProxyTrace('{"a": 1}\n{"b": ')


def broken(**changes: Any) -> dict[str, Any]:
    data = copy.deepcopy(records()[0])
    inside = {k: v for k, v in changes.items() if k.startswith("step_")}
    data["steps"][1] |= {name.removeprefix("step_"): value for name, value in inside.items()}
    return {**data, **{k: v for k, v in changes.items() if k not in inside}}


@pytest.mark.parametrize(("changes", "says"), [
    ({"format": "labkit-trace/1"}, "format is 'labkit-trace/1', not 'labkit-proxy-trace/1'"),
    ({"status": 7}, "status is 7"), ({"status": True}, "status is True"),
    ({"seconds": -1}, "seconds is -1"), ({"seconds": float("nan")}, "seconds is nan"),
    ({"seconds": "fast"}, "seconds is 'fast', not a number"),
    ({"first_byte": float("inf")}, "first_byte is inf"), ({"bytes": 1.5}, "bytes is 1.5"),
    ({"cache": "warm"}, "cache is 'warm', not one of hit, shared"),
    ({"started": "yesterday"}, "started is 'yesterday'"), ({"steps": {}}, "steps is {}"),
    ({"method": None}, "method is None"), ({"target": 3}, "target is 3"),
    ({"step_at": None}, r"steps\[1\]: at is None"), ({"step_seconds": -2}, r"steps\[1\]: seconds"),
    ({"step_status": "0xA801"}, r"steps\[1\]: status is '0XA801'|status is '0xA801'"),
    ({"step_pacs": 7}, r"steps\[1\]: pacs is 7"), ({"step_count": -1}, r"steps\[1\]: count is -1"),
])  # fmt: skip
def test_a_broken_record_says_which_and_what(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError, match=f"Record 1.*{says}") as caught:
        ProxyTrace([records()[0], broken(**changes)])
    assert "lab.proxy.traces()" in caught.value.remedy


def test_missing_members_and_things_that_are_no_objects() -> None:
    lacks = records()[0]
    del lacks["method"]
    with pytest.raises(DataError, match="Record 0: method is missing"):
        ProxyTrace(lacks)
    with pytest.raises(DataError, match="Record 1 is 7, not an object"):
        ProxyTrace([records()[0], 7])
    with pytest.raises(DataError, match=r"steps\[0\] is 'x', not an object"):
        ProxyTrace({**records()[0], "steps": ["x"]})


def test_none_one_and_five_thousand() -> None:
    empty = ProxyTrace([])
    assert repr(empty) == "ProxyTrace(0 requests, 0 DIMSE operations)"
    assert empty.slowest is None and len(empty.digest) == 64
    one = ProxyTrace(records()[3])
    assert one.selected == 0 and one._detail["first_byte"] == 0.12
    many = ProxyTrace([{**records()[0], "id": n} for n in range(5000)])
    assert many.totals.operations == {"C-FIND": 20_000}
    assert many.select(4999).id == 4999


def test_appending_replaces_what_has_grown() -> None:
    trace = ProxyTrace(records()[:2])
    before = trace._table
    trace.append(records()[:2])
    assert trace._table is before
    grown = {**records()[1], "status": 504}
    trace.selected = 1
    trace.append([grown, records()[2]])
    assert [r.status for r in trace.requests] == [200, 504, 200]
    assert trace._detail["said"].startswith("504")


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_watching_fetches_and_says_why_it_ended() -> None:
    given = [records()[:1]]

    def fetch() -> list[dict[str, Any]]:
        if not given:
            raise LabNotRunning("The lab is not running.", remedy="Start it.")
        return given[0]

    trace = ProxyTrace(fetch)
    until(lambda: len(trace.requests) == 1)
    given[0] = records()
    until(lambda: len(trace.requests) == 9)
    given.clear()
    until(lambda: trace.problem != "")
    assert "Start it" in trace.problem and not trace.watching
