"""A notebook is made from a draft and its exercises, in one form, and held to the rules."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_output

from labkit.common.errors import UsageError
from labkit.exercises import notebook_file
from labkit.exercises.notebook_file import WHY
from labkit.exercises.notebook_rules import BACKEND, CLOSING, check
from labkit.exercises.notebooks import build

DRAFT = f"""# 00 Start here

**You will be able to**

- ask an archive whether it is there.

**Minutes:** 10 · **Needs:** nothing

```python
from labkit import check, open_lab

lab = open_lab()
lab
```

## Say hello

A [C-ECHO](../docs/glossary.md#c-echo).

```python
# exercise: echo-archive
```

```python
# exercise: which-order
```

```python tags=["varies-timing", "nbval-ignore-output"]
print("soon")
```

{CLOSING}

Nobody answers.

**Next:** [01 A journey](00_start_here.ipynb)
"""


@pytest.fixture
def book(tmp_path: Path) -> Path:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "glossary.md").write_text("## C-ECHO\n")
    draft = tmp_path / "draft.md"
    draft.write_text(DRAFT, encoding="utf-8")
    return build(draft, tmp_path / "notebooks" / "00_start_here.ipynb")


def change(book: Path, act: Any) -> list[str]:
    """Change a notebook behind the back of the tools, and say what is then wrong."""
    notebook = nbformat.read(book, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = 1
    act(notebook)
    book.write_text(notebook_file.text_of(notebook), encoding="utf-8", newline="\n")
    # One tagged cell of four is too many; the tests below are about the rest.
    return [problem for problem in check(book) if "are tagged" not in problem]


def test_a_draft_becomes_a_notebook_that_keeps_the_rules(book: Path) -> None:
    assert change(book, lambda notebook: None) == []
    notebook = notebook_file.read(book)
    cell, _ = (c for c in notebook.cells if c.source.startswith("# exercise: "))
    assert cell.source.endswith('check("echo-archive", result)')
    assert cell.id == "echo-archive"
    assert notebook.cells[5].metadata.tags == ["varies-timing", "nbval-ignore-output"]
    assert notebook.metadata.kernelspec.name == "python3"


def test_building_again_changes_nothing(book: Path) -> None:
    before = book.read_bytes()
    assert build(book) == book
    assert book.read_bytes() == before


def set_source(number: int, source: str) -> Any:
    def act(notebook: Any) -> None:
        notebook.cells[number].source = source

    return act


def set_output(output: Any) -> Any:
    def act(notebook: Any) -> None:
        notebook.cells[1].outputs = [output]

    return act


def drop(number: int) -> Any:
    return lambda notebook: notebook.cells.pop(number)


def tag(*tags: str, why: str = "") -> Any:
    def act(notebook: Any) -> None:
        notebook.cells[1].metadata.tags = list(tags)
        notebook.cells[1].metadata[WHY] = why

    return act


def stream(text: str, name: str = "stdout") -> Any:
    return set_output(new_output("stream", name=name, text=text))


@pytest.mark.parametrize(
    ("act", "problem"),
    [
        (set_source(0, "# Start"), "cell 1 does not begin with a title: # 00 …"),
        (set_source(0, "# 00 Start"), "cell 1 lacks **You will be able to**"),
        (set_source(0, DRAFT.split("```")[0].replace("10", "some")), "cell 1 are not a number"),
        (set_source(1, "1 + 1"), "the first code cell does not open the lab"),
        (drop(6), "there is no section"),
        (set_source(6, f"{CLOSING}\n\nThe end."), "the last line is not the way on"),
        (drop(3), "the exercise echo-archive occurs 0 times, not once"),
        (set_source(5, "# exercise: echo-archive\n"), "occurs 2 times"),
        (set_source(5, "# exercise: other\n"), "cell 6: the exercise other is not one of nb00_st"),
        (set_source(3, "# exercise: echo-archive\n\n1"), "cell 4: not what the file"),
        (tag("skip"), "cell 2: no such tag: skip"),
        (tag("nbval-ignore-output"), "cell 2: nbval-ignore-output goes with one of"),
        (tag("varies-timing"), "cell 2: nbval-ignore-output goes with one of"),
        (tag(BACKEND), "cell 2: why_it_varies names product, version and act"),
        (tag(BACKEND, why="it depends"), "cell 2: why_it_varies names product, version and act"),
        (tag(why="Orthanc 1.12.7 says C000"), "cell 2: why_it_varies names product, version"),
        (tag(BACKEND, "varies-tool", why="X 1"), "cell 2: nbval-ignore-output goes with one of"),
        (stream("x", "stderr"), "cell 2 writes to standard error"),
        (stream("at 127.0.0.1:104"), "cell 2 shows a host and port: '127.0.0.1'"),
        (stream("at 10.1.2.3:11112"), "cell 2 shows a host and port: '10.1.2.3:11112'"),
        (stream("/home/ada/x.dcm"), "cell 2 shows a folder of one machine: '/home/a'"),
        (
            set_output(new_output("error", ename="E", evalue="e", traceback=["E"])),
            "cell 2 shows an error",
        ),
        (set_source(2, "[x](../docs/glossary.md#c-find)"), "has no heading for the link"),
        (set_source(2, "[x](01_journey.ipynb)"), "the link 01_journey.ipynb leads to nothing"),
        (
            lambda notebook: notebook.cells[1].update(execution_count=None),
            "cell 2 was not run",
        ),
    ],
)
def test_each_rule_has_its_words(book: Path, act: Any, problem: str) -> None:
    assert problem in "\n".join(change(book, act))


def test_too_many_tagged_cells(book: Path) -> None:
    assert "1 of 4 code cells are tagged; 10% may be" in check(book)


def test_notebooks_about_the_wire_and_faults_may_tag_more(book: Path) -> None:
    (book.parent / "intermediate").mkdir()
    for name, limited in (("05_faults.ipynb", False), ("04_routing.ipynb", True)):
        other = book.rename(book.parent / "intermediate" / name)
        assert limited == any("10% may be" in problem for problem in check(other))
        assert not any("30% may be" in problem for problem in check(other))
        book = other.rename(book)


def test_what_differs_from_run_to_run_is_found(book: Path) -> None:
    book.write_text(book.read_text("utf-8").replace('"id": "echo-archive"', '"id": "x"'), "utf-8")
    assert any("differs from run to run" in problem for problem in check(book))
    book.write_bytes(book.read_bytes().replace(b"\n", b"\r\n"))
    assert any("CR LF" in problem for problem in check(book))


def test_an_empty_notebook(book: Path) -> None:
    notebook_file.write(nbformat.v4.new_notebook(), book)
    assert check(book) == ["it has no cells"]


def test_an_exercise_of_another_notebook_is_refused(tmp_path: Path) -> None:
    draft = tmp_path / "draft.md"
    draft.write_text("```python\n# exercise: echo-archive\n```\n")
    with pytest.raises(UsageError, match="belongs to start/nb00_start_here, not to beginner"):
        build(draft, tmp_path / "notebooks" / "beginner" / "01_journey.ipynb")


@pytest.mark.parametrize(
    ("source", "target", "says"),
    [
        ("draft.md", None, "needs a target"),
        ("draft.md", "notebooks/Start.ipynb", "not where a notebook belongs"),
        ("draft.md", "notebooks/expert/01_x.ipynb", "no track 'expert'"),
        ("missing.md", "notebooks/01_x.ipynb", "is not a draft"),
        ("notebooks/01_x.ipynb", None, "there is no"),
        ("notebooks/02_x.ipynb", None, "is not a notebook"),
    ],
)
def test_what_cannot_be_built(tmp_path: Path, source: str, target: str | None, says: str) -> None:
    (tmp_path / "draft.md").write_text("text")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "02_x.ipynb").write_text("{}")
    with pytest.raises(UsageError, match=says):
        build(tmp_path / source, tmp_path / target if target else None)
