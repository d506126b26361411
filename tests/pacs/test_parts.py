"""The smaller parts: log, destinations, settings, File Meta Information, data sets in a folder."""

from datetime import datetime, timezone
from io import BytesIO
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from labkit.common.errors import DataError, LabError, UsageError
from labkit.pacs import Destinations, EventLog, NodeConfig, Service, log
from labkit.pacs.config import storage_classes, transfer_syntaxes
from labkit.pacs.convert import convert
from labkit.pacs.datasets import DatasetFolder
from labkit.pacs.durable import replace_synced
from labkit.pacs.part10 import file_meta, read_data_set, read_file_meta, read_object
from tests.pacs.conftest import real

CT, MR, ECG = (f"1.2.840.10008.5.1.4.1.1.{end}" for end in ("2", "4", "9.1.1"))


def test_a_log_line_has_time_node_level_and_who(tmp_path: Path) -> None:
    clock = lambda: datetime(2026, 1, 15, 8, tzinfo=timezone.utc)  # noqa: E731
    events = EventLog(tmp_path / "logs" / "ARCHIVE.log", clock)
    events.write("INFO", "ARCHIVE", "CT1#3", "C-ECHO answered")
    assert events.lines() == ["2026-01-15T08:00:00.000+00:00 ARCHIVE INFO CT1#3 C-ECHO answered"]
    events.clear()
    assert events.lines() == []
    events.write("INFO", "ARCHIVE", "-", "again")
    events.close()
    assert len(events.lines()) == 1


def test_a_peer_cannot_forge_a_line(tmp_path: Path) -> None:
    events = EventLog(tmp_path / "log")
    events.write("INFO", "A", "X\nY", "one\r\n2026 A INFO two \x1b[31m \ud800" + "x" * 5000)
    (line,) = events.lines()
    assert "\\n" in line
    assert "\\r\\n2026" in line
    assert "\x1b" not in line
    assert len(line) < 1200


def test_a_log_does_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "LIMIT", 1000)
    events = EventLog(tmp_path / "log")
    for number in range(100):
        events.write("INFO", "A", "-", f"line {number}")
    assert (tmp_path / "log").stat().st_size <= 1000
    assert (tmp_path / "log.1").exists()


def test_a_log_without_a_file_keeps_nothing() -> None:
    events = EventLog(None)
    events.write("INFO", "A", "-", "x")
    events.clear()
    assert events.lines() == []


def test_destinations_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "d.json"
    known = Destinations(path)
    known.add("WORKSTN", "127.0.0.1", 11112)
    known.add("A", "localhost", 104)
    again = Destinations(path)
    assert list(again) == ["A", "WORKSTN"]
    assert len(again) == 2
    assert again["WORKSTN"].port == 11112
    again.remove("A")
    again.remove("A")
    assert list(Destinations(path)) == ["WORKSTN"]
    again.replace({})
    assert list(Destinations(path)) == []
    assert list(Destinations(tmp_path / "e.json", {"B": known["A"]})) == ["B"]
    assert list(Destinations(tmp_path / "e.json")) == ["B"]


def test_destinations_refuse_what_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        Destinations().add("TOO LONG AN AE TITLE", "127.0.0.1", 104)
    with pytest.raises(UsageError):
        Destinations().add("A", "127.0.0.1", 0)
    (tmp_path / "d.json").write_text("[1, 2")
    with pytest.raises(LabError) as caught:
        Destinations(tmp_path / "d.json")
    assert "Delete it" in caught.value.remedy


def test_every_storage_class_and_transfer_syntax() -> None:
    assert {CT, MR, ECG} <= storage_classes()
    assert len(storage_classes()) > 180
    assert "1.2.840.10008.5.1.4.38.1" not in storage_classes()  # hanging protocols: no patient
    assert "1.2.840.10008.1.20.1" not in storage_classes()  # storage commitment
    assert {"1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.4.66"} <= transfer_syntaxes()
    assert "1.2.840.10008.1.2.6.2" not in transfer_syntaxes()  # XML


def test_what_a_node_takes() -> None:
    every = NodeConfig("A")
    assert every.service_of(CT) is Service.STORE
    assert every.service_of("1.2.3.4") is None
    assert every.syntaxes_for("1.2.3.4") == frozenset()
    assert NodeConfig("A", unknown_sop_classes=True).service_of("1.2.3.4") is Service.STORE
    assert NodeConfig("A", unknown_sop_classes=True).service_of("1.2.840.10008.5.1.1.9") is None
    echo_only = NodeConfig("A", frozenset({Service.ECHO}))
    assert echo_only.service_of(CT) is None
    assert echo_only.service_of("1.2.840.10008.1.1") is Service.ECHO
    narrow = NodeConfig("A", accepted_transfer_syntaxes=frozenset({"1.2.840.10008.1.2"}))
    assert narrow.syntaxes_for(CT) == {"1.2.840.10008.1.2"}
    with pytest.raises(UsageError):
        NodeConfig("")


def test_file_meta_information_there_and_back() -> None:
    raw = file_meta(CT, "1.2.3", "1.2.840.10008.1.2", "CT1")
    meta = read_file_meta(BytesIO(raw + b"\x08\x00\x05\x00"))
    assert (meta.sop_class, meta.sop_instance, meta.source) == (CT, "1.2.3", "CT1")
    assert meta.offset == len(raw)


def test_what_is_no_part_10_file(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        read_file_meta(BytesIO(b"GIF89a"))
    path = tmp_path / "x.dcm"
    damaged = bytes(128) + b"DICM\x02\x00\x01\x00OB\x00\x00\xff\xff\xff\x7f"
    path.write_bytes(damaged)
    with pytest.raises(DataError) as caught:
        read_object(path)
    assert "damaged" in caught.value.message


def test_the_data_set_of_any_part_10_file() -> None:
    for path in real("CT_small.dcm", "meta_missing_tsyntax.dcm"):
        assert bytes(read_data_set(path)) == read_object(path)[1]


def test_a_conversion_that_cannot_be() -> None:
    with pytest.raises(DataError) as caught:
        convert(b"junk" * 10, "1.2.840.10008.1.2.4.90", "1.2.840.10008.1.2.1")
    assert "own transfer syntax" in caught.value.remedy
    assert convert(b"x", "1.2", "1.2") == b"x"


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "f"
    replace_synced(path, b"old")
    (tmp_path / "f.part").write_bytes(b"left by a crash")
    replace_synced(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_names_from_the_network_never_become_paths(tmp_path: Path) -> None:
    folder = DatasetFolder(tmp_path / "d")
    ds = Dataset()
    ds.PatientID = "P"
    for name in ("../x", "..", "a/b", "", "n" * 200, "C:\\x"):
        folder.put(name, ds, CT, "1.2.3")
        assert folder.get(name) == ds
        folder.remove(name)
        assert folder.get(name) is None
    assert list(tmp_path.rglob("*.dcm")) == []
