"""``labkit import`` where something is wrong: what it is given, the disk, the archive, a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread

from labkit.common.errors import DataError, LabError, LabkitError, UsageError
from labkit.lab import Lab
from labkit.lab.owndata import delivery, staging
from labkit.lab.owndata.index import Index
from tests.lab.owndata.bringing import held_by_archive, run, told
from tests.lab.owndata.studies import PATIENT, knee, slice_of


def test_what_cannot_be_read_is_counted_and_named(own: Index, tmp_path: Path) -> None:
    paths = knee(tmp_path / "in")
    data = paths[0].read_bytes()
    paths[0].write_bytes(data[:-500])  # its header is whole, and there is no other copy
    (tmp_path / "in" / "cut").write_bytes(data[:300])
    copy = paths[1].with_name("A-COPY")
    copy.write_bytes(paths[1].read_bytes()[:-500])  # comes first; the whole one is taken
    code, _, err = run(tmp_path / "in", "--as", "knee", "--yes")
    assert code == 2
    assert f"unreadable: {paths[0]}" in err and "cut: it is" in err
    assert "1 file with an object that was there already" in err
    assert own.named("knee").instances == 6 and own.named("knee").unreadable == 1
    paths[0].write_bytes(data)
    (tmp_path / "in" / "cut").unlink()
    assert told(tmp_path / "in", "--as", "knee")[0] == 0
    assert own.named("knee").instances == 7


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (["--as", "Mr Smith"], UsageError, "no name for a study"),
        (["--as", "ct-head"], UsageError, "is a sample study"),
        ([], UsageError, "under which name"),
        (["--as", "x", "--to", "ROUTER"], UsageError, "Nothing is imported into ROUTER"),
        (["--as", "x", "--to", "LEGACY", "--web"], UsageError, "by STOW-RS"),
        (["--as", "x", "--options", "retain-everything"], UsageError, "no option"),
        (["--as", "x", "--review", "there"], UsageError, "images that were cleaned"),
        (["--as", "x", "--keep-identity"], UsageError, "keeping identities was not confirmed"),
        (["--as", "x", "--keep-identity", "--confirm", "yes"], UsageError, "not confirmed"),
    ],
)  # fmt: skip
def test_words_that_cannot_be(
    words: list[str], error: type[LabkitError], says: str, own: Index, tmp_path: Path
) -> None:
    knee(tmp_path / "in")
    with pytest.raises(error, match=says) as caught:
        run(tmp_path / "in", *words, "--yes")
    assert caught.value.remedy
    assert not list(own)


def test_nobody_to_ask_nothing_there_and_two_in_one(own: Index, tmp_path: Path) -> None:
    knee(tmp_path / "in")
    with pytest.raises(UsageError, match="nobody is here to ask"):
        run(tmp_path / "in", "--as", "x")
    with pytest.raises(UsageError, match="All of a server"):
        run("aet://A@127.0.0.1:104", "--as", "x", "--yes")
    with pytest.raises(UsageError, match="There is no"):
        run(tmp_path / "nowhere", "--as", "x", "--yes")
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "readme").write_text("no image")
    with pytest.raises(DataError, match="no DICOM study") as caught:
        run(tmp_path / "empty", "--as", "x", "--yes")
    assert "1 files are no DICOM" in caught.value.remedy
    slice_of(9, 1, patient="KL-999").save_as(tmp_path / "in" / "stray", enforce_file_format=True)
    with pytest.raises(DataError, match="objects of 2 patients"):
        run(tmp_path / "in", "--as", "x", "--yes")
    assert told(tmp_path / "in", "--as", "x", "--patient", PATIENT)[0] == 0
    assert own.named("x").instances == 7


def test_it_goes_on_after_a_full_disk_and_a_lost_archive(
    own: Index, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    knee(tmp_path / "in")
    make = staging.tempfile.mkstemp
    calls = []

    def full(*words: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) > 3:
            raise OSError(28, "No space left on device")
        return make(*words, **more)

    with monkeypatch.context() as patch:
        patch.setattr(staging.tempfile, "mkstemp", lambda *w, **m: full(*w, **m)
                      if "objects" in str(m.get("dir")) else make(*w, **m))  # fmt: skip
        with pytest.raises(LabError, match="is full"):
            run(tmp_path / "in", "--as", "knee", "--yes")
    assert own.named("knee").state == "importing" and len(own.files("knee")) == 3
    with pytest.raises(UsageError, match="not brought in to the end"):
        lab.use("knee")
    assert "not complete" in run("--list")[1]
    lab.stop_node("ARCHIVE")
    try:
        with pytest.raises(LabkitError):
            run(tmp_path / "in", "--as", "knee", "--yes")
    finally:
        lab.start_node("ARCHIVE")
    assert len(own.files("knee")) == 7
    assert told(tmp_path / "in", "--as", "knee")[0] == 0
    assert len(held_by_archive(lab, own, "knee")) == 7


def test_it_goes_on_after_a_kill(own: Index, lab: Lab, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number in range(1, 41):
        slice_of(2, number).save_as(folder / f"{number:03}", enforce_file_format=True)
    words = [sys.executable, "-m", "labkit", "import", str(folder), "--as", "knee", "--yes"]
    done = subprocess.Popen(words, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _until(lambda: len(own.files("knee")) >= 3 or done.poll() is not None)
    done.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    assert done.wait() != 0
    assert len(own.files("knee")) < 40 and own.named("knee").state == "importing"
    before = {path: path.stat().st_mtime_ns for path in own.files("knee")}
    assert told(folder, "--as", "knee")[0] == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before  # not written again
    assert len(held_by_archive(lab, own, "knee")) == own.named("knee").instances == 40
    assert not list(own.objects("knee").glob(".part-*"))


def _until(happens: Callable[[], bool]) -> None:
    limit = time.monotonic() + 120
    while not happens():
        assert time.monotonic() < limit
        time.sleep(0.005)


def test_another_object_than_was_sent_is_found(own: Index, lab: Lab, tmp_path: Path) -> None:
    knee(tmp_path / "in")
    told(tmp_path / "in", "--as", "knee")
    found = delivery.rows(own.files("knee"))
    assert delivery.verify(lab.archive, found) == own.named("knee").digest
    ds = dcmread(found[0].path)
    ds.PixelData = bytes(len(ds.PixelData))
    ds.save_as(found[0].path)
    with pytest.raises(LabError, match="1 are other than they were"):
        delivery.verify(lab.archive, found)
    lab.withdraw("ARCHIVE", [dcmread(found[1].path)])
    with pytest.raises(LabError, match="1 are missing and 1 are"):
        delivery.verify(lab.archive, found)


def test_one_import_at_a_time(own: Index, tmp_path: Path) -> None:
    knee(tmp_path / "in")
    with own.alone(), pytest.raises(LabError, match="Another import works"):
        run(tmp_path / "in", "--as", "knee", "--yes")


def test_what_is_read_back_at_once_is_little(tmp_path: Path) -> None:
    found = delivery.rows(knee(tmp_path / "in"))  # five objects of one series, two of another
    size = found[0].path.stat().st_size
    assert [len(batch) for batch in delivery.batches(found)] == [5, 2]
    assert [len(batch) for batch in delivery.batches(found, 2 * size + 99)] == [2, 2, 1, 2]
    assert [len(batch) for batch in delivery.batches(found, 10)] == [1] * 7
    assert [row for batch in delivery.batches(found, 10) for row in batch] == found
