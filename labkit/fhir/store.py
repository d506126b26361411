"""Resources and their versions in one SQLite file.

A write is acknowledged only when it is on disk (`labkit.common.durable`), so that a killed process
loses nothing it has answered for. Versions are never overwritten; a deletion is a version without a
body.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from labkit.common.durable import Durable, Wording
from labkit.fhir.canonical import dumps, loads
from labkit.fhir.dates import instant
from labkit.fhir.index import Rows, index_rows

KINDS = ("token", "reference", "date", "string", "uri")
_SCHEMA = """
CREATE TABLE resource (pk INTEGER PRIMARY KEY AUTOINCREMENT, type TEXT NOT NULL, id TEXT NOT NULL,
  version INTEGER NOT NULL, deleted INTEGER NOT NULL DEFAULT 0, UNIQUE (type, id));
CREATE INDEX resource_live ON resource (type, pk) WHERE deleted = 0;
CREATE TABLE version (pk INTEGER NOT NULL, version INTEGER NOT NULL, updated TEXT NOT NULL,
  body TEXT, PRIMARY KEY (pk, version)) WITHOUT ROWID;
CREATE TABLE counter (next INTEGER NOT NULL);
INSERT INTO counter VALUES (1);
CREATE TABLE ix_token (pk INTEGER, type TEXT, code TEXT, system TEXT, value TEXT);
CREATE INDEX ix_token_value ON ix_token (type, code, value, system, pk);
CREATE TABLE ix_reference (pk INTEGER, type TEXT, code TEXT, target_type TEXT, target_id TEXT,
  url TEXT, system TEXT, value TEXT);
CREATE INDEX ix_reference_id ON ix_reference (type, code, target_id, target_type, pk);
CREATE INDEX ix_reference_url ON ix_reference (type, code, url, pk);
CREATE INDEX ix_reference_value ON ix_reference (type, code, value, system, pk);
CREATE TABLE ix_date (pk INTEGER, type TEXT, code TEXT, low INTEGER, high INTEGER);
CREATE INDEX ix_date_low ON ix_date (type, code, low, high, pk);
CREATE INDEX ix_date_high ON ix_date (type, code, high, low, pk);
CREATE TABLE ix_string (pk INTEGER, type TEXT, code TEXT, folded TEXT, exact TEXT);
CREATE INDEX ix_string_folded ON ix_string (type, code, folded, exact, pk);
CREATE TABLE ix_uri (pk INTEGER, type TEXT, code TEXT, value TEXT);
CREATE INDEX ix_uri_value ON ix_uri (type, code, value, pk);
""" + "".join(f"CREATE INDEX ix_{kind}_pk ON ix_{kind} (pk);\n" for kind in KINDS)
#: What each schema version adds to the one before: a store of an older labkit is brought along.
_STEPS = [
    _SCHEMA,
    """
ALTER TABLE version ADD COLUMN method TEXT NOT NULL DEFAULT '';
CREATE INDEX version_updated ON version (updated, pk, version);
CREATE TABLE notice (number INTEGER PRIMARY KEY AUTOINCREMENT, subscription TEXT NOT NULL,
  pk INTEGER NOT NULL, version INTEGER NOT NULL, tries INTEGER NOT NULL DEFAULT 0);
