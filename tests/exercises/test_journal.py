"""Progress is only appended to, by several writers, on any disk."""

import json
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest

from labkit.exercises.journal import Journal, learner


@pytest.fixture(autouse=True)
def _learner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_LEARNER", "ada")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    at = datetime(2026, 1, 15, 8, tzinfo=timezone.utc)
    return Journal(tmp_path / "new" / "progress.jsonl", clock=lambda: at)


def test_what_is_added_is_read_back(journal: Journal) -> None:
    assert list(journal) == []
    assert journal.add("check", "echo-archive", outcome="failed", mistake="x") == ""
    assert journal.add("hint", "echo-archive") == ""
    assert journal.solved() == set()
    journal.add("check", "echo-archive", outcome="passed")
    assert journal.solved() == {"echo-archive"}
    assert journal.hints == {"echo-archive": 1}
    assert next(iter(journal)) == {
        "format": "labkit-progress/1", "at": "2026-01-15T08:00:00+00:00", "learner": "ada",
        "event": "check", "slug": "echo-archive", "outcome": "failed", "mistake": "x",
    }  # fmt: skip


def test_each_learner_has_their_own(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    journal.add("check", "echo-archive", outcome="passed")
    monkeypatch.setenv("LABKIT_LEARNER", "grace")
    assert journal.solved() == set()


def test_without_a_name_the_account_counts() -> None:
    assert learner({}) != ""
    assert learner({"LABKIT_LEARNER": " "}) == learner({})


def test_garbage_and_torn_lines_are_passed_over(journal: Journal) -> None:
    journal.add("check", "one", outcome="passed")
    with journal.path.open("ab") as stream:
        stream.write(b'\xff\xfe\n[]\n{"format": "other"}\n{"format": "labkit-progress/1"}\n')
        stream.write(b'{"format": "labkit-progress/1", "ev')
    journal.add("check", "two", outcome="passed")
    assert journal.solved() == {"one", "two"}


def test_a_folder_that_cannot_be_written_costs_a_notice_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    journal = Journal(tmp_path / "file" / "progress.jsonl")
    assert journal.add("check", "one", outcome="passed") != ""
    assert journal.solved() == {"one"}


def test_two_kernels_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "progress.jsonl"
    code = (
        "import sys; from pathlib import Path; from labkit.exercises.journal import Journal\n"
        "for n in range(100): Journal(Path(sys.argv[1])).add('check', sys.argv[2] + str(n))"
    )
    command = [sys.executable, "-c", code, str(path)]
    both = [subprocess.Popen([*command, name]) for name in ("a", "b")]
    assert [process.wait(60) for process in both] == [0, 0]
    lines = path.read_text(encoding="utf-8").splitlines()
    slugs = {json.loads(line)["slug"] for line in lines}
    assert len(lines) == len(slugs) == 200
