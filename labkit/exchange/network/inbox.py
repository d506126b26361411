"""What comes into a site, and what it holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO

from labkit.pacs import Archive, DuplicateSopInstance, ObjectSink
from labkit.pacs.archive import StoredObject
from labkit.pacs.entering import Entry
from labkit.pacs.header import Header
from labkit.pacs.keys import Level
from labkit.pacs.matching import matcher_for
from labkit.pacs.part10 import read_file_meta
from labkit.pacs.retrieval import Retrieval, objects_of

Arrival = tuple[float, str, int]
"""When (``time.monotonic``), Study Instance UID, bytes."""


class Inbox:
    """Where a site's C-STORE puts objects: into the archive, and what is due also on to others.

    Parameters
    ----------
    ahead
        The router that passes on; ``None`` where nothing is passed on.
    passes
        Whether what came from this calling AE title is passed on.
    """

    def __init__(
        self,
        archive: Archive,
        ahead: ObjectSink | None,
        passes: Callable[[str], bool],
    ) -> None:
        self._archive, self._ahead, self._passes = archive, ahead, passes
        self._lock = threading.Lock()
        self._watching: list[list[Arrival]] = []

    def add(
        self,
        data: bytes | memoryview,
        *,
        transfer_syntax: str,
        source: str = "",
        header: Header | None = None,
    ) -> StoredObject:
        """Keep an object; when it is acknowledged, it is in the archive and in the queue."""
        stored = self._archive.add(
            data, transfer_syntax=transfer_syntax, source=source, header=header
        )
        if self._ahead is not None and self._passes(source):
            self._ahead.add(data, transfer_syntax=transfer_syntax, source=source, header=header)
        arrival = (time.monotonic(), stored.entry.study_instance_uid, len(data))
        with self._lock:
            for watching in self._watching:
                watching.append(arrival)
        return stored

    @contextmanager
    def awaiting(self) -> Iterator[list[Arrival]]:
        """Note what arrives meanwhile."""
        arrivals: list[Arrival] = []
        with self._lock:
            self._watching.append(arrivals)
        try:
            yield arrivals
        finally:
            with self._lock:
                self._watching = [each for each in self._watching if each is not arrivals]


def entries_of(archive: Archive | None, study: str) -> list[Entry]:
    """The objects of a study that an archive holds."""
    if archive is None:
        return []
    return objects_of(archive, Retrieval(Level.STUDY, {Level.STUDY: matcher_for("UI", study)}))


def take(archive: Archive, file: BytesIO, source: str) -> str:
    """Keep a Part 10 file as it came; its SOP Instance UID where it is new here, else ``""``."""
    meta = read_file_meta(file)
    try:
        stored = archive.add(file.read(), transfer_syntax=meta.transfer_syntax, source=source)
    except DuplicateSopInstance:  # what is here stays; the archive has said so in its log
        return ""
    return stored.entry.sop_instance_uid if stored.outcome == "stored" else ""


def payload(file: bytes) -> int:
    """Bytes of the data set in a Part 10 file, without what stands before it."""
    return len(file) - read_file_meta(BytesIO(file)).offset
