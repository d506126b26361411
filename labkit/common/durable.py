"""One SQLite file that keeps what it has answered for.

Write-ahead log, ``synchronous=FULL`` (one fsync a commit): neither a killed process nor a power cut
loses what a transaction has returned from, and nothing is half written.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from labkit.common.errors import LabError


@dataclass(frozen=True)
class Wording:
    """What is said when the file cannot be used.

    Attributes
    ----------
    name
        What the file is: ``"the ledger"``.
    unopened, unwritten
        What to do when it cannot be opened, or written.
    """

    name: str
    unopened: str
    unwritten: str


class Durable:
    """An SQLite file with transactions; safe for several threads.

    Parameters
    ----------
    path
        The file; made with its folder if it is not there.
    steps
        What each schema version adds to the one before, as SQL; a file of an older version is
        brought along.
    wording
        How errors are worded.
    private
        Make file and folder for their owner alone.
    exclusive
        Keep every other process out for as long as this one has it open. It also lets the file
        lie on a network file system, since no memory is then shared (sqlite.org/wal.html, 8).
    committed
        Called within the lock after each commit.
    lazy
        Do not wait for the disk at each commit (``synchronous=NORMAL``). A killed process loses
        nothing all the same; a power cut may lose the newest commits, whole ones. Only where
        whoever was answered keeps the same, and tells it again.
    erased
        Overwrite what is deleted (``secure_delete``), see `erase`.

    Attributes
    ----------
    db, lock
        The connection, and what to hold while it is used.

    Raises
    ------
    LabError
        The file cannot be opened: its folder, another kind of file, a newer schema, or, with
        `exclusive`, another process that has it.
    """

    def __init__(
        self,
        path: Path,
        steps: Sequence[str],
        wording: Wording,
        *,
        private: bool = False,
        exclusive: bool = False,
        committed: Callable[[], None] | None = None,
        lazy: bool = False,
        erased: bool = False,
    ) -> None:
        self.lock = threading.RLock()
        self._steps, self._wording, self._committed = steps, wording, committed
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if private else 0o777)
            if private:
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self.db = sqlite3.connect(
                path, check_same_thread=False, isolation_level=None,
                timeout=0.0 if exclusive else 5.0,
            )  # fmt: skip
        except (sqlite3.Error, OSError) as error:
            raise self._unopened(path, error) from error
        try:
            if exclusive:
                self.db.execute("PRAGMA locking_mode=EXCLUSIVE")
            self.db.execute("PRAGMA journal_mode=WAL")
            self.db.execute(f"PRAGMA synchronous={'NORMAL' if lazy else 'FULL'}")
            if erased:
                self.db.execute("PRAGMA secure_delete=ON")
            self.db.execute("PRAGMA fullfsync=1")  # macOS: fsync alone stops at the drive's cache
            self.open_schema()
        except sqlite3.Error as error:
            self.db.close()
            raise self._unopened(path, error) from error

    def _unopened(self, path: Path, error: Exception) -> LabError:
        return LabError(
            f"{self._wording.name} {path.name} cannot be opened ({error})",
            remedy=self._wording.unopened,
        )

    def open_schema(self) -> None:
        """Bring the schema to the newest version; again after a restore."""
        version = self.db.execute("PRAGMA user_version").fetchone()[0]
        newest = len(self._steps)
        if version > newest:
            raise sqlite3.DatabaseError(f"its schema is {version}, not {newest}")
        if version < newest:
            steps = "".join(self._steps[version:])
            self.db.executescript(f"BEGIN;{steps}PRAGMA user_version={newest};COMMIT;")

    def close(self) -> None:
        """Close the file; it cannot be used afterwards."""
        with self.lock:
            self.db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All writes inside happen together or not at all; may be nested.

        Raises
        ------
        LabError
            The file cannot be written: the disk is full, or read-only.
        """
        with self.lock:
            outermost = not self.db.in_transaction
            try:
                if outermost:
                    self.db.execute("BEGIN IMMEDIATE")
                yield
                if outermost:
                    self.db.execute("COMMIT")
                    if self._committed is not None:
                        self._committed()
            except BaseException as error:
                if outermost and self.db.in_transaction:
                    self.db.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise LabError(
                        f"{self._wording.name} cannot be written ({error})",
                        remedy=self._wording.unwritten,
                    ) from error
                raise

    def erase(self) -> None:
        """Leave nothing of what was deleted in the file, or in its log."""
        with self.lock:
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self.db.execute("VACUUM")
            self.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def query(self, sql: str, values: Iterable[object] = ()) -> list[tuple[Any, ...]]:
        """Run one SELECT."""
        with self.lock:
            return self.db.execute(sql, list(values)).fetchall()
