"""An upload that is cut off, killed and refused: nothing lost, doubled, or counted unseen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import httpx
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from starlette.testclient import TestClient

from labkit.common import ALLOW_ALL
from labkit.common.errors import DataError, HttpError, NetworkError
from labkit.common.serving import HOST, HttpService
from labkit.dicom.samples import sample
from labkit.dicomweb import ArchiveSource, DicomwebClient, Outcome, Place, dicomweb_app
from labkit.exchange.cloud import Uploader
from labkit.exchange.cloud.uploading import Item, answers
from labkit.pacs import Archive
from tests.exchange.cloud.conftest import Clock

PATHS = sample("ct-head").paths()


class Counting(ArchiveSource):
    """Counts what is asked to be stored, and may refuse or change."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(archive)
        self.asked = 0
        self.refuse: Callable[[int], Outcome | None] = lambda number: None

    def store(self, file: BinaryIO) -> Outcome:
        self.asked += 1
        special = self.refuse(self.asked)
        if special is None:
            return super().store(file)
        ds = dcmread(file, stop_before_pixels=True)
        where = Place(ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID)
        return Outcome(where, ds.SOPClassUID, special.failure, special.warning)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[tuple[Counting, str]]:
    """Where to: an archive on a real port."""
    archive = Archive(tmp_path / "there")
    source = Counting(archive)
    service = HttpService("there")
    service.bind()
    url = f"http://{HOST}:{service.port}"
    service.start(dicomweb_app(source, ALLOW_ALL, base_url=url))
    yield source, url
    service.stop()
    archive.close()


class Cut(httpx.BaseTransport):
    """A line that breaks at the n-th request that stores: before it has come, or after."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.inner = httpx.HTTPTransport()
        self.left, self.after = at, after

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.left -= 1
            if self.left == 0:
                if self.after:
                    self.inner.handle_request(request).read()
                raise httpx.ReadError("cut")
        return self.inner.handle_request(request)


def up(url: str, folder: Path, clock: Clock, **how: object) -> Uploader:
    transport = how.pop("transport", None)
    web = DicomwebClient(url, transport=transport)  # type: ignore[arg-type]
    paths = how.pop("paths", PATHS)
    return Uploader(paths, web, folder / "journal", clock=clock, batch=8, **how)  # type: ignore[arg-type]


def there(source: Counting) -> set[str]:
    return set(source.archive.index.uids())


def test_all_at_once(cloud: tuple[Counting, str], tmp_path: Path, clock: Clock) -> None:
    source, url = cloud
    uploader = up(url, tmp_path, clock)
    assert len(uploader.report().waiting) == len(PATHS)
    report = uploader.run()
    assert report.complete and report.stored == report.sent == len(PATHS) == len(there(source))
    again = up(url, tmp_path, clock).run()
    assert (again.stored, again.sent) == (len(PATHS), 0)
    assert source.asked == len(PATHS)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 3, 6])
def test_cut_at_a_batch(
    cloud: tuple[Counting, str], tmp_path: Path, clock: Clock, at: int, after: bool
) -> None:
    source, url = cloud
    with pytest.raises(NetworkError):
        up(url, tmp_path, clock, transport=Cut(at, after=after)).run()
    report = up(url, tmp_path, clock).report()
    assert report.stored == (at - 1) * 8  # what was not acknowledged does not count
    report = up(url, tmp_path, clock).run()
    assert report.complete and len(there(source)) == len(PATHS)
    assert source.asked == len(PATHS)  # none was stored twice
    assert report.found == (min(8, len(PATHS) - (at - 1) * 8) if after else 0)


def test_without_asking_a_server_that_knows_them_stores_them_once(
    cloud: tuple[Counting, str], tmp_path: Path, clock: Clock
) -> None:
    source, url = cloud
    with pytest.raises(NetworkError):
        up(url, tmp_path, clock, transport=Cut(2, after=True)).run()
    assert up(url, tmp_path, clock, ask=False).run().complete
    assert source.asked == len(PATHS) + 8
    assert len(there(source)) == len(PATHS)


def test_partial_failure_is_told(cloud: tuple[Counting, str], tmp_path: Path, clock: Clock) -> None:
    source, url = cloud
    source.refuse = lambda number: Outcome(Place(), failure=0xA700) if number % 8 == 3 else None
    report = up(url, tmp_path, clock).run()
    assert not report.complete and report.waiting == ()
    assert len(report.failed) == 5
    assert {told.reason for told in report.failed} == {0xA700}
    assert report.stored == len(there(source)) == len(PATHS) - 5
    assert not {told.uid for told in report.failed} & there(source)
    assert up(url, tmp_path, clock).run().sent == 0  # a refusal is not repeated by itself
    source.refuse = lambda number: None
    assert up(url, tmp_path, clock).run(again=True).complete


def test_all_refused_is_409_and_told(
    cloud: tuple[Counting, str], tmp_path: Path, clock: Clock
) -> None:
    source, url = cloud
    source.refuse = lambda number: Outcome(Place(), failure=0x0124)
    report = up(url, tmp_path, clock).run()
    assert len(report.failed) == len(PATHS) and report.stored == 0


def test_a_warning_is_told(cloud: tuple[Counting, str], tmp_path: Path, clock: Clock) -> None:
    source, url = cloud
    source.refuse = lambda number: Outcome(Place(), warning=0xB000) if number == 2 else None
    report = up(url, tmp_path, clock).run()
    assert report.complete
    assert [told.reason for told in report.changed] == [0xB000]


def test_another_object_of_the_same_uid_is_a_failure(
    cloud: tuple[Counting, str], tmp_path: Path, clock: Clock
) -> None:
    source, url = cloud
    ds = dcmread(PATHS[0])
    ds.PatientName = "Somebody^Else"
    ds.save_as(tmp_path / "other.dcm")
    source.archive.add_file(tmp_path / "other.dcm")
    report = up(url, tmp_path, clock).run()
    assert [told.reason for told in report.failed] == [0x0111]


def test_a_server_that_is_down_is_no_refusal(tmp_path: Path, clock: Clock) -> None:
    down = httpx.MockTransport(lambda request: httpx.Response(503))
    uploader = up("http://x", tmp_path, clock, transport=down)
    with pytest.raises(HttpError):
        uploader.run()
    assert len(uploader.report().waiting) == len(PATHS)


def test_one_bad_object_does_not_hold_up_the_others(tmp_path: Path, clock: Clock) -> None:
    """As a server that answers 400 to the request, whatever else is in it."""
    bad = str(dcmread(PATHS[5], stop_before_pixels=True).SOPInstanceUID)
    archive = Archive(tmp_path / "there")
    inner = TestClient(dicomweb_app(ArchiveSource(archive), ALLOW_ALL, base_url="http://x"))

    def picky(request: httpx.Request) -> httpx.Response:
        body = request.read()
        if bad.encode() in body:
            return httpx.Response(400, json={"detail": "I do not like one of them"})
        answer = inner.post("/studies", content=body, headers=dict(request.headers))
        return httpx.Response(answer.status_code, content=answer.content,
                              headers={"content-type": answer.headers["content-type"]})  # fmt: skip

    report = up("http://x", tmp_path, clock, transport=httpx.MockTransport(picky)).run()
    assert [told.uid for told in report.failed] == [bad]
    assert "do not like" in report.failed[0].text
    assert report.stored == len(PATHS) - 1 == len(archive.index.uids())
    archive.close()


def test_silence_is_no_acknowledgement(tmp_path: Path, clock: Clock) -> None:
    mute = httpx.MockTransport(
        lambda request: httpx.Response(200, json=[] if request.method == "GET" else [{}])
    )
    report = up("http://x", tmp_path, clock, transport=mute).run()
    assert report.stored == 0 and len(report.waiting) == len(PATHS)


def test_named_in_both_sequences_is_a_failure() -> None:
    response, item = Dataset(), Dataset()
    item.ReferencedSOPInstanceUID, item.FailureReason = "1.2", 0xC000
    response.ReferencedSOPSequence = response.FailedSOPSequence = [item]
    (told,) = answers(response, [Item("1.2", "1", Path(), "")])
    assert (told.state, told.reason) == ("failed", 0xC000)


def test_a_file_that_was_changed_since_is_sent_again(
    cloud: tuple[Counting, str], tmp_path: Path, clock: Clock
) -> None:
    _, url = cloud
    assert up(url, tmp_path, clock, paths=PATHS[:2]).run().complete
    ds = dcmread(PATHS[0])
    ds.PatientName = "Corrected^Name"
    ds.save_as(tmp_path / "new.dcm")
    report = up(url, tmp_path, clock, paths=[tmp_path / "new.dcm", PATHS[1]]).run()
    assert (report.sent, report.stored) == (1, 1)
    assert [told.reason for told in report.failed] == [0x0111]


def test_two_files_of_one_uid_are_refused(tmp_path: Path, clock: Clock) -> None:
    ds = dcmread(PATHS[0])
    ds.PatientName = "Somebody^Else"
    ds.save_as(tmp_path / "other.dcm")
    with pytest.raises(DataError, match=r"other\.dcm"):
        up("http://x", tmp_path, clock, paths=[PATHS[0], tmp_path / "other.dcm"])


KILLED = """
import os, signal, sys
from datetime import datetime, timezone
from pathlib import Path
import httpx
from labkit.dicom.samples import sample
from labkit.dicomweb import DicomwebClient
from labkit.exchange.cloud import Uploader

