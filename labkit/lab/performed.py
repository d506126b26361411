"""What came of a piece of daily work: an examination, or a study opened at a workstation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labkit.common.html_table import preformatted

if TYPE_CHECKING:
    from labkit.dimse import AssociationTrace


@dataclass(frozen=True)
class Step:
    """One step of it.

    Attributes
    ----------
    name
        What was done: ``"worklist"``, ``"store"`` …
    ok
        Whether it went as it should, as far as the one who did it can see.
    said
        What the program showed.
    status
        The DIMSE status, where there was one.
    """

    name: str
    ok: bool
    said: str
    status: int | None = None


@dataclass(frozen=True)
class Performed:
    """A piece of work, step by step; true if every step went well.

    Attributes
    ----------
    what
        In words: ``"MR1: MR HEAD STAGING of Thistlewick^Marigold^Anne"``.
    steps
        In order; the last one may say why there are no more.
    identifiers
        Patient ID, accession number and Study Instance UID, as they were sent.
    sop_instance_uids
        Of the objects sent or retrieved.
    traces
        The associations, as the one who opened them recorded them.
    """

    what: str
    steps: Sequence[Step]
    identifiers: Mapping[str, str] = field(default_factory=dict)
    sop_instance_uids: Sequence[str] = ()
    traces: Sequence[AssociationTrace] = field(default=(), repr=False)

    def __bool__(self) -> bool:
        return bool(self.steps) and all(step.ok for step in self.steps)

    @property
    def problem(self) -> str:
        """What the first step that failed said; ``""`` if none did."""
        return next((step.said for step in self.steps if not step.ok), "")

    def step(self, name: str) -> Step | None:
        """Return a step by its name, the last one of it."""
        return next((step for step in reversed(self.steps) if step.name == name), None)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {
            "what": self.what,
            "steps": [[s.name, s.ok, s.said, s.status] for s in self.steps],
            "identifiers": dict(self.identifiers),
            "sop_instance_uids": list(self.sop_instance_uids),
            "traces": [trace.to_json() for trace in self.traces],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Performed:
        """Make it of plain data."""
        from labkit.dimse import AssociationTrace

        return cls(
            data["what"],
            [Step(*step) for step in data["steps"]],
            data["identifiers"],
            data["sop_instance_uids"],
            [AssociationTrace.from_json(trace) for trace in data["traces"]],
        )

    def __repr__(self) -> str:
        width = max((len(step.name) for step in self.steps), default=0)
        lines = [
            f"  {'ok    ' if step.ok else 'FAILED'}  {step.name.ljust(width)}  {step.said}"
            for step in self.steps
        ]
        return "\n".join([self.what, *lines])

    def _repr_html_(self) -> str:
        return preformatted(repr(self))
