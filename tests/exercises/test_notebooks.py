"""Executing a notebook: what it shows is stored, what breaks is named, nothing private gets in."""

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from typer.testing import CliRunner

from labkit.common.errors import UsageError
from labkit.exercises import notebook_file
from labkit.exercises.commands import notebooks_app
from labkit.exercises.notebooks import CellFailed, own_workspace, run


def book(folder: Path, *sources: str) -> Path:
    path = folder / "notebooks" / "00_start_here.ipynb"
    cells = [new_markdown_cell("# 00 Start"), *map(new_code_cell, sources)]
    notebook_file.write(new_notebook(cells=cells), path)
    return path


def test_outputs_are_stored_and_the_same_again(tmp_path: Path) -> None:
    path = book(
        tmp_path,
        "import os\nfrom labkit import check",
        "print(os.environ['LABKIT_LEARNER'], 'LABKIT_ANSWERS' in os.environ)",
        "check('echo-archive', ...)",
    )
    done = CliRunner().invoke(notebooks_app, ["run", str(path)])
    assert done.output == f"ran {path}\n"
    first = path.read_bytes()
    cells = notebook_file.read(path).cells
    assert cells[2].outputs[0].text == "learner False\n"
    assert cells[3].outputs[0].data["text/plain"].startswith("[NOT TRIED YET]")
    run(path)
    assert path.read_bytes() == first


def test_a_cell_that_breaks_is_named_and_nothing_is_stored(tmp_path: Path) -> None:
    path = book(tmp_path, "print('fine')", "x = 1\nx / 0")
    before = path.read_bytes()
    with pytest.raises(CellFailed) as caught:
        run(path)
    assert caught.value.message == (
        "00_start_here.ipynb, cell 3: ZeroDivisionError: division by zero\n    x = 1\n    x / 0"
    )
    assert path.read_bytes() == before


def test_a_home_folder_is_not_stored(tmp_path: Path) -> None:
    path = book(tmp_path, "from pathlib import Path\nprint(Path.home() / 'scans')")
    with pytest.raises(UsageError, match="cell 2 shows your home folder"):
        run(path)


def test_solved_and_a_reference_that_lacks_what_it_needs(tmp_path: Path) -> None:
    path = book(tmp_path, "from labkit import check\ncheck('echo-archive', ...)")
    with pytest.raises(CellFailed, match="the reference of echo-archive raised NameError"):
        run(path, reference=True)


def test_a_workspace_of_its_own_is_gone_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_ANSWERS", "reference")
    with own_workspace() as environment:
        assert "LABKIT_ANSWERS" not in environment
        folder = Path(environment["LABKIT_WORKSPACE"])
        folder.mkdir()
    assert not folder.parent.exists()


def test_the_commands_say_what_they_did(tmp_path: Path) -> None:
    path = book(tmp_path, "1")
    done = CliRunner().invoke(notebooks_app, ["check", str(path)])
    assert done.exit_code == 1
    assert f"{path}: there is no exercise" in done.output
    assert done.output.endswith("0 of 1 notebooks keep the rules\n")
    assert CliRunner().invoke(notebooks_app, ["build", str(path)]).output == f"built {path}\n"
