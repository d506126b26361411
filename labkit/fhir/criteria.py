"""From one search parameter to the SQL that says what it lets through (R4 search.html).

A condition is SQL about ``r.pk``, the number of a resource. Parameters that lead to other
resources, ``patient.identifier=`` and ``_has:ImagingStudy:patient:modality=``, hold a condition
within.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from labkit.fhir.definitions import SearchParameter, definitions
from labkit.fhir.match import MATCHERS, MODIFIERS, Condition, split_escaped
from labkit.fhir.references import known_types

#: What keeps a statement within what SQLite takes: links of a chain, alternatives of a value.
MAX_LINKS, MAX_ALTERNATIVES = 4, 200


Sees = Callable[[str, list[Any]], list[int]]
"""From a condition to the numbers of the resources that meet it and may be seen."""


class NotSupported(ValueError):
    """A parameter or modifier that the server does not know; may be ignored if the client says."""


def parameter_of(kind: str, code: str) -> SearchParameter:
    """Look up a search parameter.

    Raises
    ------
    NotSupported
        `kind` has no such parameter; the message names the nearest, and all it has.
    """
    known = definitions().search[kind]
    if code not in known:
        close = get_close_matches(code, known, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        own = ", ".join(name for name in known if name[0] != "_")
        raise NotSupported(f"{kind} has no search parameter {code!r}; {hint}it has {own}")
    return known[code]


@dataclass(frozen=True)
class Criteria:
    """Makes conditions.

    Attributes
    ----------
    now
        The moment that the prefix ``ap`` measures from.
    base_url
        Own absolute references count as relative ones.
    sees
        Asked for the resources at the other end of a reference: a condition on what is hidden
        would tell of it. ``None`` where nothing is.
    """

    now: datetime
    base_url: str
    sees: Sees | None = None

    def condition(self, kind: str, name: str, value: str) -> Condition:
        """Say which resources of type `kind` the parameter ``name=value`` lets through.

        Raises
        ------
        NotSupported
            The server does not know the parameter or its modifier.
        ValueError
            The value is malformed.
        """
        if name.count(".") + name.count("_has:") > MAX_LINKS:
            raise NotSupported(f"a chain has at most {MAX_LINKS} links here")
        if name.startswith("_has:"):
            return self._has(kind, name, value)
        head, dot, rest = name.partition(".")
        if dot:
            rows, args = self._chain(kind, head, rest, value)
            return f"r.pk IN ({rows})", args
        code, _, modifier = name.partition(":")
        if modifier == "missing":
            if value not in ("true", "false"):
                raise ValueError(":missing takes true or false")
            parameter = parameter_of(kind, code)
            rows = f"SELECT pk FROM ix_{parameter.type} WHERE type = ? AND code = ?"
            return f"r.pk {'NOT ' if value == 'true' else ''}IN ({rows})", [kind, code]
        rows, args = self._rows(kind, code, modifier, value)
        return f"r.pk {'NOT ' if modifier == 'not' else ''}IN ({rows})", args

    def _rows(self, kind: str, code: str, modifier: str, value: str) -> Condition:
        """Select the resources of which any of the alternatives, separated by commas, is true."""
        parameter = parameter_of(kind, code)
        allowed = MODIFIERS[parameter.type]
        typed = parameter.type == "reference" and modifier in known_types()
        if modifier and modifier not in allowed and not typed:
            can = ", ".join(f":{m}" for m in (*allowed, "missing"))
            raise NotSupported(f"{code} has no modifier {modifier!r} here; it has {can}")
        if value == "":
            raise ValueError("the value is missing")
        match = MATCHERS[parameter.type]
        parts = split_escaped(value, ",")
        if len(parts) > MAX_ALTERNATIVES:
            raise NotSupported(f"a parameter has at most {MAX_ALTERNATIVES} alternatives here")
        alternatives = [match(part, modifier, self.now, self.base_url) for part in parts]
        either = " OR ".join(f"({sql})" for sql, _ in alternatives)
        args = [kind, code, *(arg for _, values in alternatives for arg in values)]
        return (
            f"SELECT pk FROM ix_{parameter.type} WHERE type = ? AND code = ? AND ({either})",
            args,
        )

    def _chain(self, kind: str, head: str, rest: str, value: str) -> Condition:
        """``patient.identifier=X``: by what is referred to (R4 search.html#chaining)."""
        code, _, only = head.partition(":")
        parameter = parameter_of(kind, code)
        if parameter.type != "reference":
            raise NotSupported(f"{code} is no reference: nothing can be chained to it")
        possible = [only] if only in definitions().search else []
        possible = possible if only else definitions().targets(kind, parameter)
        targets = [t for t in possible if _begins_with_a_parameter_of(t, rest)]
        if not targets:
            raise NotSupported(
                f"no resource type at the end of {head} has the parameter {rest!r} here"
            )
        either, args = [], [kind, code]
        for target in targets:
            condition, values = self._seen(target, *self.condition(target, rest, value))
            either.append(f"(r.type = ? AND {condition})")
            args += [target, *values]
        rows = (
            "SELECT x.pk FROM resource r JOIN ix_reference x ON x.target_id = r.id "
            "AND x.target_type = r.type AND x.url = '' AND x.type = ? AND x.code = ? "
            f"WHERE r.deleted = 0 AND ({' OR '.join(either)})"
        )
        return rows, args

    def _seen(self, kind: str, condition: str, values: list[Any]) -> Condition:
        if self.sees is None:
            return condition, values
        numbers = self.sees(f"r.type = ? AND {condition}", [kind, *values])
        return "r.pk IN (SELECT value FROM json_each(?))", [json.dumps(numbers)]

    def _has(self, kind: str, name: str, value: str) -> Condition:
        """``_has:ImagingStudy:patient:modality=CT``: by what refers here (R4 search.html#has)."""
        parts = name.split(":", 3)
        if len(parts) != 4:
            raise ValueError("write _has:[type]:[reference parameter]:[parameter]=[value]")
        _, other, code, rest = parts
        if other not in definitions().search:
            raise NotSupported(f"no resource type {other!r} here")
        if parameter_of(other, code).type != "reference":
            raise NotSupported(f"{code} of {other} is no reference")
        condition, values = self._seen(other, *self.condition(other, rest, value))
        rows = (
            "SELECT t.pk FROM resource r JOIN ix_reference x ON x.pk = r.pk AND x.code = ? "
            "AND x.url = '' JOIN resource t ON t.type = x.target_type AND t.id = x.target_id "
            f"WHERE r.type = ? AND r.deleted = 0 AND t.type = ? AND {condition}"
        )
        return f"r.pk IN ({rows})", [code, other, kind, *values]


def _begins_with_a_parameter_of(kind: str, rest: str) -> bool:
    return rest.startswith("_has:") or (
        rest.partition(".")[0].partition(":")[0] in definitions().search[kind]
    )
