"""Writes the learning path of README.md from the notebooks themselves, one line a notebook.

`python3 -m tooling.learning_path`; a test says when it is out of date.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tooling.environment import ROOT

BEGIN, END = "<!-- learning path: begin -->", "<!-- learning path: end -->"
TRACKS = {"": "Start here", "beginner": "Beginner", "intermediate": "Intermediate",
          "advanced": "Advanced"}  # fmt: skip


@dataclass(frozen=True)
class Lesson:
    """What the learning path says of one notebook.

    Attributes
    ----------
    path
        From the root of the repository, with forward slashes.
    goal
        The first thing that the learner will be able to do.
    minutes
        As its author says, exercises included.
    """

    path: str
    track: str
    title: str
    goal: str
    minutes: int
    exercises: int


def lessons(root: Path = ROOT) -> list[Lesson]:
    """Every notebook, in the order of its number."""
    folder = root / "notebooks"
    paths = [p for p in folder.rglob("*.ipynb") if ".ipynb_checkpoints" not in p.parts]
    order = list(TRACKS)
    found = [_lesson(path, root) for path in paths]
    return sorted(found, key=lambda lesson: (order.index(lesson.track), lesson.path))


def _lesson(path: Path, root: Path) -> Lesson:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells]
    opening = sources[0]
    title = re.search(r"(?m)^# (.+)$", opening)
    goal = re.search(r"able to\*\*.*?\n+\s*[-*] (.+?)\n(?=\s*[-*\n]|$)", opening, re.DOTALL)
    minutes = re.search(r"\*\*Minutes:\*\*\s*(\d+)", opening)
    if not (title and goal and minutes):
        raise SystemExit(f"{path}: its first cell lacks the title, a goal or the minutes")
    track = path.parent.relative_to(root / "notebooks").as_posix()
    return Lesson(
        path=path.relative_to(root).as_posix(),
        track="" if track == "." else track,
        title=title.group(1),
        goal=_outside_notebooks(" ".join(goal.group(1).split())),
        minutes=int(minutes.group(1)),
        exercises=sum(source.startswith("# exercise: ") for source in sources),
    )


def _outside_notebooks(text: str) -> str:
    """Take the links away: they are relative to the notebook's folder."""
    return re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text).rstrip(".;,").replace("|", "\\|")


def table(found: list[Lesson]) -> str:
    """The learning path in Markdown."""
    return "\n".join(_lines(found))


def _lines(found: list[Lesson]) -> Iterator[str]:
    for track, name in TRACKS.items():
        rows = [lesson for lesson in found if lesson.track == track]
        if not rows:
            continue
        count = sum(lesson.exercises for lesson in rows)
        time = _time(sum(lesson.minutes for lesson in rows))
        yield from ("", f"**{name}**: {time}, {count} exercises", "")
        yield from ("| notebook | afterwards you can | minutes | exercises |", "|---|---|--:|--:|")
        for row in rows:
            link = f"[{row.title}]({row.path})"
            yield f"| {link} | {row.goal} | {row.minutes} | {row.exercises} |"
    yield ""


def _time(minutes: int) -> str:
    """Minutes up to an hour, then half hours, never less than it takes."""
    return f"{minutes} minutes" if minutes <= 60 else f"{math.ceil(minutes / 30) / 2:g} hours"


def renewed(text: str, found: list[Lesson]) -> str:
    """`text` with the learning path between the two marks made anew."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table(found)}\n{END}{after}"


if __name__ == "__main__":
    readme = ROOT / "README.md"
    new = renewed(readme.read_text(encoding="utf-8"), lessons())
    readme.write_text(new, encoding="utf-8", newline="\n")
