"""Looks at a built site: what pages load, and where their links lead."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

_LOADS = {
    "script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src",
    "audio": "src", "embed": "src", "object": "data", "input": "src",
}  # fmt: skip
_LINKED = {
    "stylesheet", "icon", "preload", "preconnect", "dns-prefetch", "modulepreload", "manifest",
}  # fmt: skip
_CSS = re.compile(r"""url\(\s*['"]?((?:https?:)?//[^)'"]+)|@import\s+['"]((?:https?:)?//[^'"]+)""")
_FORM = re.compile(r"https://[a-z0-9.-]+\.[a-z]{2,}(:\d+)?(/\S*)?", re.IGNORECASE)
_LOCAL = re.compile(r"http://(127\.0\.0\.1|localhost)(:\d+)?(/|$)")


@dataclass
class Checked:
    """What was found.

    Attributes
    ----------
    pages, inner
        Numbers of pages, and of links within the site.
    outer
        Addresses elsewhere that pages link to, each with a page that does.
    problems
        In words, with the page.
    """

    pages: int = 0
    inner: int = 0
    outer: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        got = {name: value or "" for name, value in attrs}
        self.anchors.update(filter(None, (got.get("id"), got.get("name") if tag == "a" else "")))
        if tag == "a" and "href" in got:
            self.links.append(got["href"])
        elif tag == "link" and set(got.get("rel", "").split()) & _LINKED:
            self.loads.append(got.get("href", ""))
        elif got.get(_LOADS.get(tag, "")):
            self.loads.append(got[_LOADS[tag]])
        self.loads += [one.split()[0] for one in got.get("srcset", "").split(",") if one.strip()]
        self.loads += [a or b for a, b in _CSS.findall(got.get("style", ""))]
        self._in_style = tag == "style"

    def handle_data(self, data: str) -> None:
        if self._in_style:
            self.loads += [a or b for a, b in _CSS.findall(data)]

    def handle_endtag(self, tag: str) -> None:
        self._in_style = False


def checked(site: Path) -> Checked:
    """Look at all pages, style sheets and scripts of a built site; nothing is fetched."""
    found, pages = Checked(), {}
    for path in sorted(site.rglob("*.html")):
        page = _Page()
        page.feed(path.read_text("utf-8"))
        pages[path.resolve()] = page
    found.pages = len(pages)
    for path, page in pages.items():
        name = path.relative_to(site.resolve()).as_posix()
        for address in page.loads:
            if _elsewhere(address):
                found.problems.append(f"{name} loads {address}")
            elif not address.startswith("data:") and not _file(path, address).is_file():
                found.problems.append(f"{name} loads {address}, which is not there")
        for link in page.links:
            _follow(link, path, name, pages, found)
    for path in site.rglob("*.css"):
        for one, other in _CSS.findall(path.read_text("utf-8")):
            found.problems.append(f"{path.relative_to(site).as_posix()} loads {one or other}")
    return found


def _follow(link: str, path: Path, name: str, pages: dict[Path, _Page], found: Checked) -> None:
    parts = urlsplit(link)
    if parts.scheme in ("http", "https"):
        found.outer.setdefault(link, name)
        if not (_FORM.fullmatch(link) or _LOCAL.match(link)):
            found.problems.append(f"{name} links to {link}, which has not the form of an address")
        return
    if parts.scheme in ("mailto", "data"):
        return
    if parts.scheme or link.startswith("/"):
        found.problems.append(f"{name} links to {link}")
        return
    found.inner += 1
    there = _file(path, parts.path) if parts.path else path
    if there.is_dir():
        there /= "index.html"
    if not there.is_file():
        found.problems.append(f"{name} links to {link}, which is not there")
    elif there in pages and unquote(parts.fragment) not in {"", "__top"} | pages[there].anchors:
        found.problems.append(f"{name} links to {link}: there is no such place on the page")


def _elsewhere(address: str) -> bool:
    return address.startswith(("http://", "https://", "//"))


def _file(page: Path, address: str) -> Path:
    return (page.parent / unquote(address.partition("#")[0].partition("?")[0])).resolve()
