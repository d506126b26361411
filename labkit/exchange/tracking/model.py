"""What is tracked, and what is told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, overload

Kind = Literal[
    "registered", "arrived", "moved", "changed", "corrected", "rejected", "merged", "published",
    "superseded", "withdrawn", "deleted",
]  # fmt: skip
Facts = dict[str, Any]
STUDY = "Study"
"""The type under which an archive's copy of a study is kept; others are FHIR resource types."""


@dataclass(frozen=True)
class Version:
    """One version of a FHIR resource, as a history has it.

    Attributes
    ----------
    at
        When it was stored, by the server's clock: a FHIR instant.
    facts
        What counts of it; ``None``: the resource was deleted.
    """

    type: str
    id: str
    version: str
    at: str
    facts: Facts | None


@dataclass(frozen=True)
class Event:
    """One change, counted once.

    Attributes
    ----------
    seq
        Its number here; events are numbered in the order in which they became known.
    kind
        ``registered`` (a patient), ``arrived`` (a copy or an ImagingStudy is there), ``moved`` (a
        place has it no more, another has), ``changed``, ``corrected`` (of whom, or which study, it
        says it is), ``rejected`` (IHE IOCM), ``merged`` (a patient's record), ``published``,
        ``superseded`` (a document), ``withdrawn`` (cancelled, in error), ``deleted``.
    source
        The server or archive that it happened at.
    type, id, version
        With `source` what makes it one of a kind: resource type, id and versionId; of an archive's
        copy ``Study``, the Study Instance UID, and a count of its changes.
    study
        Study Instance UID, where it is about one; of a document, that of the first.
    patient
        ``Patient/x``, or ``ID^^^issuer`` of an archive.
    at
        When it happened, by the server's clock; an archive does not say.
    changes
        What differs: name → (before, after). Names and birth dates of people are left out.
    by
        How it became known: ``notice`` or ``poll``.
    """

    seq: int
    kind: str
    source: str
    type: str
    id: str
    version: str
    study: str
    patient: str
    at: str
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)
    by: str = "poll"

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What no two events share."""
        return (self.source, self.type, self.id, self.version)

    def __str__(self) -> str:
        what = "; ".join(f"{n}: {_said(a)} -> {_said(b)}" for n, (a, b) in self.changes.items())
        where = "copy of the study" if self.type == STUDY else self.type
        return f"{self.kind:10}  {self.source:9}  {where}" + (f"  ({what})" if what else "")


class Events(Sequence[Event]):
    """Events in their order; printed as a table without ids, times and numbers."""

    def __init__(self, found: Sequence[Event]) -> None:
        self._found = tuple(found)

    @overload
    def __getitem__(self, index: int) -> Event: ...
    @overload
    def __getitem__(self, index: slice) -> Events: ...
    def __getitem__(self, index: int | slice) -> Event | Events:
        return Events(self._found[index]) if isinstance(index, slice) else self._found[index]

    def __iter__(self) -> Iterator[Event]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    def __hash__(self) -> int:
        return hash(self._found)

    def __repr__(self) -> str:
        return "\n".join(map(str, self._found)) or "no event"


@dataclass(frozen=True)
class Place:
    """One copy of a study, as the archive that has it tells.

    Attributes
    ----------
    patient
        ``ID^^^issuer``, as the copy has it.
    instances
        How many objects; ``None`` where the archive does not say.
    notes
        SOP Instance UIDs of the rejection notes that were seen there.
    asked
        Whether the archive answered when it was last asked; if not, this is what it said before.
    """

    source: str
    patient: str
    accession: str
    instances: int | None
    modalities: tuple[str, ...]
    notes: tuple[str, ...]
    asked: bool


@dataclass(frozen=True)
class Document:
    """One DocumentReference.

    Attributes
    ----------
    status
        current, superseded, entered-in-error; ``deleted`` where the resource is gone.
    replaced_by
        Ids of DocumentReferences that say they replace it.
    studies
        Study Instance UIDs that it is about.
    patient
        The one that it names; after a merge that may be a record that is gone.
    """

    source: str
    id: str
    status: str
    title: str
    format: str
    content_type: str
    url: str
    patient: str
    studies: tuple[str, ...]
    replaced_by: tuple[str, ...] = ()

    @property
    def current(self) -> bool:
        """Whether it is what to look at now."""
        return self.status == "current" and not self.replaced_by


@dataclass(frozen=True)
class Whereabouts:
    """Where a study is, what describes it, and whether all of it agrees.

    Attributes
    ----------
    places
        Archives that hold a copy.
    described_by
        References ``source ImagingStudy/id`` with the status.
    documents
        DocumentReferences about it, those that are no longer valid too.
    patient
        Whose it is, after merges: ``Patient/x``; ``""`` if nobody says, or two say differently.
    disagreements
        In words: what does not fit together.
    unasked
        Sources that did not answer the last time.
    """

    study: str
    places: tuple[Place, ...]
    described_by: tuple[tuple[str, str, str], ...]
    documents: tuple[Document, ...]
    patient: str
    disagreements: tuple[str, ...]
    unasked: tuple[str, ...]

    def __repr__(self) -> str:
        rows = [f"{p.source:9}  copy of {_count(p)}, patient {p.patient}" for p in self.places]
        rows += [f"{source:9}  ImagingStudy, {status}" for source, _, status in self.described_by]
        rows += [
            f"{d.source:9}  document {d.title or d.format or '-'}, "
            f"{'current' if d.current else d.status if d.status != 'current' else 'replaced'}"
            for d in self.documents
        ]
        rows = rows or ["nowhere"]
        rows += [f"disagree   {text}" for text in self.disagreements]
        rows += [f"not asked  {name}" for name in self.unasked]
        return "\n".join(rows)


def _count(place: Place) -> str:
    if place.instances is None:
        return "an unknown number of objects"
    return f"{place.instances} object" + ("" if place.instances == 1 else "s")


def _said(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(str, value)) or "-"
    return "-" if value in (None, "") else str(value)
