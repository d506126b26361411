"""Pictures of studies and series: which object is drawn, and what is kept of it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from starlette.testclient import TestClient

from labkit.common import ALLOW_ALL
from labkit.dicom import encoded
from labkit.dicomweb import ArchiveSource, dicomweb_app
from labkit.dicomweb.kept import Kept
from labkit.pacs import Archive
from labkit.pacs.part10 import read_file_meta
from tests.contract.pacs.cases import small, uid
from tests.dicomweb.proxy.conftest import StartFacade, StartPacs, facade, pacs

__all__ = ["facade", "pacs"]


def test_of_a_study_behind_a_facade_only_the_one_shown_is_fetched(
    pacs: StartPacs, facade: StartFacade
) -> None:
    behind = pacs()
    behind.hold(*(small(50, number=number) for number in range(1, 6)))
    front = facade(behind)
    answer = front.web.get(f"/studies/{uid(50)}/thumbnail", headers={"Accept": "image/png"})
    assert answer.status_code == 200 and answer.content.startswith(b"\x89PNG")
    assert front.services()[-1] == "C-GET IMAGE"
    assert front.source.stats()["cache"]["objects"] == 1
    nothing = front.web.get("/studies/1.2.3/thumbnail", headers={"Accept": "image/png"})
    assert nothing.status_code == 404


def test_what_was_made_is_kept_until_there_is_no_room() -> None:
    kept, made = Kept(limit=10), []

    def make(value: bytes) -> bytes:
        made.append(value)
        return value

    for name, value in (("a", b"aaaa"), ("a", b"never"), ("b", b"bbbb"), ("a", b"never")):
        kept.get(name, lambda value=value: make(value))  # type: ignore[misc]
    assert made == [b"aaaa", b"bbbb"]
    kept.get("c", lambda: make(b"cccc"))  # b was used longest ago
    assert kept.get("a", lambda: make(b"never")) == b"aaaa"
    assert kept.get("b", lambda: make(b"again")) == b"again"


def test_what_has_no_name_or_no_room_is_made_each_time() -> None:
    kept, made = Kept(limit=10), []
    for _ in range(2):
        kept.get("", lambda: made.append(1) or b"x")  # type: ignore[func-returns-value]
        kept.get("large", lambda: made.append(2) or bytes(11))  # type: ignore[func-returns-value]
    assert made == [1, 2, 1, 2]


def test_a_frame_that_is_cut_off_is_an_error(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    ds = small(51, NumberOfFrames=2)  # and pixels of one
    meta = read_file_meta(file := BytesIO(encoded(ds)))
    archive.add(file.read(), transfer_syntax=meta.transfer_syntax)
    web = TestClient(dicomweb_app(ArchiveSource(archive), ALLOW_ALL, base_url="http://testserver"))
    path = f"/studies/{uid(51)}/series/{uid(51, 1)}/instances/{uid(51, 1, 1)}/frames"
    for _ in range(2):  # the second time it is known where the frames begin
        assert web.get(f"{path}/1").status_code == 200
        cut = web.get(f"{path}/2")
        assert cut.status_code == 406 and "ends in the middle" in cut.json()["detail"]
    archive.close()
