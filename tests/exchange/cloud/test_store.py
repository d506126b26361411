"""A contract of the store: held against moto, and against a real endpoint where one is named.

``LABKIT_S3=https://… LABKIT_S3_BUCKET=… LABKIT_S3_KEY=… LABKIT_S3_SECRET=… [LABKIT_S3_REGION=…]``:
a bucket that exists and is empty. The tests delete what they put there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.common.errors import UsageError
from labkit.exchange.cloud import Credentials, NotInStore, ObjectStore, StoreUnreachable
from labkit.exchange.cloud.store import SMALLEST_PART, StoreRefused

_ENDPOINT = os.environ.get("LABKIT_S3", "")
A, B = "a" * 32, "b" * 32


def _named() -> ObjectStore:
    said = {name: os.environ.get(f"LABKIT_S3_{name}", "") for name in
            ("BUCKET", "KEY", "SECRET", "REGION")}  # fmt: skip
    return ObjectStore(
        _ENDPOINT,
        said["BUCKET"],
        Credentials(said["KEY"], said["SECRET"]),
        region=said["REGION"] or "us-east-1",
        part_size=SMALLEST_PART,
    )


@pytest.fixture(params=["moto", "named"])
def bucket(request: pytest.FixtureRequest) -> Iterator[ObjectStore]:
    if request.param == "moto":
        with ObjectStore.local() as store:
            yield store
        return
    if not _ENDPOINT:
        pytest.skip("LABKIT_S3 names no endpoint")
    store = _named()
    yield store
    for name in (A, B):
        store.abort(name)
        store.delete(name)


def test_objects(bucket: ObjectStore) -> None:
    bucket.put(A, b"one")
    bucket.put(B, b"")
    bucket.put(A, b"other")
    assert [(each.name, each.size) for each in bucket.objects()] == [(A, 5), (B, 0)]
    assert (bucket.get(A), bucket.get(B)) == (b"other", b"")
    assert b"".join(bucket.read(A, 2)) == b"her"
    assert (bucket.size(A), bucket.size("c" * 32)) == (5, None)
    bucket.delete(A)
    bucket.delete(A)
    with pytest.raises(NotInStore):
        bucket.get(A)


def test_more_than_was_expected_is_not_read(bucket: ObjectStore) -> None:
    bucket.put(A, bytes(1000))
    with pytest.raises(StoreRefused, match="over 999"):
        bucket.get(A, most=999)


def test_an_upload_in_parts(bucket: ObjectStore, tmp_path: Path) -> None:
    data = os.urandom(SMALLEST_PART * 2 + 100)
    (tmp_path / "file").write_bytes(data)
    seen: list[tuple[int, int]] = []

    def stop(number: int, total: int) -> None:
        seen.append((number, total))
        if number == 2 and len(seen) == 2:
            raise KeyboardInterrupt

    bucket.observer = stop
    with pytest.raises(KeyboardInterrupt):
        bucket.upload(tmp_path / "file", A)
    assert bucket.size(A) is None
    assert bucket.unfinished() == [A]
    took = bucket.upload(tmp_path / "file", A)
    assert (took.sent, took.found) == (1, 2)
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert bucket.get(A) == data
    assert bucket.unfinished() == []


def test_given_up(bucket: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(SMALLEST_PART + 1))
    bucket.call("create_multipart_upload", Key=A)
    bucket.call("create_multipart_upload", Key=B)
    bucket.abort(A)
    assert bucket.unfinished() == [B]


@pytest.mark.parametrize(
    "endpoint", ["http://store.example", "ftp://127.0.0.1", "", "https://", "127.0.0.1:9000"]
)
def test_no_open_line(endpoint: str) -> None:
    with pytest.raises(UsageError, match="no endpoint"):
        ObjectStore(endpoint, "b", Credentials("k", "s"))


def test_small_parts_are_refused() -> None:
    with pytest.raises(UsageError, match="5242880"):
        ObjectStore("https://store.example", "b", Credentials("k", "s"), part_size=1 << 20)


def test_credentials_are_never_shown() -> None:
    who = Credentials("AKIAKEY", "s3cr3t", "t0ken")
    store = ObjectStore("https://store.example", "b", who)
    assert not any(text in f"{who!r} {store!r}" for text in ("AKIAKEY", "s3cr3t", "t0ken"))


def test_nothing_but_what_was_given_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not ~/.aws, nor the variables, nor a proxy, nor the metadata service."""
    (tmp_path / "config").write_text("[default]\nregion = eu-9\nendpoint_url = http://9.9.9.9\n")
    (tmp_path / "credentials").write_text("[default]\naws_access_key_id = X\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://9.9.9.9")
    monkeypatch.setenv("AWS_PROFILE", "not-there")
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://9.9.9.9")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://9.9.9.9:1")
    with ObjectStore.local() as store:
        store.put(A, b"here")
        assert store.get(A) == b"here"
        signed = store._client._request_signer
        assert signed._credentials.access_key == "learner"
        assert signed.region_name == "us-east-1"


def test_nobody_answers() -> None:
    with ObjectStore.local() as store:
        store.line.cut()
        with pytest.raises(StoreUnreachable):
            store.put(A, b"x")
        store.line.mend()
        store.put(A, b"x")
