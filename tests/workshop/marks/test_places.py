"""What a killed marking has left goes with the next one, and nothing else does."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from labkit.lab.lock import FileLock
from labkit.workshop.marks.places import PREFIX, place, sweep

HOLDS = """
import sys
from labkit.workshop.marks.places import place
with place() as folder:
    (folder / "home").mkdir()
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path.resolve()


def test_a_place_is_kept_while_its_owner_lives_and_swept_when_it_is_killed(temporary: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", HOLDS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert owner.stdout is not None
    try:
        left = Path(owner.stdout.readline().strip())
        assert left.parent == temporary and sweep() == [] and (left / "home").is_dir()
    finally:
        owner.kill()
        owner.wait()
        owner.stdout.close()
    with place() as mine:
        assert sweep() == [left] and not left.exists() and mine.is_dir()
    assert list(temporary.iterdir()) == []


def test_what_is_not_a_place_stays(temporary: Path) -> None:
    elsewhere = temporary / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "owner.lock").touch()
    (temporary / f"{PREFIX}link").symlink_to(elsewhere)
    (temporary / f"{PREFIX}new").mkdir()  # its owner has not come to lock it yet
    assert sweep() == [] and len(list(temporary.iterdir())) == 3


def test_an_owner_that_a_sweep_overtakes_takes_another_place(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    takes, taken = FileLock.acquire, []

    def overtaken(lock: FileLock, **how: float) -> bool:
        if not taken:
            taken.append(lock.path.parent)
            return False
        return takes(lock, **how)

    monkeypatch.setattr(FileLock, "acquire", overtaken)
    with place() as mine:
        assert mine not in taken
