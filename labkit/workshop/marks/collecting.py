"""Bring what learners hand in together: ``labkit workshop collect``.

What was collected before is never lost: another version of a notebook takes its place, and the
earlier one is kept beside it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

from labkit.common.errors import LabkitError, UsageError
from labkit.workshop.marks.notebook import differs, file_name, opened, released_as, to_json
from labkit.workshop.marks.sources import JOURNAL, Piece, named_by, pieces
from labkit.workshop.places import checked_name

FORMAT = "labkit-collected/1"
State = Literal["taken", "same", "replaced", "refused"]


@dataclass(frozen=True)
class Taken:
    """What became of one file.

    Attributes
    ----------
    learner, notebook
        Whose it is, and which released notebook; ``""`` where that is not known.
    where
        The file, for people.
    state
        ``"taken"``, ``"same"`` (collected before), ``"replaced"`` (the earlier one is kept
        beside it) or ``"refused"``.
    words
        Why it was refused, or what to know about it.
    """

    learner: str
    notebook: str
    where: str
    state: State
    words: str = ""


def _now() -> datetime:
    return datetime.now(timezone.utc)


def collect(
    target: Path,
    sources: Sequence[Path],
    released: Sequence[str],
    *,
    name: str = "",
    clock: Callable[[], datetime] = _now,
) -> list[Taken]:
    """Collect notebooks from folders, zip archives and files.

    Parameters
    ----------
    target
        ``collected/`` of the workshop; each learner gets a folder in it.
    sources
        A folder or archive is one learner's, and called as they are; a notebook has the name in
        its own: ``ada_07_send.ipynb``.
    released
        The notebooks, relative to ``notebooks/``.
    name
        The learner, where there is one source.

    Raises
    ------
    UsageError
        A source is not there, or two of them are called as one learner.
    """
    if name and len(sources) > 1:
        raise UsageError("--name is for one source", remedy="collect one source at a time")
    if name:
        checked_name(name)
    whose: list[tuple[str, Path]] = []
    done: list[Taken] = []
    for source in sources:
        if not source.exists():
            raise UsageError(f"there is no {source}", remedy="check the path")
        try:
            learner = name or named_by(source, tuple(released))
            whose.append((learner, source))
        except UsageError as error:
            done.append(Taken("", "", str(source), "refused", f"{error.message}: {error.remedy}"))
    _one_source_each(whose)
    for learner, source in whose:
        done += _of_learner(target, learner, pieces(source), released, clock)
    return done


def _one_source_each(whose: Iterable[tuple[str, Path]]) -> None:
    """Two folders or archives of one name may be two people's: nobody's work is guessed away."""
    seen: dict[str, Path] = {}
    for learner, source in whose:
        if source.suffix.lower() == ".ipynb":
            continue
        other = seen.setdefault(learner.casefold(), source)
        if other != source:
            raise UsageError(
                f"{other} and {source} are both called {learner}",
                remedy="collect them one after the other, and say --name for the second",
            )


def _of_learner(
    target: Path,
    learner: str,
    found: Iterable[Piece],
    released: Sequence[str],
    clock: Callable[[], datetime],
) -> list[Taken]:
    folder, done = target / learner, []
    taken: dict[str, str] = {}
    for piece in found:
        if piece.name == JOURNAL:
            if not piece.refused:
                folder.mkdir(parents=True, exist_ok=True)
                (folder / JOURNAL).write_bytes(piece.data)
            continue
        one = _piece(folder, learner, piece, released, taken)
        done.append(one)
        if one.notebook and one.state != "refused":
            taken[one.notebook] = one.where
            _note(folder, one, clock())
    if not done:
        done.append(Taken(learner, "", learner, "refused", "there is no notebook in it"))
    return done


def _piece(
    folder: Path, learner: str, piece: Piece, released: Sequence[str], taken: dict[str, str]
) -> Taken:
    if piece.refused:
        return Taken(learner, "", piece.where, "refused", piece.refused)
    try:
        handed = opened(piece.data)
    except LabkitError as error:
        words = f"{error.message}: {error.remedy}"
        return Taken(learner, "", piece.where, "refused", words)
    notebook = released_as(handed, piece.name, released)
    if not notebook:
        words = "it is none of the released notebooks: its exercises are not theirs"
        return Taken(learner, "", piece.where, "refused", words)
    path = folder / notebook
    words = differs(handed, notebook)
    if notebook in taken and path.read_bytes() != piece.data:
        words = f"{taken[notebook]} is the same notebook: hand in one of the two"
        return Taken(learner, notebook, piece.where, "refused", words)
    if path.is_file() and path.read_bytes() == piece.data:
        return Taken(learner, notebook, piece.where, "same", words)
    state: State = "taken"
    if path.is_file():
        state = "replaced"
        kept = _keep_earlier(folder, path, notebook)
        words = "; ".join(filter(None, [f"the earlier one is kept as {kept}", words]))
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.write_bytes(piece.data)
    draft.replace(path)
    return Taken(learner, notebook, piece.where, state, words)


def _keep_earlier(folder: Path, path: Path, notebook: str) -> str:
    earlier = folder / "earlier"
    earlier.mkdir(exist_ok=True)
    number = 1
    while (kept := earlier / f"{file_name(notebook)}-{number}.ipynb").exists():
        number += 1
    path.replace(kept)
    return f"{folder.name}/earlier/{kept.name}"


def _note(folder: Path, one: Taken, at: datetime) -> None:
    """Write down where a notebook came from."""
    path = folder / "collected.json"
    try:
        notes = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        notes = {"format": FORMAT, "notebooks": {}}
    notes["notebooks"][one.notebook] = {
        "from": one.where, "at": at.isoformat(), "state": one.state, "words": one.words,
    }  # fmt: skip
    path.write_text(to_json(notes), encoding="utf-8")
