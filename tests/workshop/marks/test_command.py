"""The commands: thin, in words, and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from labkit.cli import app
from labkit.exercises.find import folder
from labkit.workshop.marks import marking
from labkit.workshop.marks.seating import Seated

BOOK = folder().parents[1] / "notebooks" / "00_start_here.ipynb"
RELEASE = """
[workshop]
title = "Day one"
[release]
notebooks = ["00_start_here.ipynb"]
[points]
"which-order" = 2
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "workshop.toml").write_text(RELEASE, encoding="utf-8")
    for name in ("ada", "ben"):
        home = tmp_path / "learners" / name / "notebooks"
        home.mkdir(parents=True)
        (home / BOOK.name).write_bytes(BOOK.read_bytes())
    return tmp_path


def labkit(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["workshop", *map(str, arguments)])


def test_from_what_was_handed_in_to_the_report(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = {"slug": "echo-archive", "outcome": "passed"}
    monkeypatch.setattr(marking, "seat", lambda *_, **__: Seated((passed,)))
    done = labkit("collect", "--workshop", place)
    assert done.output.splitlines() == [
        "taken     ada 00_start_here.ipynb", "taken     ben 00_start_here.ipynb", "2 taken",
    ]  # fmt: skip
    done = labkit("mark", "--workshop", place, "--for", "ada", "--json")
    assert [sheet["learner"] for sheet in json.loads(done.stdout)] == ["ada"]
    done = labkit("mark", "--workshop", place, "--notebook", "00_start_here", "--jobs", "1")
    assert done.output.splitlines() == [
        "1 of 2  ada, 00_start_here.ipynb: 1 of 3 (marked before)",
        "2 of 2  ben, 00_start_here.ipynb: 1 of 3",
    ]
    done = labkit("report", "--workshop", place, "--json")
    assert [Path(name).name for name in json.loads(done.stdout)] == [
        "marks.csv", "summary.csv", "index.html", "ada.html", "ben.html",
    ]  # fmt: skip
    done = labkit("nbgrader", place / "course", "--workshop", place)
    assert (place / "course/source/00_start_here/00_start_here.ipynb").is_file(), done.output


def test_what_is_shown_of_every_exercise() -> None:
    rows = json.loads(labkit("mark", "--what", "--json").stdout)
    assert {"slug": "which-order", "notebook": "start/00_start_here", "kind": "data",
            "where": "apart", "note": ""} in rows  # fmt: skip
    assert labkit("mark", "--what").output.splitlines()[-1].startswith("act: ")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["mark"], "there is nothing to mark"),
        (["mark", "--for", "bob"], "nothing is collected of bob"),
        (["mark", "--notebook", "beginner/07_send"], "is not released"),
        (["report"], "nothing has been marked"),
        (["collect", "nobody.zip"], "there is no nobody.zip"),
    ],
)
def test_what_cannot_be_done_is_said(place: Path, arguments: list[str], says: str) -> None:
    done = labkit(*arguments, "--workshop", place)
    assert done.exit_code != 0
    assert says in str(done.exception) + done.output
