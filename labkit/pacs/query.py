"""Answering a query from the index."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from pydicom.datadict import dictionary_has_tag, dictionary_VR, keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.filereader import dcmread

from labkit.pacs.answer import Answer, asked_items
from labkit.pacs.archive import Archive
from labkit.pacs.identifier import SUPPLIED, Query
from labkit.pacs.matching import matches_element
from labkit.pacs.statement import (
    Statement,
    computed_keywords,
    count_of,
    from_object,
    levels_joined,
    statement_of,
)

_BULK = frozenset(("OB", "OD", "OF", "OL", "OV", "OW", "UN"))


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


class _Answering:
    """Makes an answer of each row; what depends on the query alone is worked out once.

    Attributes
    ----------
    fixed
        Elements that every answer has.
    indexed
        Tag, keyword and VR of those that come from the index.
    stored
        Those that come from the object, where it has them.
    """

    def __init__(self, query: Query, ae_title: str) -> None:
        self.fixed = {0x00080052: ("CS", query.level.value), 0x00080054: ("AE", ae_title)}
        self.indexed: list[tuple[int, str, str]] = []
        self.stored: list[tuple[int, DataElement, str]] = []
        for element in query.returned:
            tag = int(element.tag)
            keyword = keyword_for_tag(tag)
            vr = dictionary_VR(tag) if dictionary_has_tag(tag) else str(element.VR)
            vr = vr.split(" or ")[0]
            if keyword == "InstanceAvailability":
                self.fixed[tag] = ("CS", "ONLINE")
            elif from_object(keyword, query.root):
                self.stored.append((tag, element, vr))
            elif keyword not in SUPPLIED:
                self.indexed.append((tag, keyword, vr))

    def answer(self, known: dict[str, str], ds: Dataset | None) -> Answer:
        """The answer of an entity: its attributes from the index, and its first object."""
        answer = Answer(dict(self.fixed))
        for tag, keyword, vr in self.indexed:
            answer.texts[tag] = (vr, known.get(keyword, ""))
        for tag, element, vr in self.stored:
            if ds is not None and tag in ds and ds[tag].VR not in _BULK:
                answer.elements[tag] = asked_items(element, ds[tag])
            else:
                answer.texts[tag] = (vr, "")
        return answer


def find(
    archive: Archive,
    query: Query,
    ae_title: str,
    *,
    unknown_matches: bool = True,
    offset: int = 0,
    limit: int | None = None,
) -> Iterator[Match]:
    """Answer a query, one match at a time, in the order received.

    Parameters
    ----------
    ae_title
        Where the answers can be retrieved from: Retrieve AE Title (0008,0054) of each.
    unknown_matches
        As of `statement_of`.
    offset, limit
        Which part of the matches; only for a query that the index alone answers (no `others`).
    """
    part = (offset, limit) if offset or limit is not None else None
    statement = statement_of(query, unknown_matches=unknown_matches, part=part)
    levels = len(levels_joined(query))
    computed = computed_keywords(query)
    answering = _Answering(query, ae_title)
    with archive.index.reader() as reader:
        for row in _rows(reader, statement):
            known: dict[str, str] = {}
            for column in row[:levels]:
                known |= json.loads(column)
            for keyword, value in zip(computed, row[levels + 1 :], strict=True):
                known[keyword] = str(value)
            ds = _header(archive, row[levels]) if row[levels] else None
            if query.others and not _matches_others(query, ds):
                continue
            answer = answering.answer(known, ds)
            yield Match(answer, known.get("PatientID", ""), known.get("StudyInstanceUID", ""))


def count(archive: Archive, query: Query, *, unknown_matches: bool = True) -> int:
    """How many match a query that the index alone answers."""
    statement = count_of(query, unknown_matches=unknown_matches)
    with archive.index.reader() as reader:
        return int(reader.execute(statement.sql, statement.values).fetchone()[0])


def _matches_others(query: Query, ds: Dataset | None) -> bool:
    stored = ds if ds is not None else Dataset()
    return all(matches_element(key, stored) for key in query.others)


def _rows(reader: sqlite3.Connection, statement: Statement) -> Iterator[tuple[str, ...]]:
    cursor = reader.execute(statement.sql, statement.values)
    try:
        while rows := cursor.fetchmany(100):
            yield from rows
    finally:
        cursor.close()


def _header(archive: Archive, sop_instance_uid: str) -> Dataset | None:
    """The header of an object as it goes out; ``None`` if someone has taken its file away."""
    try:
        ds = dcmread(archive.objects.path(sop_instance_uid), stop_before_pixels=True)
    except OSError:
        return None
    archive.decisions.amend(ds)
    return ds
