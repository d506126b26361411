"""How hard the random tests try: a little in the ordinary suite, much in ``lab.py test long``.

``LABKIT_LONG`` is the share of the long run that is asked for, 1 for all of it; without it each
test does its few. ``LABKIT_SEED`` seeds the dice. Figures go, one JSON object a line, to the file
that ``LABKIT_FIGURES`` names; `tests.resilience.report` makes the pages of them.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

SEED = 20260115


def effort(few: int, many: int) -> int:
    """Return how many examples, kills or rounds to try: `few`, or a share of `many`."""
    return max(few, round(many * float(os.environ.get("LABKIT_LONG") or 0)))


def seed() -> int:
    """The number that the dice of this run come from."""
    return int(os.environ.get("LABKIT_SEED") or SEED)


def dice(name: str) -> random.Random:
    """Dice of their own for a test, the same in each run with the same seed."""
    return random.Random(f"{seed()} {name}")


def record(kind: str, **figures: object) -> None:
    """Note figures for the report; does nothing where none is written."""
    path = os.environ.get("LABKIT_FIGURES")
    if path:
        with Path(path).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"kind": kind, **figures}) + "\n")
