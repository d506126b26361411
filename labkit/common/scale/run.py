"""One job: every unit that waits is done by a worker, and noted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from labkit.common.errors import NetworkError
from labkit.common.scale.farm import TRIES, Farm, Task
from labkit.common.scale.ledger import DONE, WorkLedger
from labkit.common.scale.progress import Progress
from labkit.common.scale.worker import perform, put, versions

_STREAK = 20


@dataclass(frozen=True)
class Job:
    """What is done to each unit.

    Attributes
    ----------
    work
        ``"module:function"``; the function takes `spec` and returns what takes a payload and
        returns a part, both as JSON.
    spec
        JSON; holds no secret, since it is written to the state folder and not encrypted.
    """

    work: str
    spec: dict[str, Any]


@dataclass(frozen=True)
class Tally:
    """What became of all units.

    Attributes
    ----------
    done, failed, aside
        Numbers.
    opens
        Name, state and reason of each that is not done.
    """

    done: int
    failed: int
    aside: int
    opens: list[tuple[str, str, str]]


def run_job(
    farm: Farm,
    ledger: WorkLedger,
    job: Job,
    payload: Callable[[str], dict[str, Any]],
    progress: Progress,
) -> Tally:
    """Do all that waits.

    Parameters
    ----------
    payload
        Name of a unit → what its worker is handed.

    Returns
    -------
    Tally
        Of all units, those of earlier runs included.

    Raises
    ------
    NetworkError
        The scheduler went away, or one unit after the other failed on the network.
    LabkitError
        A worker cannot do this work, or the ledger cannot be written. What is done is kept.
    """
    path = ledger.folder / "job.json"
    text = {"work": job.work, "spec": job.spec, "versions": versions()}
    raw = json.dumps(text, sort_keys=True).encode()
    put(path, raw)
    digest = hashlib.sha256(raw).hexdigest()

    def arguments(name: str) -> tuple[Any, ...]:
        return str(path), digest, str(ledger.part(name)), payload(name)

    def tasks() -> Iterator[Task]:
        for name, deaths in ledger.waiting():
            yield Task(name, partial(arguments, name), deaths)

    before = ledger.counts()
    progress.begin("studies", sum(before.values()), before.get(DONE, 0))
    streak = 0
    finished = farm.stream(
        perform,
        tasks(),
        died=ledger.died,
        tick=lambda: progress.tell("no worker: waiting for one" if farm.waiting else ""),
    )
    for name, answer in finished:
        if answer is None:
            ledger.aside(name, f"{TRIES} or more workers died with it, the last with nothing else")
        elif "digest" in answer:
            ledger.done(name, answer["digest"])
        else:
            ledger.failed(name, answer["failed"])
        progress.step()
        streak = streak + 1 if answer and answer.get("network") else 0
        if streak >= _STREAK:
            finished.close()  # type: ignore[attr-defined]
            raise NetworkError(
                f"{streak} studies failed one after the other: {answer['failed']}",
                remedy="When the other side answers again, run the same command: "
                "what is done is kept.",
            )
    progress.clear()
    counts = ledger.counts()
    opens = ledger.open_units()
    return Tally(counts.get(DONE, 0), counts.get("failed", 0), counts.get("aside", 0), opens)
