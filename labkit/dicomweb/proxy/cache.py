"""The cache: Part 10 files and an index of them in SQLite, so that it survives a restart.

A file gets its name when it is whole, and its row after that; what has no row is not served, and a
row whose file is not as it was written is dropped when it is first used after a start.
"""

from __future__ import annotations

import itertools
import os
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from labkit.dicomweb.proxy.cache_index import COLUMNS, Entry, entry_of, opened
from labkit.dicomweb.proxy.settings import CacheLimits
from labkit.dicomweb.source import Place
from labkit.pacs.objects import ObjectStore
from labkit.pacs.part10 import file_meta
from labkit.pacs.sqlite_errors import transaction, written

_ROOM = 0.9  # of the limit: what an eviction leaves
_BATCH = 200


class Cache:
    """Objects by SOP Instance UID.

    Parameters
    ----------
    folder
        Made if it is not there.
    limits
        What it may hold.
    clock
        The time of day, seconds since the epoch.
    """

    def __init__(
        self, folder: Path, limits: CacheLimits, clock: Callable[[], float] = time.time
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._limits, self._clock = limits, clock
        self._numbers = itertools.count()
        self._lock = threading.RLock()
        self._db = opened(folder / "index.sqlite")  # first: another may use the folder
        self._objects = ObjectStore(folder / "objects")
        self._objects.clean()
        self._pins: Counter[str] = Counter()
        self._sound: set[str] = set()  # looked at since the start, or written since
        self._used: dict[str, float] = {}
        self.evicted = 0
        row = self._db.execute("SELECT coalesce(sum(size), 0), count(*) FROM object").fetchone()
        self.bytes, self.count = int(row[0]), int(row[1])
        self._drop_strays()
        self.evict()

    def close(self) -> None:
        """Write what is not yet written."""
        with self._lock:
            with suppress(OSError):  # a disk without room costs the order of eviction, no more
                self._note_use()
            self._db.close()

    def path(self, uid: str) -> Path:
        """Where an object's file is."""
        return self._objects.path(uid)

    def open(self, uid: str) -> BinaryIO:
        """Open an object's file to be read; `FileNotFoundError` where it has gone."""
        return self._objects.open(uid)

    def missing(self, uids: Iterable[str]) -> set[str]:
        """Which of these objects are not held, or no longer."""
        with self._lock:
            return {uid for uid in uids if not self._has_row(uid)}

    def add(
        self, place: Place, sop_class: str, syntax: str, pacs: str, mark: str,
        data: bytes | memoryview,
    ) -> Entry:  # fmt: skip
        """Keep an object, given as its encoded data set."""
        meta = file_meta(sop_class, place.instance, syntax)
        uid, now = place.instance, self._clock()
        path = self.path(uid)
        part = f"{path}.{next(self._numbers)}.part"
        try:
            with open(part, "xb", buffering=0) as file:  # noqa: PTH123 (see ObjectStore.open)
                file.write(meta)
                view = memoryview(data)
                while view:
                    view = view[file.write(view) :]
            crc, size = zlib.crc32(data, zlib.crc32(meta)), len(meta) + len(data)
            entry = Entry(place, sop_class, syntax, pacs, mark, size, crc, now)
            with self._lock:
                if self._has_row(uid):
                    self._forget([uid])
                os.replace(part, path)  # noqa: PTH105
                try:
                    with self._transaction():
                        self._db.execute(
                            f"INSERT INTO object ({COLUMNS}, used) VALUES (?,?,?,?,?,?,?,?,?,?,?)",
                            (uid, place.study, place.series, sop_class, syntax, pacs, mark, size,
                             crc, now, now),
                        )  # fmt: skip
                except BaseException:
                    path.unlink(missing_ok=True)  # without a row it would only take room
                    raise
                self._sound.add(uid)
                self.bytes += size
                self.count += 1
        except BaseException:
            Path(part).unlink(missing_ok=True)
            raise
        if self.bytes > self._limits.max_bytes:
            self.evict()
        return entry

    def at(self, place: Place) -> dict[str, Entry]:
        """What is held of a place, whole and not too old: UID → entry."""
        where, values = "study = ?", [place.study]
        for column, uid in (("series", place.series), ("uid", place.instance)):
            if uid:
                where, values = f"{where} AND {column} = ?", [*values, uid]
        with self._lock:
            rows = self._db.execute(f"SELECT {COLUMNS} FROM object WHERE {where}", values)
            found = {row[0]: entry_of(row) for row in rows}
        oldest = self._clock() - self._limits.max_age
        good = {u: e for u, e in found.items() if e.came > oldest and self._is_sound(u, e)}
        if len(good) < len(found):
            self.drop(found.keys() - good.keys())
        return good

    def drop(self, uids: Iterable[str]) -> int:
        """Forget objects; how many there were."""
        with self._lock:
            return self._forget(list(uids))

    @contextmanager
    def pinned(self, uids: Iterable[str]) -> Iterator[Callable[[str], None]]:
        """Keep objects from being evicted; gives a function that lets one go before the end."""
        left = Counter(dict.fromkeys(uids, 1))
        with self._lock:
            self._pins.update(left)

        def release(uid: str) -> None:
            with self._lock:
                if left.pop(uid, 0):
                    self._unpin(uid)
                self._used[uid] = self._clock()
            if self.bytes > self._limits.max_bytes:
                self.evict()

        try:
            yield release
        finally:
            with self._lock:
                for uid in left:
                    self._unpin(uid)

    def evict(self) -> None:
        """Drop what is too old, and what was used longest ago until the rest fits."""
        with self._lock:
            self._note_use()
            oldest = self._clock() - self._limits.max_age
            rows = self._db.execute("SELECT uid FROM object WHERE came <= ?", (oldest,)).fetchall()
            old = [uid for (uid,) in rows if uid not in self._pins]
            self.evicted += self._forget(old)
            if self.bytes <= self._limits.max_bytes:
                return
            room = self._limits.max_bytes * _ROOM
            going, size = [], self.bytes
            for uid, each in self._db.execute("SELECT uid, size FROM object ORDER BY used, rowid"):
                if size <= room:
                    break
                if uid not in self._pins:
                    going.append(uid)
                    size -= each
            self.evicted += self._forget(going)

    def _has_row(self, uid: str) -> bool:
        with written("the cache"):
            found = self._db.execute("SELECT 1 FROM object WHERE uid = ?", (uid,)).fetchone()
        return found is not None

    def _unpin(self, uid: str) -> None:
        self._pins[uid] -= 1
        if self._pins[uid] <= 0:
            del self._pins[uid]

    def _note_use(self) -> None:
        used, self._used = self._used, {}
        with self._transaction():
            self._db.executemany(
                "UPDATE object SET used = ? WHERE uid = ?", ((at, uid) for uid, at in used.items())
            )

    def _forget(self, uids: list[str]) -> int:
        """Rows first: a file without a row is not served, and goes at the next start."""
        gone = 0
        for at in range(0, len(uids), _BATCH):
            some = uids[at : at + _BATCH]
            marks = ",".join("?" * len(some))
            with self._transaction():
                size, count = self._db.execute(
                    f"SELECT coalesce(sum(size), 0), count(*) FROM object WHERE uid IN ({marks})",
                    some,
                ).fetchone()
                self._db.execute(f"DELETE FROM object WHERE uid IN ({marks})", some)
            self.bytes -= size
            self.count -= count
            gone += count
            for uid in some if count else ():
                self._sound.discard(uid)
                with suppress(OSError):  # Windows does not delete what somebody reads
                    self.path(uid).unlink(missing_ok=True)
        return gone

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        if self._db.in_transaction:
            yield
            return
        with transaction(self._db, "the cache"):
            yield

    def _is_sound(self, uid: str, entry: Entry) -> bool:
        """Whether the file is as it was written; looked at once after a start."""
        if uid in self._sound:
            return True
        try:
            data = self.path(uid).read_bytes()
        except OSError:
            return False
        if len(data) != entry.size or zlib.crc32(data) != entry.crc:
            return False
        self._sound.add(uid)
        return True

    def _drop_strays(self) -> None:
        """Delete files that no row names: a crash came between the two."""
        known = {self.path(uid) for (uid,) in self._db.execute("SELECT uid FROM object")}
        for path in self._objects.files():
            if path not in known:
                path.unlink(missing_ok=True)
