"""What a reader needs who does not see a notebook as a whole: each rule, kept and broken."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest

from labkit.exercises.notebook_reading import problems


def prose(text: str) -> list[Any]:
    return [nbformat.v4.new_markdown_cell(text)]


def picture(alt: str = "", kind: str = "image/png") -> list[Any]:
    shown = nbformat.v4.new_output("display_data", {kind: "AAAA", "text/plain": "x"})
    cell = nbformat.v4.new_code_cell("show()", outputs=[shown])
    if alt:
        cell.metadata["alt"] = alt
    return [cell]


GOOD = """# 01 A title

## A section

See [the glossary](../docs/glossary.md), and `[here](code)`.

![The nodes of the lab and the lines between them](nodes.svg)

| node | what it is |
|---|---|
| ARCHIVE | the PACS |

```text
#### not a heading
| | |
|---|---|
```
"""


def test_a_good_notebook_has_no_problem() -> None:
    cells = [*prose(GOOD), *picture("CT slice of a head, bleeding marked")]
    assert list(problems(cells)) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# 01 A\n\n### Below", "a heading of level 3 below one of level 1"),
        ("# 01 A\n\nLook [here](a.md).", "a link called 'here'"),
        ("# 01 A\n\n[**Read more**](a.md)", "a link called '**Read more**'"),
        ("# 01 A\n\n![](a.png)", "a picture without a text alternative"),
        ('# 01 A\n\n<img src="a.png">', "a picture without a text alternative"),
        ("# 01 A\n\n| | |\n|---|---|\n| a | b |", "a table with a column that has no name"),
        ("# 01 A\n\n| a | |\n|---|---|\n| a | b |", "a table with a column that has no name"),
    ],
)
def test_what_is_in_the_way_is_named(text: str, said: str) -> None:
    [problem] = problems(prose(text))
    assert problem.startswith("cell 1: ")
    assert said in problem


def test_a_picture_that_is_shown_has_words() -> None:
    [problem] = problems(picture())
    assert problem == "cell 1 shows a picture: say in its metadata, as 'alt', what is on it"
    assert len(list(problems(picture("a head")))) == 1
    [problem] = problems(picture("CT slice of a head", kind="text/html"))
    assert problem == "cell 1 has a text for a picture, and shows none"
