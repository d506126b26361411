"""The whole experiment: each style built of real nodes, driven by one workload, and killed."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from labkit.exchange.experiment.designs import STYLES, styled
from labkit.exchange.experiment.failing import Survived, survive
from labkit.exchange.experiment.leaking import Leak, leaks
from labkit.exchange.experiment.measuring import Measured, measure
from labkit.exchange.experiment.workload import Workload, workload
from labkit.exchange.network import Design, Network

FORMAT = "labkit-experiment/1"
QUIET = 2.5
"""Load of the machine, over a minute, up to which times are measured."""
STUDIES = {3: 24, 10: 60}
"""Studies of the two sizes of the documentation."""


@dataclass(frozen=True)
class Tried:
    """One style: what was counted, what survived, what leaked.

    Attributes
    ----------
    measured, survived, leaks
        See `measure`, `survive` and `leaks`.
    """

    measured: Measured
    survived: tuple[Survived, ...]
    leaks: tuple[Leak, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data: counts only, no times."""
        run = self.measured
        return {
            "studies": run.studies,
            "made_bytes": run.made_bytes,
            "messages": dict(run.messages),
            "message_count": run.message_count,
            "wan_bytes": run.wan_bytes,
            "store_bytes": run.store_bytes,
            "read_bytes": run.read_bytes,
            "disk_bytes": run.disk_bytes,
            "holders": run.holders,
            "priors": len(run.priors),
            "priors_there_already": sum(act.local for act in run.priors),
            "failed": run.failed,
            "survived": [asdict(one) for one in self.survived],
            "leaks": [asdict(one) for one in self.leaks],
        }


def hospitals_of(design: Design) -> list[str]:
    """Return the names of the sites where studies are made."""
    return [site.name for site in design.sites if site.role == "hospital"]


def work_for(hospitals: int, studies: int | None = None, *, seed: int = 13) -> Workload:
    """Return the workload of the experiment for so many hospitals."""
    names = hospitals_of(styled(STYLES[0], hospitals))
    return workload(names, studies=studies or STUDIES.get(hospitals, 6 * hospitals), seed=seed)


def attempt(style: str, hospitals: int, work: Workload, *, each: int = 2) -> Tried:
    """Build one style with lines that take no time, and count.

    Parameters
    ----------
    style
        One of `STYLES`.
    hospitals
        How many.
    work
        What is done.
    each
        Questions at each hospital after each failure.
    """
    with Network(styled(style, hospitals, mbit=0, ms=0)) as network:
        run = measure(network, work, style)
        leaked = tuple(leaks(network, work, run))
        return Tried(run, tuple(survive(network, work, each=each)), leaked)


def experiment(
    hospitals: int, *, work: Workload | None = None, each: int = 2,
    styles: Sequence[str] = STYLES, told: Callable[[str], None] | None = None,
) -> dict[str, Tried]:  # fmt: skip
    """Try all styles with the same workload.

    Parameters
    ----------
    told
        Gets a line before each style is tried.
    """
    work = work or work_for(hospitals)
    tried = {}
    for style in styles:
        if told is not None:
            told(f"{hospitals} hospitals, {style}")
        tried[style] = attempt(style, hospitals, work, each=each)
    return tried


def times(
    hospitals: int, work: Workload, *, mbit: float = 100.0, ms: float = 10.0
) -> dict[str, Any]:
    """Measure seconds to the first image of a prior from elsewhere, over lines that take time.

    Returns
    -------
    dict
        Style to the median, in seconds, of the reads that went over a line, and their number.
    """
    found = {}
    for style in STYLES:
        with Network(styled(style, hospitals, mbit=mbit, ms=ms)) as network:
            run = measure(network, work, style)
        far = [act.first for act in run.priors if act.source and not act.local]
        found[style] = {"reads": len(far), "first_image": round(median(far), 4) if far else None}
    return found


def load() -> float | None:
    """Load of this machine over the last minute; ``None`` where it does not say."""
    try:
        return os.getloadavg()[0]
    except (AttributeError, OSError):
        return None


def machine() -> str:
    """What this machine is, in a few words, for those who read times."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors"
