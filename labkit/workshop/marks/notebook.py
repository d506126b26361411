"""What a notebook that was handed in holds: its code cells, and which exercises they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import nbformat

from labkit.common.errors import DataError
from labkit.exercises.cells import slug_of
from labkit.exercises.find import TRACKS, catalogue

#: Bytes; a notebook of the workbook has at most 400 KB, and a learner's pictures come on top.
LARGEST = 20 * 1024 * 1024


@dataclass(frozen=True)
class HandedIn:
    """A notebook as it was handed in.

    Attributes
    ----------
    cells
        The sources of its code cells, in order.
    slugs
        The exercises that its cells name.
    digest
        SHA-256 of the file.
    """

    cells: tuple[str, ...]
    slugs: tuple[str, ...]
    digest: str

    def tries(self, slug: str) -> bool:
        """Whether a cell is of an exercise, or hands it in without saying so in its first line."""
        quoted = (f'"{slug}"', f"'{slug}'")
        return slug in self.slugs or any(
            "check(" in cell and any(name in cell for name in quoted) for cell in self.cells
        )


def opened(data: bytes) -> HandedIn:
    """Read a notebook that a stranger wrote; its outputs are not looked at.

    Raises
    ------
    DataError
        It is too large, or no notebook.
    """
    if len(data) > LARGEST:
        raise DataError(
            f"it has {len(data) / 2**20:.0f} MB; {LARGEST // 2**20} MB is the most",
            remedy="take the outputs out (labkit notebooks clean), and send it again",
        )
    try:
        notebook = nbformat.reads(data.decode("utf-8"), as_version=4)
        cells = tuple(str(cell.source) for cell in notebook.cells if cell.cell_type == "code")
    except (ValueError, KeyError, AttributeError, TypeError, RecursionError,
            nbformat.ValidationError) as error:  # fmt: skip
        raise DataError(
            f"it is not a notebook ({type(error).__name__})",
            remedy="ask for the .ipynb file itself, as Jupyter saved it",
        ) from error
    slugs = dict.fromkeys(slug for slug in map(slug_of, cells) if slug)
    return HandedIn(cells, tuple(slugs), hashlib.sha256(data).hexdigest())


def exercises_of(notebook: str) -> tuple[str, ...]:
    """Return the slugs of a notebook's exercises: of ``beginner/07_send.ipynb``, say."""
    track, _, name = notebook.removesuffix(".ipynb").rpartition("/")
    return tuple(
        entry.slug for entry in catalogue()
        if (entry.track, entry.notebook) == (track or TRACKS[0], f"nb{name}")
    )  # fmt: skip


def released_as(handed: HandedIn, name: str, released: Sequence[str]) -> str:
    """Return which released notebook it is, by the exercises in it; ``""`` for none of them.

    A file's name is only asked where no exercise tells: people rename what they send.
    """
    shared = {book: len(set(exercises_of(book)) & set(handed.slugs)) for book in released}
    best = max(released, key=lambda book: shared[book], default="")
    if best and shared[best]:
        return best
    if handed.slugs:
        return ""
    stem = name.rpartition("/")[2].removesuffix(".ipynb")
    return next((book for book in released if book.rpartition("/")[2] == f"{stem}.ipynb"), "")


def differs(handed: HandedIn, notebook: str) -> str:
    """Say in a sentence how its exercises differ from the released ones; ``""``: not at all."""
    expected, there = exercises_of(notebook), handed.slugs
    missing = [slug for slug in expected if slug not in there]
    strange = [slug for slug in there if slug not in expected]
    said = []
    if missing:
        said.append(f"it has no cell of {', '.join(missing)}")
    if strange:
        said.append(f"its cells of {', '.join(strange)} are of no exercise of this notebook")
    return ("; ".join(said) + ": perhaps it is of another version") if said else ""


def file_name(notebook: str) -> str:
    """Return a name for a file about a notebook: ``beginner__07_send``."""
    return notebook.removesuffix(".ipynb").replace("/", "__")


def to_json(value: object) -> str:
    """Return JSON as this package writes it into files."""
    return json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
