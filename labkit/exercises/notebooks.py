"""Make notebooks: build them from a draft and the exercise files, and store what they show.

For authors; learners need none of this. ``labkit notebooks build | run | check`` call it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

from labkit.common.errors import LabkitError, UsageError
from labkit.exercises import notebook_file
from labkit.exercises.cells import compose, slug_of
from labkit.exercises.find import find
from labkit.lab.launch import stop_all
from labkit.lab.workspace import Workspace

#: Seconds that one cell may take.
CELL_LIMIT = 120


class CellFailed(LabkitError):
    """A cell of a notebook raised, or did not end."""


def build(source: Path, target: Path | None = None) -> Path:
    """Make a notebook from a draft; from a notebook, only refresh its exercise cells.

    Parameters
    ----------
    source
        A draft in one of jupytext's forms (``.md``, ``.py``), or a notebook.
    target
        The notebook; by default `source` itself if it is one.

    Returns
    -------
    Path
        The notebook, written without the outputs of cells that changed.

    Raises
    ------
    UsageError
        The draft cannot be read, or names an exercise that is not this notebook's.
    """
    if target is None:
        if source.suffix != ".ipynb":
            raise UsageError("a draft needs a target", remedy="name the notebook to write as well")
        target = source
    place = notebook_file.place_of(target)
    notebook = notebook_file.read(source) if source.suffix == ".ipynb" else _draft(source)
    for cell in notebook.cells:
        slug = slug_of(cell.source) if cell.cell_type == "code" else None
        if slug is None:
            continue
        entry = find(slug)
        if (entry.track, entry.notebook) != (place.track, place.folder):
            raise UsageError(
                f"the exercise {slug} belongs to {entry.track}/{entry.notebook}, "
                f"not to {place.track}/{place.folder}",
                remedy="move its file, or take the cell out",
            )
        composed = compose(entry.load())
        if composed != cell.source:
            cell.source, cell.outputs, cell.execution_count = composed, [], None
    notebook_file.write(notebook, target)
    return target


def run(
    path: Path, *, reference: bool = False, environment: Mapping[str, str] | None = None
) -> Any:
    """Execute a notebook from top to bottom in a new lab of its own.

    Parameters
    ----------
    path
        The notebook.
    reference
        Run it with every blank replaced by its reference, and store nothing.
    environment
        Of the learner whose lab it is run in; by default a new one's.

    Returns
    -------
    The executed notebook.

    Raises
    ------
    CellFailed
        A cell raised; the notebook on the disk is left as it was.
    UsageError
        What it shows tells the name of this machine's account.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    notebook = notebook_file.read(path)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        timeout=CELL_LIMIT,
        kernel_name="python3",
        store_widget_state=False,
        record_timing=False,
        resources={"metadata": {"path": str(path.resolve().parent)}},
    )
    with nullcontext(dict(environment)) if environment else own_workspace() as used:
        if reference:
            used["LABKIT_ANSWERS"] = "reference"
        try:
            client.execute(env=used)
        except CellExecutionError as error:
            raise _cell_failed(notebook, path, f"{error.ename}: {error.evalue}") from None
        except (CellTimeoutError, DeadKernelError) as error:
            raise _cell_failed(notebook, path, str(error).splitlines()[0]) from None
    if not reference:
        _keep_names_out(notebook, path)
        notebook_file.write(notebook, path)
    return notebook


@contextmanager
def own_workspace(within: Path | None = None) -> Iterator[dict[str, str]]:
    """Give the environment of a learner with a new workspace; end its lab and remove it after.

    Parameters
    ----------
    within
        The folder for it, which its owner removes; a temporary one if not given.
    """
    new = tempfile.TemporaryDirectory(prefix="labkit-", ignore_cleanup_errors=True)
    with new if within is None else nullcontext(str(within)) as folder:
        workspace = Workspace(Path(folder).resolve() / "lab")
        environment = dict(os.environ)
        environment.pop("LABKIT_ANSWERS", None)
        environment |= {
            "LABKIT_WORKSPACE": str(workspace.root),
            "LABKIT_LEARNER": "learner",
            # The account's own IPython start-up files are not part of the lesson.
            "IPYTHONDIR": str(Path(folder) / "ipython"),
        }
        try:
            yield environment
        finally:
            stop_all(workspace)


def _draft(source: Path) -> Any:
    try:
        import jupytext
    except ImportError:
        raise UsageError(
            "reading a draft needs jupytext", remedy="pip install 'labkit[test]', or jupytext"
        ) from None
    try:
        return jupytext.read(source)
    except (OSError, ValueError, jupytext.formats.JupytextFormatError) as error:
        raise UsageError(f"{source} is not a draft: {error}", remedy="see docs/authoring.md") from (
            error
        )


def _cell_failed(notebook: Any, path: Path, why: str) -> CellFailed:
    """Name the cell by its number and its text: the one that was run last."""
    ran = [n for n, cell in enumerate(notebook.cells) if cell.get("execution_count")]
    number = max(ran, default=0)
    source = "\n".join(f"    {line}" for line in notebook.cells[number].source.splitlines()[:12])
    return CellFailed(
        f"{path.name}, cell {number + 1}: {why}\n{source}",
        remedy="mend that cell, and run the notebook again",
    )


def _keep_names_out(notebook: Any, path: Path) -> None:
    """Refuse outputs that show the home folder of whoever made them."""
    home = str(Path.home())
    for number, cell in enumerate(notebook.cells, 1):
        if len(home) > 1 and home in str(cell.get("outputs", "")):
            raise UsageError(
                f"{path.name}: the output of cell {number} shows your home folder",
                remedy="print less of that value; a reader's machine is another one",
            )
