"""AssociationTimeline without a browser: rows, details, and traces that still grow."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from labkit import dimse
from labkit.common.errors import DataError, LabNotRunning, UsageError
from labkit.dimse import AssociationTrace
from labkit.dimse.trace import Endpoint, TracedPdu
from labkit.widgets import AssociationTimeline
from labkit.widgets.association_timeline import model
from labkit.widgets.association_timeline.rows import size_text
from tests.widgets.talk import conversation, finder


@pytest.fixture(scope="module")
def traces() -> list[AssociationTrace]:
    return conversation()


def names(timeline: AssociationTimeline, number: int = 0) -> list[str]:
    return [
        row.name for row in timeline.rows() if row.path.startswith(f"{number}/") and row.depth == 1
    ]


def test_an_echo_from_request_to_release(traces: list[AssociationTrace]) -> None:
    timeline = AssociationTimeline(traces[0])
    assert names(timeline) == [
        "A-ASSOCIATE-RQ", "A-ASSOCIATE-AC", "C-ECHO-RQ", "C-ECHO-RSP", "A-RELEASE-RQ",
        "A-RELEASE-RP",
    ]  # fmt: skip
    rows = {row.name: row for row in timeline.rows()}
    assert rows["LEARNER → ARCHIVE"].text == "1 of 1 context accepted, 6 PDUs, released"
    assert rows["C-ECHO-RSP"].text == "#1  0x0000 Success"
    assert (rows["C-ECHO-RSP"].sender, rows["C-ECHO-RSP"].tone) == ("acceptor", "success")
    assert "proposed, takes PDUs of" in rows["A-ASSOCIATE-RQ"].text
    assert timeline.negotiation().contexts[0].accepted
    assert repr(timeline) == "AssociationTimeline(LEARNER -> ARCHIVE: 6 PDUs, released)"


def test_a_message_is_put_together_and_its_pdus_lie_below(traces: list[AssociationTrace]) -> None:
    timeline = AssociationTimeline(traces[1])
    row = next(row for row in timeline.rows() if row.name == "C-STORE-RQ")
    assert row.text.startswith("#1  CT Image Storage  data set of 3")
    below = [r for r in timeline.rows() if r.depth == 2][: row.children]
    assert {r.name for r in below} == {"P-DATA-TF"} and len(below) == row.children
    assert row.size == sum(r.size for r in below)
    assert [m.name for m in timeline.messages()][:2] == ["C-STORE-RQ", "C-STORE-RSP"]


def test_details_of_association_pdu_and_message(traces: list[AssociationTrace]) -> None:
    timeline = AssociationTimeline(traces)
    whole = timeline.select("1")
    assert {c["name"] for c in whole["contexts"]} >= {"CT Image Storage", "RT Plan Storage"}
    assert all(c["accepted"] and c["chosen"] in c["proposed"] for c in whole["contexts"])
    request = timeline.select("0/p0")
    assert request["title"] == "A-ASSOCIATE-RQ" and request["section"] == "PS3.8 9.3.2"
    assert request["hex"]["bytes"] == traces[0].pdus[0].data
    assert sum(p["length"] for p in request["hex"]["parts"]) == request["hex"]["total"]
    response = next(row for row in timeline.rows() if row.name == "C-STORE-RSP")
    told = timeline.select(response.path)
    assert told["notes"][0]["text"] == "0x0000 Success"
    assert told["notes"][0]["reference"] == "PS3.4 B.2.3"
    values = {row[1]: row[3] for row in told["tables"][0]["rows"]}
    assert values["CommandField"] == "8001H  C-STORE-RSP"
    assert values["CommandDataSetType"] == "0101H  no data set"
    assert values["Status"].startswith("0000H  Success")
    assert timeline._detail == told


def test_a_service_that_is_not_offered(traces: list[AssociationTrace]) -> None:
    timeline = AssociationTimeline(traces[2])
    rows = timeline.rows()
    assert rows[0].tone == "failure" and "0 of 1 context accepted" in rows[0].text
    context = timeline.select("0")["contexts"][0]
    assert not context["accepted"] and "not supported" in context["result"]


def test_queries_show_their_data_sets_and_failures_their_words() -> None:
    with finder() as peer:
        result = dimse.find(peer, dimse.identifier("STUDY", PatientID="1", StudyDescription=""))
    timeline = AssociationTimeline(result)
    answers = [row for row in timeline.rows() if row.name == "C-FIND-RSP"]
    assert [row.tone for row in answers] == ["pending", "failure"]
    assert "0xA700" in answers[1].text
    told = timeline.select(answers[0].path)
    assert ["(0008,1030)", "StudyDescription", "LO", "<b>Head</b>"] in told["tables"][1]["rows"]


def test_every_kind_of_source(traces: list[AssociationTrace], tmp_path: Path) -> None:
    file = traces[0].save(tmp_path / "trace.json")
    text = json.dumps(traces[0].to_json())
    for source in (file, str(file), text, text.encode(), traces[0].to_json(), [traces[0]]):
        assert len(AssociationTimeline(source).traces) == 1
    assert AssociationTimeline().rows() == []
    with pytest.raises(UsageError, match="int holds no association"):
        AssociationTimeline(3)
    with pytest.raises(DataError):
        AssociationTimeline({"format": "something else"})
    with pytest.raises(UsageError, match="no row"):
        AssociationTimeline(file).select("0/p99")
    with pytest.raises(UsageError, match="no association 1"):
        AssociationTimeline(file).messages(1)


def test_what_a_view_may_send_is_harmless(traces: list[AssociationTrace]) -> None:
    timeline = AssociationTimeline(traces[0])
    for path in ("", "9", "0/p99", "0/m99", "0/x", "x"):
        timeline.selected = path
        assert timeline._detail == {}


def grown(trace: AssociationTrace, count: int) -> AssociationTrace:
    part = copy.copy(trace)
    part.pdus, part.end = trace.pdus[:count], "open"
    return part


def test_an_open_association_grows_in_its_place(traces: list[AssociationTrace]) -> None:
    timeline = AssociationTimeline()
    timeline.append(grown(traces[0], 2))
    assert names(timeline) == ["A-ASSOCIATE-RQ", "A-ASSOCIATE-AC"]
    assert "still open" in timeline.rows()[0].text
    timeline.append([traces[0], traces[1]])
    assert len(timeline.traces) == 2 and names(timeline)[-1] == "A-RELEASE-RP"
    before = timeline._rows
    timeline.append(traces)
    timeline.append(traces)
    assert len(timeline.traces) == 3 and before is not timeline._rows


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_watching_fetches_until_it_is_stopped(traces: list[AssociationTrace]) -> None:
    shown: list[AssociationTrace] = []
    timeline = AssociationTimeline(lambda: shown)
    assert timeline.watching
    shown.append(traces[0])
    until(lambda: len(timeline.traces) == 1)
    timeline._receive(timeline, {"kind": "stop"}, [])
    assert not timeline.watching
    timeline.watch(lambda: traces, every=0.01)
    until(lambda: len(timeline.traces) == 3)
    timeline.close()
    assert not timeline.watching


def test_watching_says_why_it_ended() -> None:
    def gone() -> list[AssociationTrace]:
        raise LabNotRunning("The lab is not running.", remedy="Start it.")

    timeline = AssociationTimeline()
    timeline.watch(gone)
    until(lambda: timeline.problem != "")
    assert "Start it" in timeline.problem and not timeline.watching


def test_stand_in_is_the_same_for_every_run(
    traces: list[AssociationTrace], monkeypatch: pytest.MonkeyPatch
) -> None:
    html = str(AssociationTimeline(traces[0]).fallback()["text/html"])
    again = str(AssociationTimeline(conversation()[0]).fallback()["text/html"])
    assert html == again
    assert "C-ECHO-RSP" in html and "127.0.0.1" not in html
    monkeypatch.setattr(model, "STATIC", 2)
    assert "5 more rows" in str(AssociationTimeline(traces[0]).fallback()["text/html"])


def test_garbage_on_the_wire_is_shown_as_that() -> None:
    trace = AssociationTrace(requestor=Endpoint("A"), acceptor=Endpoint("B"))
    for data in (b"\x16\x03\x01\x02", b"GET / HTTP/1.1", b"\x04\x00\x00\x00\x00\x02\x00\x00", b""):
        trace.pdus.append(TracedPdu(0.0, "requestor", len(data), data))
    timeline = AssociationTimeline(trace)
    assert [row.tone for row in timeline.rows()[1:]] == ["failure"] * 4
    assert "TLS" in timeline.rows()[1].text and "HTTP" in timeline.rows()[2].text
    for row in timeline.rows():
        assert timeline.select(row.path)["title"]


def test_sizes_in_words() -> None:
    assert [size_text(n) for n in (412, 131_072, 2_100_000)] == ["412 bytes", "131.1 kB", "2.1 MB"]
