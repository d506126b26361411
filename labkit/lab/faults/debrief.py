"""What a learner is told: how a diagnosis stands, and at the end what the case was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labkit.common.html_table import preformatted


@dataclass(frozen=True)
class Diagnosis:
    """A diagnosis that was noted. Whether it is right is told in the debrief.

    Attributes
    ----------
    name
        The fault that was named.
    pieces
        How many pieces of evidence came with it.
    real
        How many of them this lab knows.
    supporting
        How many of those show what the fault named would show.
    kinds
        Of which kinds the supporting ones are.
    unknown
        The beginnings of those that the lab does not know.
    """

    name: str
    pieces: int
    real: int
    supporting: int
    kinds: Sequence[str] = ()
    unknown: Sequence[str] = ()

    def __repr__(self) -> str:
        kinds = f" ({', '.join(self.kinds)})" if self.kinds else ""
        lines = [
            f"Noted: {self.name}. Of {self.pieces} pieces of evidence {self.real} are from this "
            f"lab, and {self.supporting} show it{kinds}."
        ]
        lines += [f"  not known here: {text}" for text in self.unknown]
        return "\n".join(lines)


@dataclass(frozen=True)
class Finding:
    """One fault of the case, and what was made of it.

    Attributes
    ----------
    name, title, layer, cause, look, repair, rule
        As of the catalogue.
    found
        Whether it was named.
    supporting
        How many pieces of evidence showed it, of how many kinds.
    kinds
        Their kinds.
    repaired
        Whether the work comes out right now.
    said
        What was seen when it was done again.
    """

    name: str
    title: str
    layer: str
    cause: str
    look: str
    repair: str
    rule: str
    found: bool
    supporting: int
    kinds: Sequence[str]
    repaired: bool
    said: str


@dataclass(frozen=True)
class Debrief:
    """The end of an unannounced case.

    Attributes
    ----------
    score
        0 to 100.
    points
        What it is made of: diagnosis, evidence, repair, and what was taken off.
    findings
        One for each fault.
    minutes
        From the call to now, by the lab's clock.
    steps
        What was changed, in order.
    wrong
        Diagnoses that were not it.
    """

    score: int
    points: Mapping[str, int]
    findings: Sequence[Finding]
    minutes: float = field(repr=False)
    steps: Sequence[str] = ()
    wrong: Sequence[str] = ()
    seed: int = 0
    level: int = 1

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Debrief:
        """Make it of plain data."""
        return cls(**{**data, "findings": [Finding(**each) for each in data["findings"]]})

    def __repr__(self) -> str:
        lines = [f"Case {self.seed}, level {self.level}: {self.score} of 100 points"]
        lines += [f"  {points:+4d}  {what}" for what, points in self.points.items()]
        for each in self.findings:
            state = "found" if each.found else "not found"
            mended = "repaired" if each.repaired else "not repaired"
            lines += [
                f"{each.name} ({each.layer}): {state}, {mended}",
                f"  it was: {each.title}. {each.cause}",
                f"  seen by: {each.look}",
                f"  mended by: {each.repair}",
                f"  rule: {each.rule}",
            ]
        if self.steps:
            lines.append(f"You changed: {'; '.join(self.steps)}")
        if self.wrong:
            lines.append(f"You also thought of: {', '.join(self.wrong)}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return preformatted(repr(self))