class Deadly(httpx.BaseTransport):
    def __init__(self): self.inner, self.count = httpx.HTTPTransport(), 0
    def handle_request(self, request):
        self.count += request.method == "POST"
        if self.count == int(sys.argv[3]) and sys.argv[4] == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = self.inner.handle_request(request)
        if self.count == int(sys.argv[3]):
            answer.read()
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

web = DicomwebClient(sys.argv[1], transport=Deadly())
clock = lambda: datetime(2026, 1, 15, tzinfo=timezone.utc)
Uploader(sample("ct-head").paths(), web, Path(sys.argv[2]), clock=clock, batch=8).run()
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
@pytest.mark.parametrize("when", ["before", "after"])
def test_kill_9(cloud: tuple[Counting, str], tmp_path: Path, clock: Clock, when: str) -> None:
    source, url = cloud
    for at in (2, 2, 1):  # killed three times in a row
        command = [sys.executable, "-c", KILLED, url, str(tmp_path / "journal"), str(at), when]
        died = subprocess.run(command, check=False, capture_output=True)
        assert died.returncode == -signal.SIGKILL, died.stderr
    report = up(url, tmp_path, clock).run()
    assert report.complete and len(there(source)) == len(PATHS)
    assert source.asked == len(PATHS)


def test_a_journal_line_that_was_cut_short_is_left_out(
    cloud: tuple[Counting, str], tmp_path: Path, clock: Clock
) -> None:
    source, url = cloud
    up(url, tmp_path, clock).run()
    journal = tmp_path / "journal"
    journal.write_bytes(journal.read_bytes()[:-30])
    report = up(url, tmp_path, clock).run()
    assert report.complete and report.found == len(PATHS) % 8 and source.asked == len(PATHS)
