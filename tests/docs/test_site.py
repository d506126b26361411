"""The static site: built strictly from what is here, whole, and asking no other host."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tooling.console import Trouble
from tooling.site import staging
from tooling.site.build import build
from tooling.site.checking import Checked, checked
from tooling.site.nav import nav_of
from tooling.site.notebook import filled, page_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Checked]:
    folder = tmp_path_factory.mktemp("site")
    return folder / "site", build(folder / "site", folder / "source")


def test_every_page_is_built_and_every_link_leads_somewhere(site: tuple[Path, Checked]) -> None:
    folder, found = site
    assert found.problems == []
    documents = [*(ROOT / "docs").rglob("*.md"), *(ROOT / "notebooks").rglob("*.ipynb")]
    assert found.pages >= len(documents) + 5
    assert found.inner > 5000
    for path in (ROOT / "notebooks").rglob("*.ipynb"):
        page = folder / path.relative_to(ROOT).with_suffix(".html")
        assert page.is_file() and page.with_suffix(".ipynb").is_file()


def test_links_elsewhere_are_listed_and_have_the_form_of_addresses(
    site: tuple[Path, Checked],
) -> None:
    outer = site[1].outer
    assert len(outer) > 100
    assert any(address.startswith("https://dicom.nema.org/") for address in outer)


def test_the_reference_has_every_public_name(site: tuple[Path, Checked]) -> None:
    for page in (ROOT / "docs" / "api").glob("*.md"):
        found = staging._NAMES.findall(page.read_text("utf-8").split("## Public names")[-1])
        if not found:
            continue
        text = (site[0] / "docs" / "api" / "reference" / f"{page.stem}.html").read_text("utf-8")
        for _, names in found:
            for name in re.findall(r"`(\w+)`", names):
                assert re.search(rf'id="labkit[\w.]*\.{name}"', text), f"{page.stem}: {name}"


def test_search_knows_documents_notebooks_and_the_reference(site: tuple[Path, Checked]) -> None:
    index = json.loads((site[0] / "search" / "search_index.json").read_text("utf-8"))["docs"]
    places = {entry["location"].partition("#")[0] for entry in index}
    for page in ("docs/glossary.html", "notebooks/beginner/07_send.html",
                 "docs/api/reference/deid.html"):  # fmt: skip
        assert page in places
    assert (site[0] / "search" / "search_index.js").is_file()  # for pages opened as files


def test_outputs_are_shown_and_no_script_of_theirs(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["# 01 A: b\n"]},
        {"cell_type": "code", "source": "print(1)", "metadata": {}, "outputs": [
            {"output_type": "stream", "text": "<b>\x1b[31m1\x1b[0m\n\n```\n"},
            {"output_type": "display_data", "data": {
                "text/html": "<table><tr><td>x</td></tr></table><script>alert(1)</script>",
                "text/plain": "x"}},
            {"output_type": "display_data", "data": {"image/png": "QUJD\n", "text/plain": "a pic"}},
        ]},
        {"cell_type": "code", "source": "'''\n```\n'''", "metadata": {"tags": ["folded"]}},
    ]  # fmt: skip
    path = tmp_path / "01_a.ipynb"
    path.write_text(json.dumps({"cells": cells}), "utf-8")
    text = page_of(path)
    assert "alert" not in filled(text)
    assert '<pre tabindex="0">&lt;b&gt;1\n\n```</pre>' in filled(text)
    assert '<img alt="a pic" loading="lazy" src="data:image/png;base64,QUJD">' in filled(text)
    assert "<td>x</td>" in filled(text) and "<td>x</td>" not in text
    assert "````python" in text and '??? note "Gives away' in text


def test_a_dead_link_is_no_site(tmp_path: Path) -> None:
    root = tmp_path / "root"
    home = (Path(staging.__file__).parent / "home.md").read_text("utf-8")
    linked = set(re.findall(r"\]\((docs/[\w/-]+\.md)\)", home))
    first = root / "notebooks" / "00_start_here.ipynb"
    first.parent.mkdir(parents=True)
    first.write_text('{"cells": []}', "utf-8")
    for name in {*staging.PAGES, *linked}:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("# A\n", "utf-8")
    (root / "CONTRIBUTING.md").write_text("# A\n\n`[b](none.md)` [about](README.md)\n", "utf-8")
    assert "start.md" in staging.stage(tmp_path / "source", root)
    assert "[about](start.md)" in (tmp_path / "source" / "CONTRIBUTING.md").read_text("utf-8")
    for target in ("none.md", "../outside.md"):
        (root / "CONTRIBUTING.md").write_text(f"# A\n\n[b]({target})\n", "utf-8")
        with pytest.raises(Trouble, match="not there"):
            staging.stage(tmp_path / "source", root)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ('<script src="https://cdn.example/a.js"></script>', "loads https://cdn.example/a.js"),
        ('<link rel="stylesheet" href="//fonts.example/a.css">', "loads //fonts.example"),
        ('<img srcset="https://a.example/1.png 1x">', "loads https://a.example"),
        ('<p style="background: url(https://a.example/1.png)">', "loads https://a.example"),
        ("<style>@import 'https://a.example/a.css';</style>", "loads https://a.example"),
        ('<script src="none.js"></script>', "loads none.js, which is not there"),
        ('<a href="none.html">a</a>', "none.html, which is not there"),
        ('<a href="#none">a</a>', "no such place"),
        ('<a href="/a">a</a>', "links to /a"),
        ('<a href="javascript:a()">a</a>', "links to javascript:a()"),
        ('<a href="http://a.example/">a</a>', "has not the form"),
        ('<a href="https://a example/">a</a>', "has not the form"),
    ],
)
def test_what_a_page_must_not_have_is_found(tmp_path: Path, body: str, says: str) -> None:
    (tmp_path / "a.html").write_text(f'<h1 id="a">A</h1><a href="#a">a</a>{body}', "utf-8")
    (problem,) = checked(tmp_path).problems
    assert says in problem


def test_no_page_is_left_out_of_the_navigation() -> None:
    pages = ["index.md", "start.md", "docs/new.md", "docs/workshop.md", "docs/api/mapping.md",
             "docs/api/reference/mapping.md", "notebooks/beginner/01_a.md"]  # fmt: skip
    nav = json.dumps(nav_of(pages, {"notebooks/beginner/01_a.md": "01 A"}))
    for page in pages:
        assert nav.count(f'"{page}"') == 1, page
