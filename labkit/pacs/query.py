"""Answering a query from the index."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filereader import dcmread

from labkit.pacs import schema
from labkit.pacs.answer import Answer, asked_items
from labkit.pacs.archive import Archive
from labkit.pacs.computed import COMPUTED
from labkit.pacs.identifier import Query, Root, level_of
from labkit.pacs.keys import BY_KEYWORD, UNIQUE, Kind, Level, keys_at
from labkit.pacs.matching import (
    Clause,
    Matcher,
    NameMatcher,
    Single,
    UidList,
    matches_element,
)

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
_BULK = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))


@dataclass(frozen=True)
class Statement:
    """An SQL statement with its parameters."""

    sql: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Match:
    """One entity that matches.

    Attributes
    ----------
    answer
        What is returned of it.
    patient_id, study_instance_uid
        Whose it is, for the access policy; ``""`` where the level has none.
    """

    answer: Answer
    patient_id: str
    study_instance_uid: str


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
    levels = _levels_joined(query)
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
    selected += [COMPUTED[keyword].value for keyword in _computed(query)]
    condition = f" WHERE {' AND '.join(where)}" if where else ""
    order = f" ORDER BY {schema.TABLE[query.level]}.pk"
    return Statement(f"SELECT {', '.join(selected)} FROM {tables}{condition}{order}", tuple(values))


def _levels_joined(query: Query) -> list[Level]:
    """Levels whose tables the statement reads, from the top down."""
    return [level for level in query.root.levels if level.depth <= query.level.depth]


def _computed(query: Query) -> list[str]:
    keywords = (keyword_for_tag(element.tag) for element in query.returned)
    return [keyword for keyword in keywords if keyword in COMPUTED]


def _needs_object(query: Query) -> bool:
    return bool(query.others) or any(
        _from_object(element, query.root) for element in query.returned
    )


def _from_object(element: DataElement, root: Root) -> bool:
    keyword = keyword_for_tag(element.tag)
    return level_of(keyword, root) is None and keyword not in _SUPPLIED


_SUPPLIED = (
    "QueryRetrieveLevel",
    "SpecificCharacterSet",
    "RetrieveAETitle",
    "InstanceAvailability",
)


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


def find(
    archive: Archive, query: Query, ae_title: str, *, unknown_matches: bool = True
) -> Iterator[Match]:
    """Answer a query, one match at a time, in the order received.

    Parameters
    ----------
    ae_title
        Where the answers can be retrieved from: Retrieve AE Title (0008,0054) of each.
    """
    statement = statement_of(query, unknown_matches=unknown_matches)
    levels = _levels_joined(query)
    computed = _computed(query)
    with archive.index.reader() as reader:
        reader.row_factory = None
        for row in _rows(reader, statement):
            known: dict[str, str] = {}
            for column in row[: len(levels)]:
                known |= json.loads(column)
            counts = zip(computed, row[len(levels) + 1 :], strict=True)
            known |= {keyword: str(value) for keyword, value in counts}
            first_image = row[len(levels)]
            ds = _header(archive.objects.path(first_image)) if first_image else Dataset()
            if all(matches_element(key, ds) for key in query.others):
                answer = _answer(query, known, ds, ae_title)
                yield Match(answer, known.get("PatientID", ""), known.get("StudyInstanceUID", ""))


def _rows(reader: sqlite3.Connection, statement: Statement) -> Iterator[tuple[str, ...]]:
    cursor = reader.execute(statement.sql, statement.values)
    try:
        while rows := cursor.fetchmany(100):
            yield from rows
    finally:
        cursor.close()


def _header(path: Path) -> Dataset:
    return dcmread(path, stop_before_pixels=True)


def _answer(query: Query, known: dict[str, str], ds: Dataset, ae_title: str) -> Answer:
    supplied = {"QueryRetrieveLevel": query.level.value, "RetrieveAETitle": ae_title}
    answer = Answer()
    answer.texts[0x00080052] = ("CS", query.level.value)
    answer.texts[0x00080054] = ("AE", ae_title)
    for element in query.returned:
        tag = int(element.tag)
        keyword = keyword_for_tag(tag)
        if keyword in supplied or keyword == "SpecificCharacterSet":
            continue
        if keyword == "InstanceAvailability":
            answer.texts[tag] = ("CS", "ONLINE")
        elif keyword in COMPUTED or keyword in BY_KEYWORD:
            answer.texts[tag] = (dictionary_VR(tag), known.get(keyword, ""))
        elif tag in ds and ds[tag].VR not in _BULK:
            answer.elements[tag] = asked_items(element, ds[tag])
        else:
            vr = dictionary_VR(tag) if dictionary_has_tag(tag) else str(element.VR)
            answer.texts[tag] = (vr.split(" or ")[0], "")
    return answer
