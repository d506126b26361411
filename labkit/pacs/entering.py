"""Entering an object into the index: its patient, study and series first, if they are new."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from labkit.pacs import schema
from labkit.pacs.header import Header
from labkit.pacs.keys import KEYS, Key, Level, keys_at
from labkit.pacs.matching.normal import forms

_ABOVE = tuple(key.keyword for key in KEYS if key.level is not Level.IMAGE)
_REMEMBERED = 1000


@dataclass(frozen=True)
class Entry:
    """One object as the index knows it.

    Attributes
    ----------
    number
        Grows with each object received.
    size
        Bytes of the encoded data set.
    source
        Calling AE title it came from.
    """

    number: int
    sop_instance_uid: str
    sop_class_uid: str
    transfer_syntax: str
    study_instance_uid: str
    series_instance_uid: str
    patient_id: str
    size: int
    source: str


@dataclass(frozen=True)
class Arrival:
    """An object to be entered: its header, transfer syntax, size in bytes and source."""

    header: Header
    transfer_syntax: str
    size: int
    source: str = ""

    def entry(self, number: int = 0) -> Entry:
        """As the index would know it; without a number if it is not in the index."""
        header = self.header
        return Entry(
            number,
            header["SOPInstanceUID"],
            header["SOPClassUID"],
            self.transfer_syntax,
            header["StudyInstanceUID"],
            header["SeriesInstanceUID"],
            header["PatientID"],
            self.size,
            self.source,
        )


class Entering:
    """Enters objects, remembering the series that it has seen lately.

    Images of a series come one after the other. As long as all that they say of patient, study and
    series is the same, one statement an image is enough.
    """

    def __init__(self) -> None:
        self._series: dict[tuple[str | None, ...], int] = {}

    def forget(self) -> None:
        """Forget what was remembered: the tables have changed otherwise."""
        self._series.clear()

    def enter(self, writer: sqlite3.Connection, arrival: Arrival, number: int = 0) -> Entry:
        """Enter an object, within the transaction that is open on `writer`.

        One that was in the index before may keep its `number`.
        """
        header = arrival.header
        above = tuple(map(header.values.get, _ABOVE))
        series = self._series.get(above)
        if series is None:
            if len(self._series) >= _REMEMBERED:
                self.forget()
            series = self._series[above] = _series_of(writer, header)
        own = {
            "series": series,
            "transfer_syntax": arrival.transfer_syntax,
            "size": arrival.size,
            "source": arrival.source,
            **({"pk": number} if number else {}),
        }
        return arrival.entry(_insert(writer, Level.IMAGE, own, header))


def _series_of(writer: sqlite3.Connection, header: Header) -> int:
    """Find or make the series of an object, and what is above it; its primary key."""
    study_uid, series_uid = header["StudyInstanceUID"], header["SeriesInstanceUID"]
    patient_id = header["PatientID"]
    # A Patient ID is unique within its issuer only; without one, nothing says who it is.
    identity = f"{header['IssuerOfPatientID']}\\{patient_id}" if patient_id else f"\\\\{study_uid}"
    patient = _upsert(writer, Level.PATIENT, {"identity": identity}, header)
    place = {"q_StudyInstanceUID": study_uid, "patient": patient}
    study = _upsert(writer, Level.STUDY, place, header)
    place = {"q_SeriesInstanceUID": series_uid, "study": study}
    return _upsert(writer, Level.SERIES, place, header)


def _upsert(
    writer: sqlite3.Connection, level: Level, place: Mapping[str, object], header: Header
) -> int:
    """Find or make an entity. What its first object did not say, a later one fills in."""
    table = schema.TABLE[level]
    where = " AND ".join(f"{column} = ?" for column in place)
    row = writer.execute(
        f"SELECT pk, attributes FROM {table} WHERE {where}", tuple(place.values())
    ).fetchone()
    if row is None:
        return _insert(writer, level, place, header)
    pk = int(row[0])
    known: dict[str, str] = json.loads(row[1])
    new = {
        key: header[key.keyword]
        for key in keys_at(level)
        if header[key.keyword] and not known.get(key.keyword)
    }
    if new:
        known |= {key.keyword: value for key, value in new.items()}
        columns = {c: v for key, value in new.items() for c, v in _search(key, value)}
        changes = "".join(f", {column} = ?" for column in columns)
        writer.execute(
            f"UPDATE {table} SET attributes = ?{changes} WHERE pk = ?",
            (_json(known), *columns.values(), pk),
        )
    return pk


def _insert(
    writer: sqlite3.Connection, level: Level, own: Mapping[str, object], header: Header
) -> int:
    values: dict[str, object] = dict.fromkeys(schema.columns_at(level), "")
    attributes: dict[str, str] = {}
    for key in keys_at(level):
        text = header[key.keyword]
        if text:
            attributes[key.keyword] = text
            values.update(_search(key, text))
    values.update(own)
    names = ", ".join(values)
    marks = ", ".join("?" * (len(values) + 1))
    cursor = writer.execute(
        f"INSERT INTO {schema.TABLE[level]} ({names}, attributes) VALUES ({marks})",
        (*values.values(), _json(attributes)),
    )
    return int(cursor.lastrowid or 0)


def _search(key: Key, text: str) -> list[tuple[str, str]]:
    return list(zip(schema.columns_of(key), forms(key.vr, text), strict=False))


def _json(values: Mapping[str, str]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
