"""Marking: read, check, build, drive, break, attack; each on real nodes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

from labkit.access.audit import AuditedPolicy, AuditTrail, audit_key
from labkit.common.access import ALLOW_ALL
from labkit.common.errors import LabkitError, UsageError
from labkit.exchange.network import Design, check_design, read_design
from labkit.exchange.project.attacking import attack
from labkit.exchange.project.breaking import break_it
from labkit.exchange.project.brief import Brief, read_brief
from labkit.exchange.project.copying import Calendar, copies_gone
from labkit.exchange.project.doors import plain
from labkit.exchange.project.driving import drive
from labkit.exchange.project.marks import PARTS, Mark, Marks
from labkit.exchange.project.paper import on_paper
from labkit.exchange.project.trial import Trial

_BEGUN = datetime(2026, 1, 16, 8, tzinfo=timezone.utc)
"""The day after the samples were made."""
_REST = {
    "drive": {"time-to-images": 6, "nobody-mixed-up": 10},
    "break": {"own-at-home": 12, "one-line-cut": 8, "nothing-lost": 6},
    "attack": {
        "lines-listened-at": 8, "stranger": 5, "wrong-domain": 5, "who-asks-for-everybody": 3,
        "consent": 3, "audit": 4, "copies-gone": 6,
    },
}  # fmt: skip


def mark(
    design: Design | Path | str,
    brief: Brief | Path | str = "region",
    folder: Path | None = None,
    parts: Sequence[str] = PARTS,
) -> Marks:
    """Mark a design by what it does.

    The network is built three times, of real archives, doors and lines on this machine: for the
    tasks, with the lines as the design has them; to break it, and to attack it, with lines as fast
    as the machine. Outcomes are facts, counts and computed times, the same in each run.

    Parameters
    ----------
    design
        It, its file, or its text; mistakes are built too.
    brief
        What is wanted: a `Brief`, its file, or the name of one that comes with labkit.
    folder
        Where the networks keep their state, empty; a temporary one where left out.
    parts
        Which of `PARTS` to run, for one who works on one thing; what is left out has no row.

    Raises
    ------
    UsageError
        A file cannot be read, there is no such part, or the design has more sites than the brief
        allows.
    """
    wanted = brief if isinstance(brief, Brief) else read_brief(brief)
    plan = design if isinstance(design, Design) else read_design(design)
    if len(plan.sites) > wanted.limits.sites:
        raise UsageError(
            f"The design has {len(plan.sites)} sites; the brief allows {wanted.limits.sites}.",
            remedy="Leave out what no hospital needs.",
        )
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise UsageError(f"There is no part {unknown[0]}.", remedy=f"There is {', '.join(PARTS)}.")
    findings = check_design(plan)
    rows = on_paper(wanted, plan, findings) if "design" in parts else []
    carried: dict[str, dict[str, int]] = {}
    with _folder(folder) as place:
        for part, run in (("drive", _drive), ("break", _break), ("attack", _attack)):
            if part in parts:
                rows += _run(wanted, plan, place / part, part, run, carried)
    return Marks(plan, wanted, findings, tuple(rows), carried)


_Run = Callable[[Brief, Design, Path, dict[str, dict[str, int]]], list[Mark]]


def _run(
    brief: Brief, design: Design, place: Path, part: str, run: _Run,
    carried: dict[str, dict[str, int]],
) -> list[Mark]:  # fmt: skip
    named = {site.name for site in design.hospitals}
    absent = [hospital.name for hospital in brief.hospitals if hospital.name not in named]
    if absent:
        return _not_run(brief, part, f"there is no hospital {', '.join(absent)}")
    try:
        return run(brief, design, place, carried)
    except LabkitError as error:
        return _not_run(brief, part, f"it could not be run: {plain(error)}", error.remedy)


def _not_run(brief: Brief, part: str, why: str, todo: str = "") -> list[Mark]:
    every = {task.name: task.points for task in brief.tasks} if part == "drive" else {}
    todo = todo or "Name the sites as the brief names the hospitals."
    return [
        Mark(part, name, 0, of, "that it can be tried", why, todo, "not run")
        for name, of in {**every, **_REST[part]}.items()
    ]


def _drive(
    brief: Brief, design: Design, place: Path, carried: dict[str, dict[str, int]]
) -> list[Mark]:
    with Trial(brief, design, place, quick=False) as trial:
        rows = drive(trial)
        for name, traffic in trial.network.traffic().items():
            carried[name] = dict(traffic.messages)
    return rows


def _break(
    brief: Brief, design: Design, place: Path, carried: dict[str, dict[str, int]]
) -> list[Mark]:
    with Trial(brief, design, place) as trial:
        return break_it(trial)


def _attack(
    brief: Brief, design: Design, place: Path, carried: dict[str, dict[str, int]]
) -> list[Mark]:
    calendar = Calendar()
    with _trail(design, place, calendar) as trail:
        policy = AuditedPolicy(ALLOW_ALL, trail) if trail is not None else ALLOW_ALL
        with Trial(brief, design, place / "network", clock=calendar, policy=policy) as trial:
            return [*attack(trial, trail), copies_gone(trial, calendar)]


@contextmanager
def _trail(design: Design, place: Path, calendar: Calendar) -> Iterator[AuditTrail | None]:
    """Where doors write, if the design names a site that keeps it."""
    site = design.security.audit
    if not site or not design.site(site).offers("audit"):
        yield None
        return
    place.mkdir(parents=True, exist_ok=True)
    with AuditTrail(
        place / "audit",
        clock=lambda: _BEGUN + timedelta(seconds=calendar()),
        key=audit_key(place / "audit.key"),
        source=design.site(site).ae_title,
        sync=lambda descriptor: None,  # made up, and gone in a minute
    ) as trail:
        yield trail


@contextmanager
def _folder(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="labkit-project-") as name:
        yield Path(name)
