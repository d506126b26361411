"""Every string that a translator needs, each with an id that stays.

An id names where a text comes from, so it stays when the text changes; a translation of an older
text is then stale, and not used. What a check may say, and a notebook's cell, have no name of their
own: their ids are of their text.
"""

from __future__ import annotations

import ast
import hashlib
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from labkit.exercises import notebook_file
from labkit.exercises.find import Entry, catalogue
from labkit.exercises.notebook_reading import ALT
from labkit.exercises.words import WORDS

#: What a check says has so many words at least; shorter strings are keywords and codes.
LEAST = 3
_WORD = re.compile(r"[A-Za-z]{2,}")


@dataclass(frozen=True)
class String:
    """One text to translate.

    Attributes
    ----------
    name
        Its id: ``"exercise/echo-archive/hint/1"``.
    text
        In English; ``{}`` and ``{name}`` are places for values.
    """

    name: str
    text: str


def every(notebooks: Iterable[Path]) -> dict[str, str]:
    """Return all texts by id: engine, then notebook by notebook with its exercises.

    Parameters
    ----------
    notebooks
        The files whose cells and exercises are wanted.
    """
    found = {f"engine/{name}": text for name, text in WORDS.items()}
    for path in notebooks:
        place = notebook_file.place_of(path)
        for string in notebook(path):
            found[string.name] = string.text
        for entry in catalogue():
            if (entry.track, entry.notebook) == (place.track, place.folder):
                found.update({string.name: string.text for string in exercise(entry)})
    return found


def notebook(path: Path) -> Iterator[String]:
    """Yield the texts of a notebook: its Markdown cells, and the words for its pictures."""
    place = notebook_file.place_of(path)
    for cell in notebook_file.read(path).cells:
        name = f"notebook/{place.track}/{path.stem}/{cell.id}"
        if cell.cell_type == "markdown":
            yield String(name, cell.source)
        elif words := cell.metadata.get(ALT):
            yield String(f"{name}/{ALT}", str(words))


def exercise(entry: Entry) -> Iterator[String]:
    """Yield the texts of an exercise: the question, and all that a learner may be told."""
    loaded = entry.load()
    name, parts = f"exercise/{entry.slug}", loaded.exercise
    yield String(f"{name}/title", loaded.title)
    for at, comment in enumerate(comments(parts.blank), 1):
        yield String(f"{name}/comment/{at}", comment)
    for at, hint in enumerate(parts.hints, 1):
        yield String(f"{name}/hint/{at}", hint)
    yield String(f"{name}/explanation", parts.explanation)
    for wrong in parts.wrong:
        yield String(f"{name}/wrong/{wrong.name}", wrong.says)
    for path in (entry.path, *sorted(entry.path.parent.glob("_*.py"))):
        for text in dict.fromkeys(_said(ast.parse(path.read_text(encoding="utf-8")))):
            yield String(f"{name}/check/{_digest(text)}", text)


def comments(source: str) -> list[str]:
    """Return the comments of a source, without their marks; they are what asks the learner."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    found = [token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT]
    return [text for text in found if _WORD.search(text)]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:8]


def _said(tree: ast.Module) -> Iterator[str]:
    """Yield what the code of an exercise's file may say, f-strings with holes for their values."""
    for node in tree.body:
        if not _is_exercise(node):
            yield from _texts(node)


def _is_exercise(node: ast.stmt) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else []
    return any(isinstance(target, ast.Name) and target.id == "EXERCISE" for target in targets)


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    text = _template(node)
    if text is not None:
        if len(_WORD.findall(text)) >= LEAST and " " in text:
            yield text
        return
    for child in ast.iter_child_nodes(node):
        yield from _texts(child)


def _template(node: ast.AST) -> str | None:
    """Return a string, or an f-string with numbered holes; ``None`` for any other node."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if not isinstance(node, ast.JoinedStr):
        return None
    parts, holes = [], 0
    for value in node.values:
        if isinstance(value, ast.Constant):
            parts.append(str(value.value))
        else:
            parts.append(f"{{{holes}}}")
            holes += 1
    return "".join(parts)
