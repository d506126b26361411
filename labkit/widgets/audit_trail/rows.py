"""Records of an audit trail as rows between swim lanes: read with care, no more than plain data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.common.errors import DataError

Source = object
"""A record, several, a file of a trail, or something with ``records()``."""
_REMEDY = "Give lab.audit.records(), or the lines of a file of the trail."


@dataclass(frozen=True)
class Row:
    """One record.

    Attributes
    ----------
    record
        As it stands in the trail.
    who
        On whose behalf: the user, else the application, else the AE title.
    here, there, on
        Lanes: who asked, which door answered, and where a C-MOVE sends to (``""``: nowhere).
    """

    record: Mapping[str, Any]
    who: str
    here: str
    there: str
    on: str

    @property
    def number(self) -> int:
        """The record's number in its trail."""
        return int(self.record["seq"])

    @property
    def allowed(self) -> bool:
        """Whether the answer was yes; also of what a search showed."""
        return bool(self.record.get("allowed"))

    @property
    def act(self) -> str:
        """What was to be done: ``"C-MOVE"``, ``"read"``; ``"answer"`` of what a search showed."""
        if self.record.get("kind") == "result":
            return "answer"
        return str(self.record.get("action") or self.record.get("type") or self.record["event"])

    @property
    def about(self) -> str:
        """What it was about, in few words."""
        if self.record.get("kind") == "result":
            shown, withheld = self.record["shown"]["count"], self.record["withheld"]["count"]
            return f"{shown} shown" + (f", {withheld} withheld" if withheld else "")
        what = self.record.get("what", {})
        uid = str(what.get("StudyInstanceUID", ""))
        if what.get("resourceType"):
            return f"{what['resourceType']}/{what.get('id', '')}".rstrip("/")
        return (f"study …{uid[-8:]}" if len(uid) > 12 else f"study {uid}") if uid else ""


def read_rows(source: Source) -> list[Row]:
    """Find the records in whatever was given, in the order of their numbers.

    Raises
    ------
    DataError
        Something is no record of an audit trail.
    """
    records: dict[int, Mapping[str, Any]] = {}
    for record in _found(source):
        if not isinstance(record, Mapping) or not isinstance(record.get("seq"), int):
            raise DataError(f"{record!r:.60} is no record of an audit trail.", remedy=_REMEDY)
        records[record["seq"]] = record
    return [_row(record, records) for _, record in sorted(records.items())]


def _found(source: Source) -> Iterable[object]:
    if isinstance(source, Mapping):
        return [source]
    if isinstance(source, (str, Path)):
        try:
            text = Path(source).read_text("utf-8")
            return [json.loads(line) for line in text.splitlines() if line]
        except (OSError, ValueError) as error:
            raise DataError(
                f"{Path(source).name} is no file of a trail.", remedy=_REMEDY
            ) from error
    if isinstance(source, Iterable):
        return source
    raise DataError(f"{type(source).__name__} holds no records.", remedy=_REMEDY)


def _row(record: Mapping[str, Any], every: Mapping[int, Mapping[str, Any]]) -> Row:
    told = record
    if record.get("kind") == "result":  # is about the search that it answers
        told = every.get(int(record.get("of", 0)), record)
    grant = told.get("grant", {})
    actor = str(told.get("actor", ""))
    who = str(grant.get("subject") or grant.get("client") or actor or "nobody known")
    door = lane_of(str(told.get("door", "")) or "the lab")
    here = str(grant.get("client") or actor or "nobody known")
    on = str(record.get("what", {}).get("destination", ""))
    if record.get("kind") == "result":
        here, door = door, here
    return Row(record, who, here, door, on if on not in (here, door) else "")


def lane_of(door: str) -> str:
    """Return the short name of a door: an AE title as it is, of a URL the end of its path."""
    if "://" not in door:
        return door
    rest = door.partition("://")[2]
    return rest.partition("/")[2].strip("/").rsplit("/", 1)[-1] or "HTTP"


def lanes_of(rows: Iterable[Row]) -> list[str]:
    """Return the lanes: first who asks, then the doors, then where things are sent."""
    rows = list(rows)
    order: dict[str, None] = {}
    doors = {r.there for r in rows if r.act != "answer"}
    for names in (
        (r.here for r in rows if r.act != "answer" and r.here not in doors),
        (r.there for r in rows if r.act != "answer"),
        (r.on for r in rows if r.on),
        (name for r in rows for name in (r.here, r.there)),
    ):
        order.update(dict.fromkeys(names))
    return list(order)
