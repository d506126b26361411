"""Where each value of the output comes from, and why each empty element is empty."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

#: The reasons of an omission. No value is ever invented to avoid one.
REASONS = {
    "absent": "the header does not have the attribute",
    "empty-type-2": "the attribute is there without a value: known to be unknown (PS3.5 7.4.2)",
    "query-only": "the attribute is only in answers to queries, never in a stored object",
    "invalid": "the value is not one that its value representation allows",
    "no-code": "no code is known for the value",
    "no-zone": "FHIR needs a time zone with a time, and neither header nor site file has one",
    "no-issuer": "the header does not say who issued the identifier, nor does the site file",
    "conflict": "the instances contradict each other",
    "policy": "the site file says so",
    "not-returned": "the answer of the query has no value; the stored object may have one",
    "rejected": "a rejection note withdraws the instance (IHE RAD, RAD-66)",
    "condition": "the row's condition is not met",
}
#: The more a reason tells, the sooner it is the one that is given.
TELLING = ("conflict", "rejected", "invalid", "no-code", "no-zone", "no-issuer", "policy",
           "query-only", "not-returned", "empty-type-2", "condition", "absent")  # fmt: skip


@dataclass(frozen=True)
class Omit:
    """What a transform returns in place of a value it cannot give honestly."""

    reason: str
    words: str = ""
    section: str = ""


@dataclass(frozen=True)
class Entry:
    """One value of the output and its origin.

    Attributes
    ----------
    resource
        ``"Patient/…"``: which of the resources.
    path
        FHIRPath with indices: ``"ImagingStudy.series[0].modality"``.
    row
        Id of the row in the table.
    sources, tags
        As written in the table, and as tags.
    raw
        The values that were read, a tuple for each source; ``None`` where absent.
    transform
        Name of the transform.
    origin
        File name or UID of the (first) instance that had them.
    section
        Where the standard says so.
    site
        What the site file added, in words; ``""`` where it added nothing.
    """

    resource: str
    path: str
    row: str
    sources: tuple[str, ...]
    tags: tuple[str, ...]
    raw: tuple[Any, ...]
    transform: str
    origin: str
    section: str
    site: str = ""

    @property
    def told_by(self) -> tuple[str, ...]:
        """What the value was made of: the tags, and where the site file stood in for one, that."""
        if not self.site:
            return self.tags
        read = [tag for tag, values in zip(self.tags, self.raw, strict=True) if values]
        return (*read, self.site)


@dataclass(frozen=True)
class Omission:
    """One element that has no value, and why.

    Attributes
    ----------
    reason
        A key of `REASONS`.
    words
        The reason for a person, with the values that led to it.
    """

    resource: str
    path: str
    row: str
    tags: tuple[str, ...]
    reason: str
    words: str
    section: str


@dataclass(frozen=True)
class Problem:
    """Something that a person should look at.

    Attributes
    ----------
    severity
        ``"error"`` or ``"warning"``.
    code
        ``"conflict"``, ``"rejected-instance"``, ``"duplicate"`` …
    origin
        The instance, or the study.
    """

    severity: str
    code: str
    words: str
    origin: str = ""

    def __str__(self) -> str:
        return f"{self.origin}: {self.words}" if self.origin else self.words


@dataclass
class Trail:
    """All entries and omissions of one study, in the order of the table."""

    entries: list[Entry] = field(default_factory=list)
    omissions: list[Omission] = field(default_factory=list)

    def of(self, path: str) -> list[Entry | Omission]:
        """Return what is known of a path; indices may be left out: ``ImagingStudy.started``."""
        both: Iterable[Entry | Omission] = [*self.entries, *self.omissions]
        return [e for e in both if path in (e.path, plain(e.path))]

    def why(self, path: str) -> str:
        """Say in one line why `path` is what it is, or why it is empty."""
        found = self.of(path)
        for item in found:
            if isinstance(item, Entry):
                return f"{item.path} ← {_from(item)} ({item.row}, {item.section})"
        omitted = [item for item in found if isinstance(item, Omission)]
        if not omitted:
            return f"no row of the table writes {path}"
        best = min(omitted, key=lambda omission: TELLING.index(omission.reason))
        return f"{best.path} is empty: {best.words} ({best.reason}, {best.section})"


def _from(entry: Entry) -> str:
    if entry.tags and entry.tags[0].startswith("#"):
        number, noun = entry.raw[0][0], entry.tags[0][1:]
        noun = "instance" if number == "1" and noun == "instances" else noun
        return f"counted: {number} {noun}"
    if not entry.tags:
        return "the site file, or what was asked for"
    read = entry.told_by[:-1] if entry.site else entry.tags
    return f"{' + '.join(read)} of {entry.origin}" + (f", {entry.site}" if entry.site else "")


def plain(path: str) -> str:
    """Leave out the indices: ``a.series[0].uid`` → ``a.series.uid``."""
    return "".join(part.split("]", 1)[-1] for part in path.split("["))
