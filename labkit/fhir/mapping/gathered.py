"""What is kept of a study while its instances come in: no header, only what the rows need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from labkit.fhir.mapping.compiled import Variant
from labkit.fhir.mapping.elements import Field
from labkit.fhir.mapping.rejection import Note
from labkit.fhir.mapping.trail import Problem


@dataclass
class Series:
    """One series: what its instances say of it, and of themselves.

    Attributes
    ----------
    variants
        What tells headers apart → what they say; one where all agree.
    instances
        SOP Instance UID → (fields in the order of `Gathered.instance_sources`, origin).
    """

    uid: str
    variants: dict[Any, Variant] = field(default_factory=dict)
    instances: dict[str, tuple[tuple[Field, ...], str]] = field(default_factory=dict)


@dataclass
class Gathered:
    """One study.

    Attributes
    ----------
    rejected
        SOP Instance UID → the note that withdraws it; the note may come before or after it.
    objects
        SOP Instance UID of a report or document → (resource type, values, omissions) of each
        resource that it becomes.
    """

    uid: str
    instance_sources: Sequence[str]
    variants: dict[Any, Variant] = field(default_factory=dict)
    series: dict[str, Series] = field(default_factory=dict)
    rejected: dict[str, Note] = field(default_factory=dict)
    objects: dict[str, list[tuple[str, list[Any], list[Any]]]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def kept(self, series: Series) -> bool:
        """Whether anything of a series is left."""
        return any(uid not in self.rejected for uid in series.instances)
