"""A search request: its parameters read and checked, and the SQL that answers it (R4 search.html).

Parameters that the server does not know are refused by default, since a misspelt filter that is
quietly ignored returns everybody's studies. ``Prefer: handling=lenient`` has them ignored with a
warning (R4 search.html#errors).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from labkit.fhir.definitions import SearchParameter, definitions
from labkit.fhir.match import MATCHERS, MODIFIERS, Condition, split_escaped
from labkit.fhir.outcome import FhirError, Issue, refuse
from labkit.fhir.references import known_types

DEFAULT_COUNT, MAX_COUNT = 50, 500
#: Parameters of the request, not of the resource. `_page` is ours: where the next page begins.
CONTROL = ("_count", "_sort", "_summary", "_total", "_format", "_pretty", "_page")
_COLUMN = {
    "token": "value",
    "reference": "target_id",
    "date": "low",
    "string": "folded",
    "uri": "value",
}


class NotSupported(ValueError):
    """A parameter or modifier that the server does not know; may be ignored if the client says."""


@dataclass
class Search:
    """A checked search.

    Attributes
    ----------
    type
        The resource type searched.
    conditions
        SQL conditions on ``r.pk``, all of which must hold.
    sort
        (search parameter, whether descending), in order.
    count
        Entries a page; 0 asks for the total only.
    used
        The parameters that were understood, as they go into the self link.
    warnings
        What was ignored, and why.
    """

    type: str
    conditions: list[Condition] = field(default_factory=list)
    sort: list[tuple[SearchParameter, bool]] = field(default_factory=list)
    count: int = DEFAULT_COUNT
    total: bool = True
    page: list[Any] | None = None
    used: list[tuple[str, str]] = field(default_factory=list)
    warnings: list[Issue] = field(default_factory=list)

    def where(self) -> Condition:
        """Return the condition that every match meets."""
        sql, args = "r.type = ? AND r.deleted = 0", [self.type]
        for condition, values in self.conditions:
            sql += f" AND {condition}"
            args += values
        return sql, args

    def count_sql(self) -> Condition:
        """Return the statement that counts the matches."""
        sql, args = self.where()
        return f"SELECT count(*) FROM resource r WHERE {sql}", args

    def page_sql(self) -> Condition:
        """Return the statement for one page and one more row: pk, type, id, …, then sort keys.

        A page begins after the last row of the page before, by its sort keys and its number, and
        not after so many rows: what is stored meanwhile neither repeats nor hides a match.
        """
        keys, key_args = self._sort_keys()
        names = [f"k{number}" for number in range(len(keys))]
        columns = "".join(f", {key} AS {name}" for key, name in zip(keys, names, strict=True))
        where, args = self.where()
        order = [(n, down) for n, (_, down) in zip(names, self.sort, strict=True)]
        order.append(("number", False))
        after, after_args = self._after(order)
        sql = (
            "WITH hit AS (SELECT r.pk AS number, r.type, r.id, r.version AS current"
            f"{columns} FROM resource r WHERE {where}) "
            "SELECT number, type, id, current, updated, body"
            f"{''.join(f', {name}' for name in names)} "
            f"FROM hit JOIN version v ON v.pk = number AND v.version = current {after} ORDER BY "
            f"{', '.join(name + (' DESC' if down else '') for name, down in order)} LIMIT ?"
        )
        return sql, [*key_args, *args, *after_args, self.count + 1]

    def _sort_keys(self) -> tuple[list[str], list[Any]]:
        keys, args = [], []
        for parameter, down in self.sort:
            pick = "max" if down else "min"
            column = _COLUMN[parameter.type]
            empty = "-9e18" if parameter.type == "date" else "''"
            keys.append(
                f"coalesce((SELECT {pick}({column}) FROM ix_{parameter.type} s WHERE s.pk = r.pk "
                f"AND s.code = ?), {empty})"
            )
            args.append(parameter.code)
        return keys, args

    def _after(self, order: list[tuple[str, bool]]) -> Condition:
        if self.page is None:
            return "", []
        if len(self.page) != len(order):
            raise refuse(400, "invalid", "_page does not belong to this search; start it again")
        clauses, args = [], []
        for number, (name, down) in enumerate(order):
            equal = [f"{before} = ?" for before, _ in order[:number]]
            clauses.append(" AND ".join([*equal, f"{name} {'<' if down else '>'} ?"]))
            args += self.page[: number + 1]
        return f"WHERE {' OR '.join(f'({clause})' for clause in clauses)}", args


def page_token(keys: list[Any]) -> str:
    """Spell where a page ended; opaque to clients."""
    return base64.urlsafe_b64encode(json.dumps(keys).encode()).decode().rstrip("=")


def _page_keys(token: str) -> list[Any]:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        keys = json.loads(text)
    except (binascii.Error, ValueError) as error:
        raise ValueError("take the next page's URL from the link, as it is") from error
    if not isinstance(keys, list) or not all(type(k) in (str, int, float) for k in keys):
        raise ValueError("take the next page's URL from the link, as it is")
    return keys


def parse_search(
    kind: str, pairs: Iterable[tuple[str, str]], *, lenient: bool, now: datetime, base_url: str
) -> Search:
    """Read the parameters of a search.

    Raises
    ------
    FhirError
        400, with an issue for each parameter that is unknown (unless `lenient`) or malformed.
    """
    search = Search(kind)
    problems: list[Issue] = []
    for name, value in pairs:
        try:
            if name in CONTROL:
                _control(search, name, value)
            else:
                search.conditions.append(_condition(kind, name, value, now, base_url))
        except NotSupported as error:
            issue = Issue("not-supported", str(error), severity="warning")
            (search.warnings if lenient else problems).append(issue)
            continue
        except ValueError as error:
            problems.append(Issue("invalid", f"{name}={value}: {error}"))
            continue
        if name not in ("_format", "_pretty"):
            search.used.append((name, value))
    if problems:
        errors = [Issue(issue.code, issue.diagnostics) for issue in problems]
        raise FhirError(400, errors)
    return search


def _parameter(kind: str, code: str) -> SearchParameter:
    known = definitions().search[kind]
    if code not in known:
        close = get_close_matches(code, known, n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        own = ", ".join(name for name in known if name[0] != "_")
        raise NotSupported(f"{kind} has no search parameter {code!r}; {hint}it has {own}")
    return known[code]


def _condition(kind: str, name: str, value: str, now: datetime, base_url: str) -> Condition:
    """Say which numbers of the resource table one parameter lets through."""
    head, dot, rest = name.partition(".")
    if dot:
        rows, args = _chain(kind, head, rest, value, now, base_url)
        return f"r.pk IN ({rows})", args
    code, _, modifier = name.partition(":")
    if modifier not in ("missing", "not"):
        rows, args = _rows(kind, code, modifier, value, now, base_url)
        return f"r.pk IN ({rows})", args
    if modifier == "missing":
        if value not in ("true", "false"):
            raise ValueError(":missing takes true or false")
        parameter = _parameter(kind, code)
        rows = f"SELECT pk FROM ix_{parameter.type} WHERE type = ? AND code = ?"
        return f"r.pk {'NOT ' if value == 'true' else ''}IN ({rows})", [kind, code]
    rows, args = _rows(kind, code, modifier, value, now, base_url)
    return f"r.pk NOT IN ({rows})", args


def _rows(
    kind: str, code: str, modifier: str, value: str, now: datetime, base_url: str
) -> Condition:
    """Select the resources of which any of the alternatives, separated by commas, is true."""
    parameter = _parameter(kind, code)
    allowed = MODIFIERS[parameter.type]
    typed = parameter.type == "reference" and modifier in known_types()
    if modifier and modifier not in allowed and not typed:
        can = ", ".join(f":{m}" for m in (*allowed, "missing"))
        raise NotSupported(f"{code} has no modifier {modifier!r} here; it has {can}")
    if value == "":
        raise ValueError("the value is missing")
    match = MATCHERS[parameter.type]
    alternatives = [match(v, modifier, now, base_url) for v in split_escaped(value, ",")]
    either = " OR ".join(f"({sql})" for sql, _ in alternatives)
    args = [kind, code, *(arg for _, values in alternatives for arg in values)]
    return f"SELECT pk FROM ix_{parameter.type} WHERE type = ? AND code = ? AND ({either})", args


def _chain(kind: str, head: str, rest: str, value: str, now: datetime, base_url: str) -> Condition:
    """``patient.identifier=X``: by what the resource referred to is (R4 search.html#chaining)."""
    code, _, only = head.partition(":")
    parameter = _parameter(kind, code)
    if parameter.type != "reference":
        raise NotSupported(f"{code} is no reference: nothing can be chained to it")
    only = only or next((path.target for path in parameter.paths if path.target), "")
    search = definitions().search
    targets = [only] if only in search else [] if only else list(search)
    targets = [t for t in targets if rest.partition(".")[0].partition(":")[0] in search[t]]
    if not targets:
        raise NotSupported(f"no resource type at the end of {head} has the parameter {rest!r} here")
    either, args = [], [kind, code]
    for target in targets:
        condition, values = _condition(target, rest, value, now, base_url)
        either.append(f"(r.type = ? AND {condition})")
        args += [target, *values]
    rows = (
        "SELECT x.pk FROM resource r JOIN ix_reference x ON x.target_id = r.id "
        "AND x.target_type = r.type AND x.url = '' AND x.type = ? AND x.code = ? "
        f"WHERE r.deleted = 0 AND ({' OR '.join(either)})"
    )
    return rows, args


def _control(search: Search, name: str, value: str) -> None:
    if name == "_count":
        if not value.isdecimal():
            raise ValueError("a whole number, 0 or more, is needed")
        search.count = min(int(value), MAX_COUNT)
    elif name == "_summary":
        if value not in ("count", "false"):
            raise NotSupported("_summary is understood as count or false only")
        if value == "count":
            search.count = 0
    elif name == "_total":
        if value not in ("none", "estimate", "accurate"):
            raise ValueError("write none, estimate or accurate")
        search.total = value != "none"
    elif name == "_page":
        search.page = _page_keys(value)
    elif name == "_sort":
        for code in value.split(","):
            search.sort.append((_parameter(search.type, code.lstrip("-")), code[:1] == "-"))
