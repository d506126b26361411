"""Plans for workshops: what they name exists, minutes add up, each can be released as written."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from typer.testing import CliRunner

from labkit.cli import app
from labkit.exercises.cells import slug_of
from labkit.exercises.find import catalogue, find
from labkit.lab.faults.catalogue import FAULTS

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "workshop-plans.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Row:
    at: int
    minutes: int
    notebook: str
    exercises: list[str]
    words: str


def plans() -> dict[str, str]:
    parts = re.split(r"(?m)^## ", TEXT)
    return {part.split(":")[0]: part for part in parts if "```sh\nlabkit workshop release" in part}


def tables(plan: str) -> list[list[Row]]:
    """The rows of each table of a plan: a day each."""
    found: list[list[Row]] = []
    for line in plan.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] == "at":
            found.append([])
        elif re.fullmatch(r"\d:\d\d", cells[0]):
            hours, minutes = map(int, cells[0].split(":"))
            slugs = re.findall(r"`([^`]+)`", cells[3])
            row = Row(hours * 60 + minutes, int(cells[1]), cells[2].strip("`"), slugs, cells[4])
            found[-1].append(row)
    return found


def command(plan: str) -> list[str]:
    [line] = re.findall(
        r"(?m)^labkit (workshop release .*)$", plan.split("```sh\n")[1].split("```")[0]
    )
    return shlex.split(line)


def counted(name: str) -> tuple[int, int, int]:
    """Words, code cells and exercises of a notebook."""
    cells = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4).cells
    words = sum(len(c.source.split()) for c in cells if c.cell_type == "markdown")
    code = [c for c in cells if c.cell_type == "code"]
    return words, len(code), sum(slug_of(c.source) is not None for c in code)


def needed(name: str, exercises: int) -> float:
    words, cells, _ = counted(name)
    return words / 200 + cells / 2 + 6 * exercises


@pytest.mark.parametrize(
    ("plan", "days", "minutes"),
    [("90 minutes", 1, 90), ("Half a day", 1, 240), ("Two days", 2, 360)],
)
def test_the_minutes_add_up(plan: str, days: int, minutes: int) -> None:
    found = tables(plans()[plan])
    assert len(found) == days
    for day in found:
        at = 0
        for row in day:
            assert row.at == at, row
            at += row.minutes
        assert at == minutes


@pytest.mark.parametrize("plan", sorted(plans()))
def test_what_a_plan_names_is_there_and_has_its_time(plan: str) -> None:
    named: set[str] = set()
    for row in (row for day in tables(plans()[plan]) for row in day if row.notebook):
        folder = f"nb{row.notebook.split('/')[-1]}"
        own = {entry.slug for entry in catalogue() if entry.notebook == folder}
        assert row.exercises
        assert set(row.exercises) <= own, row.notebook
        assert row.minutes >= needed(row.notebook, len(row.exercises)) - 1, row.notebook
        named |= set(row.exercises)
    stuck = plans()[plan].split("**Where people get stuck.**")[1].split("**Late?**")[0]
    for piece in re.split(r"\. (?=`)|\.\n(?=`)|; and (?=`)", stuck):
        names = re.findall(r"`([^`]+)`", piece)
        if not names:
            continue
        mistakes = {wrong.name for wrong in find(names[0]).load().exercise.wrong}
        assert names[0] in named, names[0]
        assert names[1:], piece
        assert set(names[1:]) <= mistakes, piece
    late = plans()[plan].split("**Late?**")[1]
    left = set(re.findall(r"`([a-z-]+)`", late))
    assert left
    assert left <= named


def test_faults_that_are_broken_exist() -> None:
    broken = set(re.findall(r"\(faults\.md#([a-z0-9-]+)\)", TEXT))
    assert len(broken) >= 7
    assert broken <= FAULTS.keys()


@pytest.mark.parametrize("plan", sorted(plans()))
def test_a_plan_is_released_as_it_is_written(
    plan: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, command(plans()[plan]))
    assert done.exit_code == 0, done.output
    released = {path.relative_to(tmp_path / "workshop" / "release").with_suffix("").as_posix()
                for path in (tmp_path / "workshop" / "release").rglob("*.ipynb")}  # fmt: skip
    wanted = {row.notebook for day in tables(plans()[plan]) for row in day if row.notebook}
    assert {name.removeprefix("notebooks/") for name in released} == wanted


def test_the_table_of_minutes_is_of_now() -> None:
    rows = re.findall(r"(?m)^\| `([^`]+)` \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", TEXT)
    assert {name for name, *_ in rows} == {
        row.notebook
        for plan in plans().values()
        for day in tables(plan)
        for row in day
        if row.notebook
    }
    for name, words, cells, exercises, minutes in rows:
        now = counted(name)
        assert abs(int(words) - now[0]) <= 150, name
        assert abs(int(cells) - now[1]) <= 2, name
        assert int(exercises) == now[2], name
        assert abs(int(minutes) - needed(name, now[2])) <= 2, name
