"""What docs/authoring.md says is what the code does."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from labkit.exercises import Exercise, Wrong
from labkit.exercises.commands import notebooks_app
from labkit.exercises.notebook_rules import CLOSING, IGNORE, VARIES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "authoring.md").read_text(encoding="utf-8")


def rows(first: str) -> list[str]:
    """Return the first column of the table that begins with the heading `first`."""
    table = PAGE[PAGE.index(f"| {first} |") :].split("\n\n")[0].splitlines()[2:]
    return [re.findall(r"`([^`]+)`", line)[0] for line in table]


def test_every_part_of_an_exercise_is_told() -> None:
    assert set(rows("part")) == {part.name for part in fields(Exercise)}
    assert ", ".join(part.name for part in fields(Wrong)) in PAGE


def test_the_list_of_tags_is_the_closed_one() -> None:
    assert tuple(rows("tag")) == VARIES
    assert IGNORE in PAGE


def test_the_frame_is_told() -> None:
    for words in (CLOSING, "**You will be able to**", "**Minutes:**", "**Needs:**", "**Next:**"):
        assert words in PAGE


@pytest.mark.parametrize("command", [c.name for c in notebooks_app.registered_commands])
def test_every_command_for_notebooks_is_told(command: str) -> None:
    assert f"labkit notebooks {command}" in PAGE
