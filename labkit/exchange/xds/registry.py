"""A Document Registry: what documents there are, of whom, and where to get each (ITI TF-1 10.1).

::

    registry = Registry(folder)
    registry.admit(NORTH.patient("NG-100457"))
    registry.register(submission)
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from labkit.common.scope import Closes
from labkit.exchange.parties import PatientId
from labkit.exchange.xds.folders import followed, touch
from labkit.exchange.xds.model import (
    HAS_MEMBER,
    REPLACES,
    Association,
    DocumentEntry,
    Folder,
    RegistryObject,
    Submission,
    SubmissionSet,
)
from labkit.exchange.xds.names import APPROVED, DEPRECATED
from labkit.exchange.xds.problems import RegistryError, XdsError
from labkit.exchange.xds.rules import METADATA, UUID, check
from labkit.exchange.xds.store import RegistryStore

_log = logging.getLogger(__name__)


def new_uuid() -> str:
    """Make an entryUUID."""
    return f"urn:uuid:{uuid.uuid4()}"


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(timezone.utc)


class Registry(Closes):
    """A registry of one affinity domain.

    Parameters
    ----------
    folder
        Where it keeps what it knows. What was acknowledged is there after any crash.
    home
        The homeCommunityId that its answers carry, where it stands behind gateways.
    ids
        Makes an entryUUID for an object that came with a symbolic id.
    registered
        A watcher: told of each submission that was taken, with its final UUIDs.
    clock
        Says the time, in UTC: when a folder was changed.
    """

    def __init__(
        self,
        folder: Path,
        *,
        home: str = "",
        ids: Callable[[], str] = new_uuid,
        registered: Callable[[Submission], None] | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.store = RegistryStore(folder)
        self.home = home
        self._ids = ids
        self._watcher = registered
        self._clock = clock
        self._one = threading.Lock()

    def close(self) -> None:
        """Give its files back."""
        self.store.close()

    def admit(self, *patients: PatientId) -> None:
        """Know patients, as the Patient Identity Feed tells of them (ITI-8, ITI-44)."""
        for patient in patients:
            self.store.admit(patient.cx)

    def register(self, submission: Submission) -> tuple[RegistryError, ...]:
        """Take a submission whole, or refuse it whole (ITI-42; ITI TF-2 3.42.4.1.3).

        Returns
        -------
        tuple of RegistryError
            Warnings.

        Raises
        ------
        XdsError
            It is refused, for every reason that was found.
        """
        errors = check(submission)
        if errors:
            raise XdsError(errors)
        with self._one, self.store.whole():
            final = self._resolved(submission)
            errors = [*self._checked(final), *self._related(final)]
            if errors:
                raise XdsError(errors)
            final = followed(self.store, final, self._ids)
            for each in final.objects():
                self.store.add(each)
            self.store.set_status(self._replaced(final), DEPRECATED)
            touch(self.store, final, self._clock().strftime("%Y%m%d%H%M%S"))
        if self._watcher is not None:
            try:
                self._watcher(final)
            except Exception:
                _log.exception("who watches the registry failed")
        return submission.warnings

    def _resolved(self, submission: Submission) -> Submission:
        """Put UUIDs in the place of symbolic ids (ITI TF-3 4.2.1.1), and status Approved."""
        names: dict[str, str] = {}
        for each in submission.objects():
            if not UUID.fullmatch(each.entryUUID):
                names[each.entryUUID or f"association {id(each)}"] = self._ids()

        def final(id_: str) -> str:
            return names.get(id_, id_)

        def taken(tie: Association) -> Association:
            return replace(
                tie,
                entryUUID=final(tie.entryUUID or f"association {id(tie)}"),
                sourceObject=final(tie.sourceObject),
                targetObject=final(tie.targetObject),
                availabilityStatus=APPROVED,
            )

        made = submission.submission_set
        return replace(
            submission,
            submission_set=replace(
                made, entryUUID=final(made.entryUUID), availabilityStatus=APPROVED
            ),
            entries=tuple(
                replace(each, entryUUID=final(each.entryUUID), availabilityStatus=APPROVED)
                for each in submission.entries
            ),
            folders=tuple(
                replace(each, entryUUID=final(each.entryUUID), availabilityStatus=APPROVED)
                for each in submission.folders
            ),
            associations=tuple(taken(tie) for tie in submission.associations),
        )

    def _checked(self, final: Submission) -> Iterator[RegistryError]:
        """Check what is new against what is there."""
        made = final.submission_set
        if not self.store.knows(made.patientId.cx):
            yield RegistryError("XDSUnknownPatientId", f"{made.patientId.cx} is not known here")
        uuids = [each.entryUUID for each in final.objects()]
        there: list[RegistryObject] = [
            *self.store.objects(uuids),
            *self.store.associations(uuids=uuids),
        ]
        for each in there:
            yield RegistryError(METADATA, f"{each.entryUUID} is registered already", each.entryUUID)
        new = {each.uniqueId: each for each in final.described()}
        for old in self.store.objects(unique_ids=new):
            assert not isinstance(old, Association)
            mine = new[old.uniqueId]
            if not (isinstance(old, DocumentEntry) and isinstance(mine, DocumentEntry)):
                kind = type(mine).__name__
                yield RegistryError(
                    "XDSDuplicateUniqueIdInRegistry", f"{old.uniqueId} of the {kind} is there"
                )
            elif old.hash != mine.hash:
                # The same document may be described twice; another under its name may not.
                yield RegistryError(
                    "XDSNonIdenticalHash",
                    f"{old.uniqueId} is registered with another hash",
                    mine.entryUUID,
                )
            elif old.size != mine.size:
                yield RegistryError(
                    "XDSNonIdenticalSize",
                    f"{old.uniqueId} is registered with another size",
                    mine.entryUUID,
                )

    def _related(self, final: Submission) -> Iterator[RegistryError]:
        """Check what the ties refer to (ITI TF-3 4.2.2.2)."""
        new: dict[str, RegistryObject] = {each.entryUUID: each for each in final.objects()}
        wanted = {
            id_
            for tie in final.associations
            for id_ in (tie.sourceObject, tie.targetObject)
            if id_ not in new
        }
        old = {each.entryUUID: each for each in self.store.objects(wanted)}
        for tie in final.associations:
            source = new.get(tie.sourceObject) or old.get(tie.sourceObject)
            target = new.get(tie.targetObject) or old.get(tie.targetObject)
            for id_, found in ((tie.sourceObject, source), (tie.targetObject, target)):
                if found is None:
                    yield RegistryError(
                        "UnresolvedReferenceException", f"{id_[:80]} is not known", tie.entryUUID
                    )
            if source is not None and target is not None:
                yield from _fits(tie, source, target, replaced_here=tie.targetObject in new)

    def _replaced(self, final: Submission) -> set[str]:
        """Return what is deprecated: what was replaced, and what hung on it (4.2.2.2.3)."""
        gone = {tie.targetObject for tie in final.associations if tie.type in REPLACES}
        waiting = set(gone)
        while waiting:
            hanging = {
                tie.sourceObject
                for tie in self.store.associations(targets=waiting)
                if tie.type in ("APND", "XFRM")
            }
            waiting = hanging - gone
            gone |= waiting
        return gone


def _fits(
    tie: Association, source: RegistryObject, target: RegistryObject, *, replaced_here: bool
) -> Iterator[RegistryError]:
    if tie.type == HAS_MEMBER:
        if not isinstance(source, (SubmissionSet, Folder)):
            yield RegistryError(METADATA, "only a set or a folder has members", tie.entryUUID)
        # A set may refer to a document of another patient; a folder's members are of its own.
        if (
            isinstance(source, Folder)
            and isinstance(target, DocumentEntry)
            and source.patientId != target.patientId
        ):
            yield _other_patient(tie)
        return
    if not isinstance(target, DocumentEntry) or not isinstance(source, DocumentEntry):
        yield RegistryError(METADATA, f"{tie.type} is between two documents", tie.entryUUID)
        return
    if source.patientId != target.patientId:
        yield _other_patient(tie)
    if tie.type in REPLACES and replaced_here:
        yield RegistryError(
            METADATA, f"{tie.type}: what is replaced is of the same submission", tie.entryUUID
        )
    if target.availabilityStatus == DEPRECATED and tie.type != "signs":
        yield RegistryError(
            "XDSRegistryDeprecatedDocumentError",
            f"{tie.type}: {target.entryUUID} is deprecated",
            tie.entryUUID,
        )


def _other_patient(tie: Association) -> RegistryError:
    return RegistryError(
        "XDSPatientIdDoesNotMatch", f"{tie.type} is between two patients", tie.entryUUID
    )
