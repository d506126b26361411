"""Prove every exercise: ``labkit exercises verify``.

In one lab of its own, put back to its first state before each attempt: the blank is "not tried",
the reference passes, each recorded mistake fails under its own name, and garbage fails too.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from labkit.common.errors import LabkitError, UsageError
from labkit.exercises.attempts import Attempt
from labkit.exercises.bench import Bench
from labkit.exercises.find import TRACKS, Entry, catalogue, find
from labkit.lab.launch import stop_all
from labkit.lab.workspace import Workspace


@dataclass(frozen=True)
class Proof:
    """The attempts at one exercise."""

    entry: Entry
    attempts: tuple[Attempt, ...]

    @property
    def ok(self) -> bool:
        """Whether every attempt came to what it should."""
        return all(attempt.ok for attempt in self.attempts)


@dataclass(frozen=True)
class Report:
    """What `verify` found; its ``repr`` is for a terminal."""

    proofs: tuple[Proof, ...]
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether every exercise is proven, and there is at least one."""
        return bool(self.proofs) and all(proof.ok for proof in self.proofs)

    def to_json(self) -> dict[str, Any]:
        """Return plain data for ``--json``."""
        rows = [
            {
                "slug": p.entry.slug, "track": p.entry.track, "notebook": p.entry.notebook,
                "ok": p.ok, "attempts": [asdict(attempt) for attempt in p.attempts],
            }
            for p in self.proofs
        ]  # fmt: skip
        return {"ok": self.ok, "seconds": round(self.seconds, 1), "exercises": rows}

    def __repr__(self) -> str:
        lines: list[str] = []
        for proof in self.proofs:
            for attempt in proof.attempts:
                if not attempt.ok:
                    lines += [f"{proof.entry.slug}: {attempt.problem.rstrip()}"]
                    extra = f"{attempt.feedback}\n{attempt.output}".strip()
                    lines += [f"    {line}" for line in extra.splitlines()]
        good = sum(proof.ok for proof in self.proofs)
        attempts = sum(len(proof.attempts) for proof in self.proofs)
        lines.append(
            f"{good} of {len(self.proofs)} exercises proven, "
            f"{attempts} attempts in {self.seconds:.0f} s"
        )
        return "\n".join(lines)


def verify(
    slugs: Iterable[str] = (),
    *,
    track: str = "",
    notebook: str = "",
    limit: float = 60.0,
    quiet: bool = True,
    jobs: int = 1,
) -> Report:
    """Prove exercises: those named, or all of a track or notebook, or all.

    Parameters
    ----------
    slugs, track, notebook
        Which; what is left out does not narrow the choice.
    limit
        Seconds that one attempt may take.
    quiet
        Without a progress bar, which goes to standard error.
    jobs
        How many at a time, each in a lab of its own.

    Raises
    ------
    UsageError
        There is no such exercise, or nobody is to do it.
    """
    if jobs < 1:
        raise UsageError(f"{jobs} at a time is none", remedy="use --jobs 1 or more")
    chosen = _choose(tuple(slugs), track, notebook)
    began = time.monotonic()
    with ExitStack() as benches:
        free: SimpleQueue[Bench] = SimpleQueue()
        for _ in range(min(jobs, len(chosen))):
            free.put(benches.enter_context(_bench(limit)))

        def prove(entry: Entry) -> Proof:
            bench = free.get()
            try:
                return _prove(entry, bench)
            finally:
                free.put(bench)

        pool = benches.enter_context(ThreadPoolExecutor(max_workers=jobs))
        proofs = tuple(_with_progress(pool.map(prove, chosen), len(chosen), quiet))
    return Report(proofs, time.monotonic() - began)


@contextmanager
def _bench(limit: float) -> Iterator[Bench]:
    """Start a lab for attempts, and end it."""
    with tempfile.TemporaryDirectory(prefix="labkit-", ignore_cleanup_errors=True) as folder:
        workspace = Workspace(Path(folder).resolve() / "lab")
        try:
            with closing(Bench(workspace.root, limit)) as bench:
                yield bench
        finally:
            stop_all(workspace)


def _choose(slugs: Sequence[str], track: str, notebook: str) -> list[Entry]:
    if track and track not in TRACKS:
        raise UsageError(f"there is no track {track!r}", remedy=f"use one of {', '.join(TRACKS)}")
    entries = [find(slug) for slug in slugs] or list(catalogue())
    chosen = [
        entry
        for entry in entries
        if track in ("", entry.track) and notebook in ("", entry.notebook)
    ]
    if not chosen:
        raise UsageError(
            "there is no such exercise", remedy="`labkit exercises list` shows what there is"
        )
    return chosen


def _prove(entry: Entry, bench: Bench) -> Proof:
    try:
        loaded = entry.load()
    except (LabkitError, ImportError, SyntaxError) as error:
        problem = f"it cannot be loaded: {error}"
        return Proof(entry, (Attempt("load", False, "raised", problem=problem),))
    names = ["blank", "garbage", "reference", *(wrong.name for wrong in loaded.exercise.wrong)]
    if not loaded.exercise.answer:
        names.remove("garbage")
    return Proof(entry, tuple(bench.attempt(entry.slug, name) for name in names))


def _with_progress(proofs: Iterable[Proof], total: int, quiet: bool) -> Iterable[Proof]:
    if quiet:
        return proofs
    from rich.console import Console
    from rich.progress import track

    return track(proofs, description="exercises", total=total, console=Console(stderr=True))
