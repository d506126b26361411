"""Which hidden variant each exercise has, and where its answer is judged.

``inputs``
    The answer is a function (or an object with methods): the check calls it with inputs that the
    notebook does not show.
``act``
    What counts is what the lab has recorded. The marker's lab is new, so the act is done again or
    it is not there.
``data``
    The answer is a plain value: the notebook is run once more on other data (`variants`), where
    the right value is another one.
``none``
    A choice, a judgement or a value that is the same on any data. Nothing tells a typed one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from labkit.exercises.find import Entry, catalogue

Kind = Literal["inputs", "act", "data", "none"]
Where = Literal["apart", "beside"]
#: Made by `labkit.workshop.marks.survey`, which marks every reference; never typed.
TABLE = Path(__file__).with_name("table.json")
_LOOKS_AT_THE_LAB = re.compile(r"work\.lab\b|exercises\.evidence|_lab\(work|\bwork\.namespace")


@dataclass(frozen=True)
class Table:
    """What the survey found.

    Attributes
    ----------
    apart
        The exercises whose reference passes when it is judged in the marker's process; all others
        are judged beside the learner's code.
    data
        Those whose right answer is another one on other data.
    left_out
        Those that running the notebook again cannot mark, and why.
    """

    apart: frozenset[str]
    data: frozenset[str]
    left_out: Mapping[str, str]

    def beside(self, slug: str) -> bool:
        """Whether the answer is judged in the learner's process."""
        return slug not in self.apart


@lru_cache(maxsize=1)
def table(path: Path = TABLE) -> Table:
    """Read the survey's table."""
    found = json.loads(path.read_text(encoding="utf-8"))
    return Table(frozenset(found["apart"]), frozenset(found["data"]), found["left_out"])


@dataclass(frozen=True)
class Row:
    """One exercise in the table of ``labkit workshop mark --what``."""

    slug: str
    notebook: str
    kind: Kind
    where: Where
    note: str = ""


def kind(entry: Entry) -> Kind:
    """Return which variant an exercise has."""
    exercise = entry.load().exercise
    if not exercise.answer:
        return "act"
    expects = exercise.expects if isinstance(exercise.expects, tuple) else (exercise.expects,)
    if any(each in (Callable, type) for each in expects):
        return "inputs"
    if entry.slug in table().data:
        return "data"
    source = entry.path.read_text(encoding="utf-8")
    body = source[source.index("def check(") :]
    if "work.call(" in source:
        return "inputs"
    return "act" if _LOOKS_AT_THE_LAB.search(body) or "exercises.evidence" in source else "none"


def what() -> list[Row]:
    """Return the table: one row an exercise."""
    rows = []
    for entry in catalogue():
        beside = table().beside(entry.slug)
        notebook = f"{entry.track}/{entry.notebook.removeprefix('nb')}"
        note = table().left_out.get(entry.slug, "")
        rows.append(Row(entry.slug, notebook, kind(entry), "beside" if beside else "apart", note))
    return rows
