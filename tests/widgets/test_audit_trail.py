"""AuditTrail, the Python side: lanes, filters, three forms of a record, a page without widgets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree

from labkit.access.audit.madeup import Week, made_up_week
from labkit.common.errors import DataError, UsageError
from labkit.widgets import AuditTrail


@pytest.fixture
def week(tmp_path: Path) -> Iterator[Week]:
    week = made_up_week(tmp_path / "trail")
    yield week
    week.trail.close()


def test_one_image_through_the_network(week: Week) -> None:
    widget = AuditTrail(week.trail.follow(week.study), verification=week.trail.verify())
    assert {"CT1", "ARCHIVE", "dicom-web", "viewer", "research", "CONSULT"} <= set(widget.lanes)
    refused = [row for row in widget.rows if not row.allowed]
    assert {(row.who, row.here, row.there) for row in refused} >= {("LEGACY", "LEGACY", "ARCHIVE")}
    moved = next(row for row in widget.rows if row.act == "C-MOVE")
    assert (moved.here, moved.there, moved.on) == ("WORKSTN", "ARCHIVE", "CONSULT")
    table = widget._table
    assert table["sound"]
    assert "none altered" in table["verified"]
    assert len(table["rows"]) == len(widget.rows)


def test_filters(week: Week) -> None:
    widget = AuditTrail(week.records)
    everything = len(widget.shown())
    widget.outcome = "refused"
    assert 0 < len(widget.shown()) < everything
    assert all(not row.allowed for row in widget.shown())
    widget.outcome, widget.act = "", "C-MOVE"
    assert {row.act for row in widget.shown()} == {"C-MOVE"}
    widget.act, widget.node = "", "ROUTER"
    assert all("ROUTER" in (row.here, row.there, row.on) for row in widget.shown())
    widget.node, widget.who = "", "LANTERN"
    assert {row.who for row in widget.shown()} == {"lanternwick"}


def test_a_record_in_three_forms(week: Week) -> None:
    widget = AuditTrail(week.trail.follow(week.study))
    row = widget.select(0)
    assert json.loads(widget._detail["text"]) == row.record
    widget.form = "dicom"
    assert etree.fromstring(widget._detail["text"]).tag == "AuditMessage"
    widget.form = "fhir"
    assert json.loads(widget._detail["text"])["resourceType"] == "AuditEvent"
    place = next(n for n, row in enumerate(widget.rows) if row.act == "answer")
    widget.select(place)  # what a search showed is no message: always as it is
    assert json.loads(widget._detail["text"])["kind"] == "result"
    with pytest.raises(UsageError):
        widget.select(1000)


def test_the_same_in_each_run(week: Week, tmp_path: Path) -> None:
    again = made_up_week(tmp_path / "again")
    assert AuditTrail(again.records).digest == AuditTrail(week.records).digest
    again.trail.close()


def test_a_page_without_widgets(week: Week) -> None:
    html = str(AuditTrail(week.trail.follow(week.study)).fallback()["text/html"])
    assert "LEGACY → ARCHIVE" in html
    assert "the patient denies Lakeside Clinic" in html
    assert "2026-03" not in html


def test_files_and_what_is_no_record(week: Week, tmp_path: Path) -> None:
    [file] = week.trail.folder.glob("audit-*.jsonl")
    assert len(AuditTrail(file).rows) == len(week.records)
    assert AuditTrail([]).summary() == "0 records, 0 refused, 0 lanes"
    (tmp_path / "x").write_text("not JSON")
    for wrong in (tmp_path / "x", [{"no": "record"}], [1], 7):
        with pytest.raises(DataError):
            AuditTrail(wrong)
