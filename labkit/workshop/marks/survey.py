"""Find out of every exercise how it can be marked: ``python -m labkit.workshop.marks.survey``.

For authors, after exercises were added or changed. Each notebook is run with its references, as a
learner's is: what passes in the marker's process is marked there, what changes on other data has
that variant. What is not in the table is judged beside the learner's code, which always works.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from labkit.exercises.find import folder
from labkit.workshop.marks import variants
from labkit.workshop.marks.kinds import TABLE
from labkit.workshop.marks.marking import best
from labkit.workshop.marks.notebook import exercises_of, opened, to_json
from labkit.workshop.marks.seating import Limits, seat

_LIMITS = Limits(cell=180, notebook=1800)
_SEED = 1


def survey(book: str, workbook: Path) -> tuple[set[str], set[str], dict[str, str]]:
    """Return what of a notebook is marked apart, what differs on other data, and what neither way.

    Parameters
    ----------
    book
        Relative to the workbook's notebooks: ``beginner/07_send.ipynb``.
    workbook
        The folder of the notebooks.
    """
    cells, slugs = opened((workbook / book).read_bytes()).cells, exercises_of(book)
    here = best(seat(cells, slugs, reference=True, limits=_LIMITS))
    apart = {slug for slug in slugs if here.get(slug, {}).get("outcome") == "passed"}
    rest = [slug for slug in slugs if slug not in apart]
    left: dict[str, str] = {}
    if rest:
        beside = best(seat(cells, slugs, reference=True, limits=_LIMITS, beside=rest))
        for slug in rest:
            found = beside.get(slug, {"outcome": "not reached"})
            if found["outcome"] != "passed":
                left[slug] = str(found.get("got") or found.get("why") or found["outcome"])[:120]
    data: set[str] = set()
    if any(here[slug].get("form") for slug in apart):
        again = best(seat(cells, slugs, reference=True, limits=_LIMITS))
        with tempfile.TemporaryDirectory() as place:
            made = variants.make(Path(place) / "data", variants.text_of(cells, slugs), _SEED)
            there = best(seat(cells, slugs, reference=True, limits=_LIMITS, samples=made))
        for slug in apart:
            pair = variants.Pair(
                str(here[slug].get("form", "")), str(there.get(slug, {}).get("form", ""))
            )
            # An answer that differs from run to run says nothing about the data.
            if pair.tells and again.get(slug, {}).get("form") == pair.here:
                data.add(slug)
    return apart, data, left


def main(books: Sequence[str]) -> Iterator[str]:
    """Survey notebooks, all if none is named, and keep what was found after each."""
    workbook = folder().parents[1] / "notebooks"
    every = sorted(str(path.relative_to(workbook)) for path in workbook.rglob("*.ipynb"))
    for book in [b for b in every if not books or any(name in b for name in books)]:
        apart, data, left = survey(book, workbook)
        found = json.loads(TABLE.read_text(encoding="utf-8"))
        slugs = set(exercises_of(book))
        for name, new in (("apart", apart), ("data", data)):
            found[name] = sorted((set(found[name]) - slugs) | new)
        found["left_out"] = {s: w for s, w in found["left_out"].items() if s not in slugs} | left
        TABLE.write_text(to_json(found), encoding="utf-8")
        yield f"{book}: {len(apart)} apart, {len(data)} on other data, left out {left or 'nothing'}"


if __name__ == "__main__":
    for line in main(sys.argv[1:]):
        print(line, flush=True)  # noqa: T201