CREATE INDEX notice_of ON notice (subscription, number);
""",
]
_WORDING = Wording(
    "the FHIR store",
    "check that the folder can be written and that the file is a FHIR store; "
    "`labkit reset` makes a new one",
    "make room on the disk, then try again; nothing was half stored",
)


@dataclass(frozen=True)
class Stored:
    """One version of one resource.

    Attributes
    ----------
    body
        The JSON as it goes out, or ``""`` if this version is a deletion.
    updated
        When it was stored: a FHIR instant.
    """

    pk: int
    type: str
    id: str
    version: int
    updated: str
    body: str

    @property
    def deleted(self) -> bool:
        """Whether this version says that the resource is gone."""
        return self.body == ""

    @property
    def resource(self) -> dict[str, Any]:
        """The resource as Python values."""
        value: dict[str, Any] = loads(self.body)
        return value


def system_clock() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(timezone.utc)


class FhirStore:
    """A durable store of FHIR resources; safe to use from several threads.

    Parameters
    ----------
    path
        The SQLite file; made with its folder if it is not there.
    clock
        Gives ``meta.lastUpdated``.

    Attributes
    ----------
    rung
        Set when the queue of notices to Subscriptions may have grown.
    """

    def __init__(self, path: Path, *, clock: Callable[[], datetime] = system_clock) -> None:
        self.path = Path(path)
        self.clock = clock
        self.rung = threading.Event()
        self._file = Durable(self.path, _STEPS, _WORDING)
        self._db, self._lock = self._file.db, self._file.lock

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        self._file.close()

    def transaction(self) -> AbstractContextManager[None]:
        """All writes inside happen together or not at all; may be nested.

        Raises
        ------
        LabError
            The file cannot be written: the disk is full, or read-only.
        """
        return self._file.transaction()

    def query(self, sql: str, args: list[Any]) -> list[tuple[Any, ...]]:
        """Run one SELECT."""
        return self._file.query(sql, args)

    def execute(self, sql: str, args: list[Any]) -> None:
        """Run one statement that writes, in a transaction."""
        with self.transaction():
            self._db.execute(sql, args)

    def create(self, resource: dict[str, Any], base_url: str = "") -> Stored:
        """Store a new resource under an id of the store's choice."""
        with self.transaction():
            id_ = self.new_id(resource["resourceType"])
            return self._write(resource, id_, base_url, "POST")

    def put(
        self, resource: dict[str, Any], base_url: str = "", method: str = "PUT"
    ) -> tuple[Stored, bool]:
        """Store a resource under its own id; say whether the id is new to the store or was gone.

        `method` is what the history tells of it.
        """
        with self.transaction():
            before = self.read(resource["resourceType"], resource["id"])
            stored = self._write(resource, resource["id"], base_url, method)
            return stored, before is None or before.deleted

    def delete(self, kind: str, id_: str) -> Stored | None:
        """Delete a resource; returns its last version, or ``None`` if there is none."""
        with self.transaction():
            before = self.read(kind, id_)
            if before is None or before.deleted:
                return before
            version = before.version + 1
            return self._version(before.pk, kind, id_, version, None, Rows(), "DELETE")

    def amend(self, stored: Stored, resource: dict[str, Any], base_url: str = "") -> Stored:
        """Write the current version again, inside the transaction that made it.

        For a conditional reference, which can be resolved only when all the others are stored.
        """
        with self.transaction():
            whole = _whole(resource, stored.id, stored.version, stored.updated)
            body = dumps(whole)
            self._db.execute(
                "UPDATE version SET body = ? WHERE pk = ? AND version = ?",
                [body, stored.pk, stored.version],
            )
            self._index(stored.pk, stored.type, index_rows(whole, base_url))
            return replace(stored, body=body)

    def read(self, kind: str, id_: str, version: str = "") -> Stored | None:
        """Return the current or the named version, or ``None``."""
        wanted = "v.version = r.version" if not version else "v.version = ?"
        rows = self.query(
            "SELECT r.pk, r.type, r.id, v.version, v.updated, coalesce(v.body, '') FROM resource r "
            f"JOIN version v ON v.pk = r.pk AND {wanted} WHERE r.type = ? AND r.id = ?",
            [*([version] if version else []), kind, id_],
        )
        return Stored(*rows[0]) if rows else None

    def new_id(self, kind: str) -> str:
        """Count on, inside a transaction; ids that clients chose are skipped."""
        while True:
            id_ = str(self.query("SELECT next FROM counter", [])[0][0])
            self._db.execute("UPDATE counter SET next = next + 1")
            taken = self.query("SELECT 1 FROM resource WHERE type = ? AND id = ?", [kind, id_])
            if not taken:
                return id_

    def _write(self, resource: dict[str, Any], id_: str, base_url: str, method: str) -> Stored:
        kind = resource["resourceType"]
        found = self.query("SELECT pk, version FROM resource WHERE type=? AND id=?", [kind, id_])
        if found:
            pk, version = found[0][0], found[0][1] + 1
        else:
            sql = "INSERT INTO resource (type, id, version) VALUES (?, ?, 1)"
            pk, version = self._db.execute(sql, [kind, id_]).lastrowid or 0, 1
        whole = _whole(resource, id_, version, instant(self.clock()))
        return self._version(pk, kind, id_, version, whole, index_rows(whole, base_url), method)

    def _version(
        self, pk: int, kind: str, id_: str, version: int, whole: dict[str, Any] | None,
        rows: Rows, method: str,
    ) -> Stored:  # fmt: skip
        updated = whole["meta"]["lastUpdated"] if whole else instant(self.clock())
        body = dumps(whole) if whole else None
        db = self._db
        db.execute(
            "UPDATE resource SET version = ?, deleted = ? WHERE pk = ?", [version, not body, pk]
        )
        db.execute(
            "INSERT INTO version VALUES (?, ?, ?, ?, ?)", [pk, version, updated, body, method]
        )
        self._index(pk, kind, rows)
        return Stored(pk, kind, id_, version, updated, body or "")

    def _index(self, pk: int, kind: str, rows: Rows) -> None:
        for name in KINDS:
            self._db.execute(f"DELETE FROM ix_{name} WHERE pk = ?", [pk])
            values = [(pk, kind, *row) for row in dict.fromkeys(getattr(rows, name))]
            if values:
                marks = ",".join("?" * len(values[0]))
                self._db.executemany(f"INSERT INTO ix_{name} VALUES ({marks})", values)

    def backup(self, path: Path) -> None:
        """Copy everything into another SQLite file, while the store is in use."""
        with self._lock, closing(sqlite3.connect(path)) as other:
            self._db.backup(other)

    def restore(self, path: Path) -> None:
        """Go back to what `backup` wrote, while the store is in use."""
        with self._lock, closing(sqlite3.connect(path)) as other:
            other.backup(self._db)
            self._file.open_schema()


def _whole(resource: dict[str, Any], id_: str, version: int, updated: str) -> dict[str, Any]:
    """Return the resource as it goes out: type, id and meta first."""
    meta = {**resource.get("meta", {}), "versionId": str(version), "lastUpdated": updated}
    rest = {k: v for k, v in resource.items() if k not in ("resourceType", "id", "meta")}
    return {"resourceType": resource["resourceType"], "id": id_, "meta": meta, **rest}
