"""Sealed streams: each way of damaging one is found."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labkit.common.errors import DataError
from labkit.exchange.cloud import Damaged, KeyDestroyed, KeyFolder, seal, unseal
from labkit.exchange.cloud.sealing import HEAD, TAG

KEY = bytes(range(32))
TOKEN, OTHER = "0" * 32, "1" * 32


def sealed(data: bytes, name: str = "n", chunk: int = 16) -> bytes:
    return b"".join(seal([data], KEY, name, chunk=chunk))


def opened(data: bytes, name: str = "n", key: bytes = KEY) -> bytes:
    return b"".join(unseal([data], key, name))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200), st.integers(1, 64), st.integers(1, 50))
def test_any_length_in_any_pieces(data: bytes, chunk: int, piece: int) -> None:
    plain = [data[n : n + piece] for n in range(0, len(data), piece)]
    whole = b"".join(seal(plain, KEY, "n", chunk=chunk))
    pieces = [whole[n : n + piece] for n in range(0, len(whole), piece)]
    assert b"".join(unseal(pieces, KEY, "n")) == data


def test_every_changed_byte_is_found() -> None:
    whole = sealed(b"a" * 40)
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        with pytest.raises(Damaged):
            opened(bytes(changed))


def test_every_shorter_length_is_found() -> None:
    whole = sealed(b"a" * 48)
    for length in range(len(whole)):
        with pytest.raises(Damaged):
            opened(whole[:length])


def test_chunks_moved_doubled_left_out_or_added_are_found() -> None:
    whole = sealed(b"a" * 64)
    size = 16 + TAG
    head, body = whole[:HEAD], whole[HEAD:]
    chunks = [body[n : n + size] for n in range(0, len(body), size)]
    assert len(chunks) == 4
    for order in ([1, 0, 2, 3], [0, 0, 1, 2, 3], [0, 2, 3], [0, 1, 2, 3, 3], [0, 1, 2], [3]):
        with pytest.raises(Damaged):
            opened(head + b"".join(chunks[n] for n in order))


def test_another_name_or_key_does_not_open() -> None:
    whole = sealed(b"of patient one", "one")
    assert opened(whole, "one") == b"of patient one"
    with pytest.raises(Damaged, match="object two"):
        opened(whole, "two")
    with pytest.raises(Damaged):
        opened(whole, "one", os.urandom(32))


def test_same_bytes_are_sealed_differently_each_time() -> None:
    assert sealed(b"same")[HEAD:] != sealed(b"same")[HEAD:]


def test_a_header_that_asks_for_much_memory_is_refused() -> None:
    whole = bytearray(sealed(b"a"))
    whole[8:12] = b"\xff\xff\xff\xff"
    with pytest.raises(Damaged, match="no sealed object"):
        opened(bytes(whole))


def test_keys_are_wrapped_and_for_their_owner_alone(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path / "keys")
    key = keys.new(TOKEN)
    assert KeyFolder(tmp_path / "keys").get(TOKEN) == key
    files = [p for p in (tmp_path / "keys").rglob("*") if p.is_file()]
    assert all(key not in p.read_bytes() for p in files)
    if os.name == "posix":
        assert (tmp_path / "keys").stat().st_mode & 0o077 == 0
        assert (tmp_path / "keys/masters.json").stat().st_mode & 0o077 == 0


def test_rotation_wraps_anew_and_destroys_the_old_master(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path)
    key, old = keys.new(TOKEN), keys.current
    before = (tmp_path / f"studies/{TOKEN}.json").read_bytes()
    assert keys.rotate() == 1
    assert keys.masters() == [keys.current] != [old]
    assert keys.get(TOKEN) == key
    (tmp_path / f"studies/{TOKEN}.json").write_bytes(before)  # as from a backup
    with pytest.raises(DataError):
        keys.get(TOKEN)


def test_rotation_that_dies_midway_loses_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = KeyFolder(tmp_path)
    tokens = [f"{n:032x}" for n in range(4)]
    made = {token: keys.new(token) for token in tokens}
    for steps in range(4):
        wrap, left = keys._wrap, [steps]

        def dying(token: str, key: bytes, wrap=wrap, left=left) -> None:  # type: ignore[no-untyped-def]
            if left[0] == 0:
                raise KeyboardInterrupt
            left[0] -= 1
            wrap(token, key)

        with monkeypatch.context() as patch:
            patch.setattr(keys, "_wrap", dying)
            with pytest.raises(KeyboardInterrupt):
                keys.rotate()
        keys = KeyFolder(tmp_path)
        assert {token: keys.get(token) for token in tokens} == made
    keys.rotate()
    assert len(keys.masters()) == 1
    assert {token: keys.get(token) for token in tokens} == made


def test_a_destroyed_key_is_gone(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path)
    keys.new(TOKEN)
    assert keys.destroy(TOKEN)
    assert not keys.destroy(TOKEN)
    assert keys.tokens() == []
    with pytest.raises(KeyDestroyed):
        keys.get(TOKEN)


def test_a_key_put_in_anothers_place_does_not_open(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path)
    keys.new(TOKEN), keys.new(OTHER)
    (tmp_path / f"studies/{OTHER}.json").write_bytes(
        (tmp_path / f"studies/{TOKEN}.json").read_bytes()
    )
    with pytest.raises(DataError, match="another study"):
        keys.get(OTHER)


def test_a_missing_master_is_not_made_anew(tmp_path: Path) -> None:
    KeyFolder(tmp_path).new(TOKEN)
    (tmp_path / "masters.json").unlink()
    with pytest.raises(DataError, match="master key is missing"):
        KeyFolder(tmp_path)


@pytest.mark.parametrize("token", ["../x", "", "A" * 32, "0" * 31])
def test_a_token_is_no_path(tmp_path: Path, token: str) -> None:
    with pytest.raises(DataError):
        KeyFolder(tmp_path).new(token)


def test_the_key_file_names_its_master(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path)
    keys.new(TOKEN)
    said = json.loads((tmp_path / f"studies/{TOKEN}.json").read_text())
    assert said["master"] == keys.current
