"""From texts to a catalogue and back: nothing is left out, nothing stale is used."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labkit.cli import app
from labkit.exercises import languages, notebook_file, strings, translating
from labkit.exercises.find import catalogue, find
from labkit.exercises.languages import PSEUDO, pseudo, read

ROOT = Path(__file__).resolve().parents[2]
START = ROOT / "notebooks" / "00_start_here.ipynb"
GERMAN = read(languages.find("de"))


@pytest.fixture(scope="module")
def start() -> dict[str, str]:
    return strings.every([START])


def test_every_text_of_a_notebook_and_its_exercises_is_found(start: dict[str, str]) -> None:
    assert start["engine/word.failed"] == "Not yet"
    exercise = find("echo-archive").load().exercise
    assert start["exercise/echo-archive/title"] == "Ask the archive whether it is there"
    assert start["exercise/echo-archive/hint/3"] == exercise.hints[2]
    assert start["exercise/echo-archive/wrong/asked-legacy"] == exercise.wrong[0].says
    assert start["exercise/echo-archive/comment/1"].startswith("send a C-ECHO to lab.archive")
    assert "{0} (the value of {1})" in start.values()
    assert "It may be from before the lab was reset. Run the cell again." in start.values()
    cells = notebook_file.read(START).cells
    prose = [cell.source for cell in cells if cell.cell_type == "markdown"]
    assert set(prose) <= set(start.values())


def test_exercises_of_all_tracks_can_be_read_for_texts() -> None:
    for entry in catalogue()[::9]:  # all of them are loaded elsewhere
        names = [string.name for string in strings.exercise(entry)]
        assert len(names) == len(set(names)), entry.slug
        assert any("/check/" in name for name in names), entry.slug


def test_the_german_of_the_start_is_whole_and_of_now(start: dict[str, str]) -> None:
    """When this fails: `labkit notebooks strings notebooks/00_start_here.ipynb --language de`."""
    state = translating.state(start, GERMAN)
    assert (state.missing, state.stale, state.wrong) == ([], [], {})


def test_a_text_that_has_changed_is_stale_and_kept_for_the_translator(
    start: dict[str, str],
) -> None:
    name = "exercise/echo-archive/hint/1"
    changed = start | {name: "Another text."}
    state = translating.state(changed, GERMAN)
    assert state.stale == [name]
    entry = translating.template(changed, "de", GERMAN)["strings"][name]
    assert entry["translation"] == ""
    assert entry["was"] == start[name]
    assert entry["was_translation"].startswith("Für jede DIMSE-Nachricht")


def test_a_notebook_is_translated_and_its_code_is_the_same(tmp_path: Path) -> None:
    [target] = translating.write_all([START], tmp_path, "de", GERMAN)
    before, after = notebook_file.read(START).cells, notebook_file.read(target).cells
    assert after[0].source.startswith("# 00 Hier beginnen")
    assert [c.cell_type for c in before] == [c.cell_type for c in after]
    for old, new in zip(before, after, strict=True):
        if old.cell_type != "code":
            continue
        assert new.outputs == []
        if "# exercise: " not in old.source:
            assert new.source == old.source
    asked = next(c.source for c in after if "# exercise: echo-archive" in c.source)
    assert "# senden Sie ein C-ECHO an lab.archive" in asked
    assert asked.startswith("# exercise: echo-archive\n")


def test_all_notebooks_can_be_written_in_the_pseudo_language(tmp_path: Path) -> None:
    path = ROOT / "notebooks" / "beginner" / "03_the_header.ipynb"
    [target] = translating.write_all([path], tmp_path, PSEUDO, {})
    assert target == tmp_path / "beginner" / "03_the_header.ipynb"
    first = notebook_file.read(path).cells[0].source
    assert notebook_file.read(target).cells[0].source == pseudo(first)


def test_the_workbooks_own_notebooks_are_never_written_over(tmp_path: Path) -> None:
    home = tmp_path / "notebooks"
    home.mkdir()
    shutil.copy(START, home)
    before = (home / START.name).read_bytes()
    for folder in (home, home / "de"):
        done = CliRunner().invoke(
            app,
            ["notebooks", "translate", str(home / START.name), "--language", "de",
             "--to", str(folder)],
        )  # fmt: skip
        assert done.exit_code != 0
        assert (home / START.name).read_bytes() == before
        assert not (home / "de").exists()


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LABKIT_LANGUAGES", raising=False)
    done = CliRunner().invoke(app, ["notebooks", "strings", str(START), "--language", "fr"])
    assert done.exit_code == 0
    data = json.loads(done.stdout)
    assert (data["format"], data["language"]) == (languages.FORMAT, "fr")
    assert all(entry["translation"] == "" for entry in data["strings"].values())
    arguments = ["notebooks", "strings", str(START), "--language", "de", "--check"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0
    assert done.stdout.endswith(" translated, 0 not, 0 stale\n")
    entry = data["strings"]["engine/row.hint"]
    entry["translation"] = "indice {at}"
    (tmp_path / "fr.json").write_text(json.dumps(data), encoding="utf-8")
    monkeypatch.setenv("LABKIT_LANGUAGES", str(tmp_path))
    done = CliRunner().invoke(app, [*arguments[:4], "fr", "--check"])
    assert done.exit_code == 1
    assert "engine/row.hint: a place for a value is not in the translation: {count}" in done.stdout
