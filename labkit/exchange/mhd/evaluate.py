"""Does a resource, or a part of one, keep the rules of an MHD profile?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from labkit.exchange.mhd.rules import Profile, Said, is_profile, profile
from labkit.fhir.references import reference_type

Resource = Mapping[str, Any]
_STEP = re.compile(r"(?P<name>[A-Za-z]+)(\[(?P<slice>\w+)\])?")
_MANY = 60
"""Characters of a value that are shown."""


@dataclass(frozen=True)
class Problem:
    """One rule that is not kept.

    Attributes
    ----------
    profile
        The profile, or section, that makes the rule.
    element
        Where, as a FHIRPath.
    rule
        What has to be so.
    got
        What is there instead.
    """

    profile: str
    element: str
    rule: str
    got: str

    def __str__(self) -> str:
        return f"{self.element}: {self.rule}; got {self.got} [{self.profile}]"


@dataclass(frozen=True)
class Place:
    """A value, and where it is."""

    value: Any
    at: str


@dataclass(frozen=True)
class Evaluation:
    """One resource looked at by one profile.

    Attributes
    ----------
    root
        The resource, for its contained ones.
    kind_of
        Says which resource type a reference leads to, or ``""``.
    """

    root: Resource
    kind_of: Callable[[str], str] = field(default=reference_type)

    def problems(self, name: str, value: Any, at: str) -> Iterator[Problem]:
        """Yield what of a profile is not kept by `value`."""
        rules = profile(name)
        for path, said in rules.rules.items():
            steps = path.split(".")
            for parent in self._places(rules, value, at, steps[:-1], name):
                found = list(_select(rules, parent, steps[-1], path))
                if "card" in said:
                    yield from _count(said["card"], parent, steps[-1], found)
                for place in found:
                    yield from self._one(rules, path, said, place)

    def _places(
        self, rules: Profile, value: Any, at: str, steps: list[str], name: str
    ) -> list[Place]:
        places, path = [Place(value, at)], ""
        for step in steps:
            path = f"{path}.{step}".lstrip(".")
            places = [below for place in places for below in _select(rules, place, step, path)]
        return places

    def _one(
        self, rules: Profile, path: str, said: Mapping[str, Said], place: Place
    ) -> Iterator[Problem]:
        value, at = place.value, place.at
        if fixed := said.get("fixed"):
            if not _is(value, str(fixed.value)):
                yield Problem(fixed.profile, at, f"is {fixed.value}", shown(value))
        elif (codes := said.get("codes")) and not any(_is(value, c) for c in codes.value):
            rule = f"is one of {', '.join(codes.value)}"
            yield Problem(codes.profile, at, rule, shown(value))
        if obeys := said.get("obeys"):
            start = str(obeys.value).split("'")[1]
            if not str(value).startswith(start):
                yield Problem(obeys.profile, at, f"begins with {start}", shown(value))
        if targets := said.get("targets"):
            yield from self._target(targets, place)
        if contained := said.get("contained"):
            yield from self._contained(contained, place)
        for only in said["only"].value if "only" in said else ():
            if is_profile(only) and isinstance(value, Mapping):
                yield from self.problems(only, value, at)
        slice_ = path.rpartition("[")[2].rstrip("]")
        if "extension[" in path and slice_ in rules.extensions:
            key = rules.extensions[slice_][1]
            if key not in value:
                rule = f"the extension {slice_} has {key}"
                yield Problem(rules.name, at, rule, shown(value))

    def _target(self, said: Said, place: Place) -> Iterator[Problem]:
        reference = place.value if isinstance(place.value, Mapping) else {}
        text = str(reference.get("reference", ""))
        kind = self._kind(text) or str(reference.get("type", ""))
        if kind and kind not in said.value:
            rule = f"refers to {' or '.join(said.value)}"
            yield Problem(said.profile, place.at, rule, f"{text} ({kind})")

    def _contained(self, said: Said, place: Place) -> Iterator[Problem]:
        reference = place.value if isinstance(place.value, Mapping) else {}
        text = str(reference.get("reference", ""))
        if not text.startswith("#") or not self._kind(text):
            rule = "refers to a contained resource (#id)"
            yield Problem(said.profile, place.at, rule, text or shown(place.value))

    def _kind(self, text: str) -> str:
        if not text.startswith("#"):
            return self.kind_of(text)
        inside = {f"#{r.get('id')}": str(r["resourceType"]) for r in self.root.get("contained", [])}
        return inside.get(text, "")


def _select(rules: Profile, parent: Place, step: str, path: str) -> Iterator[Place]:
    """Yield the values at one step below a place; of a slice, only its own."""
    match = _STEP.fullmatch(step)
    if match is None or not isinstance(parent.value, Mapping):
        return
    value = parent.value.get(match["name"])
    if value is None:
        return
    at = f"{parent.at}.{match['name']}"
    items = value if isinstance(value, list) else [value]
    for number, item in enumerate(items):
        where = f"{at}[{number}]" if isinstance(value, list) else at
        if not match["slice"] or _in_slice(rules, item, match["name"], match["slice"], path):
            yield Place(item, where)


def _in_slice(rules: Profile, item: Any, name: str, slice_: str, path: str) -> bool:
    """Whether an item is of a slice: by URL, by name, or by the use of an identifier."""
    if not isinstance(item, Mapping):
        return False
    if name == "extension":
        return bool(item.get("url") == rules.extensions[slice_][0])
    if name == "identifier":
        only = rules.rules[path]["only"].value[0]
        return bool(item.get("use") == profile(only).fixed("use"))
    return bool(item.get("name") == rules.fixed(f"{path}.name"))


def _count(said: Said, parent: Place, step: str, found: list[Place]) -> Iterator[Problem]:
    low, high = said.value
    match = _STEP.fullmatch(step)
    if (low <= len(found) and (high is None or len(found) <= high)) or match is None:
        return
    rule = f"{low}..{'*' if high is None else high}"
    if high == 0:
        got = "it is there"
    elif not found:
        got = "none"
    else:
        got = f"{len(found)} of them"
    what = f" ({match['slice']})" if match["slice"] else ""
    yield Problem(said.profile, f"{parent.at}.{match['name']}", rule + what, got)


def _is(value: Any, wanted: str) -> bool:
    """Compare with ``code``, ``system|code`` or a string."""
    if not isinstance(value, Mapping):
        return bool(value == wanted)
    system, bar, code = wanted.partition("|")
    codings = value.get("coding", [])
    return any(
        c.get("code") == (code if bar else wanted) and (not bar or c.get("system") == system)
        for c in codings
    )


def shown(value: Any) -> str:
    """Spell a value, shortened."""
    if isinstance(value, Mapping) and "coding" in value:
        pairs = (f"{c.get('system', '')}|{c.get('code', '')}" for c in value["coding"])
        return ", ".join(pairs)
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _MANY else f"{text[:_MANY]}…"
