"""A case and its expectations: about single elements, so that any converter can be measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset

Resources = list[dict[str, Any]]


@dataclass(frozen=True)
class Expect:
    """What one path has to be.

    Attributes
    ----------
    path
        ``"ImagingStudy.series.modality.code"``: all values along it, in any resource of that type.
    verb
        ``"is"`` (just these), ``"has"`` (these among others), ``"lacks"`` (none of these),
        ``"count"`` (so many), ``"one of"`` (any of these spellings, and nothing else),
        ``"mentions"`` (each of these words in some text).
    """

    path: str
    verb: str
    values: tuple[Any, ...]

    def problem(self, resources: Resources) -> str:
        """Say what is wrong, or return ``""``."""
        found = along(resources, self.path)
        ok = {
            "is": sorted(map(repr, found)) == sorted(map(repr, self.values)),
            "has": all(v in found for v in self.values),
            "lacks": not any(v in found for v in self.values),
            "count": [len(found)] == list(self.values),
            "one of": len(set(map(repr, found))) == 1 and found[0] in self.values,
            "mentions": all(any(str(word) in str(f) for f in found) for word in self.values),
        }[self.verb]
        shown = ", ".join(map(str, self.values)) or "nothing"
        got = ", ".join(map(str, found[:4])) or "nothing"
        return "" if ok else f"{self.path} {self.verb} {shown}; got {got}"


@dataclass(frozen=True)
class Case:
    """One trap.

    Attributes
    ----------
    id, group
        Name; the element it is about.
    why
        What converters do wrong here, one sentence.
    section
        Where the standard says what is right.
    headers
        Makes the instances, in the order in which they arrive.
    expect
        All have to hold.
    site
        Text of a site file, for what DICOM cannot say.
    """

    id: str
    group: str
    why: str
    section: str
    headers: Callable[[], Sequence[Dataset]]
    expect: tuple[Expect, ...]
    fhir: str = "R4"
    site: str = ""
    endpoint: str = ""


def is_(path: str, *values: Any) -> Expect:
    """The values along `path` are these, no others; without values: there are none."""
    return Expect(path, "is", values)


def has(path: str, *values: Any) -> Expect:
    """These are among the values along `path`."""
    return Expect(path, "has", values)


def lacks(path: str, *values: Any) -> Expect:
    """None of these is among the values along `path`."""
    return Expect(path, "lacks", values)


def count(path: str, number: int) -> Expect:
    """So many values are along `path`."""
    return Expect(path, "count", (number,))


def one_of(path: str, *values: Any) -> Expect:
    """One value along `path`, in any of these spellings: the standard allows them all."""
    return Expect(path, "one of", values)


def mentions(path: str, *words: str) -> Expect:
    """Text for people along `path` has these words; how it is put is the converter's business."""
    return Expect(path, "mentions", words)


def along(resources: Resources, path: str) -> list[Any]:
    """Return every value along a path; arrays are walked through."""
    kind, *names = path.split(".")
    values: list[Any] = [r for r in resources if r.get("resourceType") == kind]
    for name in names:
        deeper = [v[name] for v in values if isinstance(v, dict) and name in v]
        values = [w for v in deeper for w in (v if isinstance(v, list) else [v])]
    return values
