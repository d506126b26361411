"""Attack a de-identifier of one's own, in a notebook."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

from pydicom.dataset import Dataset

from labkit.common.errors import UsageError
from labkit.deid.attack.loot import data_set
from labkit.deid.attack.model import Row
from labkit.deid.attack.running import deidentified
from labkit.deid.attack.study import build
from labkit.deid.attack.suite import attack
from labkit.deid.attack.targets import STANDARD
from labkit.deid.profile import Profile

Deidentify = Callable[[Dataset], "Dataset | None"]


class Findings(list[Row]):
    """Rows of a run; shown as what came back, and how much was tried."""

    @property
    def succeeded(self) -> list[str]:
        """Names of the attacks that succeeded."""
        return [row.name for row in self if row.succeeded]

    def __repr__(self) -> str:
        hits = self.succeeded
        lines = [f"{len(hits)} of {len(self)} attacks succeeded"]
        lines += [", ".join(hits[at : at + 5]) for at in range(0, len(hits), 5)]
        idle = sum(not row.tried for row in self)
        if idle:
            lines.append(f"({idle} had nothing to work on: no such object was given out)")
        return "\n".join(lines)


class Bench:
    """The made-up study in a temporary folder, and attacks on what is made of it.

    >>> bench = Bench()
    >>> bench.attack(lambda ds: ds, ["patient-id"])
    1 of 1 attacks succeeded
    patient-id
    """

    def __init__(self, *, seed: int = 7) -> None:
        self._place = tempfile.TemporaryDirectory()
        self.planted = build(Path(self._place.name) / "study", seed=seed)
        self._runs = 0

    def datasets(self) -> list[Dataset]:
        """Read every object of the study."""
        found = (data_set(path.read_bytes()) for path in self.planted.files)
        return [ds for ds in found if ds is not None]

    def objects(self, name: str) -> list[Dataset]:
        """Read the objects of one kind: ``"radiograph"``, ``"loop"``, ``"report"``, ``"ct"`` …

        Raises
        ------
        UsageError
            The study has no such object; says what it has.
        """
        known = self.planted.carriers
        if name not in known:
            raise UsageError(
                f"the study has no object called {name!r}", remedy=f"it has {', '.join(known)}"
            )
        return [ds for ds in self.datasets() if known[name].of(ds)]

    def attack(self, target: Deidentify | Profile | str, names: Iterable[str] = ()) -> Findings:
        """De-identify the study and attack the outcome.

        Parameters
        ----------
        target
            A function from data set to data set (or ``None``: not given out), a profile of ours, or
            the name of a target of ``labkit attack``.
        names
            Of attacks; all by default.
        """
        self._runs += 1
        out = Path(self._place.name) / f"out{self._runs}"
        if isinstance(target, str):
            venv = Path(self._place.name) / "venv"
            deidentified(target, self.planted, out, options=STANDARD, peers=venv)
        elif isinstance(target, Profile):
            options = tuple(sorted(target.options))
            deidentified("ours", self.planted, out, options=options, peers=out)
        else:
            self._own(target, out)
        title = target if isinstance(target, str) else "own"
        return Findings(attack(self.planted, out, title, names))

    def _own(self, function: Deidentify, out: Path) -> None:
        out.mkdir()
        for number, ds in enumerate(self.datasets(), 1):
            made = function(ds)
            if isinstance(made, Dataset):
                made.save_as(out / f"{number:03d}.dcm", enforce_file_format=False)
