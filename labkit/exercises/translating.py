"""A catalogue to fill in, how far one is, and notebooks made of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.common.errors import LabError, UsageError
from labkit.exercises import notebook_file, strings
from labkit.exercises.cells import slug_of
from labkit.exercises.languages import FORMAT, PSEUDO, pseudo, unlike
from labkit.exercises.notebook_reading import ALT

Known = Mapping[str, tuple[str, str]]


@dataclass(frozen=True)
class State:
    """How far a catalogue is.

    Attributes
    ----------
    done, missing
        Ids of texts that have a translation, and that have none.
    stale
        Ids whose English has changed since: their translation is not used.
    wrong
        By id, what a translation has changed that must stay: a place for a value, code, a link.
    """

    done: list[str]
    missing: list[str]
    stale: list[str]
    wrong: dict[str, str]

    def __repr__(self) -> str:
        lines = [f"{len(self.done)} translated, {len(self.missing)} not, {len(self.stale)} stale"]
        lines += [f"stale: {name}" for name in self.stale]
        return "\n".join(lines + [f"{name}: {what}" for name, what in self.wrong.items()])


def template(found: Mapping[str, str], language: str, known: Known) -> dict[str, Any]:
    """Return a catalogue to fill in: the texts of now, with the translations that there are.

    A translation of an older text is kept beside its text, as ``was``, for the translator to see.
    """
    entries: dict[str, dict[str, str]] = {}
    for name, text in found.items():
        entry = entries[name] = {"text": text}
        before, said = known.get(name, (text, ""))
        if said and before != text:
            entry["was"], entry["was_translation"], said = before, said, ""
        entry["translation"] = said
    return {"format": FORMAT, "language": language, "strings": entries}


def state(found: Mapping[str, str], known: Known) -> State:
    """Hold a catalogue to the texts of now; ids that it has beyond `found` are left alone."""
    said = {name: entry for name, entry in known.items() if name in found and entry[1]}
    stale = [name for name, (text, _) in said.items() if text != found[name]]
    done = [name for name in said if name not in stale]
    wrong = {name: what for name in done if (what := unlike(*said[name]))}
    return State(done, [name for name in found if name not in said], stale, wrong)


def as_text(catalogue: Mapping[str, Any]) -> str:
    """Return a catalogue as its file is written: one form, so that a change shows as one."""
    return json.dumps(catalogue, indent=1, ensure_ascii=False) + "\n"


def translate(path: Path, language: str, known: Known) -> Any:
    """Return a notebook in another language: its Markdown, and the questions in exercise cells.

    Code stays as it is, and outputs are left out: they come when it is run.
    """
    notebook = notebook_file.read(path)
    place = notebook_file.place_of(path)

    def say(name: str, text: str) -> str:
        if language == PSEUDO:
            return pseudo(text)
        before, said = known.get(name, ("", ""))
        return said if said and before == text else text

    for cell in notebook.cells:
        name = f"notebook/{place.track}/{path.stem}/{cell.id}"
        if cell.cell_type == "markdown":
            cell.source = say(name, cell.source)
            continue
        if words := cell.metadata.get(ALT):
            cell.metadata[ALT] = say(f"{name}/{ALT}", words)
        cell.outputs, cell.execution_count = [], None
        if slug := slug_of(cell.source):
            for at, comment in enumerate(_asked(cell.source), 1):
                said = say(f"exercise/{slug}/comment/{at}", comment)
                cell.source = cell.source.replace(f"# {comment}", f"# {said}", 1)
    return notebook


def _asked(source: str) -> list[str]:
    """Return the comments of an exercise's cell, but for its first line, which names it."""
    return strings.comments(source.partition("\n")[2])


def write_all(paths: Iterable[Path], folder: Path, language: str, known: Known) -> list[Path]:
    """Write notebooks in another language below `folder`, in the order of the workbook's own.

    Raises
    ------
    UsageError
        `folder` holds the workbook's own notebooks, or lies in their folder.
    LabError
        A file cannot be written.
    """
    written = []
    for path in paths:
        home = notebook_file.place_of(path).root / "notebooks"
        target = folder.resolve() / path.resolve().relative_to(home)
        if home == folder.resolve() or home in folder.resolve().parents:
            raise UsageError(
                f"{folder} is where the workbook's own notebooks are",
                remedy="Name a folder outside of notebooks/: --to translated/de",
            )
        try:
            notebook_file.write(translate(path, language, known), target)
        except OSError as error:
            raise LabError(
                f"{target.name} cannot be written ({error.strerror})",
                remedy="Give another folder with --to.",
            ) from error
        written.append(target)
    return written
