"""Named, small, pure functions from the values of a row to a value of FHIR.

``def name(fields, ctx) -> value``: `fields` has one field for each source of the row (see
``elements.py``; the first has at least one value), `ctx` is a `Context`. The result is a JSON
value, a list of them for an array, a `Link`, or `Omit` with the reason why there is none.

To add one: write it in the module of its kind, and name it there in ``TRANSFORMS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from labkit.fhir.mapping.transforms import (
    codes,
    equipment,
    identity,
    people,
    plain,
    reports,
    selections,
    series,
    times,
)

Transform: TypeAlias = "Callable[..., Any]"

TRANSFORMS: Mapping[str, Transform] = {
    function.__name__: function
    for module in (plain, identity, times, codes, people, series, equipment, reports, selections)
    for function in module.TRANSFORMS
}

#: Transforms that may leave part of a value out → the function that says why.
PARTIAL: Mapping[str, Transform] = {**times.PARTIAL, **identity.PARTIAL}

#: Transforms that may add what the site file says → the function that says what.
FROM_SITE: Mapping[str, Transform] = {**times.FROM_SITE, **reports.FROM_SITE}

__all__ = ["FROM_SITE", "PARTIAL", "TRANSFORMS", "Transform"]
