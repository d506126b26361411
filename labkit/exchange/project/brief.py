"""The brief: what a design is marked against. An instructor writes another as a TOML file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from labkit.common.errors import UsageError
from labkit.common.toml_file import TomlFile
from labkit.dicom.samples import sample
from labkit.exchange.project.terms import (
    CRITERIA,
    Hospital,
    Late,
    Law,
    Limits,
    Made,
    Offer,
    Person,
    Task,
)

_FOLDER = Path(__file__).parent / "briefs"
_DRAFTS = Path(__file__).parent / "drafts"
_SITES = 40
"""More real sites are not built for a mark."""


_LISTS: dict[str, type] = {
    "hospital": Hospital, "offer": Offer, "person": Person, "study": Made, "task": Task,
}  # fmt: skip
_SINGLE: dict[str, type] = {"limits": Limits, "law": Law, "late": Late}
_PLURAL = {
    "hospital": "hospitals", "offer": "offers", "person": "people", "study": "studies",
    "task": "tasks",
}  # fmt: skip


@dataclass(frozen=True)
class Brief:
    """What is wanted of a design.

    Attributes
    ----------
    name, memo
        For people.
    pass_mark
        Percent of the points.
    must
        Names of criteria without which nothing passes.
    limits, law, hospitals, offers, people, studies, tasks, late
        The sections of the file.

    Raises
    ------
    UsageError
        Something names what is not there.
    """

    name: str
    memo: str
    limits: Limits
    law: Law
    hospitals: tuple[Hospital, ...]
    offers: tuple[Offer, ...]
    people: tuple[Person, ...]
    studies: tuple[Made, ...]
    tasks: tuple[Task, ...]
    late: Late
    pass_mark: int = 75
    must: tuple[str, ...] = ()
    file: TomlFile | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0 < self.pass_mark <= 100:
            raise self._wrong("", "pass_mark", 0, "pass_mark is no percentage", "Write 1 to 100.")
        if not 0 < self.limits.sites <= _SITES:
            raise self._wrong(
                "limits", "sites", 0, f"sites is not 1 to {_SITES}", "Each of them is built."
            )
        hospitals = [each.name for each in self.hospitals]
        people = [each.name for each in self.people]
        about: dict[str, Sequence[Any]] = {
            "study": self.studies, "task": self.tasks, "late": (self.late,),
        }  # fmt: skip
        for part, rows in about.items():
            for place, row in enumerate(rows):
                for key, known in (("site", hospitals), ("at", hospitals), ("seen_at", hospitals),
                                   ("person", people)):  # fmt: skip
                    if hasattr(row, key) and getattr(row, key) not in known:
                        raise self._wrong(
                            part, key, place, f"{key} is {getattr(row, key)!r}",
                            f"There is {', '.join(known)}.",
                        )  # fmt: skip
                for key in ("site", "at", "seen_at"):
                    if hasattr(row, key) and not self.id_at(row.person, getattr(row, key)):
                        raise self._wrong(
                            part, "person", place,
                            f"{row.person} has no ID at {getattr(row, key)}",
                            "Add one to ids of the [[person]].",
                        )  # fmt: skip
        made = [each.sample for each in self.studies]
        for made_up in (*made, self.late.sample):
            sample(made_up)  # says which there are
        for place, task in enumerate(self.tasks):
            for slug in task.sees:
                if slug not in made:
                    raise self._wrong(
                        "task", "sees", place, f"nobody makes {slug}", "Add a [[study]] of it."
                    )
        criteria = [*CRITERIA, *(task.name for task in self.tasks)]
        for name in self.must:
            if name not in criteria:
                there = f"There is {', '.join(criteria)}."
                raise self._wrong("", "must", 0, f"there is no criterion {name}", there)
        if len(set(criteria)) < len(criteria):
            raise self._wrong("task", "name", 0, "two criteria have one name", "Rename a task.")
        empty = [part for part, name in _PLURAL.items() if not getattr(self, name)]
        if empty:
            raise self._wrong("", "", 0, f"there is no [[{empty[0]}]]", "Write one at least.")

    def _wrong(self, part: str, key: str, place: int, what: str, remedy: str) -> UsageError:
        at = self.file.where(part, key, place) if self.file else "the brief"
        return UsageError(f"{at}: {what}.", remedy=remedy)

    def hospital(self, name: str) -> Hospital:
        """Return a hospital by its name, which is there."""
        return next(each for each in self.hospitals if each.name == name)

    def person(self, name: str) -> Person:
        """Return a person by the name, which is there."""
        return next(each for each in self.people if each.name == name)

    def id_at(self, person: str, site: str) -> str:
        """The Patient ID of a person at a hospital; ``""`` where there is none."""
        return self.person(person).id_of(self.hospital(site).issuer)


def briefs() -> list[str]:
    """Return the names of the briefs that come with labkit."""
    return sorted(path.stem for path in _FOLDER.glob("*.toml"))


def draft(name: str) -> str:
    """Return the text of a poor design for a brief, to be mended; see `briefs`.

    Raises
    ------
    UsageError
        There is none for it.
    """
    there = sorted(path.stem for path in _DRAFTS.glob("*.toml"))
    if name not in there:
        raise UsageError(f"There is no draft for {name}.", remedy=f"There is {', '.join(there)}.")
    return (_DRAFTS / f"{name}.toml").read_text(encoding="utf-8")


def read_brief(source: Path | str) -> Brief:
    """Read a brief.

    Parameters
    ----------
    source
        Its file; or the name of one that comes with labkit, see `briefs`; or its text.

    Raises
    ------
    UsageError
        It cannot be read; says in which line, and what to do.
    """
    if isinstance(source, str) and source in briefs():
        source = _FOLDER / f"{source}.toml"
    if isinstance(source, Path) or "\n" not in source:
        missing = f"Give a file, or one of {', '.join(briefs())}."
        file = TomlFile.read(Path(source), missing=missing, environment={})
    else:
        file = TomlFile.parse(source, Path("brief.toml"), environment={})
    parts = {key: value for key, value in file.data.items() if isinstance(value, (dict, list))}
    parts.pop("must", None)
    top = {key: value for key, value in file.data.items() if key not in parts}
    head: _Head = file.section(_Head, "", top)
    replace(file, data=parts).sections([*_LISTS, *_SINGLE], lists=_LISTS)
    made: dict[str, Any] = {each.name: getattr(head, each.name) for each in fields(head)}
    for name, kind in _LISTS.items():
        made[_PLURAL[name]] = tuple(
            file.section(kind, name, dict(row), place)
            for place, row in enumerate(parts.get(name, []))
        )
    for name, kind in _SINGLE.items():
        if name not in parts:
            raise UsageError(f"{file.path.name} has no [{name}].", remedy=f"Add [{name}].")
        made[name] = file.section(kind, name, dict(parts[name]))
    return Brief(**made, file=file)


@dataclass(frozen=True)
class _Head:
    """What stands before the first section."""

    name: str
    memo: str = ""
    pass_mark: int = 75
    must: tuple[str, ...] = ()
