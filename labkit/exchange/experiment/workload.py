"""What happens in the network: one seeded list of steps, the same for each style."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass

from pydicom.dataset import Dataset

from labkit.common.errors import UsageError
from labkit.dicom.samples import sample

KINDS = (("cr-chest-prior", 1), ("dx-hand", 1), ("ct-head-followup", 4))
"""Sample studies that new ones are made of, and how many objects of each."""
ISSUER = "REGION"
"""Patients have one number in the whole region: what two numbers cost is another lesson."""


@dataclass(frozen=True)
class Made:
    """A study of the workload.

    Attributes
    ----------
    uid
        Study Instance UID.
    patient
        Patient ID.
    site
        Where it is made.
    kind
        Slug of the sample study that it is made of.
    number
        Its place in the order of making.
    """

    uid: str
    patient: str
    site: str
    kind: str
    number: int

    @property
    def objects(self) -> int:
        """How many objects it has."""
        return dict(KINDS)[self.kind]

    def datasets(self) -> list[Dataset]:
        """Make its objects: those of the sample study under other UIDs, of another patient."""
        made = sample(self.kind).datasets()[: self.objects]
        for number, ds in enumerate(made, 1):
            ds.StudyInstanceUID = self.uid
            ds.SeriesInstanceUID = _uid(self.uid, "series")
            ds.SOPInstanceUID = _uid(self.uid, number)
            ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
            ds.PatientID, ds.IssuerOfPatientID = self.patient, ISSUER
            ds.PatientName = f"Experiment^{self.patient}"
            ds.AccessionNumber = f"X{self.number:05d}"
            ds.StudyDate = f"2026{1 + self.number // 28 % 12:02d}{1 + self.number % 28:02d}"
        return made


@dataclass(frozen=True)
class Step:
    """One thing that somebody does.

    Attributes
    ----------
    kind
        ``"acquire"``; ``"own"``, which opens a study where it was made; ``"prior"``, which looks
        for a patient and opens a study that was made elsewhere.
    site
        Where.
    study
        Which.
    """

    kind: str
    site: str
    study: Made


@dataclass(frozen=True)
class Workload:
    """Steps in their order.

    Attributes
    ----------
    steps
        What is done.
    seed
        What they were drawn with.
    """

    steps: tuple[Step, ...]
    seed: int

    @property
    def studies(self) -> list[Made]:
        """What is made, in order."""
        return [step.study for step in self.steps if step.kind == "acquire"]

    @property
    def patients(self) -> list[str]:
        """Patient IDs, in the order in which they first come."""
        return list(dict.fromkeys(made.patient for made in self.studies))

    def count(self, kind: str) -> int:
        """How many steps of one kind."""
        return sum(step.kind == kind for step in self.steps)

    def elsewhere(self, site: str) -> list[Made]:
        """Studies made elsewhere of patients who are known at a site too."""
        here = {made.patient for made in self.studies if made.site == site}
        return [made for made in self.studies if made.patient in here and made.site != site]


def workload(
    hospitals: Sequence[str], *, studies: int = 24, priors: float = 1.0, away: float = 0.4,
    own: float = 1.0, seed: int = 13,
) -> Workload:  # fmt: skip
    """Draw a workload.

    Parameters
    ----------
    hospitals
        Names of the sites where studies are made.
    studies
        How many are made.
    priors
        Reads of a prior from elsewhere for each study, where the patient has one.
    away
        Share of studies that are made at another place than the patient's usual one.
    own
        Reads at the place where a study was made, for each study; of an older one, every other.
    seed
        Of the draw.

    Raises
    ------
    UsageError
        A number cannot be.
    """
    if len(hospitals) < 2 or studies < 1:
        raise UsageError("A workload needs two hospitals and a study.", remedy="hospitals, studies")
    for name, value, most in (("priors", priors, 50), ("away", away, 1), ("own", own, 50)):
        if not 0 <= value <= most:
            raise UsageError(f"{name} is not from 0 to {most}.", remedy=f"{name}=0.5")
    draw = random.Random(seed)
    count = max(2, studies // 3)
    home = {f"P{number:04d}": hospitals[number % len(hospitals)] for number in range(count)}
    steps: list[Step] = []
    made: list[Made] = []
    for number in range(studies):
        patient = draw.choice(list(home))
        site = home[patient]
        if draw.random() < away:
            site = draw.choice([name for name in hospitals if name != site])
        one = Made(_uid(seed, number), patient, site, KINDS[number % len(KINDS)][0], number)
        made.append(one)
        steps.append(Step("acquire", site, one))
        for turn in range(_times(own, draw)):
            older = [each for each in made if each.site == site]
            steps.append(Step("own", site, one if turn % 2 == 0 else draw.choice(older)))
        before = [each for each in made if each.patient == patient and each.site != site]
        for _ in range(_times(priors, draw) if before else 0):
            steps.append(Step("prior", site, before[-1]))
    return Workload(tuple(steps), seed)


def _times(mean: float, draw: random.Random) -> int:
    """As often as the mean says: the whole part always, the rest by chance."""
    return int(mean) + (draw.random() < mean % 1)


def _uid(*parts: object) -> str:
    digest = hashlib.sha256(repr(parts).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:15], 'big')}"
