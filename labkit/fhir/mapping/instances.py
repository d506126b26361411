"""The instances of a series: hundreds, each said by a few fields, with no trail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from labkit.fhir.mapping.compiled import Ready, Variant
from labkit.fhir.mapping.elements import Field
from labkit.fhir.mapping.engine import Counted, Got, once, put
from labkit.fhir.mapping.links import Context
from labkit.fhir.mapping.trail import Omit

_KEPT = 64  # of a row: what a series says alike; what differs in each instance is not worth it


class Instances:
    """Writes what one instance says, as `Writer` does, without looking anything up again.

    Parameters
    ----------
    groups
        Rows of the level ``instance``.
    sources
        Names of the fields of an instance, in their order.
    resolve
        Writes links as references, as `References.resolve`.
    """

    def __init__(
        self, groups: Sequence[Sequence[Ready]], sources: Sequence[str], ctx: Context,
        resolve: Callable[[Any, Sequence[Variant]], Any],
    ) -> None:  # fmt: skip
        self.sources, self.ctx, self.resolve = sources, ctx, resolve
        places = {name: number for number, name in enumerate(sources)}
        self.plan = [[_Row(ready, places) for ready in group] for group in groups]

    def write(self, fields: tuple[Field, ...], origin: str) -> dict[str, Any]:
        """Return what an instance says."""
        out: dict[str, Any] = {}
        for group in self.plan:
            for row in group:
                if row.at is None:
                    if self._any(out, row.ready, fields, origin):
                        break
                    continue
                field = fields[row.at]
                if not field:
                    continue
                value = self._value(row, field)
                if value is not None:
                    self._put(out, row, value, fields, origin)
                    break
        return out

    def _value(self, row: _Row, field: Field) -> Any:
        try:
            if field in row.known:
                return row.known[field]
        except TypeError:  # items of a sequence have no hash
            return self._once(row, field)
        value = self._once(row, field)
        if len(row.known) < _KEPT:
            row.known[field] = value
        return value

    def _once(self, row: _Row, field: Field) -> Any:
        value = row.ready.transform((field,), self.ctx)
        return None if isinstance(value, Omit) or value == [] else value

    def _put(
        self, out: dict[str, Any], row: _Row, value: Any, fields: tuple[Field, ...], origin: str
    ) -> None:
        if type(value) not in (str, int):  # each instance gets a copy of its own
            value = self.resolve(value, (self._variant(fields, origin),))
        if row.name and not isinstance(value, list):
            out[row.name] = value
        else:
            put(out, row.ready, value)

    def _any(
        self, out: dict[str, Any], ready: Ready, fields: tuple[Field, ...], origin: str
    ) -> bool:
        variant = self._variant(fields, origin)
        got = once(ready, variant, Counted((variant,), {}), self.ctx)
        if isinstance(got, Got):
            put(out, ready, self.resolve(got.value, (variant,)))
        return isinstance(got, Got)

    def _variant(self, fields: tuple[Field, ...], origin: str) -> Variant:
        return Variant(dict(zip(self.sources, fields, strict=True)), origin)


class _Row:
    """A row; where its only field is, and the only name that it writes to, if it is so plain."""

    def __init__(self, ready: Ready, places: dict[str, int]) -> None:
        self.ready = ready
        plain = not ready.tests and len(ready.sources) == 1
        self.at = places.get(ready.sources[0].text) if plain else None
        self.name = (
            ready.steps[0].name if len(ready.steps) == 1 and not ready.steps[0].array else ""
        )
        self.known: dict[Field, Any] = {}
