"""One run: headers of a source in, mapped studies out, one study after the other."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from labkit.common.errors import DataError, UsageError
from labkit.dicom.reading import PARSE_ERRORS
from labkit.fhir.mapping import MappedStudy, MappingTable, Omission, Site, StudyBuilder, Trail
from labkit.fhir.mapping.elements import keyword, parse_source
from labkit.fhir.mapping.policy import Lookup
from labkit.fhir.mapping.query_only import is_query_only
from labkit.fhir.mapping.sources import Source
from labkit.fhir.mapping.sources.base import study_uid


@dataclass
class Run:
    """Maps what a source gives.

    A source that gives a study at a time (an archive, a DICOMweb server) is mapped a study at a
    time. Files lie in any order: no study is known to be complete before the last of them; what
    is kept of each instance in the meantime is small, and holds no pixels.

    Parameters
    ----------
    tables
        One table, or several to compare: each study comes out once for each.
    watch
        Called with the number of headers read so far.
    lookup
        As of `StudyBuilder`.

    Attributes
    ----------
    headers, studies
        How many were read, and given.
    """

    source: Source
    tables: tuple[MappingTable, ...]
    site: Site
    fhir: str = "R4"
    endpoint: str | None = None
    watch: Callable[[int], None] | None = None
    lookup: Lookup | None = None
    headers: int = 0
    studies: int = 0
    _met: dict[str, set[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.source.wanted = _read_by(self.tables)
        self.source.sparing = True

    def __iter__(self) -> Iterator[tuple[MappedStudy, ...]]:
        builders, current = self._builders(), ""
        for ds, origin in self.source:
            self.headers += 1
            if self.watch is not None:
                self.watch(self.headers)
            uid = study_uid(ds)
            if self.source.grouped and uid != current and self._met:
                yield from self._finish(builders)
                builders = self._builders()
            current = uid
            try:
                self._met.setdefault(uid, set()).update(self.source.selection.met(ds))
                taken = [builder.add(ds, origin) for builder in builders]
                if not all(taken):
                    self.source.report.add(origin, "broken", builders[0].problems[-1].words)
            except (DataError, *PARSE_ERRORS) as error:
                words = error.message if isinstance(error, DataError) else str(error)
                self.source.report.add(origin, "broken", words)
        yield from self._finish(builders)

    def _builders(self) -> list[StudyBuilder]:
        return [
            StudyBuilder(
                table, self.site, fhir=self.fhir, endpoint=self.endpoint, lookup=self.lookup
            )
            for table in self.tables
        ]

    def _finish(self, builders: list[StudyBuilder]) -> Iterator[tuple[MappedStudy, ...]]:
        for several in zip(*(builder.studies() for builder in builders), strict=True):
            uid = several[0].uid
            if uid in self.source.incomplete:
                continue  # the source has said why; a part of a study is not passed off as it
            if self._met.get(uid, set()) >= self.source.selection.criteria:
                self.studies += 1
                if self.source.partial:
                    several = tuple(_partial(mapped, self.source.partial) for mapped in several)
                yield several
        self._met.clear()


#: Level of a row → level of the query that gives its attributes (PS3.4 C.6.2.1).
_QUERY = {
    "study": "STUDY", "patient": "STUDY", "series": "SERIES", "device": "SERIES",
    "instance": "IMAGE", "object": "IMAGE",
}  # fmt: skip


def _read_by(tables: Iterable[MappingTable]) -> dict[str, list[str]]:
    """List the attributes that the rows read, by query level; private ones cannot be asked for."""
    found: dict[str, list[str]] = {}
    for row in (row for table in tables for row in table if row.level in _QUERY):
        for source in map(parse_source, row.sources):
            name = keyword(source.steps[0]) if source.steps else ""
            if name and not is_query_only(name):
                found.setdefault(_QUERY[row.level], []).append(name)
    return found


def _partial(mapped: MappedStudy, why: str) -> MappedStudy:
    """Say of what is absent that it may not be: the header is what a C-FIND gave."""

    def explain() -> Trail:
        trail = mapped.explain()
        return Trail(trail.entries, [_unknown(omission, why) for omission in trail.omissions])

    return replace(mapped, explain=explain)


def _unknown(omission: Omission, why: str) -> Omission:
    if omission.reason != "absent":
        return omission
    what = omission.words.removesuffix(" is not in the header")
    return replace(omission, reason="not-returned", words=f"{what}: {why}")


class State:
    """Which studies are done, in a file, so that an interrupted run goes on where it was.

    One JSON object a line. A line that was cut short by the interruption is taken away.

    Parameters
    ----------
    path
        The file; made when the first study is done.
    settings
        What the run is: another table or server under the same file is refused.

    Attributes
    ----------
    done
        Study Instance UIDs.
    end
        Bytes that the output had when the last of them was done; `None` where that was not noted.

    Raises
    ------
    UsageError
        The file belongs to another run.
    """

    def __init__(self, path: Path, settings: dict[str, Any]) -> None:
        self.path = path
        self.done: set[str] = set()
        self._head = {"labkit-map": 1, **settings}
        text = path.read_bytes() if path.exists() else b""
        whole = text[: text.rfind(b"\n") + 1]
        lines = whole.decode("utf-8", "replace").splitlines()
        records = [record for record in map(_record, lines) if record]
        self._started = bool(records)
        if records and records[0] != self._head:
            raise UsageError(
                f"{path} belongs to another run: {_changed(records[0], self._head)}",
                remedy="Give another file, or delete it to begin anew.",
            )
        if len(whole) < len(text):  # else the next line would be written to the end of a half one
            os.truncate(path, len(whole))
        self.done.update(record["study"] for record in records[1:] if "study" in record)
        self.end: int | None = records[-1].get("end") if records else None

    def cut(self, out: Path | None) -> bool:
        """Take away what was written of a study that was not finished; whether `out` goes on.

        Raises
        ------
        UsageError
            `out` is shorter than it was: what was noted as done is not all there.
        """
        if not self.done:
            return False
        if out is not None and self.end is not None:
            size = out.stat().st_size if out.exists() else 0
            if size < self.end:
                raise UsageError(
                    f"{out} has {size} bytes, and had {self.end} when the last study was done",
                    remedy=f"Bring that file back, or delete {self.path} to begin anew.",
                )
            os.truncate(out, self.end)
        return True

    def mark(self, uid: str, end: int | None = None) -> None:
        """Note, durably, that a study is done and its output is where it belongs.

        Parameters
        ----------
        end
            Bytes that the output has now, where it is a file.
        """
        text = "" if self._started else json.dumps(self._head) + "\n"
        record = {"study": uid} if end is None else {"study": uid, "end": end}
        with self.path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text + json.dumps(record) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._started = True
        self.done.add(uid)


def _record(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _changed(before: dict[str, Any], now: dict[str, Any]) -> str:
    names = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    return ", ".join(sorted(names))
