"""The rules that every notebook keeps (docs/authoring.md, Notebooks), each a small function."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.exercises import notebook_file, notebook_reading
from labkit.exercises.cells import compose, slug_of
from labkit.exercises.find import catalogue, find
from labkit.exercises.links import broken
from labkit.exercises.notebook_file import FOLDED, LARGEST, WHY, Place, place_of

#: What a product does otherwise; on the embedded lab such a cell is compared as every other.
BACKEND = "varies-backend"
#: Why the output of a cell may differ; beside the others stands `IGNORE`. Nothing else is a tag.
VARIES = ("varies-timing", "varies-tool", "varies-machine", BACKEND)
IGNORE = "nbval-ignore-output"
#: The part of the code cells that may have such a tag …
MOST_TAGGED = 0.10
#: … and in notebooks about the wire and about faults, whose subject is what varies: tools' own
#: words, TLS, lost connections. By track and number.
MOST_TAGGED_OF = {("intermediate", number): 0.30 for number in ("01", "05", "06")}
CLOSING = "## What this looks like when it breaks in a hospital"

_PRIVATE = {
    "a host and port": re.compile(
        r"\b(?:localhost|127\.0\.0\.1|\d{1,3}(?:\.\d{1,3}){3}:\d{2,5})\b|\[::1\]"
    ),
    "a folder of one machine": re.compile(
        r"(?<![\w.])/(?:home|Users|root|tmp|private|var/folders)/\w|[A-Za-z]:\\\\?Users\b"
    ),
}
_NEXT = re.compile(r"\*\*Next:?\*\*:? .*\[[^\]]+\]\([^)]+\)")


@dataclass(frozen=True)
class Notebook:
    """A notebook under examination."""

    path: Path
    place: Place
    cells: list[Any]

    @property
    def code(self) -> list[tuple[int, Any]]:
        """The code cells, with their numbers from 1."""
        return [(n, c) for n, c in enumerate(self.cells, 1) if c.cell_type == "code"]

    @property
    def prose(self) -> list[tuple[int, str]]:
        """The Markdown cells, with their numbers from 1."""
        return [(n, c.source) for n, c in enumerate(self.cells, 1) if c.cell_type == "markdown"]


def check(path: Path) -> list[str]:
    """Return what is wrong with a notebook, one sentence each; nothing for a good one.

    Raises
    ------
    UsageError
        It is not a notebook, or not where one belongs.
    """
    notebook = Notebook(path, place_of(path), notebook_file.read(path).cells)
    if not notebook.cells:
        return ["it has no cells"]
    rules = (_frame, _exercises, _tags, _outputs, _links, _reading, _file)
    return [problem for rule in rules for problem in rule(notebook)]


def _frame(notebook: Notebook) -> Iterator[str]:
    first, last = notebook.cells[0], notebook.cells[-1]
    opening = first.source if first.cell_type == "markdown" else ""
    number = notebook.path.stem[:2]
    if not re.match(rf"# {number} \S", opening):
        yield f"cell 1 does not begin with a title: # {number} …"
    for wanted in ("**You will be able to**", "**Minutes:**", "**Needs:**"):
        if wanted not in opening:
            yield f"cell 1 lacks {wanted}"
    if "**Minutes:**" in opening and not re.search(r"\*\*Minutes:\*\*\s*\d+", opening):
        yield "the minutes of cell 1 are not a number"
    if not notebook.code or "open_lab(" not in notebook.code[0][1].source:
        yield "the first code cell does not open the lab"
    if not any(CLOSING in source.splitlines() for _, source in notebook.prose):
        yield f"there is no section {CLOSING!r}"
    if last.cell_type != "markdown" or not _NEXT.search(last.source.rstrip().splitlines()[-1]):
        yield "the last line is not the way on: **Next:** [title](file)"


def _exercises(notebook: Notebook) -> Iterator[str]:
    here = [
        entry.slug
        for entry in catalogue()
        if (entry.track, entry.notebook) == (notebook.place.track, notebook.place.folder)
    ]
    used = [(n, slug) for n, cell in notebook.code if (slug := slug_of(cell.source))]
    if not used:
        yield "there is no exercise"
    for slug in here:
        times = sum(slug == other for _, other in used)
        if times != 1:
            yield f"the exercise {slug} occurs {times} times, not once"
    for number, slug in used:
        if slug not in here:
            yield f"cell {number}: the exercise {slug} is not one of {notebook.place.folder}"
        elif notebook.cells[number - 1].source != compose(find(slug).load()):
            yield (
                f"cell {number}: not what the file of {slug} makes it; "
                "run `labkit notebooks build` on the notebook"
            )


def _tags(notebook: Notebook) -> Iterator[str]:
    tagged = 0
    for number, cell in enumerate(notebook.cells, 1):
        tags = set(cell.metadata.get("tags", []))
        reasons = tags & set(VARIES)
        if unknown := tags - reasons - {IGNORE, FOLDED}:
            yield f"cell {number}: no such tag: {', '.join(sorted(unknown))}"
        if bool(reasons - {BACKEND}) != (IGNORE in tags) or len(reasons) > 1:
            known = ", ".join(reason for reason in VARIES if reason != BACKEND)
            yield f"cell {number}: {IGNORE} goes with one of {known}; {BACKEND} stands alone"
        if (BACKEND in reasons) != bool(re.search(r"\d", cell.metadata.get(WHY, ""))):
            yield f"cell {number}: {WHY} names product, version and act where {BACKEND} stands"
        tagged += bool(reasons)
    most = MOST_TAGGED_OF.get((notebook.place.track, notebook.path.stem[:2]), MOST_TAGGED)
    if tagged > most * len(notebook.code):
        yield f"{tagged} of {len(notebook.code)} code cells are tagged; {most:.0%} may be"


def _outputs(notebook: Notebook) -> Iterator[str]:
    shown = {"display_data", "execute_result", "stream", "error"}
    for number, cell in notebook.code:
        if cell.source.strip() and cell.execution_count is None:
            yield f"cell {number} was not run: run `labkit notebooks run` on the notebook"
        for output in cell.outputs:
            if output.output_type not in shown:
                continue
            if output.output_type == "error":
                yield f"cell {number} shows an error: catch it in the cell and print it"
            if output.output_type == "stream" and output.name == "stderr":
                yield f"cell {number} writes to standard error: a warning, or a log"
            text = str(output.get("text") or output.get("data") or "")
            for what, pattern in _PRIVATE.items():
                if found := pattern.search(text):
                    yield f"cell {number} shows {what}: {found.group(0)!r}"


def _links(notebook: Notebook) -> Iterator[str]:
    for number, source in notebook.prose:
        for problem in broken(source, notebook.path.resolve().parent):
            yield f"cell {number}: {problem}"


def _reading(notebook: Notebook) -> Iterator[str]:
    yield from notebook_reading.problems(notebook.cells)


def _file(notebook: Notebook) -> Iterator[str]:
    data = notebook.path.read_bytes()
    if len(data) > LARGEST:
        yield f"it has {len(data) // 1024} KB; {LARGEST // 1024} KB is the most"
    if b"\r\n" in data:
        yield "its lines end in CR LF: build it again"
    settled = notebook_file.text_of(notebook_file.read(notebook.path))
    if data.decode("utf-8") != settled:
        yield "it holds what differs from run to run: build it again with `labkit notebooks build`"
