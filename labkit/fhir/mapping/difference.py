"""What one table makes otherwise than another, over any number of studies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Resource = dict[str, Any]
_LEVELS = ("series", "instance")


@dataclass(frozen=True)
class Value:
    """One value of a resource, and where it is.

    Attributes
    ----------
    path
        Without indices: ``"ImagingStudy.series.bodySite.code"``.
    place
        What it belongs to: ``"ImagingStudy/…"``, then the uid of the series and the instance.
    text
        The value as text.
    raw
        The value itself.
    """

    path: str
    place: str
    text: str
    raw: Any = field(compare=False)


def values_of(resource: Resource) -> Iterator[Value]:
    """Go through the values of a resource.

    A member of an array has no number here: series and instances are known by their uid, and what
    else repeats is a set, so that one more coding does not make all that follow differ.
    """
    kind = str(resource.get("resourceType", ""))
    place = f"{kind}/{resource.get('id', '')}"
    for name, value in resource.items():
        if name not in ("resourceType", "id"):
            yield from _walk(value, f"{kind}.{name}", place)


def _walk(value: Any, path: str, place: str) -> Iterator[Value]:
    if isinstance(value, dict):
        if path.rpartition(".")[2] in _LEVELS and isinstance(value.get("uid"), str):
            place = f"{place} {value['uid']}"
        for name, inner in value.items():
            yield from _walk(inner, f"{path}.{name}", place)
    elif isinstance(value, list):
        for member in value:
            yield from _walk(member, path, place)
    else:
        yield Value(path, place, value if isinstance(value, str) else repr(value), value)


@dataclass(frozen=True)
class Change:
    """All differences of one kind at one path.

    Attributes
    ----------
    kind
        ``"added"``, ``"removed"`` or ``"changed"``.
    count
        How many places.
    place, before, after
        The first of them; ``""`` where there is no value.
    """

    path: str
    kind: str
    count: int
    place: str
    before: str
    after: str

    def __str__(self) -> str:
        sign = {"added": "+", "removed": "-", "changed": "~"}[self.kind]
        values = {
            "added": self.after, "removed": self.before,
            "changed": f"{self.before} → {self.after}",
        }[self.kind]  # fmt: skip
        return f"{sign} {self.path}  {self.count}×  {values}  ({self.place})"


@dataclass
class Differences:
    """Differences between two outputs, counted by path, with an example each."""

    _found: dict[tuple[str, str], list[Any]] = field(default_factory=dict)

    def add(self, before: Iterable[Resource], after: Iterable[Resource]) -> None:
        """Compare what two tables made of the same study."""
        left, right = _grouped(before), _grouped(after)
        for key in sorted(set(left) | set(right)):
            gone = left.get(key, Counter()) - right.get(key, Counter())
            new = right.get(key, Counter()) - left.get(key, Counter())
            if gone or new:
                self._note(key, sorted(gone.elements()), sorted(new.elements()))

    def _note(self, key: tuple[str, str], gone: list[str], new: list[str]) -> None:
        place, path = key
        kind = "changed" if gone and new else "removed" if gone else "added"
        found = self._found.setdefault((path, kind), [0, place, " | ".join(gone), " | ".join(new)])
        found[0] += 1

    @property
    def changes(self) -> list[Change]:
        """The changes by path."""
        return [Change(path, kind, *rest) for (path, kind), rest in sorted(self._found.items())]

    def __bool__(self) -> bool:
        return bool(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __str__(self) -> str:
        return "\n".join(map(str, self.changes)) or "no difference"


def _grouped(resources: Iterable[Resource]) -> Mapping[tuple[str, str], Counter[str]]:
    found: dict[tuple[str, str], Counter[str]] = {}
    for resource in resources:
        for value in values_of(resource):
            found.setdefault((value.place, value.path), Counter())[value.text] += 1
    return found
