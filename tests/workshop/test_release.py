"""What is handed out: chosen, ordered, clean, read back; and what a bad file is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from typer.testing import CliRunner, Result

from labkit import cli
from labkit.common.errors import UsageError
from labkit.exercises.links import broken
from labkit.exercises.rules import rules_at
from labkit.workshop import handing
from labkit.workshop.codes import SIGNS, new_code, same
from labkit.workshop.handing import WORKBOOK, chosen, furnish, order
from labkit.workshop.release import Release, Workshop, checked_name, hints_of, read_release


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, ["workshop", *map(str, arguments)])


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    folder = tmp_path_factory.mktemp("release") / "w"
    result = run(
        "release", folder, "--notebooks", "beginner/0[78]*", "--notebooks", "00_start_here",
        "--hints", 2, "--no-solutions", "--title", 'Day "one" \\ ä',
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert "3 notebooks; hints: at most 2 of each exercise; solutions: kept back" in result.output
    return Workshop(folder)


def cells(path: Path) -> list[Any]:
    return list(nbformat.read(path, as_version=4).cells)


def test_the_file_says_what_was_asked_for(released: Workshop) -> None:
    assert read_release(released.folder) == Release(
        'Day "one" \\ ä',
        ("00_start_here.ipynb", "beginner/07_send.ipynb", "beginner/08_find_and_retrieve.ipynb"),
        hints=2,
        solutions=False,
    )


def test_notebooks_are_clean_and_lead_to_each_other(released: Workshop) -> None:
    folder = released.release / "notebooks"
    names = read_release(released.folder).notebooks
    assert sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*.ipynb")) == list(names)
    last = []
    for name in names:
        copy, own = cells(folder / name), cells(WORKBOOK / name)
        code = [cell for cell in copy if cell.cell_type == "code"]
        assert [cell.source for cell in code] == [
            cell.source for cell in own if cell.cell_type == "code"
        ]
        assert not any(cell.outputs or cell.execution_count for cell in code)
        last.append(copy[-1].source.splitlines()[-1])
        for cell in copy:
            if cell.cell_type == "markdown":
                assert list(broken(cell.source, (folder / name).parent)) == []
    assert last[0].endswith("](beginner/07_send.ipynb)")
    assert last[1].endswith("](08_find_and_retrieve.ipynb)")
    assert last[2] == "**Next:** that was the last notebook of this workshop."


def test_the_whole_workbook_is_in_the_order_of_its_next_links() -> None:
    names = order()
    tracks = list(dict.fromkeys(name.split("/")[0] for name in names))
    assert tracks == ["00_start_here.ipynb", "beginner", "intermediate", "advanced"]
    assert len(names) == len(list(WORKBOOK.rglob("*.ipynb")))
    for track in tracks[1:]:
        inside = [name for name in names if name.startswith(track)]
        assert inside == sorted(inside)


@pytest.mark.parametrize(
    "pattern",
    ["07_send", "beginner/07_send", "notebooks/beginner/07*", "beginner/07_send.ipynb",
     str(WORKBOOK / "beginner" / "07_send.ipynb")],
)  # fmt: skip
def test_ways_to_name_a_notebook(pattern: str) -> None:
    assert chosen([pattern]) == ("beginner/07_send.ipynb",)


def test_a_track_is_named_by_its_folder_and_what_is_named_twice_is_there_once() -> None:
    assert chosen(["beginner", "beginner/*"]) == tuple(n for n in order() if n[:3] == "beg")


def test_a_misspelt_notebook_is_told_what_is_close(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="07_snd") as caught:
        chosen(["beginner/07_snd"])
    assert "beginner/07_send" in caught.value.remedy
    result = run("release", tmp_path / "w")
    assert isinstance(result.exception, UsageError)
    assert not (tmp_path / "w").exists()


def test_a_second_release_changes_what_is_named_and_reaches_the_learners(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path / "w")
    assert run("release", workshop.folder, "--notebooks", "00_start_here").exit_code == 0
    furnish(workshop, "ada", read_release(workshop.folder))
    mine = workshop.learner("ada") / "notebooks" / "00_start_here.ipynb"
    mine.write_text("my work")
    text = workshop.file.read_text(encoding="utf-8") + '"echo-archive" = 3\n'
    workshop.file.write_text(text, encoding="utf-8")

    result = run(
        "release", workshop.folder, "--hints", "none", "--notebooks", "07_send", "00_start_here",
        "--json",
    )  # fmt: skip
    assert json.loads(result.stdout)["updated"] == ["ada"]
    after = read_release(workshop.folder)
    assert (after.hints, after.solutions, after.points) == (0, True, {"echo-archive": 3})
    assert after.notebooks == ("00_start_here.ipynb", "beginner/07_send.ipynb")
    assert mine.read_text() == "my work"
    assert (workshop.learner("ada") / "notebooks" / "beginner" / "07_send.ipynb").is_file()
    assert rules_at(workshop.workspace("ada").root) == after.rules


GOOD = '[workshop]\ntitle = "x"\n[release]\nnotebooks = ["beginner/07_send.ipynb"]\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[workshop", "workshop.toml cannot be read"),
        ('[workshop]\ntitle = "x"\n', r"has no \[release\]"),
        (GOOD.replace('"x"', '" "'), r"workshop.toml:2: \[workshop\] title is empty"),
        (GOOD + "hint = 3\n", r"workshop.toml:5: \[release\] has no 'hint'"),
        (GOOD + "hints = 3\n", r"workshop.toml:5: \[release\] hints is of the wrong type"),
        (GOOD + 'hints = "some"\n', r"workshop.toml:5: \[release\] hints cannot be 'some'"),
        (GOOD + 'hints = "²"\n', "hints cannot be"),
        (GOOD.replace("beginner/", "../../"), "workshop.toml:4: .* which is no notebook"),
        (GOOD.replace("beginner/", "/etc/"), "which is no notebook"),
        (GOOD.replace('["beginner/07_send.ipynb"]', "[]"), "notebooks is empty"),
        (GOOD + '[points]\n"echo-archiv" = 1\n', r"workshop.toml:6: \[points\] has no"),
        (GOOD + '[points]\n"echo-archive" = -1\n', "workshop.toml:6: .* no number of points"),
        (GOOD + '[points]\n"echo-archive" = nan\n', "no number of points"),
        (GOOD + "[mark]\n", r"workshop.toml:5: there is no \[mark\]"),
    ],
)
def test_a_bad_file_is_told_where_and_what(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "workshop.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=says) as caught:
        read_release(tmp_path)
    assert caught.value.remedy


def test_no_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no") as caught:
        read_release(tmp_path)
    assert "labkit workshop release" in caught.value.remedy


def test_a_notebook_that_has_gone_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop = Workshop(tmp_path / "w")
    with pytest.raises(UsageError, match="There is no notebook beginner/99_x"):
        handing.hand_out(workshop, Release("x", ("beginner/99_x.ipynb",)))
    assert not workshop.folder.exists()
    with pytest.raises(UsageError, match="release is not there"):
        furnish(workshop, "ada", Release("x", ()))


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "a/b", "a\\b", "-x", "ä", "con", "NUL.txt", "a.", "all", "x" * 65, "a b"],
)
def test_names_that_are_no_folder_of_ones_own(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be the name"):
        checked_name(name)
    with pytest.raises(UsageError):
        Workshop(tmp_path).learner(name)


def test_learners_are_chosen_by_name(tmp_path: Path) -> None:
    workshop = Workshop(tmp_path)
    with pytest.raises(UsageError, match="no learners"):
        workshop.chosen("all")
    for name in ("bo", "ada"):
        workshop.learner(name).mkdir(parents=True)
    assert workshop.chosen("all") == ("ada", "bo")
    assert workshop.chosen("bo, ada,bo") == ("bo", "ada")
    with pytest.raises(UsageError, match="no learner 'eve'") as caught:
        workshop.chosen("eve")
    assert "ada, bo" in caught.value.remedy


def test_hints_are_all_none_or_a_number() -> None:
    assert [hints_of(word) for word in ("all", " None ", "0", "3")] == [None, 0, 0, 3]


def test_codes_have_no_signs_that_look_alike_and_are_typed_as_people_type() -> None:
    code = new_code(12)
    assert len(code) == 14 and set(code) <= set(SIGNS + "-")
    assert not set("01oli") & set(SIGNS)
    assert same(code.upper().replace("-", " "), code)
    assert not same(code[:-1], code) and not same("", code) and not same("é", code)
    assert len({new_code(8) for _ in range(100)}) == 100
