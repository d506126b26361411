"""The work of a day: what the brief's people do, on the lines as they are."""

from __future__ import annotations

from labkit.common.cite import cite
from labkit.common.errors import LabkitError
from labkit.exchange.network import Fetched
from labkit.exchange.network.graph import path
from labkit.exchange.project.marks import Mark
from labkit.exchange.project.trial import Done, Trial


def drive(trial: Trial) -> list[Mark]:
    """Do all tasks, and look for everybody everywhere."""
    rows: list[Mark] = []
    came: list[tuple[str, Fetched]] = []
    for task in trial.brief.tasks:
        done = trial.do(task)
        came += [(task.at, one) for one in done.fetched.values() if not one.local]
        rows.append(
            Mark(
                "drive", task.name, task.points if done.well else 0, task.points,
                f"{task.says}: {', '.join(task.sees)} seen at {task.at}", str(done),
                _advice(trial, done), "shown" if done.well else "failed",
                tuple(f"{slug}: {_from(one)}"
                      for slug, one in done.fetched.items()),
            )
        )  # fmt: skip
        trial.forget_copies()
    return [*rows, _times(trial, came), _mixed(trial)]


def _from(one: Fetched) -> str:
    return f"at {one.at} already" if one.local else f"from {one.source} to {one.at}"


def _advice(trial: Trial, done: Done) -> str:
    if done.others:
        return "Give each hospital's IDs an authority and an issuer of their own."
    if not done.missing:
        return ""
    if trial.network.patients is None:
        return "Say who knows a patient's other IDs: [identity] manager, a site with pix."
    if trial.refused:
        return "A hospital did not take its own images: look at its services and archive."
    return "Look whether a line leads there, and whether the site offers what it is asked for."


def _times(trial: Trial, came: list[tuple[str, Fetched]]) -> Mark:
    limits = trial.brief.limits
    slow = [one for _, one in came if one.first_image > limits.first_image_s]
    rows, late = [], []
    for source in {one.source: None for _, one in came}:
        for at in {at: None for at, one in came if one.source == source}:
            seconds, size = whole_study(trial, source, at)
            rows.append(f"{size:g} MB from {source} to {at}: {seconds:.1f} s")
            if seconds > limits.study_s:
                late.append(f"{size:g} MB from {source} to {at} take {seconds:.0f} s")
    if slow:
        late.insert(0, f"the first of {len(slow)} studies took over {limits.first_image_s:g} s")
    ok = bool(came) and not late
    nothing = "nothing came from elsewhere"
    return Mark(
        "drive", "time-to-images", 6 if ok else 0, 6,
        f"first image within {limits.first_image_s:g} s in the run, a mean study within "
        f"{limits.study_s:g} s by the rate of the lines",
        "; ".join(late) or ("; ".join(rows) if came else nothing),
        "" if ok else "Take a faster line, or a shorter way." if came
        else "First make the tasks work.",
        "shown" if ok else "failed" if came else "not run", tuple(rows),
    )  # fmt: skip


def whole_study(trial: Trial, source: str, at: str) -> tuple[float, float]:
    """Seconds for a mean study over the lines of the design, and its megabytes.

    The slowest line of the way at its full rate, and three times the way there and back: to open
    a connection, to encrypt it, to ask.
    """
    design = trial.design
    sizes = [site.mbyte_per_study for site in design.hospitals]
    size = design.site(source).mbyte_per_study or max(sizes, default=0.0)
    way = path(design, source, at) or ()
    rate = min((link.mbit for link in way if link.mbit), default=0.0)
    return (size * 8 / rate if rate else 0.0) + 6 * sum(link.ms for link in way) / 1000, size


def _mixed(trial: Trial) -> Mark:
    cases, wrong = 0, []
    for person in trial.brief.people:
        for hospital in trial.brief.hospitals:
            number = person.id_of(hospital.issuer)
            if not number:
                continue
            try:
                found = trial.network.find(
                    at=hospital.name, patient=trial.patient(person.name, hospital.name)
                )
            except LabkitError:
                found_of = set()
            else:
                whose = trial.whose()
                found_of = {whose[one.study][1] for one in found if one.study in whose}
            if not found_of:
                continue
            cases += 1
            if found_of != {person.name}:
                others = ", ".join(sorted(found_of - {person.name}))
                wrong.append(f"{number} at {hospital.name} is {person.name}, and gives {others}")
    good = cases and not wrong
    return Mark(
        "drive", "nobody-mixed-up", 10 if good else 0, 10,
        "each search finds the studies of its patient, and of nobody else",
        "; ".join(wrong) or f"{cases} searches, each with its own patient alone",
        "" if good else "Give each issuer an authority of its own, and images their issuer."
        if wrong else "Nothing was found: first make the tasks work.",
        "shown" if good else "failed" if wrong else "not run",
        rule=cite("IHE ITI TF-3", "4.2.3.1.7"),
    )  # fmt: skip
