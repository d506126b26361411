"""Decks of the notebooks: whole, alone, and without what gives an exercise away."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import nbformat
import pytest
from typer.testing import CliRunner

from labkit import cli
from labkit.common.errors import LabkitError
from labkit.exercises.cells import slug_of
from labkit.exercises.find import catalogue
from labkit.workshop.slides.cutting import Section, cut
from labkit.workshop.slides.page import page

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
PATHS = sorted(p for p in NOTEBOOKS.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts)


def name(path: Path) -> str:
    return path.stem


def notebook(path: Path, *cells: Any) -> list[Section]:
    nbformat.write(nbformat.v4.new_notebook(cells=list(cells)), path)
    return cut(path)


def code(source: str, text: str = "", **metadata: Any) -> Any:
    outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)] if text else []
    return nbformat.v4.new_code_cell(source, outputs=outputs, metadata=metadata)


markdown = nbformat.v4.new_markdown_cell


def test_a_section_is_an_idea_and_its_code_is_below_it(tmp_path: Path) -> None:
    found = notebook(
        tmp_path / "01_a.ipynb",
        markdown("# 01 A\n\nGoals."),
        code("from labkit import check, open_lab\n\nlab = open_lab()", "the lab"),
        markdown("## One idea\n\n" + "\n\n".join(["A paragraph of some length. " * 11] * 4)),
        markdown("Look:"),
        code("print(1)", "1\n"),
        code("for n in range(30):\n    print(n)", "\n".join(map(str, range(30)))),
        markdown("Text.\n\n## Another\n\n```sh\n# no heading\n\n## neither\n```"),
    )
    assert [section.title for section in found] == ["01 A", "One idea", "Another"]
    one = found[1]
    assert [bool(slide.code) for slide in one.slides] == [False, False, True, True, False, False]
    assert one.slides[2].text == "Look:"
    assert one.slides[2].outputs and not one.slides[3].outputs  # the long one has its own slide
    assert one.slides[4].outputs and not one.slides[4].code
    assert one.slides[5].text == "Text."
    assert "## neither" in found[2].slides[0].text
    assert "Look:" in one.notes and "print(n)" in one.notes
    assert "open_lab" not in page(found)


def test_nothing_gives_an_exercise_away(tmp_path: Path) -> None:
    found = notebook(
        tmp_path / "01_a.ipynb",
        markdown("# 01 A\n\nGoals."),
        markdown("## Try\n\nYour turn."),
        code('# exercise: a-b\n\nx = ...\n\ncheck("a-b", x)', "SECRET verdict"),
        code('solution("a-b")', "SECRET solution"),
        code('hint("a-b")', "SECRET hint"),
        code("answer = 'SECRET'", tags=["folded"]),
    )
    shown = page(found)
    assert "SECRET" not in shown and '<p class="mark">Exercise</p>' in shown
    assert [slide.exercise for slide in found[1].slides] == ["a-b"]


@pytest.fixture(scope="module")
def decks() -> dict[Path, str]:
    return {path: page(cut(path)) for path in PATHS}


def test_every_notebook_has_a_deck_with_all_its_sections(decks: dict[Path, str]) -> None:
    for path, deck in decks.items():
        cells = json.loads(path.read_text("utf-8"))["cells"]
        text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
        headings = re.findall(
            r"^## ", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE
        )
        slugs = [slug_of("".join(c["source"])) for c in cells]
        exercises = sum(slug is not None for slug in slugs)
        assert len(headings) <= len(set(re.findall(r'data-at="(\d+)/', deck))), path.name
        assert deck.count('<section class="exercise"') == exercises, path.name


def test_a_deck_asks_no_other_host_and_runs_no_script_of_the_notebook(
    decks: dict[Path, str],
) -> None:
    for path, deck in decks.items():
        assert deck.count("<script") == 1, path.name
        assert "default-src 'none'" in deck
        assert not re.search(r"<(?:img|link|iframe|script)[^>]+(?:src|href)=[\"'](?!data:)", deck)
        assert not re.search(r'href="(?!https://|#)', deck), path.name


def test_no_reference_answer_is_in_a_deck(decks: dict[Path, str]) -> None:
    """Lines of the reference that the notebooks do not teach are on no slide and in no notes."""
    taught = {line for path in PATHS for source in _code_of(path) for line in _lines(source)}
    shown = {line for deck in decks.values() for line in _lines(_words(deck))}
    assert len(shown & taught) > 1000, "the decks have their code"
    wanted = set()
    for entry in catalogue():
        wanted |= set(_lines(entry.load().exercise.reference)) - taught
    assert len(wanted) > 300
    assert not wanted & shown


def _words(deck: str) -> str:
    body = deck[deck.index("<main") : deck.index("</main>")]
    return html.unescape(re.sub(r"<[^>]+>", "", re.sub(r'src="data:[^"]*"', "", body)))


def _lines(source: str) -> list[str]:
    return [line.strip() for line in source.splitlines() if len(line.strip()) > 24]


def _code_of(path: Path) -> list[str]:
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]


def test_the_command(tmp_path: Path) -> None:
    own = tmp_path / "mine.ipynb"
    notebook(own, markdown("# Mine\n\nText."))
    out = tmp_path / "decks"
    words = ["workshop", "slides", "beginner/07_send", str(own), "--out", str(out), "--json"]
    done = CliRunner().invoke(cli.app, words)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert [Path(row["file"]).name for row in told] == ["beginner_07_send.html", "mine.html"]
    first = (out / "beginner_07_send.html").read_bytes()
    assert CliRunner().invoke(cli.app, words).exit_code == 0
    assert (out / "beginner_07_send.html").read_bytes() == first
    for wrong in (["nothing/like*", "--out", str(out)], [str(own), "--out", str(own)]):
        failed = CliRunner().invoke(cli.app, ["workshop", "slides", *wrong])
        assert isinstance(failed.exception, LabkitError) and failed.exception.remedy
