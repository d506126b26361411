"""Walks the table: values of a header in, elements of a resource out.

Nothing here names an attribute or an element. For each path the alternatives are tried in order;
for each of them every variant of the header is asked, and values are compared after the transform,
so that ``ROSSI^ANNA`` and ``ROSSI^ANNA^^`` are no conflict.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException
from pydicom.tag import BaseTag

from labkit.common.errors import UsageError
from labkit.fhir.mapping.compiled import Ready, Step, Variant
from labkit.fhir.mapping.conditions import holds
from labkit.fhir.mapping.elements import Field, Source, keyword
from labkit.fhir.mapping.links import Context, Link
from labkit.fhir.mapping.query_only import is_query_only
from labkit.fhir.mapping.trail import REASONS, TELLING, Entry, Omission, Omit, Problem, Trail
from labkit.fhir.mapping.transforms import FROM_SITE, PARTIAL, times


@dataclass(frozen=True)
class Got:
    """A value, and the row, fields and origin that gave it."""

    ready: Ready
    value: Any
    fields: tuple[Field, ...]
    origin: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counted:
    """Where the fields of a row come from: variants, and what is counted."""

    variants: Sequence[Variant]
    counts: Mapping[str, Field]

    def field(self, variant: Variant, source: Source) -> Field:
        """Return the field of `source`."""
        if source.literal:
            return (source.literal,)
        if source.text in self.counts:
            return self.counts[source.text]
        return variant.values.get(source.text)


def value_of(group: Sequence[Ready], seen: Counted, ctx: Context) -> tuple[Got | None, list[Any]]:
    """Try the alternatives of one path.

    Returns
    -------
    got
        The value, or ``None``.
    missed
        (row, Omit) of the alternatives that were tried in vain.
    """
    missed: list[Any] = []
    conflict = False
    for ready in group:
        if conflict and not ready.otherwise:
            continue
        got = _try(ready, seen, ctx)
        if isinstance(got, Got):
            return got, missed
        missed.append((ready, got))
        conflict = conflict or got.reason == "conflict"
    return None, missed


def _try(ready: Ready, seen: Counted, ctx: Context) -> Got | Omit:
    found: dict[str, Got] = {}
    omits: list[Omit] = []
    for variant in seen.variants:
        got = once(ready, variant, seen, ctx)
        if isinstance(got, Omit):
            omits.append(got)
        else:
            found.setdefault(canonical(got.value), got)
    if not found:
        return min(omits, key=lambda o: TELLING.index(o.reason), default=Omit("absent"))
    several = [found[key] for key in sorted(found)]
    if len(several) == 1:
        return several[0]
    if ready.row.differ == "unite":
        first = several[0]
        values = [v for got in several for v in _listed(got.value)]
        origins = tuple(got.origin for got in several[1:])
        return Got(ready, values, first.fields, first.origin, origins)
    return _same_but_finer(several) or Omit("conflict", _contradiction(several))


def once(ready: Ready, variant: Variant, seen: Counted, ctx: Context) -> Got | Omit:
    """Run one row on one header."""
    if ready.tests and not holds(ready.tests, lambda source: seen.field(variant, source)):
        return Omit("condition", f"the row is for {ready.row.condition}")
    fields = tuple(seen.field(variant, source) for source in ready.sources)
    if fields and not fields[0]:
        return _nothing(ready.sources[0], fields[0])
    try:
        value = ready.transform(fields, ctx)
    except (NotImplementedError, BytesLengthException) as error:  # in an item, as pydicom found it
        return Omit("invalid", f"a value in it cannot be decoded ({error})")
    if isinstance(value, Omit):
        return value
    return Omit("empty-type-2") if value == [] else Got(ready, value, fields, variant.origin)


def _nothing(source: Source, field: Field) -> Omit:
    if field is not None:
        return Omit("empty-type-2", f"{_named(source)} is there without a value")
    last = source.steps[-1] if source.steps else None
    if isinstance(last, BaseTag) and is_query_only(keyword(last)):
        return Omit("query-only", f"{_named(source)} is only in answers to queries (PS3.4 C.3.4)")
    return Omit("absent", f"{_named(source)} is not in the header")


def _named(source: Source) -> str:
    return source.text if source.text == source.tags else f"{source.text} {source.tags}"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _same_but_finer(several: Sequence[Got]) -> Got | None:
    """A date does not contradict the same date with a time: the finer one counts."""
    texts = [got for got in several if isinstance(got.value, str)]
    finest = max(texts, key=lambda got: len(got.value), default=None)
    if (
        finest is None
        or len(texts) < len(several)
        or finest.ready.row.transform not in times.PARTIAL
    ):
        return None
    return finest if all(finest.value.startswith(got.value) for got in several) else None


def _contradiction(several: Sequence[Got]) -> str:
    some = [f"{shown(got.fields)} in {got.origin}" for got in several[:3]]
    more = f" and {len(several) - 3} more" if len(several) > 3 else ""
    return "; ".join(some) + more


def canonical(value: Any) -> str:
    """Return a text that is the same for equal values, whatever the order of keys."""
    return value if isinstance(value, str) else json.dumps(value, default=_plain, sort_keys=True)


def _plain(value: Any) -> Any:
    return value.plain() if isinstance(value, Link) else {"copy": value.element}


def put(target: dict[str, Any], ready: Ready, value: Any) -> list[str]:
    """Write a value at the path of a row.

    Returns
    -------
    list of str
        Where it went, below `target`: ``["modality[0]", "modality[1]"]``.
    """
    return _put(target, ready.steps, value, ready)


def _put(target: dict[str, Any], steps: Sequence[Step], value: Any, ready: Ready) -> list[str]:
    step, rest = steps[0], steps[1:]
    if step.array:
        items = target.setdefault(step.name, [])
        made = []
        for item in _listed(value):
            new = _nested(rest, item)
            if new not in items:
                items.append(new)
            made.append(f"{step.name}[{items.index(new)}]")
        return made
    if rest:
        return [f"{step.name}.{p}"
                for p in _put(target.setdefault(step.name, {}), rest, value, ready)]  # fmt: skip
    if isinstance(value, list):
        raise UsageError(
            f"row {ready.row.id!r} gives a list to {ready.path}, which takes one value",
            remedy=f"write the path as {ready.path}[], or use another transform",
        )
    target[step.name] = value
    return [step.name]


def _nested(steps: Sequence[Step], value: Any) -> Any:
    for step in reversed(steps):
        value = {step.name: [value] if step.array else value}
    return value


class Writer:
    """Fills one resource, or one part of it, and keeps the trail where one is wanted."""

    def __init__(self, resource: str, at: str, ctx: Context, trail: Trail | None) -> None:
        self.resource, self.at, self.ctx, self.trail = resource, at, ctx, trail
        self.conflicts: list[Problem] = []

    def write(
        self, target: dict[str, Any], groups: Iterable[Sequence[Ready]], seen: Counted, resolve: Any
    ) -> list[Got]:
        """Write the values of all groups; return what was written."""
        written = []
        for group in groups:
            got, missed = value_of(group, seen, self.ctx)
            if got is not None:
                self.one(target, got, resolve(got.value, seen.variants))
                written.append(got)
            for ready, omit in missed:
                self._omitted(ready, omit)
        return written

    def one(self, target: dict[str, Any], got: Got, value: Any) -> None:
        """Write one resolved value."""
        self.note(got, put(target, got.ready, value))

    def note(self, got: Got, paths: Sequence[str]) -> None:
        """Say in the trail where the value at `paths` came from."""
        if self.trail is None:
            return
        row = got.ready.row
        added = FROM_SITE.get(row.transform)
        site = "" if added is None else added(got.fields, self.ctx)
        for path in paths:
            self.trail.entries.append(Entry(
                self.resource, f"{self.at}.{path}" if path else self.at, row.id, row.sources,
                tuple(s.tags for s in got.ready.sources), tuple(map(raw, got.fields)),
                row.transform, got.origin, row.section, site,
            ))  # fmt: skip
        partly = PARTIAL.get(row.transform)
        if partly is not None and (why := partly(got.fields, self.ctx)) is not None:
            self._omitted(got.ready, why)

    def _omitted(self, ready: Ready, omit: Omit) -> None:
        path = f"{self.at}.{'.'.join(s.name for s in ready.steps)}"
        if omit.reason == "conflict":
            words = f"{path}: the instances differ: {omit.words}"
            self.conflicts.append(Problem("warning", "conflict", words, self.resource))
        if self.trail is None:
            return
        self.trail.omissions.append(Omission(
            self.resource, path, ready.row.id, tuple(s.tags for s in ready.sources),
            omit.reason, omit.words or REASONS[omit.reason], omit.section or ready.row.section,
        ))  # fmt: skip


def shown(fields: Sequence[Field]) -> str:
    """Write the fields of a row for people."""
    words = ["\\".join(raw(f) or ()) for f in fields if f]
    return " + ".join(w for w in words if w) or "nothing"


def raw(field: Field) -> tuple[str, ...] | None:
    """Write the values of a field for people, one by one."""
    return None if field is None else tuple(_shown(v) for v in field)


def _shown(value: Any) -> str:
    if isinstance(value, Dataset):
        code = [str(value.get(k) or "") for k in ("CodeValue", "CodingSchemeDesignator",
                                                  "CodeMeaning")]  # fmt: skip
        if any(code):
            return f"({code[0]}, {code[1]}, {code[2]!r})"
        return f"item of {len(value)} elements"
    return f"{len(value)} bytes" if isinstance(value, bytes) else str(value)
