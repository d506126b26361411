"""The trace format, and what a recorder keeps."""

import json
from datetime import datetime, timezone
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labkit.common.errors import DataError
from labkit.dimse import AssociationTrace, Endpoint, TracedPdu, TraceRecorder, echo
from labkit.dimse import recorder as recorder_module

pdus = st.builds(
    TracedPdu,
    at=st.integers(0, 10**9).map(lambda us: us / 10**6),
    sender=st.sampled_from(["requestor", "acceptor"]),
    length=st.just(60),
    data=st.binary(max_size=60),
)


@given(st.lists(pdus), st.sampled_from(["released", "aborted", "rejected", "lost", "open"]))
def test_round_trip(pdus, end) -> None:
    ends = Endpoint("LEARNER", "::1", 1), Endpoint("ARCHIVE", "h", 2)
    trace = AssociationTrace("acceptor", "ARCHIVE", "2026-01-15T08:00:00+00:00", *ends, pdus, end)
    assert AssociationTrace.from_json(json.dumps(trace.to_json())) == trace


def test_a_file_and_both_ends_agree(scp, tmp_path) -> None:
    mine = echo(scp.peer).trace
    scp.ae.shutdown()
    theirs = scp.traces[0]
    assert (mine.recorded_by, theirs.recorded_by) == ("requestor", "acceptor")
    assert [(p.sender, p.data) for p in mine.pdus] == [(p.sender, p.data) for p in theirs.pdus]
    assert mine.requestor.port == theirs.requestor.port
    assert datetime.fromisoformat(mine.started).tzinfo == timezone.utc
    assert AssociationTrace.load(mine.save(tmp_path / "echo.json")) == mine
    assert repr(mine) == "<AssociationTrace LEARNER -> ARCHIVE: 6 PDUs, released>"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"format": "pcap"}', "nonsense", '{"format": "labkit-trace/1"}'],
)
def test_other_files_are_refused(text: str, tmp_path) -> None:
    (tmp_path / "t.json").write_text(text)
    with pytest.raises(DataError, match="not a labkit-trace/1 trace") as caught:
        AssociationTrace.load(tmp_path / "t.json")
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("key", "value"),
    [("from", "nobody"), ("bytes", "%%"), ("bytes", "AAAAAAAA"), ("length", "x"), ("at", None)],
)
def test_a_broken_pdu_is_refused(key: str, value) -> None:
    raw = AssociationTrace(pdus=[TracedPdu(0.0, "acceptor", 4, b"abcd")]).to_json()
    raw["pdus"][0][key] = value
    with pytest.raises(DataError):
        AssociationTrace.from_json(raw)


def test_a_missing_file() -> None:
    with pytest.raises(DataError, match="cannot be read"):
        AssociationTrace.load("no/such/file.json")


def fake_event(data: bytes, assoc) -> SimpleNamespace:
    return SimpleNamespace(assoc=assoc, data=data)


def fake_assoc() -> SimpleNamespace:
    user = SimpleNamespace(ae_title="A", address_info=None)
    return SimpleNamespace(is_requestor=True, requestor=user, acceptor=user)


def test_memory_of_a_very_long_association_is_bounded() -> None:
    assoc, finished = fake_assoc(), []
    recorder = TraceRecorder(
        finished.append, clock=lambda: datetime(2026, 1, 15, tzinfo=timezone.utc)
    )
    handlers = [handler for _, handler in recorder.handlers]
    data = b"\4\0\0\0\0\0" + b"\0\0\0\0\1\0" + bytes(6000)
    command = b"\4\0\0\0\0\0" + b"\0\0\0\0\1\3" + bytes(200)
    total = recorder_module.FIRST + recorder_module.LAST + 100
    handlers[0](fake_event(b"", assoc))
    for _ in range(total - 1):
        handlers[1](fake_event(data, assoc))
    handlers[2](fake_event(command, assoc))
    assert recorder.trace(assoc).end == "open"
    handlers[3](fake_event(b"", assoc))
    (trace,) = finished
    assert recorder.trace(assoc) is None
    assert trace.started == "2026-01-15T00:00:00.000000+00:00"
    assert (len(trace.pdus), trace.omitted, trace.end) == (total - 100, 100, "lost")
    assert sum(len(p.data) for p in trace.pdus) < recorder_module.BUDGET * 1.2
    assert trace.pdus[-1].data == command, "commands are kept whole to the end"
    assert AssociationTrace.from_json(trace.to_json()) == trace
