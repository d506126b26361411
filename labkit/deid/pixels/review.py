"""Human review: what a cleaner made is looked at by a person before it may go out.

A folder holds the pictures as they would be released, what was asked, and what was decided. A
decision is about pixels, by their digest: other pixels have to be looked at again. The folder shows
patients, and stays inside.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydicom.dataset import Dataset

from labkit.common.errors import UsageError

_LARGEST = 320


@dataclass(frozen=True)
class Question:
    """One image that a person has to look at.

    Attributes
    ----------
    digest
        SHA-256 of its cleaned Pixel Data: what a decision is about.
    group
        Images of one series; they can be decided together.
    why
        What is to be looked for.
    """

    digest: str
    group: str
    why: str


@dataclass(frozen=True)
class Decision:
    """What a person decided about one image.

    Attributes
    ----------
    by, at
        Who, and when (as the caller's clock says).
    """

    digest: str
    accepted: bool
    by: str
    at: str


def digest_of(ds: Dataset) -> str:
    """Return the digest of an image's Pixel Data as they are now."""
    return hashlib.sha256(bytes(ds.get("PixelData", b""))).hexdigest()


class Review:
    """A folder of questions and decisions; both are only ever added to.

    Parameters
    ----------
    folder
        Made if it is not there.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._asked = {q.digest for q in self.questions()}

    def accepted(self, digest: str) -> bool:
        """Say whether a person let exactly these pixels pass; the last decision counts."""
        last = [d for d in self.decisions() if d.digest == digest]
        return bool(last) and last[-1].accepted

    def ask(self, ds: Dataset, image: npt.NDArray[Any], why: str) -> str:
        """Put an image before a person.

        Parameters
        ----------
        ds
            With its pixels as they would be released.
        image
            The same to look at: uint8, grey or RGB.
        why
            What is to be looked for, without identities.

        Returns
        -------
        str
            Its digest.
        """
        digest = digest_of(ds)
        if digest in self._asked:
            return digest
        self.folder.mkdir(parents=True, exist_ok=True)
        picture = Image.fromarray(np.ascontiguousarray(image))
        picture.thumbnail((_LARGEST, _LARGEST))
        picture.save(self.folder / f"{digest[:24]}.png")
        series = str(ds.get("SeriesInstanceUID", ""))
        group = hashlib.sha256(series.encode()).hexdigest()[:8]
        self._add("asked.jsonl", asdict(Question(digest, group, why)))
        self._asked.add(digest)
        return digest

    def questions(self) -> list[Question]:
        """Return everything that was asked."""
        return [Question(**line) for line in self._lines("asked.jsonl")]

    def decisions(self) -> list[Decision]:
        """Return everything that was decided, oldest first."""
        return [Decision(**line) for line in self._lines("decided.jsonl")]

    def open(self) -> list[Question]:
        """Return the questions that nobody has decided."""
        known = {d.digest for d in self.decisions()}
        return [q for q in self.questions() if q.digest not in known]

    def decide(self, which: str, *, accepted: bool, by: str, at: str) -> int:
        """Decide open questions.

        Parameters
        ----------
        which
            A group, the beginning of a digest (eight characters or more), or ``all``.
        by, at
            Who decides, and when.

        Returns
        -------
        int
            How many were decided.

        Raises
        ------
        UsageError
            Nobody is named, or there is no such question.
        """
        if not by.strip():
            raise UsageError("a review needs a reviewer", remedy="say who looked: --by NAME")
        found = [
            q for q in self.open()
            if which in ("all", q.group) or (len(which) >= 8 and q.digest.startswith(which))
        ]  # fmt: skip
        if not found:
            raise UsageError(f"nothing open is called {which!r}", remedy="see index.html for names")
        for question in found:
            self._add("decided.jsonl", asdict(Decision(question.digest, accepted, by, at)))
        return len(found)

    def page(self) -> Path:
        """Write ``index.html``: a strip of pictures for each group. Return its path."""
        self.folder.mkdir(parents=True, exist_ok=True)
        decided = {d.digest: d for d in self.decisions()}
        groups: dict[tuple[str, str], list[Question]] = {}
        for question in self.questions():
            groups.setdefault((question.group, question.why), []).append(question)
        strips = []
        for (group, why), members in groups.items():
            pictures = "".join(_picture(q, decided.get(q.digest)) for q in members)
            strips.append(f"<h2>{html.escape(group)}</h2><p>{html.escape(why)}</p>{pictures}")
        page = self.folder / "index.html"
        page.write_text(_PAGE.format(body="".join(strips) or "<p>Nothing was asked.</p>"), "utf-8")
        return page

    def _add(self, name: str, line: dict[str, Any]) -> None:
        with (self.folder / name).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    def _lines(self, name: str) -> Iterator[dict[str, Any]]:
        path = self.folder / name
        if path.is_file():
            for line in path.read_text("utf-8").splitlines():
                yield json.loads(line)


def _picture(question: Question, decision: Decision | None) -> str:
    name = question.digest[:24]
    state = "open" if decision is None else ("accepted" if decision.accepted else "rejected")
    who = "" if decision is None else f" by {html.escape(decision.by)}"
    return (
        f'<figure class="{state}"><img src="{name}.png" alt="{name}" loading="lazy">'
        f"<figcaption>{name[:8]} · {state}{who}</figcaption></figure>"
    )


_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Review before release</title><style>
body{{font:15px sans-serif;margin:2em;background:#222;color:#eee}}
figure{{display:inline-block;margin:4px;text-align:center;font-size:12px}}
img{{display:block;border:3px solid #c90}}
.accepted img{{border-color:#3a3}}.rejected img{{border-color:#c33}}
</style></head><body>
<h1>Review before release</h1><p>Each picture is shown as it would go out. This page shows patients:
it stays inside.</p>{body}</body></html>
"""
