"""What differs from run to run does not get into the file."""

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from labkit.common.errors import UsageError
from labkit.exercises.notebook_file import FOLDED, WIDGET, place_of, read, text_of, write


def test_outputs_lose_what_nobody_compares(tmp_path: Path) -> None:
    cell = new_code_cell(
        "x",
        metadata={"tags": [], "execution": {"iopub.execute_input": "2026-01-01"}},
        outputs=[
            new_output("stream", name="stdout", text="a"),
            new_output("stream", name="stdout", text="b\n"),
            new_output("stream", name="stderr", text="c\n"),
            new_output("display_data", {WIDGET: {"model_id": "1"}, "text/plain": "w"}),
            new_output("display_data", {WIDGET: {"model_id": "1"}}),
        ],
    )
    notebook = new_notebook(cells=[cell, new_code_cell("x")], metadata={"widgets": {"state": 1}})
    path = tmp_path / "n.ipynb"
    write(notebook, path)
    assert b"\r" not in path.read_bytes() and path.read_bytes().endswith(b"}\n")
    back = read(path)
    assert list(back.metadata) == ["kernelspec", "language_info"]
    first, second = back.cells
    assert first.metadata == {}
    assert second.id == f"{first.id}-2"
    assert [o.get("text") for o in first.outputs[:2]] == ["ab\n", "c\n"]
    assert list(first.outputs[2].data) == ["text/plain"]
    assert list(first.outputs[3].data) == [WIDGET]
    assert text_of(back) == path.read_text(encoding="utf-8")


def test_what_gives_an_answer_away_is_folded(tmp_path: Path) -> None:
    cells = [new_code_cell("x", metadata={"tags": [FOLDED]}), new_code_cell("y")]
    path = tmp_path / "n.ipynb"
    write(new_notebook(cells=cells), path)
    first, second = read(path).cells
    assert first.metadata == {"tags": [FOLDED], "jupyter": {"source_hidden": True}}
    assert second.metadata == {}


def test_a_notebook_stays_small(tmp_path: Path) -> None:
    output = new_output("stream", name="stdout", text="x" * 500_000)
    with pytest.raises(UsageError, match="400 KB is the most"):
        write(new_notebook(cells=[new_code_cell("x", outputs=[output])]), tmp_path / "n.ipynb")


def test_the_place_is_the_path(tmp_path: Path) -> None:
    place = place_of(tmp_path / "notebooks" / "beginner" / "07_send.ipynb")
    assert (place.root, place.track, place.folder) == (tmp_path.resolve(), "beginner", "nb07_send")
    assert place_of(tmp_path / "notebooks" / "00_start_here.ipynb").track == "start"
