"""A query as SQL: which tables, which conditions, which columns come back."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.datadict import keyword_for_tag

from labkit.pacs import schema
from labkit.pacs.computed import COMPUTED
from labkit.pacs.identifier import SUPPLIED, Query, Root, level_of
from labkit.pacs.keys import UNIQUE, Kind, Level, keys_at
from labkit.pacs.matching import Clause, Matcher, NameMatcher, Single, UidList

_FROM = {
    Level.PATIENT: "patient",
    Level.STUDY: "study",
    Level.SERIES: "series JOIN study ON series.study = study.pk",
    Level.IMAGE: "instance JOIN series ON instance.series = series.pk "
    "JOIN study ON series.study = study.pk",
}
_FIRST_IMAGE = {
    Level.PATIENT: "(SELECT i4.q_SOPInstanceUID FROM study AS t4 JOIN series AS s4 ON "
    "s4.study = t4.pk JOIN instance AS i4 ON i4.series = s4.pk WHERE t4.patient = patient.pk "
    "LIMIT 1)",
    Level.STUDY: "(SELECT i4.q_SOPInstanceUID FROM series AS s4 JOIN instance AS i4 ON "
    "i4.series = s4.pk WHERE s4.study = study.pk LIMIT 1)",
    Level.SERIES: "(SELECT i4.q_SOPInstanceUID FROM instance AS i4 WHERE i4.series = series.pk "
    "LIMIT 1)",
    Level.IMAGE: "instance.q_SOPInstanceUID",
}


@dataclass(frozen=True)
class Statement:
    """An SQL statement with its parameters."""

    sql: str
    values: tuple[str, ...]


def statement_of(query: Query, *, unknown_matches: bool = True) -> Statement:
    """The SQL of a query.

    Its columns are: the attributes of each level of the model as JSON (from the top down), the
    first image's UID, then the computed attributes asked for, in order.

    Parameters
    ----------
    unknown_matches
        Whether a Required Key that is empty in the index matches every value, as PS3.4 C.2.2.1.2
        has it.
    """
    tables = _FROM[query.level]
    levels = levels_joined(query)
    if Level.PATIENT in levels and query.level is not Level.PATIENT:
        tables += " JOIN patient ON study.patient = patient.pk"
    where: list[str] = []
    values: list[str] = []
    for keyword, matcher in query.conditions.items():
        sql, parameters = _condition(keyword, matcher, query, unknown_matches)
        where.append(sql)
        values += parameters
    for keyword, matchers in query.collections.items():
        clauses = [matcher.clause(COMPUTED[keyword].column) for matcher in matchers]
        either = " OR ".join(f"({clause.sql})" for clause in clauses)
        where.append(COMPUTED[keyword].member.format(either))
        values += [value for clause in clauses for value in clause.values]
    selected = [f"{schema.TABLE[level]}.attributes" for level in levels]
    selected.append(_FIRST_IMAGE[query.level] if _needs_object(query) else "''")
    selected += [COMPUTED[keyword].value for keyword in computed_keywords(query)]
    condition = f" WHERE {' AND '.join(where)}" if where else ""
    order = f" ORDER BY {schema.TABLE[query.level]}.pk"
    return Statement(f"SELECT {', '.join(selected)} FROM {tables}{condition}{order}", tuple(values))


def levels_joined(query: Query) -> list[Level]:
    """Levels whose tables the statement reads, from the top down."""
    return [level for level in query.root.levels if level.depth <= query.level.depth]


def computed_keywords(query: Query) -> list[str]:
    """The computed attributes that are asked for, in order."""
    keywords = (keyword_for_tag(element.tag) for element in query.returned)
    return [keyword for keyword in keywords if keyword in COMPUTED]


def from_object(keyword: str, root: Root) -> bool:
    """Whether an attribute is in neither the index nor supplied by the node itself."""
    return level_of(keyword, root) is None and keyword not in SUPPLIED


def _needs_object(query: Query) -> bool:
    keywords = (keyword_for_tag(element.tag) for element in query.returned)
    return bool(query.others) or any(from_object(keyword, query.root) for keyword in keywords)


def _condition(
    keyword: str, matcher: Matcher, query: Query, unknown_matches: bool
) -> tuple[str, list[str]]:
    """The condition of one key.

    Where a unique key has a value, the rows are few and the others are compared row by row. Where
    none has, each condition is a search of its own index, and gives the rows to be read.
    """
    level = level_of(keyword, query.root)
    assert level is not None
    table = schema.TABLE[level]
    key = next(key for key in keys_at(level) if key.keyword == keyword)
    columns = schema.columns_of(key)
    few = any(_finds_few(each, query) for each in query.conditions)
    parts: list[str] = []
    values: list[str] = []
    # A name may have several component groups, each to be found in one of three columns.
    for part in matcher.groups if isinstance(matcher, NameMatcher) else (matcher,):
        clauses = [part.clause(f"{table}.{column}") for column in columns]
        if unknown_matches and key.kind is Kind.REQUIRED:
            clauses.append(Clause(f"{table}.{columns[0]} = ''", ()))
        values += [value for clause in clauses for value in clause.values]
        if few:
            parts.append("(" + " OR ".join(f"({clause.sql})" for clause in clauses) + ")")
        else:
            searches = (f"SELECT pk FROM {table} WHERE {clause.sql}" for clause in clauses)
            parts.append(f"{table}.pk IN ({' UNION ALL '.join(searches)})")
    return " AND ".join(parts), values


def _finds_few(keyword: str, query: Query) -> bool:
    """Whether a condition is a value, or a list of values, of a unique key."""
    unique = keyword in (UNIQUE[level] for level in query.root.levels)
    return unique and isinstance(query.conditions[keyword], (Single, UidList))
