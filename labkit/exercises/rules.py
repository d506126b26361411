"""``release.json``: what the instructor of a workshop has kept back, as a file in the workspace.

The file is put there by whoever gives the workshop; the exercises only read it. Without it
everything is shown, as to somebody who learns alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.exercises.words import words

FILE = "release.json"
FORMAT = "labkit-release/1"


@dataclass(frozen=True)
class Rules:
    """What a learner may be shown.

    Attributes
    ----------
    title
        Of the workshop; ``""`` where there is none.
    hints
        How many hints of an exercise at most; ``None`` for all of them.
    solutions
        Whether solutions are shown.
    trouble
        Why the file cannot be used; then nothing is shown. ``""`` where it can.
    """

    title: str = ""
    hints: int | None = None
    solutions: bool = True
    trouble: str = ""

    def allowed(self, hints: Sequence[str]) -> Sequence[str]:
        """Return the hints of an exercise that may be shown."""
        return hints if self.hints is None else hints[: self.hints]

    def kept_back(self, what: str) -> str:
        """Say who has kept something back, and what can be done.

        Parameters
        ----------
        what
            Such as ``"all hints"``.
        """
        if self.trouble:
            return words("kept.unreadable", trouble=self.trouble)
        if self.title:
            return words("kept.by-instructor-of", title=self.title, what=what)
        return words("kept.by-instructor", what=what)

    def then(self, text: str, slug: str) -> str:
        """Return what to do next without the words that would lead to what is kept back."""
        if not self.solutions:
            text = text.split(f'; solution("{slug}")')[0]
        if self.hints == 0:
            word = f'hint("{slug}")'
            text = text.replace(f"; {word}", "").replace(word, words("next.try-again"))
        return text

    def to_json(self) -> dict[str, Any]:
        """Return what stands in the file."""
        said = {"title": self.title, "hints": self.hints, "solutions": self.solutions}
        return {"format": FORMAT, **said}

    def write(self, workspace: Path) -> None:
        """Put the file into a workspace, in one step."""
        draft = workspace / f"{FILE}.new"
        draft.write_text(json.dumps(self.to_json(), indent=1) + "\n", encoding="utf-8")
        draft.replace(workspace / FILE)


def rules_at(workspace: Path) -> Rules:
    """Read the rules of a workspace.

    A file that cannot be used keeps everything back and says why: whoever damages it gains nothing.
    """
    try:
        data = json.loads((workspace / FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return Rules()
    except OSError as error:
        return _shut(error.strerror or type(error).__name__)
    except ValueError:
        return _shut(f"{FILE} is no JSON")
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        return _shut(f"{FILE} is not of the format {FORMAT}")
    title, hints, solutions = (data.get(name) for name in ("title", "hints", "solutions"))
    number = isinstance(hints, int) and not isinstance(hints, bool) and hints >= 0
    if not isinstance(title, str) or not isinstance(solutions, bool):
        return _shut(f"{FILE} has no title, or does not say whether solutions are shown")
    if "hints" not in data or not (hints is None or number):
        return _shut(f"{FILE} does not say how many hints are shown")
    return Rules(title, hints if number else None, solutions)


def _shut(why: str) -> Rules:
    return Rules(hints=0, solutions=False, trouble=why)
