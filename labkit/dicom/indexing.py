"""Which file is of which study, for work that is done a study at a time by several workers.

Only the start of a file is read, up to its Study Instance UID; that is done by the workers too.
What was found stays in the ledger: a second run reads only files that are new, or changed.
"""

from __future__ import annotations

import hashlib
import importlib
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag

from labkit.common.errors import DataError
from labkit.common.scale import Farm, Progress, Unit, WorkLedger
from labkit.common.scale.farm import Task
from labkit.dicom.guarded import read_dataset
from labkit.dicom.reading import PARSE_ERRORS, what_instead
from labkit.dicom.unread import unread

Found = list[tuple[str, str]]
"""Study and SOP Instance UID of each object in a file; ``""`` where there is none."""
Reader = Callable[[str], Found]
NO_STUDY = "files of no study"
"""How the names of units begin that are no study."""
_STUDY, _SOP = 0x0020000D, 0x00080018
_PLAIN = re.compile(rb"([0-9.]+)[ \0]*")
_START = 1 << 15
_CHUNK = 200


def identify(path: str) -> Found:
    """Read both UIDs of a file; ``""`` where it has none, or is no DICOM."""
    try:
        with Path(path).open("rb") as file:
            start = file.read(_START)
            if (found := _at_once(start)) is not None:
                return [found]
            bare = start[128:132] != b"DICM"
            if bare and not what_instead(start[:512])[2]:
                return [("", "")]
            file.seek(0)
            ds: Dataset = read_partial(file, stop_when=_after, force=bare)
        if not str(ds.get("StudyInstanceUID") or ""):
            # Elements out of order (PS3.5 7.1 forbids it): a header that is read whole has it.
            ds = read_dataset(path, stop_before_pixels=True, force=bare)
        return [(_uid(ds, "StudyInstanceUID"), _uid(ds, "SOPInstanceUID"))]
    except (OSError, *PARSE_ERRORS):
        return [("", "")]  # who does the work says what is wrong with it


def _at_once(start: bytes) -> tuple[str, str] | None:
    """Return both UIDs of an ordinary header; ``None`` where pydicom has to look."""
    lean = unread(start, len(start) < _START)
    if lean is None or lean.found is None:
        return None
    uids = [_PLAIN.fullmatch(lean.found[t][3]) if t in lean.found else None for t in (_STUDY, _SOP)]
    study, sop = (uid[1].decode("ascii") if uid else "" for uid in uids)
    return (study, sop) if study and sop else None


def _after(tag: BaseTag, vr: str | None, length: int) -> bool:
    return int(tag) > _STUDY


def _uid(ds: Dataset, keyword: str) -> str:
    return str(ds.get(keyword) or "").strip(" \0")


