"""The released notebooks as an nbgrader course: ``labkit workshop nbgrader``.

Each exercise becomes a solution cell, whose solution nbgrader takes out of what students get, and
a locked test cell with points, which asks `labkit.exercises.engine.judge` and raises unless the
answer is right. nbgrader runs a submission in one kernel, so what it says is worth what the
students' good faith is: `labkit workshop mark` does not rely on that (docs/security/marking.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell

from labkit.common.errors import UsageError
from labkit.exercises.cells import mark, slug_of
from labkit.exercises.find import Loaded, find

SCHEMA = 3
_CONFIG = """# Made by `labkit workshop nbgrader`.
c = get_config()
c.CourseDirectory.course_id = "labkit"
# A cell of a lesson may start a lab.
c.ExecutePreprocessor.timeout = 180
"""


def export(target: Path, released: Mapping[str, Path], points: Mapping[str, float]) -> list[Path]:
    """Write ``source/<assignment>/<notebook>.ipynb`` for each, and ``nbgrader_config.py``.

    Parameters
    ----------
    target
        The course's folder; made if it is not there.
    released
        The notebooks, relative to ``notebooks/``, and where a copy of each is.
    points
        Of exercises that do not count 1.

    Raises
    ------
    UsageError
        There is something in `target` already that is not ours to overwrite.
    """
    config = target / "nbgrader_config.py"
    if config.exists() and config.read_text(encoding="utf-8") != _CONFIG:
        raise UsageError(
            f"{config} is there already, and is not one that labkit wrote",
            remedy="name an empty folder, and copy source/ from it",
        )
    target.mkdir(parents=True, exist_ok=True)
    config.write_text(_CONFIG, encoding="utf-8")
    written = [config]
    for book, path in released.items():
        name = book.removesuffix(".ipynb").replace("/", "_")
        place = target / "source" / name / f"{name}.ipynb"
        place.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(_converted(path, points), place)
        written.append(place)
    return written


def _converted(path: Path, points: Mapping[str, float]) -> nbformat.NotebookNode:
    notebook = nbformat.read(path, as_version=4)
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        slug = slug_of(cell.source) if cell.cell_type == "code" else None
        if slug is None:
            cells.append(cell)
            continue
        loaded = find(slug).load()
        cells += [_solution(loaded), _tests(loaded, points.get(slug, 1.0))]
    notebook.cells = cells
    return notebook


def _solution(loaded: Loaded) -> nbformat.NotebookNode:
    """Make the cell that a student fills in.

    nbgrader puts its own stub where the solution was; the blank is given before it, so that what
    the exercise asks for stays there.
    """
    exercise, slug = loaded.exercise, loaded.entry.slug
    body = (
        f"{mark(slug)}\n\n{exercise.blank}\n\n"
        f"### BEGIN SOLUTION\n{exercise.reference}\n### END SOLUTION"
    )
    cell = new_code_cell(body)
    cell.id = slug[:60]
    cell.metadata = _metadata(f"{slug}-answer", solution=True)
    return cell


def _tests(loaded: Loaded, points: float) -> nbformat.NotebookNode:
    slug = loaded.entry.slug
    answer = f", {loaded.exercise.answer}" if loaded.exercise.answer else ""
    cell = new_code_cell(
        f'from labkit.exercises import check\n\nverdict = check("{slug}"{answer})\n'
        f'assert verdict.outcome == "passed", repr(verdict)'
    )
    cell.id = f"{slug[:55]}-test"
    cell.metadata = {**_metadata(f"{slug}-test", grade=True, locked=True)}
    cell.metadata["nbgrader"]["points"] = points
    return cell


def _metadata(
    grade_id: str, *, grade: bool = False, locked: bool = False, solution: bool = False
) -> nbformat.NotebookNode:
    return nbformat.from_dict({
        "nbgrader": {
            "grade": grade, "grade_id": grade_id, "locked": locked, "schema_version": SCHEMA,
            "solution": solution, "task": False, "cell_type": "code",
        },
    })  # fmt: skip
