"""The trail of a study as text: for each element where it comes from, or why it is empty."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.fhir.mapping import MappedStudy
from labkit.fhir.mapping.trail import Entry, Omission, plain

_SHOWN = 60


@dataclass
class _Line:
    """One element, and how often it is so: forty instances share a line."""

    sign: str
    path: str
    text: str
    times: int = 1

    def __str__(self) -> str:
        times = f"  ({self.times}×)" if self.times > 1 else ""
        return f"{self.sign} {self.path:<42} {self.text}{times}"


def explain(study: MappedStudy) -> str:
    """Explain all elements of a study that the table speaks of.

    A line starts with ``=`` where there is a value and with ``o`` where there is none. An element
    that one row leaves empty and another fills has a value.
    """
    lines: dict[tuple[str, ...], _Line] = {}
    filled = {entry.path for entry in study.trail.entries}
    for entry in study.trail.entries:
        _count(lines, "=", plain(entry.path), _origin(entry))
    for omission in study.trail.omissions:
        if omission.path not in filled:
            _count(lines, "o", plain(omission.path), _why(omission))
    heading = f"Study {study.uid}"
    return "\n".join([heading, *map(str, sorted(lines.values(), key=lambda line: line.path))])


def _count(lines: dict[tuple[str, ...], _Line], sign: str, path: str, text: str) -> None:
    line = lines.setdefault((sign, path, text), _Line(sign, path, text, 0))
    line.times += 1


def _origin(entry: Entry) -> str:
    # The value is shown where a person can take it in; of instances only the source.
    tags = " + ".join(entry.told_by) or "the study itself"
    several = ".instance[" in entry.path
    raw = "" if several else " + ".join("\\".join(f) for f in entry.raw if f)
    shown = raw if len(raw) <= _SHOWN else raw[: _SHOWN - 1] + "…"
    value = f" = {shown}" if shown else ""
    return f"{tags}{value}  [{entry.row}; {entry.section}]"


def _why(omission: Omission) -> str:
    return f"{omission.reason}: {omission.words}  [{omission.row}; {omission.section}]"
