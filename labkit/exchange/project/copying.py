"""Copies, and whether they are gone in time: by a clock that the mark can turn."""

from __future__ import annotations

from labkit.common.errors import LabkitError
from labkit.dicom.samples import sample
from labkit.exchange.project.marks import Mark
from labkit.exchange.project.trial import Trial

DAY = 86400.0


class Calendar:
    """A clock that stands until it is turned; call it for the seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now

    def turn(self, days: float) -> None:
        """Let days go by."""
        self.now += days * DAY


def copies_gone(trial: Trial, calendar: Calendar) -> Mark:
    """Do the tasks, let the days of the brief go by, and look who still has what."""
    days = trial.brief.limits.copies_days
    done = [trial.do(task) for task in trial.brief.tasks]
    made = trial.copies()
    if not made and not all(each.well for each in done):
        return Mark(
            "attack", "copies-gone", 0, 6, f"no copy is older than {days} days",
            "the tasks do not work, so no copy was made", "First make the tasks work.", "not run",
        )  # fmt: skip
    calendar.turn(days + 1)
    retired = retire(trial)
    left = trial.copies()
    lost = [slug for slug in trial.made if not _holds(trial, trial.keeper(slug), slug)]
    rows = [f"{slug} at {site}: {_fate(site, slug, retired)}" for site, slug in made]
    said = f"{len(made)} copies were made, {len(left)} are there after {days + 1} days"
    if lost:
        said += f"; the original of {', '.join(lost)} is gone"
    ok = not left and not lost
    return Mark(
        "attack", "copies-gone", 6 if ok else 0, 6,
        f"no copy is older than {days} days, and each original is there", said,
        "" if ok else f"Set copies_days = {days}, or fewer, in [retention].",
        "shown" if ok else "failed", tuple(rows),
    )  # fmt: skip


def _fate(site: str, slug: str, retired: list[tuple[str, str]]) -> str:
    return "deleted in time" if (site, slug) in retired else "still there"


def retire(trial: Trial) -> list[tuple[str, str]]:
    """Delete the copies that the design says are too old; what has no whole original stays.

    Returns
    -------
    list of (str, str)
        Site and sample of what was deleted.
    """
    days = trial.design.retention.copies_days
    now = trial.network.clock()
    came = {
        (event.target, event.what): event.at
        for event in trial.network.events
        if event.kind == "fetched" and event.source != event.target
    }
    done = []
    for site, slug in trial.copies() if days else ():
        uid = sample(slug).study_uid
        old = now - came.get((site, uid), 0.0) >= days * DAY
        if old and _holds(trial, trial.keeper(slug), slug):
            trial.network.site(site).remove(uid)
            done.append((site, slug))
    return done


def _holds(trial: Trial, site: str, slug: str) -> bool:
    try:
        return trial.network.site(site).objects(sample(slug).study_uid) >= len(sample(slug).paths())
    except LabkitError:
        return False
