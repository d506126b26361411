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


def statement_of(
    query: Query, *, unknown_matches: bool = True, part: tuple[int, int | None] | None = None
) -> Statement:
    """The SQL of a query.

    Its columns are: the attributes of each level of the model as JSON (from the top down), the
    first image's UID, then the computed attributes asked for, in order.

    Parameters
    ----------
    unknown_matches
        Whether a Required Key that is empty in the index matches every value, as PS3.4 C.2.2.1.2
        has it.
    part
        Which of the matches: offset, and limit or ``None``. They are chosen by the conditions
        alone, before any column of the others is read.
    """
    tables, condition, values = _chosen(query, unknown_matches, alone=part is not None)
    levels = levels_joined(query)
    own = schema.TABLE[query.level]
    selected = [f"{schema.TABLE[level]}.attributes" for level in levels]
    selected.append(_FIRST_IMAGE[query.level] if _needs_object(query) else "''")
    selected += [COMPUTED[keyword].value for keyword in computed_keywords(query)]
    if part is not None:
        offset, limit = part
        page = f"LIMIT {-1 if limit is None else limit:d} OFFSET {offset:d}"
        first = "+" if condition else ""  # the search first, then the order: not each row in order
        condition = (
            f" WHERE {own}.pk IN "
            f"(SELECT {own}.pk FROM {tables}{condition} ORDER BY {first}{own}.pk {page})"
        )
    order = f" ORDER BY {own}.pk"
    return Statement(f"SELECT {', '.join(selected)} FROM {tables}{condition}{order}", tuple(values))


def count_of(query: Query, *, unknown_matches: bool = True) -> Statement:
    """The SQL that counts what matches a query: of its conditions alone."""
    tables, condition, values = _chosen(query, unknown_matches, alone=True)
    return Statement(f"SELECT count(*) FROM {tables}{condition}", tuple(values))


def _chosen(query: Query, unknown_matches: bool, *, alone: bool) -> tuple[str, str, list[str]]:
    """The tables of a query, its conditions, and their values.

    Parameters
    ----------
    alone
        Whether the conditions are all that is read. Then a single one is a search of its index, and
        no row is.
    """
    tables = _FROM[query.level]
    if Level.PATIENT in levels_joined(query) and query.level is not Level.PATIENT:
        tables += " JOIN patient ON study.patient = patient.pk"
    where: list[str] = []
    values: list[str] = []
    alone = alone and len(query.conditions) == 1 and not query.collections
    for keyword, matcher in query.conditions.items():
        sql, parameters = _condition(keyword, matcher, query, unknown_matches, alone)
        where.append(sql)
        values += parameters
    for keyword, matchers in query.collections.items():
        clauses = [matcher.clause(COMPUTED[keyword].column) for matcher in matchers]
        either = " OR ".join(f"({clause.sql})" for clause in clauses)
        where.append(COMPUTED[keyword].member.format(either))
        values += [value for clause in clauses for value in clause.values]
    return tables, f" WHERE {' AND '.join(where)}" if where else "", values


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
    keyword: str, matcher: Matcher, query: Query, unknown_matches: bool, alone: bool
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
    few = (alone and len(columns) == 1) or any(_finds_few(each, query) for each in query.conditions)
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
