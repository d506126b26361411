"""Follows studies and documents across sites; each change is counted once.

::

    tracker = Tracker(folder, [FhirSource("FHIR", lab.fhir.client),
                               ArchiveSource("ARCHIVE", QidoListing(lab.dicomweb.client))])
    tracker.poll()
    tracker.where_is(StudyInstanceUID)

A notice never counts by itself. It says that something has happened, and the history of the
resource says what: so a notice that comes twice or late changes nothing, and one that is lost is
made good by the next poll.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from labkit.common.errors import DataError, LabkitError, UsageError
from labkit.common.scope import Closes
from labkit.exchange.tracking.facts import kind_of
from labkit.exchange.tracking.ledger import Bell, Ledger
from labkit.exchange.tracking.model import (
    STUDY,
    Document,
    Events,
    Facts,
    Version,
    Whereabouts,
)
from labkit.exchange.tracking.queries import Queries
from labkit.exchange.tracking.sources import ArchiveSource, FhirSource
from labkit.fhir.dates import date_range, instant, moment

OVERLAP = 60.0
"""Seconds that a poll goes back: a write may become visible after a later one has."""


@dataclass(frozen=True)
class Polled:
    """What a round brought.

    Attributes
    ----------
    events
        What was new.
    silent
        Sources that did not answer, and why: nothing was concluded about them.
    """

    events: Events
    silent: dict[str, str]

    def __repr__(self) -> str:
        rows = [f"{name:9}  did not answer: nothing concluded" for name in self.silent]
        return "\n".join([repr(self.events), *rows])


class Tracker(Closes):
    """Tracks what its sources tell.

    Parameters
    ----------
    folder
        Holds the ledger; one process at a time.
    sources
        FHIR servers and archives, each with a name of its own.
    overlap
        Seconds that a poll of a FHIR server goes back behind the newest write that it has seen.
    """

    def __init__(
        self, folder: Path, sources: Iterable[FhirSource | ArchiveSource], *,
        overlap: float = OVERLAP,
    ) -> None:  # fmt: skip
        listed = tuple(sources)
        names = [source.name for source in listed]
        if len(set(names)) != len(names) or not names:
            raise UsageError(
                "A tracker needs sources, each with a name of its own.",
                remedy='Give a list such as [FhirSource("FHIR", lab.fhir.client)].',
            )
        self.fhir = {s.name: s for s in listed if isinstance(s, FhirSource)}
        self.archives = {s.name: s for s in listed if isinstance(s, ArchiveSource)}
        self._overlap = overlap
        self.ledger = Ledger(Path(folder) / "tracking.sqlite")
        self._queries = Queries(self.ledger, tuple(self.archives))
        self._one_by_one = threading.RLock()

    # -- finding out --

    def poll(self) -> Polled:
        """Ask every source what is new; one that does not answer does not stop the others."""
        with self._one_by_one:
            begun, silent = self.last, {}
            for name, source in self.fhir.items():
                try:
                    for type_ in source.types:
                        self._catch_up(source, type_, "poll")
                except LabkitError as error:
                    silent[name] = error.message
            silent |= self._look()
            self.ledger.set_mark("silent", "\n".join(silent))
            return Polled(self.events(begun), silent)

    def ring(self, source: str, type_: str, id_: str = "") -> None:
        """Take down that a server has something new; on return it will not be forgotten.

        Parameters
        ----------
        id_
            Of the resource; ``""`` where the notice does not say (R4: a rest-hook without payload).

        Raises
        ------
        UsageError
            Nothing of the kind is followed.
        """
        if source not in self.fhir or type_ not in self.fhir[source].types:
            raise UsageError(
                f"{type_} of {source} is not followed here.",
                remedy=f"Ring for one of {', '.join(self.fhir) or 'no server'}.",
            )
        self.ledger.ring(source, type_, id_)

    def work(self) -> Polled:
        """Deal with the notices that wait; what fails stays, for the next time."""
        with self._one_by_one:
            begun, silent = self.last, {}
            for bell in self.ledger.bells():
                try:
                    self._answer(bell)
                except LabkitError as error:
                    silent[bell[2]] = error.message
            return Polled(self.events(begun), silent)

    def _answer(self, bell: Bell) -> None:
        _, _, name, type_, id_ = bell
        source = self.fhir.get(name)
        if source is not None and id_:
            history = _ordered(source.history(type_, id_))
            with self.ledger.transaction():
                self.ledger.record(name, history, "notice")
                self.ledger.answered(bell)
            return
        if source is not None:
            self._catch_up(source, type_, "notice")
        self.ledger.answered(bell)

    def _catch_up(self, source: FhirSource, type_: str, by: str) -> None:
        """Record what was written of a type since the last time."""
        name = f"since {source.name} {type_}"
        mark = self.ledger.mark(name)
        found = source.since(type_, _back(mark, self._overlap))
        resources: dict[str, list[Version]] = {}
        for version in found:
            resources.setdefault(version.id, []).append(version)
        for id_, versions in resources.items():
            ordered = _ordered(versions)
            if not self._follows(source.name, ordered[0]):
                ordered = _ordered(source.history(type_, id_))  # some lie further back
            self.ledger.record(source.name, ordered, by)
        # Last, so that a kill before it has the same asked again.
        timed = [version.at for version in found if version.at]  # HAPI's deletions have no time
        if timed:
            self.ledger.set_mark(name, max(timed, key=_moment))

    def _follows(self, source: str, first: Version) -> bool:
        """Whether everything before a version is recorded."""
        known = self.ledger.state(source, first.type, first.id)
        before = known[3] if known else "0"
        if not (before.isdigit() and first.version.isdigit()):
            return False
        return int(first.version) <= int(before) + 1

    def _look(self) -> dict[str, str]:
        """Ask the archives; what has come is recorded before what is gone: so a move is one."""
        silent: dict[str, str] = {}
        looks: list[tuple[str, dict[str, Facts], dict[str, Facts | None]]] = []
        for name, archive in self.archives.items():
            held = {s[2]: s[4] for s in self.ledger.states(_COPIES, name, STUDY)}
            try:
                looks.append((name, held, archive.look(held)))
            except LabkitError as error:
                silent[name] = error.message
        with self.ledger.transaction():
            for gone in (False, True):
                for name, held, found in looks:
                    for uid, facts in sorted(found.items()):
                        if (facts is None) is gone:
                            self._copy(name, uid, held.get(uid), facts)
        return silent

    def _copy(self, name: str, uid: str, before: Facts | None, after: Facts | None) -> None:
        known = self.ledger.state(name, STUDY, uid)
        version = Version(STUDY, uid, str(int(known[3]) + 1 if known else 1), "", after)
        kind, more = kind_of(STUDY, before, after), {}
        if after is None:
            others = self.ledger.states("type = ? AND id = ? AND present = 1", STUDY, uid)
            held_by = [other[0] for other in others if other[0] != name]
            kind = "moved" if held_by else "deleted"
            more = {"held by": ([name, *held_by], held_by)}
        self.ledger.write(name, version, kind, before, "poll", more)

    # -- asking --

    @property
    def last(self) -> int:
        """The number of the newest event: what comes after it is new."""
        return self.ledger.last

    def events(self, since: int = 0, *, study: str = "", kinds: Iterable[str] = ()) -> Events:
        """Return the events after a number, in their order.

        Who acts on them once each keeps the last number beside what it did, in one transaction.
        """
        wanted = frozenset(kinds)
        found = self.ledger.events("seq > ?", since)
        return Events([
            event for event in found
            if (not study or event.study == study) and (not wanted or event.kind in wanted)
        ])  # fmt: skip

    def where_is(self, StudyInstanceUID: str) -> Whereabouts:  # noqa: N803
        """Return where a study is, what describes it, and what does not agree."""
        return self._queries.where_is(str(StudyInstanceUID))

    def history(self, StudyInstanceUID: str) -> Events:  # noqa: N803
        """Return all that happened to a study, its documents, and its patient's records."""
        return Events(self._queries.history(str(StudyInstanceUID)))

    def documents(self, patient: str) -> tuple[Document, ...]:
        """Return the documents of a patient, of records that were merged too.

        Parameters
        ----------
        patient
            ``Patient/x``, or ``system|value`` of an identifier.
        """
        return self._queries.documents(patient)

    def wait(
        self, ready: Callable[[Events], bool], since: int = 0, timeout: float = 30.0
    ) -> Events:
        """Wait until the events after a number are what is wanted; return them either way."""
        self.ledger.wait(lambda: ready(self.events(since)), timeout)
        return self.events(since)

    def close(self) -> None:
        """Close the ledger."""
        self.ledger.close()

    def __repr__(self) -> str:
        return f"Tracker of {', '.join([*self.fhir, *self.archives])}"


_COPIES = "source = ? AND type = ? AND present = 1"


def _ordered(versions: list[Version]) -> list[Version]:
    """Put versions in order: a server may list two of one moment either way."""
    if all(version.version.isdigit() for version in versions):
        return sorted(versions, key=lambda version: int(version.version))
    return versions


def _moment(at: str) -> int:
    """Read an instant as microseconds since 1970."""
    try:
        return date_range(at)[0]
    except ValueError as error:
        raise DataError(
            f"A history has an entry of no readable time: {at!r}.",
            remedy="Look at lastModified in [base]/[type]/_history of this server.",
        ) from error


def _back(mark: str, seconds: float) -> str:
    return instant(moment(_moment(mark) - int(seconds * 1_000_000))) if mark else ""
