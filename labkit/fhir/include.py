"""What is sent along with the matches of a search (R4 search.html#revinclude).

``_include=ImagingStudy:patient`` adds what the matches refer to,
``_revinclude=ImagingStudy:patient`` what refers to the matches; with ``:iterate`` also
of what was added.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from labkit.fhir.criteria import NotSupported, parameter_of
from labkit.fhir.definitions import definitions
from labkit.fhir.match import Condition
from labkit.fhir.store import FhirStore, Stored

#: A parent, its parent, and so on: enough for what people write, and an end.
MAX_ROUNDS = 5


@dataclass(frozen=True)
class Include:
    """One ``_include`` or ``_revinclude``.

    Attributes
    ----------
    reverse
        Whether it is a ``_revinclude``.
    type
        The resource type that holds the reference.
    code
        The search parameter of that reference, or ``*`` for all.
    target
        Only resources of this type at the end of the reference; ``""`` for any.
    iterate
        Whether what was added is looked at too.
    """

    reverse: bool
    type: str
    code: str
    target: str
    iterate: bool

    def sql(self, numbers: str) -> Condition:
        """Select what belongs to the resources whose numbers are in the JSON array `numbers`."""
        known = "x.type = ? AND x.url = ''" + ("" if self.code == "*" else " AND x.code = ?")
        args = [self.type] + ([] if self.code == "*" else [self.code])
        if self.target:
            known, args = known + " AND x.target_type = ?", [*args, self.target]
        held, wanted = ("t", "s") if self.reverse else ("s", "t")
        sql = (
            f"SELECT DISTINCT {wanted}.pk, {wanted}.type, {wanted}.id, "
            "v.version, v.updated, v.body "
            "FROM ix_reference x JOIN resource s ON s.pk = x.pk "
            "JOIN resource t ON t.type = x.target_type AND t.id = x.target_id "
            f"JOIN version v ON v.pk = {wanted}.pk AND v.version = {wanted}.version "
            f"WHERE {known} AND {wanted}.deleted = 0 "
            f"AND {held}.pk IN (SELECT value FROM json_each(?)) ORDER BY {wanted}.pk"
        )
        return sql, [*args, numbers]


def parse_include(kind: str, name: str, value: str) -> Include:
    """Read ``_include[:iterate]=[type]:[parameter][:target type]``.

    Raises
    ------
    NotSupported
        The server does not know the type or the parameter.
    ValueError
        Not written so.
    """
    name, _, modifier = name.partition(":")
    if modifier not in ("", "iterate", "recurse"):
        raise NotSupported(f"{name} has no modifier {modifier!r}; it has :iterate")
    parts = value.split(":")
    if len(parts) not in (2, 3) or not all(parts):
        raise ValueError(f"write {name}=[type]:[reference parameter], as in {kind}:patient")
    source, code, target = (*parts, "")[:3]
    known = definitions().search
    for type_ in (source, target):
        if type_ and type_ not in known:
            raise NotSupported(f"no resource type {type_!r} here; it has {', '.join(known)}")
    if code != "*" and parameter_of(source, code).type != "reference":
        raise NotSupported(f"{code} of {source} is no reference")
    return Include(name == "_revinclude", source, code, target, bool(modifier))


def included(
    store: FhirStore,
    includes: Iterable[Include],
    matches: list[Stored],
    visible: Callable[[Stored], bool],
) -> list[Stored]:
    """Return what `includes` add to `matches`, each resource once.

    What is not visible is left out, and so is what only it leads to.
    """
    seen = {match.pk for match in matches}
    new, found = list(matches), []
    for number in range(MAX_ROUNDS):
        numbers = json.dumps([stored.pk for stored in new])
        new = []
        for include in includes:
            if number and not include.iterate:
                continue
            for row in store.query(*include.sql(numbers)):
                if row[0] not in seen:
                    seen.add(row[0])
                    stored = Stored(*row)
                    if visible(stored):
                        new.append(stored)
        found += new
        if not new:
            break
    return found
