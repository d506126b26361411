"""The engineer's kit as its pages say: examples print what is shown, public names are public."""

from __future__ import annotations

import inspect
import re
import shutil
from importlib import import_module
from pathlib import Path

import pytest

from tests.docs import examples

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs" / "api").glob("*.md"))
TOOLS = ("map", "deid", "proxy", "doctor", "manifest")
_ROW = re.compile(r"^\| `(labkit[\w.]*)` \| (`.+`) \|$", re.MULTILINE)


def name(page: Path) -> str:
    return page.stem


@pytest.mark.filterwarnings("ignore:Using `httpx`")
@pytest.mark.parametrize("page", PAGES, ids=name)
def test_examples_print_what_is_shown(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for study in ("cr-wrist", "ct-head"):
        shutil.copytree(ROOT / "sample_data" / study, tmp_path / "sample_data" / study)
    monkeypatch.chdir(tmp_path)
    shown = page.read_text("utf-8")
    now = examples.renewed(shown, page.name)
    if not examples.same(shown, now):
        assert now == shown, f"python -m tests.docs.examples {page.relative_to(ROOT)}"


def public() -> list[tuple[str, str]]:
    """Every public name that the pages promise: module and name."""
    return [
        (module, one)
        for page in PAGES
        for module, names in _ROW.findall(page.read_text("utf-8").split("## Public names")[-1])
        for one in re.findall(r"`(\w+)`", names)
    ]


@pytest.mark.parametrize(("module", "one"), sorted(set(public())))
def test_a_public_name_is_there_described_and_typed(module: str, one: str) -> None:
    found = import_module(module)
    assert one in getattr(found, "__all__", [one])
    value = getattr(found, one)
    if inspect.isclass(value) or inspect.isfunction(value):
        assert inspect.getdoc(value), f"{module}.{one}"
    if inspect.isfunction(value):
        hints = inspect.signature(value)
        assert hints.return_annotation is not inspect.Signature.empty
        assert all(p.annotation is not p.empty for p in hints.parameters.values())


def test_each_tool_has_a_page_with_all_that_an_engineer_asks() -> None:
    overview = (ROOT / "docs" / "api" / "README.md").read_text("utf-8")
    for tool in TOOLS:
        (page,) = re.findall(rf"\[`labkit {tool}`\]\((\w+\.md)\)", overview)
        text = (ROOT / "docs" / "api" / page).read_text("utf-8")
        for heading in ("Command line", "In Python", "Errors", "Guarantees", "Public names"):
            assert f"\n## {heading}\n" in text, f"{page}: {heading}"


def test_a_wrong_example_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The runner itself: what is not printed, printed otherwise, or fails is seen."""
    monkeypatch.chdir(tmp_path)
    page = "```python\nprint(6 * 7)\n```\n\n```text\n42\n```\n"
    assert examples.renewed(page, "p") == page
    for wrong in (page.replace("42", "41"), page.split("\n\n")[0]):
        assert examples.renewed(wrong + "\n", "p").startswith(page[:20])
        assert not examples.same(wrong + "\n", examples.renewed(wrong + "\n", "p"))
    with pytest.raises(ZeroDivisionError):
        examples.renewed("```python\n1 / 0\n```\n", "p")
    told = examples.renewed("```console\n$ labkit map nowhere\n```\n", "p")
    assert "labkit: there is no nowhere\n" in told