def read_files(reader: str, paths: list[str]) -> list[Found]:
    """Identify some files, on a worker."""
    module, _, name = reader.partition(":")
    read: Reader = getattr(importlib.import_module(module), name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom's warnings quote values
        return [read(path) for path in paths]


class FileIndex:
    """The files of a piece of work, by study.

    Parameters
    ----------
    ledger
        Which keeps it.
    reader
        What identifies a file: ``"module:function"``.
    """

    def __init__(self, ledger: WorkLedger, reader: str = "labkit.dicom.indexing:identify") -> None:
        self._ledger, self._reader = ledger, reader
        self._db, self._query = ledger.file.db, ledger.file.query

    def update(self, farm: Farm, files: Iterable[tuple[int, Path]], progress: Progress) -> None:
        """Take the files that there are now, and have those identified that are new or changed.

        Parameters
        ----------
        files
            Number and path; the numbers say the order.

        Raises
        ------
        DataError
            A file kills the worker that reads it.
        """
        with self._ledger.file.transaction():
            self._listed(files)
        total = self._query("SELECT count(*), coalesce(sum(known), 0) FROM file")[0]
        progress.begin("files looked at", total[0], total[1])
        for finished in farm.stream(read_files, self._unknown(), tick=progress.tell):
            paths = finished.name.split("\0")
            if finished.answer is None:
                raise DataError(
                    f"one of {len(paths)} files kills the worker that reads it: "
                    f"{paths[0]} to {paths[-1]}",
                    remedy="Take it out of the folder, and run the same command again.",
                )
            with self._ledger.file.transaction():
                for path, found in zip(paths, finished.answer, strict=True):
                    self._db.executemany(
                        "INSERT OR IGNORE INTO content (path, study, object) VALUES (?, ?, ?)",
                        [(path, study, name) for study, name in found],
                    )
                    self._db.execute("UPDATE file SET known = 1 WHERE path = ?", [path])
            progress.step(len(paths))
        progress.clear()

    def _listed(self, files: Iterable[tuple[int, Path]]) -> None:
        turn = 1 + int(self._ledger.mark("files") or 0)
        for number, path in files:
            name = str(path.absolute())
            if any("\ud800" <= letter <= "\udfff" for letter in name):
                raise DataError(
                    f"the name of the file {path.name!a} is no text",
                    remedy="Rename it, and run the same command again.",
                )
            try:
                seen = path.stat()
                stamp = f"{seen.st_size}:{seen.st_mtime_ns}"
            except OSError:
                stamp = "gone"
            before = self._db.execute("SELECT stamp FROM file WHERE path = ?", [name]).fetchone()
            if before is not None and before[0] == stamp:
                self._db.execute(
                    "UPDATE file SET number = ?, round = ? WHERE path = ?", [number, turn, name]
                )
                continue
            self._db.execute("DELETE FROM content WHERE path = ?", [name])
            self._db.execute(
                "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, 0)", [name, number, stamp, turn]
            )
        self._db.execute(
            "DELETE FROM content WHERE path IN (SELECT path FROM file WHERE round != ?)", [turn]
        )
        self._db.execute("DELETE FROM file WHERE round != ?", [turn])
        self._ledger.set_mark("files", str(turn))

    def _unknown(self) -> Iterator[Task]:
        last = -1
        while True:
            rows = self._query(
                "SELECT number, path FROM file WHERE known = 0 AND number > ? "
                "ORDER BY number LIMIT ?", [last, _CHUNK],
            )  # fmt: skip
            if not rows:
                return
            last = rows[-1][0]
            paths = [path for _, path in rows]
            yield Task("\0".join(paths), lambda paths=paths: (self._reader, paths))  # type: ignore[misc]

    def group(self, *, apart: bool) -> None:
        """Make units of the files: one a study, and some for what is of no study.

        Parameters
        ----------
        apart
            False: studies that share a SOP Instance UID are one unit, for work whose results are
            files of that name; which of two stays must not depend on who is last.
        """
        with self._ledger.file.transaction():
            self._db.execute("UPDATE content SET unit = study")
            rows = self._query(
                "SELECT c.path FROM content c JOIN file f USING (path) WHERE study = '' "
                "ORDER BY f.number"
            )
            for at, (path,) in enumerate(rows):
                self._db.execute(
                    "UPDATE content SET unit = ? WHERE path = ? AND study = ''",
                    [f"{NO_STUDY}, {at // _CHUNK + 1}", path],
                )
            if not apart:
                self._join()

    def _join(self) -> None:
        pairs = self._query(
            "SELECT DISTINCT object, unit FROM content WHERE object IN (SELECT object FROM content "
            "WHERE object != '' GROUP BY object HAVING count(DISTINCT unit) > 1) "
            "ORDER BY object, unit"
        )
        root: dict[str, str] = {}

        def find(unit: str) -> str:
            while root.get(unit, unit) != unit:
                unit = root[unit]
            return unit

        for _, group in groupby(pairs, key=lambda pair: pair[0]):
            units = [find(unit) for _, unit in group]
            for unit in units:
                root[find(unit)] = min(units)
        for unit in root:
            if find(unit) != unit:
                self._db.execute("UPDATE content SET unit = ? WHERE unit = ?", [find(unit), unit])

    def units(self) -> Iterator[Unit]:
        """Give the units, by name; the stamp is of names, sizes and times of their files."""
        names = [row[0] for row in self._query("SELECT DISTINCT unit FROM content ORDER BY unit")]
        for name in names:
            rows = self._query(
                "SELECT DISTINCT f.number, f.path, f.stamp FROM content c JOIN file f USING (path) "
                "WHERE c.unit = ? ORDER BY f.number", [name],
            )  # fmt: skip
            text = "\n".join(f"{path}\t{stamp}" for _, path, stamp in rows)
            yield Unit(name, hashlib.sha256(text.encode()).hexdigest())

    def files(self, unit: str) -> list[tuple[int, str]]:
        """Return number and path of the files of a unit, in order."""
        return self._query(
            "SELECT DISTINCT f.number, f.path FROM content c JOIN file f USING (path) "
            "WHERE c.unit = ? ORDER BY f.number", [unit],
        )  # fmt: skip
