"""Mark what was collected: ``labkit workshop mark``."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import labkit
from labkit.common.errors import DataError, LabError
from labkit.exercises.find import find
from labkit.exercises.journal import FORMAT as JOURNAL_FORMAT
from labkit.workshop.marks import variants
from labkit.workshop.marks.kinds import kind, table
from labkit.workshop.marks.notebook import (
    HandedIn,
    differs,
    exercises_of,
    file_name,
    opened,
    to_json,
)
from labkit.workshop.marks.places import place, sweep
from labkit.workshop.marks.results import Mark, Outcome, Sheet
from labkit.workshop.marks.seating import Limits, Seated, seat
from labkit.workshop.marks.sources import JOURNAL

_BEST = ("passed", "failed", "unchecked", "blank")
_TEXTS = ("expected", "got", "why", "says", "mistake")
_TYPED = """On other data your cell gives the same value, and there it is wrong: it was typed in and
not worked out. Let the cell find it."""


@dataclass(frozen=True)
class Marking:
    """How a workshop is marked.

    Attributes
    ----------
    collected, marks
        Folders of the workshop.
    released
        The notebooks, relative to ``notebooks/``, and where a clean copy of them is.
    points
        Of exercises that do not count 1.
    seed
        Of the variants.
    limits
        Of time.
    seat
        What runs a notebook; `labkit.workshop.marks.seating.seat`.
    clock
        Gives the time of a sheet.
    """

    collected: Path
    marks: Path
    released: Mapping[str, Path]
    points: Mapping[str, float] = field(default_factory=dict)
    seed: int = 20260115
    limits: Limits = field(default_factory=Limits)
    seat: Callable[..., Seated] = field(default_factory=lambda: seat)
    clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc)
    _turn: Lock = field(default_factory=Lock, repr=False, compare=False)

    def jobs(self, learners: Sequence[str] = (), notebooks: Sequence[str] = ()) -> list[Job]:
        """List what is to be marked: of all learners, or of those named."""
        there = sorted(path.name for path in self.collected.glob("*") if path.is_dir())
        missing = [name for name in learners if name not in there]
        if missing:
            raise DataError(
                f"nothing is collected of {', '.join(missing)}",
                remedy=f"there is {', '.join(there) or 'nobody'}: `labkit workshop collect` first",
            )
        return [
            Job(name, book, self.collected / name / book)
            for name in (learners or there)
            for book in self.released
            if (self.collected / name / book).is_file() and (not notebooks or book in notebooks)
        ]

    def sheet(self, job: Job) -> Path:
        """Return where the marks of a job are kept."""
        return self.marks / "sheets" / job.learner / f"{file_name(job.notebook)}.json"

    def run(self, jobs: Sequence[Job], *, at_a_time: int = 2) -> Iterator[tuple[Sheet, bool]]:
        """Mark, and yield each sheet as it is ready, with whether it had been marked before.

        Raises
        ------
        LabError
            The files of labkit have changed meanwhile: no mark can be trusted then.
        """
        before = code_digest()
        sweep()
        with place() as folder:
            work = partial(self._one, before, folder)
            with ThreadPoolExecutor(max(1, at_a_time)) as pool:
                try:
                    yield from pool.map(work, jobs)
                finally:
                    pool.shutdown(cancel_futures=True)

    def _one(self, code: str, folder: Path, job: Job) -> tuple[Sheet, bool]:
        path = self.sheet(job)
        handed = opened(job.path.read_bytes())
        key = self._key(code, job, handed)
        try:
            kept = Sheet.read(path)
            if kept.key == key:
                return kept, True
        except DataError:
            pass
        sheet = self._mark(job, handed, key, folder)
        if code_digest() != code:
            raise LabError(
                f"The files of labkit have changed while {job.notebook} of {job.learner} was "
                "marked. No mark made since can be trusted.",
                remedy="install labkit anew, look at that notebook's cells, and mark again",
            )
        sheet.write(path)
        return sheet, False

    def _key(self, code: str, job: Job, handed: HandedIn) -> str:
        slugs = exercises_of(job.notebook)
        points = [self.points.get(slug, 1.0) for slug in slugs]
        text = json.dumps([code, handed.digest, slugs, points, self.seed, self.limits.cell])
        return hashlib.sha256(text.encode()).hexdigest()

    def _mark(self, job: Job, handed: HandedIn, key: str, folder: Path) -> Sheet:
        slugs = exercises_of(job.notebook)
        beside = [slug for slug in slugs if table().beside(slug)]
        seated = self.seat(_needed(handed.cells), slugs, limits=self.limits, beside=beside)
        found = best(seated)
        varied = [s for s in slugs if s in table().data and found.get(s, {}).get("outcome") ==
                  "passed"]  # fmt: skip
        second, short = self._again(job.notebook, handed, varied, folder) if varied else ({}, "")
        journal = _journal(job.path.parents[job.notebook.count("/")] / JOURNAL)
        if seated.stopped:
            # Not reached is not the same as not handed in: a person looks.
            lost = {"outcome": "unchecked", "why": f"Not reached. {seated.stopped}"}
            found = {slug: lost for slug in slugs if handed.tries(slug)} | found
        for slug in set(varied) - set(second) if short else ():
            why = f"Right on the workbook's data; on other data not reached. {short}"
            found[slug] = {**found[slug], "outcome": "unchecked", "why": why}
        marks = tuple(self._grade(slug, found.get(slug), second, journal) for slug in slugs)
        notes = [n for n in (differs(handed, job.notebook), seated.stopped or short) if n]
        if seated.stopped or short:
            key = ""  # perhaps the machine was busy: the next `mark` does this notebook again
        return Sheet(job.learner, job.notebook, key, self.clock().isoformat(), marks, tuple(notes))

    def _again(
        self, notebook: str, handed: HandedIn, slugs: Sequence[str], folder: Path
    ) -> tuple[dict[str, tuple[variants.Pair, dict[str, Any] | None]], str]:
        """Run the notebook on other data; what each answer came to there, and why not all did."""
        samples, pairs, stopped = self._variant(notebook, folder)
        if stopped:
            return {}, stopped
        seated = self.seat(_needed(handed.cells), slugs, limits=self.limits, samples=samples)
        there = best(seated)
        reached = [s for s in slugs if s in pairs and (s in there or not seated.stopped)]
        return {slug: (pairs[slug], there.get(slug)) for slug in reached}, seated.stopped

    def _variant(self, notebook: str, folder: Path) -> tuple[Path, dict[str, variants.Pair], str]:
        """Make the variant of a notebook's data; what the references come to, or why they do not.

        What did not come to its end is not kept: no answer is judged by it.
        """
        with self._turn:
            samples = folder / file_name(notebook)
            kept = folder / f"{file_name(notebook)}.json"
            if not kept.exists():
                cells = opened(self.released[notebook].read_bytes()).cells
                slugs = exercises_of(notebook)
                variants.make(samples, variants.text_of(cells, slugs), self.seed)
                varied = [slug for slug in slugs if slug in table().data]
                run = partial(self.seat, _needed(cells), varied, limits=self.limits, reference=True)
                here, there = run(), run(samples=samples)
                if here.stopped or there.stopped:
                    return samples, {}, f"The references: {here.stopped or there.stopped}"
                pairs = {s: [_form(best(here), s), _form(best(there), s)] for s in varied}
                kept.write_text(to_json(pairs), encoding="utf-8")
            found = json.loads(kept.read_text(encoding="utf-8"))
            return samples, {slug: variants.Pair(*pair) for slug, pair in found.items()}, ""

    def _grade(
        self,
        slug: str,
        found: Mapping[str, Any] | None,
        second: Mapping[str, tuple[variants.Pair, dict[str, Any] | None]],
        journal: Mapping[str, Counter[str]],
    ) -> Mark:
        loaded = find(slug).load()
        most = self.points.get(slug, 1.0)
        blank = Mark(
            slug, loaded.title, "missing", 0.0, most, variant=kind(find(slug)),
            hints=journal["hint"][slug], solution=journal["solution"][slug],
            checks=journal["check"][slug],
        )  # fmt: skip
        if found is None:
            return blank
        said = {name: str(found.get(name, "")) for name in _TEXTS}
        rules = tuple((str(text), str(url)) for text, url in found.get("rules", ()))
        outcome: Outcome = found["outcome"] if found.get("outcome") in _BEST else "unchecked"
        mark = replace(
            blank, outcome=outcome, points=most if outcome == "passed" else 0.0, rules=rules,
            where=found.get("where", "apart"), expected=said["expected"], got=said["got"],
            why=said["why"], says=said["says"], mistake=said["mistake"],
        )  # fmt: skip
        return _varied(mark, found, second.get(slug))


@dataclass(frozen=True)
class Job:
    """A notebook of a learner, to be marked."""

    learner: str
    notebook: str
    path: Path


def _varied(
    mark: Mark, here: Mapping[str, Any], second: tuple[variants.Pair, dict[str, Any] | None] | None
) -> Mark:
    """Take what the second run shows into a mark."""
    if second is None:
        return mark
    finding = variants.compare(second[0], str(here.get("form", "")), second[1])
    seen = replace(mark, variant=f"data: {finding}")
    if finding == "typed":
        return replace(seen, outcome="failed", points=0.0, mistake="typed-in", says=" ".join(
            _TYPED.split()), expected="a value that the cell works out",
            got="the same value on other data", why="")  # fmt: skip
    if finding == "unclear":
        there = second[1] or {}
        got = str(there.get("got", "")) or "another value than the right one there"
        return replace(seen, outcome="review", points=0.0, got=f"on other data: {got}",
                       why="Right on the workbook's data; on other data it is not. A person "
                       "has to look at the cell.")  # fmt: skip
    return seen


def best(seated: Seated) -> dict[str, dict[str, Any]]:
    """Return the best judgement of each exercise: a cell may be run and answered twice."""
    found: dict[str, dict[str, Any]] = {}
    for each in seated.found:
        slug, outcome = each.get("slug"), each.get("outcome")
        if slug is None or outcome not in _BEST:
            continue
        if slug not in found or _BEST.index(outcome) < _BEST.index(found[slug]["outcome"]):
            found[slug] = each
    return found


def _needed(cells: Sequence[str]) -> tuple[str, ...]:
    """Leave out what comes after the last exercise."""
    last = max((n for n, cell in enumerate(cells, 1) if "check(" in cell), default=0)
    return tuple(cells[:last])


def _form(found: Mapping[str, Mapping[str, Any]], slug: str) -> str:
    return str(found.get(slug, {}).get("form", ""))


def _journal(path: Path) -> dict[str, Counter[str]]:
    """Count a learner's acts by their own journal, which is shown and decides nothing."""
    counts: dict[str, Counter[str]] = {"hint": Counter(), "solution": Counter(), "check": Counter()}
    try:
        lines = path.read_bytes().splitlines()
    except OSError:
        return counts
    for line in lines:
        try:
            act = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(act, dict) and act.get("format") == JOURNAL_FORMAT:
            event, slug = act.get("event"), act.get("slug")
            if isinstance(event, str) and event in counts and isinstance(slug, str):
                counts[event][slug] += 1
    return counts


def code_digest() -> str:
    """Return a digest of the code that marks: learners' cells run on the same machine."""
    total = hashlib.sha256(labkit.__version__.encode())
    home = Path(labkit.__file__).parent
    for path in sorted(home.rglob("*.py")):
        total.update(str(path.relative_to(home)).encode() + path.read_bytes())
    return total.hexdigest()
