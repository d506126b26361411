"""What the documents say is so: links lead somewhere, commands exist, nothing is out of date."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer.main

from labkit.cli import app
from labkit.fhir.mapping.commands import map_app
from tooling import learning_path

ROOT = Path(__file__).resolve().parent.parent
PAGES = [
    *ROOT.glob("*.md"),
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / "sample_data").rglob("*.md"),
    *(ROOT / "tests").rglob("*.md"),
]
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub and JupyterLab give to a page's headings."""
    found = set(re.findall(r'<a (?:id|name)="([^"]+)"', page.read_text(encoding="utf-8")))
    for heading in re.findall(r"(?m)^#+ (.+)$", page.read_text(encoding="utf-8")):
        text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", heading).replace("`", "")
        github = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        found |= {github, text.replace(" ", "-")}
    return found


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            assert target.startswith(("https://", "mailto:")), target
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert ROOT in there.parents or there == ROOT, target
        if anchor and there.suffix == ".md":
            assert anchor in anchors(there), target


def commands() -> dict[str, set[str]]:
    """Every command of `labkit` with its options: ``{"nodes add": {"--json", …}}``."""
    found: dict[str, set[str]] = {}

    def walk(group: Any, path: str) -> None:
        for word, command in group.commands.items():
            if hasattr(command, "commands"):
                walk(command, f"{path}{word} ")
            names = [[*one.opts, *one.secondary_opts] for one in command.params]
            options = {name for each in names for name in each}
            found[f"{path}{word}"] = options | {"--help"}

    walk(typer.main.get_command(app), "")
    own = typer.main.get_command(map_app)  # loaded only when it is used: it brings DICOM and FHIR
    found["map"] |= {name for parameter in own.params for name in parameter.opts}
    return found


def pieces(page: Path) -> list[str]:
    """The lines of a page's code: of its fences, and between backquotes."""
    text = page.read_text(encoding="utf-8")
    return [line.strip("` ") for block in CODE.findall(text) for line in block.splitlines()]


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_of_labkit_exist(page: Path) -> None:
    known = commands()
    for piece in pieces(page):
        found = re.match(r"(?:\S*[/\\])?labkit ([a-z].*)", piece)
        if not found or found.group(1).startswith("import"):
            continue
        words = re.split(r" +(?:#|\(|\|\|?|&&)", found.group(1))[0].split()
        if any("|" in word or "…" in word for word in words):
            continue
        two, one = " ".join(words[:2]), words[0]
        command = two if two in known else one
        assert command in known, piece
        for option in re.findall(r"--[a-z-]+", " ".join(words)):
            assert option in known[command], piece


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_commands_of_lab_py_exist(page: Path) -> None:
    shown = subprocess.run(
        [sys.executable, str(ROOT / "lab.py"), "--help"], capture_output=True, text=True, check=True
    ).stdout
    for piece in pieces(page):
        if found := re.match(r"(?:python3?|py) lab\.py ?([^#]*)", piece):
            for word in found.group(1).split()[:1]:
                assert word in shown, piece


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_files_that_are_named_exist(page: Path) -> None:
    for piece in re.findall(
        r"`((?:labkit|tests|docs|tooling|requirements)/[^`\s]*)`", page.read_text("utf-8")
    ):
        if not re.search(r"[<*…{]", piece) and "NN" not in piece and "07_send" not in piece:
            assert (ROOT / piece.partition("::")[0].rstrip("/")).exists(), piece


def test_the_learning_path_is_current() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    lessons = learning_path.lessons()
    assert learning_path.renewed(readme, lessons) == readme, "run python3 -m tooling.learning_path"
    for lesson in lessons:
        assert f"]({lesson.path})" in readme


def test_every_change_has_a_line() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## Unreleased" in text
    lines = text.split("## Unreleased")[1].split("\n## ")[0].strip().splitlines()
    assert lines
    assert all(re.match(r"- \S|  \S", line) for line in lines), lines


def test_pictures_are_there_and_described() -> None:
    for page in PAGES:
        for text, target in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)\)", page.read_text("utf-8")):
            assert len(text) > 10, target
            assert (page.parent / target).exists(), target
