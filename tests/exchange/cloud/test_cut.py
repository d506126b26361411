"""The line is cut, or the process dies, at every point: nothing is lost, and it goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from labkit.exchange.cloud import NotYet, StoreRefused, StoreUnreachable
from labkit.exchange.cloud.local import LocalStore
from labkit.pacs import Archive
from tests.exchange.cloud.conftest import MIB, Clock, files, large, made, uid_of


@pytest.mark.parametrize("after", [0, 3 * MIB, 6 * MIB, 11 * MIB])
def test_multipart_goes_on_where_the_line_was_cut(
    archive: Archive, store: LocalStore, tmp_path: Path, clock: Clock, after: int
) -> None:
    study, paths = large(tmp_path / "large")
    archive.add_files(paths)
    before = files(archive, study)
    tier = made(archive, store, tmp_path, clock)
    store.line.cut(after)
    with pytest.raises(StoreUnreachable):
        tier.offload(study, free=True)
    store.line.mend()
    assert store.objects() == []  # no half object counts
    assert files(archive, study) == before
    with pytest.raises(NotYet):
        tier.free(study)
    begun = len(store.unfinished())
    tier = made(archive, store, tmp_path, clock)  # another process takes over
    moved = tier.offload(study, free=True)
    assert moved.sent + moved.found == 3
    assert moved.found == after // (5 * MIB)
    assert begun == (1 if after else 0)
    assert store.unfinished() == []
    assert tier.local(study) == []
    tier.recall(study)
    assert files(archive, study) == before


def test_a_part_that_was_damaged_is_sent_again(
    archive: Archive, store: LocalStore, tmp_path: Path, clock: Clock
) -> None:
    study, paths = large(tmp_path / "large")
    archive.add_files(paths)
    tier = made(archive, store, tmp_path, clock)
    store.line.cut(6 * MIB)
    with pytest.raises(StoreUnreachable):
        tier.offload(study)
    store.line.mend()
    name = store.unfinished()[0]
    upload = store.call("list_multipart_uploads")["Uploads"][0]["UploadId"]
    store.call("upload_part", Key=name, UploadId=upload, PartNumber=1, Body=bytes(5 * MIB))
    assert tier.offload(study).sent == 3


def test_a_recall_goes_on_where_it_was_cut(
    archive: Archive, store: LocalStore, tmp_path: Path, clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    study, paths = large(tmp_path / "large")
    archive.add_files(paths)
    before = files(archive, study)
    tier = made(archive, store, tmp_path, clock)
    tier.offload(study, free=True)
    read = store.read

    def broken(name: str, start: int = 0) -> Any:
        for count, piece in enumerate(read(name, start)):
            if count == 20:
                raise StoreUnreachable("cut", remedy="")
            yield piece

    with monkeypatch.context() as patch:
        patch.setattr(store, "read", broken)
        with pytest.raises(StoreUnreachable):
            tier.recall(study)
    assert tier.local(study) == []
    store.requests.received = 0
    tier = made(archive, store, tmp_path, clock)
    tier.recall(study)
    assert 0 < store.requests.received < tier.record(study).size
    assert files(archive, study) == before


class _Dies(BaseException):
    """As a kill: nothing may catch it."""


def _dying(store: LocalStore, monkeypatch: pytest.MonkeyPatch, at: int, after: bool) -> None:
    call, left = store.call, [at]

    def counted(operation: str, **given: Any) -> dict[str, Any]:
        left[0] -= 1
        if left[0] == 0 and not after:
            raise _Dies
        try:
            return call(operation, **given)
        finally:
            if left[0] == 0:
                raise _Dies

    monkeypatch.setattr(store, "call", counted)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_death_at_each_request_loses_nothing(
    archive: Archive, store: LocalStore, tmp_path: Path, clock: Clock,
    monkeypatch: pytest.MonkeyPatch, after: bool,
) -> None:  # fmt: skip
    study = uid_of("ct-head")
    before = files(archive, study)
    at, whole = 0, False
    while not whole:
        at += 1
        folder = tmp_path / f"try{at}"
        with monkeypatch.context() as patch:
            _dying(store, patch, at, after)
            try:
                made(archive, store, folder, clock).offload(study, free=True)
                whole = True
            except _Dies:
                assert files(archive, study) == before
        tier = made(archive, store, folder, clock)
        tier.offload(study, free=not whole) if not whole else None
        assert tier.local(study) == []
        assert tier.verify(study) == []
        names = {tier.record(study).token, *(pack.name for pack in tier.record(study).packs)}
        tier.recall(study)
        assert files(archive, study) == before
        assert {each.name for each in store.objects()} >= names
        for each in store.objects():
            store.delete(each.name)
    assert at > 6


def test_a_death_while_shredding_ends_with_all_gone(
    archive: Archive, store: LocalStore, tmp_path: Path, clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    study = uid_of("dx-hand")
    made(archive, store, tmp_path, clock).offload(study)
    clock.forward(days=365 * 120)
    for at in range(1, 5):
        with monkeypatch.context() as patch:
            _dying(store, patch, at, after=True)
            try:
                made(archive, store, tmp_path, clock).shred(study, "over")
            except _Dies:
                assert made(archive, store, tmp_path, clock).keys.tokens() == []
    tier = made(archive, store, tmp_path, clock)
    if tier.records():
        tier.shred(study, "over")
    assert store.objects() == [] and tier.records() == [] and tier.local(study) == []


def test_shredding_without_a_line_destroys_the_key_and_says_what_is_left(
    archive: Archive, store: LocalStore, tmp_path: Path, clock: Clock
) -> None:
    study = uid_of("dx-hand")
    tier = made(archive, store, tmp_path, clock)
    tier.offload(study)
    clock.forward(days=365 * 120)
    store.line.cut()
    left = tier.shred(study, "over").left
    store.line.mend()
    assert set(left) == {each.name for each in store.objects()} != set()
    assert tier.keys.tokens() == []
    assert tier.shred(study, "over").left == ()
    assert store.objects() == []


def test_refusals_are_told(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "bucket", "not-there")
    with pytest.raises(StoreRefused) as told:
        store.put("x", b"x")
    assert told.value.code == "NoSuchBucket"
