"""Which exercises the board shows, and in which order: that of the cells of the notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from labkit.common.errors import LabkitError
from labkit.exercises import notebook_file
from labkit.exercises.cells import slug_of
from labkit.exercises.find import TRACKS, catalogue, find

_WORKBOOK = Path(__file__).resolve().parents[3] / "notebooks"


@dataclass(frozen=True)
class Task:
    """An exercise: its name, and the first line of its docstring."""

    slug: str
    title: str


@dataclass(frozen=True)
class Notebook:
    """A notebook: ``"beginner/07_send"``, its heading, and its exercises in their order."""

    name: str
    title: str
    exercises: tuple[Task, ...]


class Outline:
    """What the board shows.

    Parameters
    ----------
    notebooks
        Paths below `root`, in order, such as ``"beginner/07_send.ipynb"``; none: whatever notebooks
        somebody works in, in the order of the workbook.
    root
        The folder of the notebooks.
    """

    def __init__(self, notebooks: Sequence[str] = (), root: Path = _WORKBOOK) -> None:
        self._root = root
        self._found: dict[tuple[str, str], Notebook] = {}
        self._fixed = tuple(self._read(name) for name in notebooks)

    def shown(self, acted: Iterable[str]) -> tuple[Notebook, ...]:
        """Return the notebooks; `acted` are the exercises that somebody has done something at."""
        if self._fixed:
            return self._fixed
        by_slug = {entry.slug: entry for entry in catalogue()}
        places = {(by_slug[s].track, by_slug[s].notebook) for s in acted if s in by_slug}
        inside = sorted(places, key=lambda place: (TRACKS.index(place[0]), place[1]))
        return tuple(self._guessed(track, folder) for track, folder in inside)

    def _guessed(self, track: str, folder: str) -> Notebook:
        if (track, folder) not in self._found:
            self._found[track, folder] = self._found_at(track, folder)
        return self._found[track, folder]

    def _found_at(self, track: str, folder: str) -> Notebook:
        name = folder.removeprefix("nb") + ".ipynb"
        try:
            return self._read(name if track == TRACKS[0] else f"{track}/{name}")
        except LabkitError:  # no such notebook here: the package alone is installed
            slugs = [e.slug for e in catalogue() if (e.track, e.notebook) == (track, folder)]
            return Notebook(f"{track}/{name.removesuffix('.ipynb')}", folder, _tasks(slugs))

    def _read(self, name: str) -> Notebook:
        cells = notebook_file.read(self._root / name).cells
        slugs = [slug_of(cell.source) for cell in cells if cell.cell_type == "code"]
        texts = (cell.source for cell in cells if cell.cell_type == "markdown")
        lines = (line for text in texts for line in text.splitlines())
        title = next((line[2:].strip() for line in lines if line.startswith("# ")), name)
        known = {entry.slug for entry in catalogue()}
        return Notebook(
            name.removesuffix(".ipynb"), title, _tasks([s for s in slugs if s and s in known])
        )


def _tasks(slugs: Iterable[str]) -> tuple[Task, ...]:
    return tuple(Task(slug, find(slug).title) for slug in dict.fromkeys(slugs))


def known(slug: str) -> bool:
    """Whether there is an exercise of this name."""
    return slug in _slugs()


@lru_cache(maxsize=1)
def _slugs() -> frozenset[str]:
    return frozenset(entry.slug for entry in catalogue())


@lru_cache(maxsize=1000)
def says(slug: str, mistake: str) -> str:
    """Return what a learner is told who makes a recorded mistake; ``""`` where there is none."""
    try:
        wrong = find(slug).load().exercise.wrong
    except (LabkitError, ImportError):
        return ""
    return next((each.says for each in wrong if each.name == mistake), "")
