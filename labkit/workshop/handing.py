"""Hand out a release: clean copies of its notebooks, with no way to what is not there."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

from labkit.common.errors import LabError, UsageError
from labkit.exercises import notebook_file
from labkit.exercises.links import links
from labkit.workshop.release import Release, Workshop

WORKBOOK = Path(__file__).resolve().parents[2] / "notebooks"
"""The notebooks that this labkit came with."""
NOTEBOOKS = "notebooks"
_NEXT = re.compile(r"(?m)^\*\*Next:?\*\*.*$")
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_FIRST = "00_start_here.ipynb"


def order(root: Path = WORKBOOK) -> tuple[str, ...]:
    """List the notebooks of a folder as their last lines lead from one to the next.

    Those that no such line leads to come last, by name.
    """
    every = {path.relative_to(root).as_posix() for path in root.glob("**/*.ipynb")}
    every = {name for name in every if ".ipynb_checkpoints" not in name}
    found: list[str] = []
    name: str | None = _FIRST
    while name in every and name not in found:
        found.append(name)
        name = _next_of(root, name)
    return (*found, *sorted(every - set(found)))


def chosen(patterns: Iterable[str], root: Path = WORKBOOK) -> tuple[str, ...]:
    """Return the notebooks that are meant, in the order of the workbook.

    Parameters
    ----------
    patterns
        Such as ``"beginner/0[1-5]*"``, ``"beginner/07_send"``, or the path of one.

    Raises
    ------
    UsageError
        A pattern meets none; names close ones.
    """
    every, found = order(root), set()
    for pattern in patterns:
        plain = _below(pattern, root)
        hits = [name for name in every if any(fnmatchcase(name, form) for form in _forms(plain))]
        if not hits:
            close = get_close_matches(plain, [name.removesuffix(".ipynb") for name in every], n=3)
            meant = f"Did you mean {' or '.join(close)}? " if close else ""
            raise UsageError(
                f"No notebook is {pattern!r}.",
                remedy=f"{meant}`labkit exercises list` shows every notebook by its track.",
            )
        found.update(hits)
    return tuple(name for name in every if name in found)


def hand_out(workshop: Workshop, release: Release, root: Path = WORKBOOK) -> None:
    """Make ``release/``: clean copies of the notebooks, and the pages that they lead to.

    Raises
    ------
    UsageError
        A notebook is not there.
    LabError
        The folder cannot be written.
    """
    missing = [name for name in release.notebooks if not (root / name).is_file()]
    if missing:
        raise UsageError(
            f"There is no notebook {missing[0]} in {root}.",
            remedy=f"Take it out of {workshop.file}, or release again with --notebooks.",
        )
    draft = workshop.folder / ".release.new"
    try:
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        for at, name in enumerate(release.notebooks):
            after = release.notebooks[at + 1] if at + 1 < len(release.notebooks) else ""
            notebook = notebook_file.read(root / name)
            for page in _pages(notebook, root / name, root):
                _copy(page, draft / page.relative_to(root.parent))
            notebook_file.write(
                _clean(notebook, name, after, release, root), draft / NOTEBOOKS / name
            )
        release.rules.write(draft)
        shutil.rmtree(workshop.release, ignore_errors=True)
        draft.replace(workshop.release)
    except OSError as error:
        raise LabError(
            f"{workshop.folder} cannot be written ({error.strerror or error}).",
            remedy="Name another folder, or make room on the disk.",
        ) from error


def furnish(workshop: Workshop, name: str, rules_of: Release) -> Path:
    """Make a learner's folder, or bring it up to date; what they have worked on is not touched.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    LabError
        It cannot be written.
    UsageError
        Nothing was released yet.
    """
    if not workshop.release.is_dir():
        raise UsageError(
            f"{workshop.release} is not there.",
            remedy=f"Make it: labkit workshop release {workshop.folder}",
        )
    folder, lab = workshop.learner(name), workshop.workspace(name).root
    try:
        lab.mkdir(parents=True, exist_ok=True)
        for path in sorted(workshop.release.rglob("*")):
            target = folder / path.relative_to(workshop.release)
            if path.is_file() and path.parent != workshop.release and not target.exists():
                _copy(path, target)
        rules_of.rules.write(lab)
    except OSError as error:
        raise LabError(
            f"The folder of {name} cannot be written ({error.strerror or error}).",
            remedy=f"Look at {folder}: is it yours, and is there room on the disk?",
        ) from error
    return folder


def _forms(pattern: str) -> tuple[str, ...]:
    ended = pattern if pattern.endswith(".ipynb") else f"{pattern}.ipynb"
    # A name without a folder is looked for in every track.
    return (ended, pattern) if "/" in pattern else (ended, f"*/{ended}", f"{pattern}/*.ipynb")


def _below(pattern: str, root: Path) -> str:
    """Return a pattern or path as seen from the folder of the notebooks."""
    path = Path(pattern)
    if path.suffix == ".ipynb" and path.resolve().is_relative_to(root):
        return path.resolve().relative_to(root).as_posix()
    return PurePosixPath(pattern.replace(os.sep, "/")).as_posix().removeprefix(f"{NOTEBOOKS}/")


def _next_of(root: Path, name: str) -> str | None:
    """Return the notebook that the last line of one leads to."""
    cells = notebook_file.read(root / name).cells
    line = _NEXT.search(cells[-1].source) if cells else None
    target = next(iter(links(line.group(0))), "") if line else ""
    path = (root / name).parent / unquote(target)
    inside = target.endswith(".ipynb") and path.resolve().is_relative_to(root.resolve())
    return path.resolve().relative_to(root.resolve()).as_posix() if inside else None


def _clean(notebook: Any, name: str, after: str, release: Release, root: Path) -> Any:
    """Take out what was shown, and lead on to what is in the release alone."""
    here = PurePosixPath(name).parent
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            continue
        cell.source = _LINK.sub(lambda match: _kept(match, name, release, root), cell.source)
    way = "that was the last notebook of this workshop."
    if after:
        title = notebook_file.read(root / after).cells[0].source.splitlines()[0].lstrip("# ")
        way = f"[{title}]({os.path.relpath(after, here).replace(os.sep, '/')})"
    last = notebook.cells[-1]
    last.source = _NEXT.sub(lambda _: f"**Next:** {way}", last.source)
    return notebook


def _kept(match: re.Match[str], name: str, release: Release, root: Path) -> str:
    """Leave a link as it is, or its words alone where it leads to a notebook not handed out."""
    target = unquote(match[3].partition("#")[0])
    if not target.endswith(".ipynb") or ":" in target:
        return match[0]
    path = ((root / name).parent / target).resolve()
    given = {(root / one).resolve() for one in release.notebooks}
    return match[0] if path in given else match[2]


def _pages(notebook: Any, path: Path, root: Path) -> Iterator[Path]:
    """Yield the files of the repository, other than notebooks, that a notebook links to."""
    for cell in notebook.cells:
        for target in links(cell.source) if cell.cell_type == "markdown" else ():
            plain = unquote(target.partition("#")[0])
            page = (path.parent / plain).resolve()
            if ":" in target or not plain or page.suffix == ".ipynb":
                continue
            if page.is_file() and page.is_relative_to(root.resolve().parent):
                yield page


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def titles(names: Sequence[str], root: Path = WORKBOOK) -> list[str]:
    """Return the headings of notebooks."""
    read = (notebook_file.read(root / name).cells[0].source for name in names)
    return [source.splitlines()[0].lstrip("# ") for source in read]
