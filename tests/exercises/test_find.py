"""Exercises are found by their place; a mistake in a file is said to its author."""

import inspect
from pathlib import Path

import pytest

from labkit.common.errors import UsageError
from labkit.exercises import catalogue
from labkit.exercises.find import TRACKS, Entry, find


def put(root: Path, place: str, text: str = '"""A title."""\n') -> Path:
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_files_are_found_in_the_order_of_the_workbook(tmp_path: Path) -> None:
    put(tmp_path, "beginner/nb07_send/b_store.py")
    put(tmp_path, "beginner/nb07_send/a_echo.py")
    put(tmp_path, "beginner/nb02_tree/count.py", '"""Count.\n\nMore."""\n')
    put(tmp_path, "start/nb00_start_here/hello.py")
    for not_one in ("beginner/nb07_send/_shared.py", "beginner/other/x.py", "nowhere/nb01/y.py"):
        put(tmp_path, not_one)
    found = catalogue(tmp_path)
    assert [e.slug for e in found] == ["hello", "count", "a-echo", "b-store"]
    assert [e.title for e in found[:2]] == ["A title", "Count"]
    assert found[1].module == "labkit.exercises.beginner.nb02_tree.count"


def test_a_slug_is_unique_over_all(tmp_path: Path) -> None:
    put(tmp_path, "start/nb00_start_here/hello.py")
    put(tmp_path, "beginner/nb01_journey/hello.py")
    with pytest.raises(UsageError, match="two exercises are called hello"):
        catalogue(tmp_path)


def test_a_file_without_a_docstring_or_without_its_parts(tmp_path: Path) -> None:
    path = put(tmp_path, "start/nb00_start_here/hello.py", "X = 1\n")
    with pytest.raises(UsageError, match="no docstring"):
        _ = catalogue(tmp_path)[0].title
    # A module of the package that is no exercise.
    entry = Entry("panel", "", "", path)
    with pytest.raises(ModuleNotFoundError):
        entry.load()


def test_close_names_are_offered() -> None:
    assert find("echo-archive").track == "start"
    with pytest.raises(UsageError) as caught:
        find("Echo_Archiv")
    assert caught.value.remedy == "did you mean 'echo-archive'?"


def test_every_exercise_that_ships_can_be_loaded() -> None:
    assert catalogue()
    for entry in catalogue():
        assert entry.track in TRACKS
        loaded = entry.load()
        assert loaded.title == entry.title
        assert len(loaded.title) <= 80, "the title is a line"
        # Where only the world counts, the answer says no more than that something was tried.
        used = "work.answer" in inspect.getsource(loaded.check)
        assert not used or loaded.exercise.expects is not object, (
            f"{entry.slug}: say what type of answer is expected"
        )
