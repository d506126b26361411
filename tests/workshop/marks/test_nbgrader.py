"""The export is a course that nbgrader itself takes, and marks as it should."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from labkit.common.errors import UsageError
from labkit.exercises.find import find, folder
from labkit.exercises.notebooks import own_workspace
from labkit.workshop.marks.nbgrader import export
from tests.effort import effort

START = "00_start_here.ipynb"
BOOK = folder().parents[1] / "notebooks" / START
NAME = "00_start_here"


def nbgrader(course: Path, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments], cwd=course, capture_output=True, text=True,
        encoding="utf-8", check=False,
        # nbgrader calls alembic, which stands beside this Python.
        env={**os.environ, "HOME": str(course), **environment,
             "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("course")
    export(target, {START: BOOK}, {"which-order": 2.0})
    nbgrader(target, "generate_assignment", NAME)
    return target


def test_nbgrader_makes_the_students_version(course: Path) -> None:
    notebook = nbformat.read(course / "release" / NAME / f"{NAME}.ipynb", 4)
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells
             if "nbgrader" in cell.metadata}  # fmt: skip
    answer, test = cells["which-order-answer"], cells["which-order-test"]
    assert "# YOUR CODE HERE" in answer.source
    assert "accession = ..." in answer.source
    assert find("which-order").load().exercise.reference not in answer.source
    assert (test.metadata.nbgrader.points, test.metadata.nbgrader.locked) == (2.0, True)


def test_a_folder_of_another_course_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    with pytest.raises(UsageError, match="not one that labkit wrote"):
        export(tmp_path, {START: BOOK}, {})
    assert [path.name for path in tmp_path.iterdir()] == ["nbgrader_config.py"]


@pytest.mark.skipif(effort(0, 1) < 1, reason="nbgrader runs two notebooks: LABKIT_LONG")
def test_nbgrader_marks_a_right_and_a_wrong_submission(course: Path) -> None:
    for who, order in (("right", "accession = ds.AccessionNumber"), ("wrong", "accession = '1'")):
        notebook = nbformat.read(course / "release" / NAME / f"{NAME}.ipynb", 4)
        for cell in notebook.cells:
            given = cell.metadata.get("nbgrader", {}).get("grade_id", "")
            if given == "which-order-answer":
                cell.source = order
            elif given == "echo-archive-answer":
                cell.source = find("echo-archive").load().exercise.reference
        place = course / "submitted" / who / NAME
        place.mkdir(parents=True)
        nbformat.write(notebook, place / f"{NAME}.ipynb")
    with own_workspace() as environment:
        nbgrader(course, "autograde", NAME, LABKIT_WORKSPACE=environment["LABKIT_WORKSPACE"])
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        scores = {who: book.find_submission(NAME, who).score for who in ("right", "wrong")}
    assert scores == {"right": 3.0, "wrong": 1.0}
