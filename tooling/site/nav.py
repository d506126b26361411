"""The navigation: a tab for each of the three kinds of readers, and none of the pages left out."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TRACKS = {
    "Beginner": "notebooks/beginner/",
    "Intermediate": "notebooks/intermediate/",
    "Advanced": "notebooks/advanced/",
}
LEARN = ("docs/cheatsheet.md", "docs/glossary.md", "docs/faults.md", "docs/orals.md",
         "sample_data/README.md")  # fmt: skip
TEACH = ("docs/workshop.md", "docs/workshop-plans.md", "docs/authoring.md",
         "docs/instructors-backends.md", "docs/accessibility.md", "docs/translating.md",
         "docs/scale.md", "docs/hub.md")  # fmt: skip
BUILD = {
    "Guides": ("docs/own-servers.md", "docs/mapping.md", "docs/proxy.md", "docs/hybrid-cloud.md"),
    "Evidence": ("docs/conformance.md", "docs/xds-i.md", "docs/performance.md",
                 "docs/reliability.md", "docs/experiment.md"),
}  # fmt: skip
_TOOLS = ("README", "mapping", "service", "deid", "proxy", "doctor", "manifests")
Nav = list[Any]


def nav_of(pages: Sequence[str], titles: dict[str, str]) -> Nav:
    """Return the navigation as mkdocs has it; a page that nobody placed is under "More".

    Parameters
    ----------
    pages
        Paths of all pages.
    titles
        Of notebooks, by path: what their number and first words are.
    """
    left = [page for page in pages if page not in ("index.md", "start.md")]

    def taken(wanted: Sequence[str]) -> Nav:
        found = [page for page in wanted if page in left]
        for page in found:
            left.remove(page)
        return [{titles[page]: page} if page in titles else page for page in found]

    def below(folder: str) -> Nav:
        return taken(sorted(page for page in left if page.startswith(folder)))

    learn: Nav = [{"Set up": "start.md"}, *taken(["notebooks/00_start_here.md"])]
    learn += [{track: below(folder)} for track, folder in TRACKS.items()]
    learn.append({"At hand": taken(LEARN)})
    teach = taken(TEACH)
    kit = taken([f"docs/api/{name}.md" for name in _TOOLS]) + below("docs/api/")
    reference = [page for page in kit if isinstance(page, str) and "/reference/" in page]
    kit = [page for page in kit if page not in reference]
    named = [{Path(page).stem: page} for page in reference]
    build: Nav = [{"Engineer's kit": kit}, {"Reference": named}]
    build += [{title: taken(wanted)} for title, wanted in BUILD.items()]
    build.append({"Security": taken(["docs/security.md"]) + below("docs/security/")})
    project = taken(["docs/architecture.md", "CONTRIBUTING.md", "CHANGELOG.md"])
    build.append({"The project": project})
    build.append({"Decisions": below("docs/decisions/")})
    if left:
        build.append({"More": taken(left)})
    return [{"Home": "index.md"}, {"Learn": learn}, {"Teach": teach}, {"Build": build}]


def notebook_titles(folder: Path) -> dict[str, str]:
    """Return the title of each notebook's page, by the page's path; words after a colon go."""
    found = {}
    for path in sorted(folder.rglob("*.ipynb")):
        first = "".join(json.loads(path.read_text("utf-8"))["cells"][0]["source"])
        title = re.match(r"# (.+)", first)
        name = f"{path.relative_to(folder.parent).as_posix().removesuffix('.ipynb')}.md"
        found[name] = title[1].partition(":")[0].replace("`", "") if title else path.stem
    return found
