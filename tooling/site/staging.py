"""The folder that the site is built from: documents and notebooks where the repository has them.

The layout is the repository's, so that links stay as they are written. What they lead to beside
pages (a source file, a picture, a folder's README) comes along.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from tooling.console import Trouble
from tooling.site.nav import TEACH
from tooling.site.notebook import page_of

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "sample_data/README.md")
ASSETS = Path(__file__).parent / "assets"
REFERENCE = "docs/api/reference"
_CODE = re.compile(r"(```.*?```|~~~.*?~~~|`[^`\n]+`)", re.DOTALL)
_LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")
_NAMES = re.compile(r"^\| `(labkit[\w.]*)` \| (`.+`) \|$", re.MULTILINE)
_OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:")


def stage(target: Path, root: Path = ROOT) -> list[str]:
    """Fill `target` anew; return the pages, as paths in it.

    Raises
    ------
    Trouble
        A link leads to nothing, or out of the repository.
    """
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    texts = {name: (root / name).read_text("utf-8") for name in _documents(root)}
    for path in sorted((root / "notebooks").rglob("*.ipynb")):
        if ".ipynb_checkpoints" not in path.parts:
            name = path.relative_to(root).as_posix()
            texts[f"{name.removesuffix('.ipynb')}.md"] = page_of(path)
            _copy(root, target, name)
    texts |= _reference(root)
    texts["start.md"] = texts.pop("README.md")  # the first page of the site is another
    texts["index.md"] = _home(texts)
    for name, text in texts.items():
        page = target / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(_relinked(text, name, texts, root, target), "utf-8")
    shutil.copytree(ASSETS, target / "assets")
    return sorted(texts)


def _documents(root: Path) -> Iterable[str]:
    yield from PAGES
    yield from (path.relative_to(root).as_posix() for path in sorted((root / "docs").rglob("*.md")))


def _home(texts: dict[str, str]) -> str:
    """Return the first page, with links to those of the teachers' pages that there are."""
    text = (Path(__file__).parent / "home.md").read_text("utf-8")
    links = []
    for page in TEACH:
        if title := re.search(r"^# (.+)$", texts.get(page, ""), re.MULTILINE):
            links.append(f"[{title[1]}]({page})")
    return text.replace("TEACHING", " · ".join(links))


def _copy(root: Path, target: Path, name: str) -> None:
    place = target / name
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / name, place)


def _relinked(text: str, name: str, pages: dict[str, str], root: Path, target: Path) -> str:
    """Let links to notebooks lead to their pages, and bring along what else is linked to."""

    def one(match: re.Match[str]) -> str:
        to, anchor = match[2], match[3] or ""
        if _OUTSIDE.match(to):
            return match[0]
        there = (root / name).parent.joinpath(to).resolve()
        if there.is_dir():
            there /= "README.md"
            to = f"{to.rstrip('/')}/README.md"
        if root not in there.parents or not (there.is_file() or _in(there, root) in pages):
            raise Trouble(f"{name} has a link to {to}, which is not there.", "Mend the link.")
        inside = _in(there, root)
        if inside == "README.md":
            to = f"{to.removesuffix('README.md')}start.md"
        elif inside.endswith(".ipynb"):
            to = f"{to.removesuffix('.ipynb')}.md"
        elif inside not in pages:
            _copy(root, target, inside)
        return f"{match[1]}{to}{anchor}{match[4]}"

    parts = _CODE.split(text)
    return "".join(part if at % 2 else _LINK.sub(one, part) for at, part in enumerate(parts))


def _in(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _reference(root: Path) -> dict[str, str]:
    """Make a page for each tool of what its page calls public, for mkdocstrings to fill."""
    made = {}
    for path in sorted((root / "docs" / "api").glob("*.md")):
        text = path.read_text("utf-8")
        found = _NAMES.findall(text.split("## Public names")[-1])
        if not found or "## Public names" not in text:
            continue
        tool = path.stem
        lines = [
            f"# Reference: {tool}",
            "",
            f"What [the page of this tool](../{tool}.md) calls public.",
        ]
        for module, names in found:
            lines += ["", f"## `{module}`"]
            for name in re.findall(r"`(\w+)`", names):
                lines += ["", f"::: {module}.{name}"]
        made[f"{REFERENCE}/{tool}.md"] = "\n".join(lines) + "\n"
    return made
