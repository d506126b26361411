"""Links within the repository lead somewhere."""

import json
from pathlib import Path

from labkit.exercises.links import anchors, broken, links, slug


def test_links_are_read_and_code_is_left_out() -> None:
    text = """See [a](one.md), ![b](two.png "t"), <a href="three.md">c</a> and `[d](four.md)`.

```python
x = "[e](five.md)"
```
[f](<six.md>)"""
    assert links(text) == ["one.md", "two.png", "six.md", "three.md"]


def test_anchors_are_those_of_github(tmp_path: Path) -> None:
    assert slug("AE title (PS3.8): *what?*") == "ae-title-ps38-what"
    assert slug("[C-ECHO](x.md) and C_STORE") == "c-echo-and-c_store"
    page = tmp_path / "g.md"
    page.write_text('# One\n\n## Two\n\n## Two\n\n<a id="Deep"></a>\n\n```\n# no\n```\n')
    assert anchors(page) == {"one", "two", "two-1", "deep"}
    book = tmp_path / "n.ipynb"
    cells = [{"cell_type": "markdown", "source": ["# A title\n", "text"]}]
    book.write_text(json.dumps({"cells": cells}))
    assert anchors(book) == {"a-title"}


def test_what_is_broken_is_named(tmp_path: Path) -> None:
    (tmp_path / "g.md").write_text("## AE title\n")
    (tmp_path / "p.png").write_bytes(b"")
    text = (
        "[ok](g.md#ae-title) [ok](#here) [ok](https://x.org) [ok](p.png#x) [no](h.md) "
        "[no](g.md#ae) [no](/g.md) [no](file:///g.md)"
    )
    assert list(broken(text, tmp_path)) == [
        "the link h.md leads to nothing",
        "g.md has no heading for the link g.md#ae",
        "the link /g.md is absolute: it leads nowhere on another machine",
        "the link file:///g.md has an odd scheme",
    ]
