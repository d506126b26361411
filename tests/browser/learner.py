"""A learner at a notebook in JupyterLab: reads on, answers wrong and right, asks for hints.

Cells are run one by one, as a person does who reads what each one shows. What is typed below a cell
to look at something is taken out again, so that the cells keep their numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from playwright.sync_api import Locator, expect

from labkit.exercises.cells import call, mark, slug_of
from labkit.exercises.find import find
from tests.browser.chromium import save
from tests.browser.jupyter import NotebookPage

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120_000  # ms; a design is built and broken in a few seconds, on a busy machine in more


@dataclass
class Learner:
    """Somebody who works through one notebook.

    Attributes
    ----------
    notebook
        The open page.
    name
        The notebook's path below ``notebooks/``.
    shots
        Where screenshots go.
    at
        The first cell that was not run yet.
    """

    notebook: NotebookPage
    name: str
    shots: Path
    at: int = 0
    cells: list[nbformat.NotebookNode] = field(init=False)

    def __post_init__(self) -> None:
        self.cells = nbformat.read(ROOT / "notebooks" / self.name, as_version=4).cells

    def place(self, words: str) -> int:
        """Find the next code cell that has these words."""
        places = range(len(self.cells))
        return next(
            n for n in (*places[self.at :], *places)
            if self.cells[n].cell_type == "code" and words in self.cells[n].source
        )  # fmt: skip

    def reads_to(self, words: str) -> Locator:
        """Run each code cell up to the one with these words, and that; return its output."""
        last = self.place(words)
        while self.at <= last:
            if self.cells[self.at].cell_type == "code":
                self._run(self.at)
                self._no_traceback(self.at)
            self.at += 1
        return self.notebook.output(last)

    def runs(self, words: str) -> Locator:
        """Run the one cell with these words, out of its turn; return its output."""
        number = self.place(words)
        self._run(number)
        self._no_traceback(number)
        return self.notebook.output(number)

    def skips_to(self, words: str) -> None:
        """Pass over cells, as somebody does who has a copy of what they would bring."""
        self.at = self.place(words)

    def tries(self, slug: str, source: str) -> Locator:
        """Type an answer into the cell of an exercise and run it; return what is said of it."""
        number = next(n for n, cell in enumerate(self.cells) if slug_of(cell.source) == slug)
        if number >= self.at:
            self.reads_to(mark(slug))
        loaded = find(slug).load()
        self.notebook.replace_source(number, f"{mark(slug)}\n\n{source}\n\n{call(loaded)}")
        self._run(number)
        return self.notebook.output(number).get_by_role("note")

    def gets_wrong(self, slug: str, name: str) -> Locator:
        """Make a mistake that people make, and read what is said of it."""
        loaded = find(slug).load()
        wrong = next(one for one in loaded.exercise.wrong if one.name == name)
        said = self.tries(slug, wrong.source)
        expect(said).to_contain_text("Not yet", timeout=PATIENCE)
        expect(said).to_contain_text(wrong.says)
        return said

    def gets_right(self, slug: str, source: str = "") -> Locator:
        """Answer as we would, or with `source`, and read that it counts."""
        said = self.tries(slug, source or find(slug).load().exercise.reference)
        expect(said).to_contain_text("Passed", timeout=PATIENCE)
        return said

    def asks_for_a_hint(self, slug: str, number: int) -> None:
        """Ask for the next hint; it is the one of this number, and none beyond it is shown."""
        hints = find(slug).load().exercise.hints
        with self.aside(f'hint("{slug}")') as shown:
            note = shown.get_by_role("note")
            expect(note).to_contain_text(f"hint {number} of {len(hints)}")
            expect(note).to_contain_text(hints[number - 1])
            if number < len(hints):
                expect(note).not_to_contain_text(f"hint {number + 1} of")

    @contextmanager
    def aside(self, source: str) -> Iterator[Locator]:
        """Type something into a new cell below the last one that was run; yield its outputs."""
        self._command("notebook:insert-cell-below")
        number = self._active()
        self.notebook.replace_source(number, source)
        self._run(number)
        yield self.notebook.output(number)
        self._activate(number)
        self._command("notebook:delete-cell")
        self._activate(number - 1)

    def shot(self, what: str) -> None:
        """Keep a picture of what is on the screen."""
        track, number = self.name[:3], Path(self.name).name[:2]
        save(self.notebook.page, self.shots / f"project-{track}-{number}-{what}.png")

    def _run(self, number: int) -> None:
        self._activate(number)
        self._command("notebook:run-cell")
        self.notebook.page.wait_for_function(
            """(n) => { const cell = window.jupyterapp.shell.currentWidget.content.widgets[n];
              return cell.prompt !== "*" && cell.model.executionState !== "running"; }""",
            arg=number, timeout=PATIENCE,
        )  # fmt: skip

    def _no_traceback(self, number: int) -> None:
        shown = self.notebook.output(number)
        expect(shown.locator("[data-mime-type='application/vnd.jupyter.error']")).to_have_count(0)

    def _activate(self, number: int) -> None:
        self.notebook.page.evaluate(
            """(n) => { const { content } = window.jupyterapp.shell.currentWidget;
              content.deselectAll(); content.activeCellIndex = n; content.mode = "command"; }""",
            number,
        )

    def _active(self) -> int:
        number: int = self.notebook.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.content.activeCellIndex"
        )
        return number

    def _command(self, name: str) -> None:
        self.notebook.page.evaluate("(name) => window.jupyterapp.commands.execute(name)", name)
