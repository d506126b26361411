"""The sections of a brief: what each key means."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.common.errors import UsageError
from labkit.dicom.samples import sample

CRITERIA = (
    "sound", "hospitals", "lines-to-be-had", "kept-as-the-law-says", "time-to-images",
    "nobody-mixed-up", "own-at-home", "one-line-cut", "nothing-lost", "lines-listened-at",
    "stranger", "wrong-domain", "who-asks-for-everybody", "consent", "audit", "copies-gone",
)  # fmt: skip
"""Names of the criteria of every brief; each task is one more, by its name."""


@dataclass(frozen=True)
class Limits:
    """Numbers that a design has to keep.

    Attributes
    ----------
    first_image_s
        Seconds from the question to the first image, in the run.
    study_s
        Seconds for a mean study of where it was made, computed for the lines of the design.
    copies_days
        After how many days a copy has to be gone.
    budget
        For lines, a year.
    sites
        How many sites there may be, at most.
    """

    first_image_s: float
    study_s: float
    copies_days: int
    budget: int
    sites: int = 12


@dataclass(frozen=True)
class Law:
    """How long images are kept at least.

    Attributes
    ----------
    years
        After the study.
    children_until
        Age until which a child's are kept.
    text
        Which law, in words.
    """

    years: float
    children_until: int
    text: str = ""


@dataclass(frozen=True)
class Hospital:
    """A hospital that takes part: `name` as the design's site has it, and who issues its IDs."""

    name: str
    issuer: str
    studies_per_year: int = 0
    mbyte_per_study: float = 0.0


@dataclass(frozen=True)
class Offer:
    """A line that can be had between two places, and its `cost` a year."""

    from_: str
    to: str
    mbit: float
    ms: float
    cost: int


@dataclass(frozen=True)
class Person:
    """A patient.

    Attributes
    ----------
    name
        For people.
    ids
        ``"ISSUER ID"``, one for each issuer that knows the patient.
    refuses
        Issuers whose hospitals must not see what others have of this patient.
    """

    name: str
    ids: tuple[str, ...]
    refuses: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for each in self.ids:
            if not all(each.partition(" ")):
                raise UsageError("ids names no issuer.", remedy='Write "NORTHGEN NG-100457".')
        if not self.ids:
            raise UsageError("ids is empty.", remedy='Write ["NORTHGEN NG-100457"].')

    def id_of(self, issuer: str) -> str:
        """The ID that an issuer gave; ``""`` where it gave none."""
        return dict(each.split(" ", 1) for each in self.ids).get(issuer, "")


@dataclass(frozen=True)
class Made:
    """A study that is made: which sample, where, and whose it is."""

    sample: str
    site: str
    person: str

    @property
    def uid(self) -> str:
        """Study Instance UID."""
        return sample(self.sample).study_uid


@dataclass(frozen=True)
class Task:
    """What somebody has to be able to do.

    Attributes
    ----------
    name, says
        For the mark, and for people.
    at, person
        Who looks for whom: at which hospital, by the ID that the patient has there.
    sees
        Samples of which all images have to be there then.
    points
        For the mark.
    one_line_cut
        Whether it has to be possible with any one line cut.
    """

    name: str
    says: str
    at: str
    person: str
    sees: tuple[str, ...]
    points: int = 5
    one_line_cut: bool = False


@dataclass(frozen=True)
class Late:
    """A study that is made while its hospital is cut off, and where it is looked for later."""

    sample: str
    site: str
    person: str
    seen_at: str
