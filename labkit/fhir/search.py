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
from typing import Any

from labkit.fhir.criteria import Criteria, NotSupported, Sees, parameter_of
from labkit.fhir.definitions import SearchParameter
from labkit.fhir.include import Include, parse_include
from labkit.fhir.match import Condition
from labkit.fhir.outcome import FhirError, Issue, refuse

DEFAULT_COUNT, MAX_COUNT = 50, 500
#: More than a person writes, and fewer than SQLite takes in one statement.
MAX_PARAMETERS = 60
#: Parameters of the request, not of the resource. `_page` is ours: where the next page begins.
CONTROL = (
    "_count", "_sort", "_summary", "_elements", "_total", "_format", "_pretty", "_page",
    "_include", "_revinclude",
)  # fmt: skip
_COLUMN = {
    "token": "value",
    "reference": "target_id",
    "date": "low",
    "string": "folded",
    "uri": "value",
}


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
    includes
        What is sent along with the matches.
    elements
        The top-level elements that are wanted; empty for all.
    summary
        ``"text"``, ``"data"``, ``"count"`` or ``"false"``.
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
    includes: list[Include] = field(default_factory=list)
    elements: frozenset[str] = frozenset()
    summary: str = "false"
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


def page_keys(token: str) -> list[Any]:
    """Read what `page_token` wrote; ValueError if it did not."""
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        keys = json.loads(text)
    except (binascii.Error, ValueError, RecursionError) as error:
        raise ValueError("take the next page's URL from the link, as it is") from error
    fits = isinstance(keys, list) and all(
        isinstance(k, (str, float)) or (type(k) is int and abs(k) < 2**63) for k in keys
    )
    if not fits:
        raise ValueError("take the next page's URL from the link, as it is")
    return list(keys)


def parse_search(
    kind: str,
    pairs: Iterable[tuple[str, str]],
    *,
    lenient: bool,
    now: datetime,
    base_url: str,
    sees: Sees | None = None,
) -> Search:
    """Read the parameters of a search; `sees` as of `Criteria`.

    Raises
    ------
    FhirError
        400, with an issue for each parameter that is unknown (unless `lenient`) or malformed.
    """
    search = Search(kind)
    problems: list[Issue] = []
    criteria = Criteria(now, base_url, sees)
    given = list(pairs)
    if len(given) > MAX_PARAMETERS:
        raise refuse(400, "too-costly", f"a search has at most {MAX_PARAMETERS} parameters here")
    for name, value in given:
        try:
            if name.partition(":")[0] in CONTROL:
                _control(search, name, value)
            else:
                search.conditions.append(criteria.condition(kind, name, value))
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


def _control(search: Search, name: str, value: str) -> None:
    if name.partition(":")[0] in ("_include", "_revinclude"):
        search.includes.append(parse_include(search.type, name, value))
    elif name == "_count":
        if not value.isdecimal():
            raise ValueError("a whole number, 0 or more, is needed")
        search.count = min(int(value), MAX_COUNT)
    elif name == "_elements":
        search.elements = frozenset(value.split(","))
    elif name == "_summary":
        if value not in ("count", "text", "data", "false"):
            raise NotSupported("_summary is understood as count, text, data or false only")
        search.summary = value
        search.count = 0 if value == "count" else search.count
    elif name == "_total":
        if value not in ("none", "estimate", "accurate"):
            raise ValueError("write none, estimate or accurate")
        search.total = value != "none"
    elif name == "_page":
        search.page = page_keys(value)
    elif name == "_sort":
        for code in value.split(","):
            parameter = parameter_of(search.type, code.removeprefix("-"))
            search.sort.append((parameter, code[:1] == "-"))
    elif name not in ("_format", "_pretty"):
        raise NotSupported(f"{name.partition(':')[0]} takes no modifier")
