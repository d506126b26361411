"""What is left when one thing is gone: each site once, each line once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from labkit.dicom.samples import sample
from labkit.exchange.project.doors import ask
from labkit.exchange.project.marks import Mark, share
from labkit.exchange.project.trial import Trial


def break_it(trial: Trial) -> list[Mark]:
    """Take away each site and each line in turn, and see who can go on."""
    home = _Cases()
    tasks = _Cases()
    told: list[str] = []
    sites = [site.name for site in trial.design.sites]
    lines = [link.name for link in trial.design.links]
    for gone in [*sites, *lines]:
        line = gone in lines
        with _without(trial, gone, line):
            _own(trial, gone, home, line)
            for task in trial.brief.tasks:
                if task.at == gone:
                    continue
                done = trial.do(task)
                trial.forget_copies()
                if line and task.one_line_cut:
                    tasks.add(not done.missing, f"{_what(gone, line)}: {task.name}: {done}")
                how = "works" if not done.missing else f"does not work: {done}"
                told.append(f"{_what(gone, line)}: {task.name} {how}")
    return [
        Mark(
            "break", "own-at-home", share(12, home.good, home.all), 12,
            "each hospital sees its own patients' studies, whatever else is gone", home.said,
            "" if home.well else "Keep what is made at a hospital there too: an archive of its "
            "own, or a cache, and services to ask it.",
            "shown" if home.well else "failed", tuple(home.bad),
        ),
        Mark(
            "break", "one-line-cut", share(8, tasks.good, tasks.all), 8,
            "with any one line cut, " + ", ".join(
                task.name for task in trial.brief.tasks if task.one_line_cut) + " go on",
            tasks.said, "" if tasks.well else "Order a second line that goes another way.",
            "shown" if tasks.well else "failed", tuple(told),
        ),
        _lost(trial, lines),
    ]  # fmt: skip


class _Cases:
    def __init__(self) -> None:
        self.good, self.all = 0, 0
        self.bad: list[str] = []

    def add(self, good: bool, why: str) -> None:
        self.all += 1
        self.good += good
        if not good:
            self.bad.append(why)

    @property
    def well(self) -> bool:
        return self.all > 0 and self.good == self.all

    @property
    def said(self) -> str:
        if not self.all:
            return "there was no such case"
        first = f"; {self.bad[0]}" if self.bad else ""
        more = f", and {len(self.bad) - 1} more" if len(self.bad) > 1 else ""
        return f"{self.good} of {self.all} cases{first}{more}"


def _what(gone: str, line: bool) -> str:
    return f"line {gone} cut" if line else f"{gone} down"


@contextmanager
def _without(trial: Trial, gone: str, line: bool) -> Iterator[None]:
    network = trial.network
    (network.cut if line else network.kill)(gone)
    try:
        yield
    finally:
        (network.mend if line else network.revive)(gone)
        network.settle()
        trial.forget_copies()


def _own(trial: Trial, gone: str, cases: _Cases, line: bool) -> None:
    for study in trial.brief.studies:
        if study.site == gone:
            continue
        done = trial.see(study.site, study.person, [study.sample])
        why = "; ".join(done.missing.values())
        uid = sample(study.sample).study_uid
        number = trial.brief.id_at(study.person, study.site)
        # Where the network does not find it, the own archive still may be asked.
        there = not done.missing or uid in ask(trial, study.site, study.site, number)
        cases.add(there, f"{_what(gone, line)}: {study.sample} at {study.site}: {why}")


def _lost(trial: Trial, lines: list[str]) -> Mark:
    late = trial.brief.late
    beside = [link.name for link in trial.design.links if late.site in link.ends]
    for name in beside:
        trial.network.cut(name)
    taken = trial.make(late)
    for name in beside:
        trial.network.mend(name)
    if taken and trial.network.gateways is not None:
        # A source that could not submit tries again (RAD-68).
        trial.network.gateways.publish(late.site, sample(late.sample).study_uid)
    waiting = trial.network.settle()
    done = trial.see(late.seen_at, late.person, [late.sample])
    ok = taken and not done.missing
    trial.forget_copies()
    wait = f"; {sum(waiting.values())} objects still wait" if waiting else ""
    return Mark(
        "break", "nothing-lost", 6 if ok else 0, 6,
        f"what {late.site} makes while it is cut off is seen at {late.seen_at} later",
        f"{done}{wait}" if taken
        else f"{late.site} could not take it: {trial.refused[late.sample]}",
        "" if ok else "Have each hospital store what it makes itself, and pass it on when it can.",
        "shown" if ok else "failed",
    )  # fmt: skip
