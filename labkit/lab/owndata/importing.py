"""One import: which studies, under which names; each taken, delivered and verified."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from labkit.common.errors import DataError, LabError, UsageError
from labkit.deid import Deidentifier, Key, PixelCleaner, Profile
from labkit.lab.owndata import delivery
from labkit.lab.owndata.found import Found, FoundStudy, Origin
from labkit.lab.owndata.index import COMPLETE, IMPORTING, KEPT, REMOVED, Index, OwnEntry
from labkit.lab.owndata.staging import Stage, Staged

if TYPE_CHECKING:
    from labkit.dimse import Peer

BASIC = Profile.of("retain-modified-dates")
"""What is done where nobody asks for anything else.

The Basic Profile and one option. Dates move by the same number of days for all of a patient
(PS3.15 E.3.6), since queries by date, `ImagingStudy.started` and intervals between studies need
some date; the Basic Profile alone leaves none. Nothing else is retained: no lesson needs age,
weight, device or description, and each makes a person easier to find.
"""
_ROOM = 2.1  # a study lies in the workspace and in the archive


class Job(NamedTuple):
    """A study of the source, and its name here."""

    name: str
    study: FoundStudy


@dataclass
class Brought:
    """What became of one study.

    Attributes
    ----------
    entry
        As the index has it; ``None`` where nothing of it could be taken.
    sent
        How many objects the archive did not have yet.
    """

    name: str
    entry: OwnEntry | None
    staged: Staged
    sent: int = 0

    @property
    def whole(self) -> bool:
        """Whether all that the source has was brought in."""
        staged = self.staged
        return not (staged.held or staged.unreadable or staged.lacking)


@dataclass
class Import:
    """How studies are brought in.

    Parameters
    ----------
    index
        Of the workspace.
    peer, node, send
        The archive that they go to, its name, and by what.
    profile
        ``None``: identities are kept.
    key
        Of the pseudonyms.
    pixels, reviewed, strict
        As of `labkit.deid.Deidentifier`.
    """

    index: Index
    peer: Peer
    node: str
    send: delivery.Send
    key: Key
    profile: Profile | None = BASIC
    pixels: PixelCleaner | None = None
    reviewed: Sequence[str] = ()
    strict: bool = False

    def jobs(self, found: Found, name: str) -> list[Job]:
        """Give each study its name: `name`, and with a number behind it where there are several.

        Raises
        ------
        DataError
            There is none, or one is of two patients.
        UsageError
            A name is taken, or a study is here already under another one.
        LabError
            There is not enough room.
        """
        if not found.studies:
            raise DataError("There is no DICOM study of that kind.", remedy=_nothing(found))
        for study in found.studies:
            if len(study.patients) > 1:
                raise DataError(
                    f"The study {study.uid} has objects of {len(study.patients)} patients.",
                    remedy="Bring in those of one: --patient ID. Who made the files must say whose "
                    "they are.",
                )
        jobs = self._named(found.studies, name)
        self._room(found.bytes)
        return jobs

    def run(self, origin: Origin, job: Job, watch: Callable[[], None] = lambda: None) -> Brought:
        """Bring one study in; what an earlier run did is not done again.

        Raises
        ------
        LabkitError
            Something stopped it; the same command goes on from there.
        """
        index, uid = self.index, self.renamed(job.study.uid)
        begun = index.get(job.name)
        if begun is None and self.profile is None and delivery.present(self.peer, uid):
            raise UsageError(
                f"{self.node} has this study already, and not from an import.",
                remedy="Use it as it is there, or import it de-identified.",
            )
        deidentifier = None
        if self.profile is not None:
            deidentifier = Deidentifier(
                self.profile, self.key, pixels=self.pixels, reviewed=self.reviewed,
                strict=self.strict,
            )  # fmt: skip
        stage = Stage(index.objects(job.name), self.renamed, deidentifier, watch)
        entry = index.put(begun or self._entry(job.name, uid))
        staged = stage.fill(origin, job.study)
        files = index.files(job.name)
        if not files:
            index.remove(job.name)
            return Brought(job.name, None, staged)
        found = delivery.rows(files)
        sent = delivery.deliver(self.peer, found, self.send)
        digest = delivery.verify(self.peer, found)
        entry = index.change(
            entry,
            state=IMPORTING if staged.lacking else COMPLETE,
            StudyInstanceUID=found[0].study,
            PatientID=found[0].patient_id,
            AccessionNumber=found[0].accession,
            modalities=tuple(dict.fromkeys(row.modality for row in found)),
            instances=len(found),
            size=sum(path.stat().st_size for path in files),
            digest=digest,
            held=dict(sorted(staged.held.items())),
            unreadable=len(staged.unreadable),
        )
        return Brought(job.name, entry, staged, sent)

    def renamed(self, uid: str) -> str:
        """Say what a UID of the source becomes here."""
        if self.profile is None or self.profile.has("retain-uids"):
            return uid
        return self.key.uid(uid)

    def _entry(self, name: str, uid: str) -> OwnEntry:
        kept = self.profile is None
        return OwnEntry(
            name, IMPORTING, uid, identity=KEPT if kept else REMOVED,
            profile="" if kept else str(self.profile), node=self.node,
        )  # fmt: skip

    def _named(self, studies: Sequence[FoundStudy], name: str) -> list[Job]:
        taken = {entry.name for entry in self.index}
        known = {s.uid: self.index.of_study(self.renamed(s.uid)) for s in studies}
        ours = [entry for entry in known.values() if entry is not None]
        for entry in ours:
            if entry.name != name and not entry.name.startswith(f"{name}-"):
                raise UsageError(
                    f"This study is here already: it is called {entry.name}.",
                    remedy=f'lab.use("{entry.name}"), or labkit import --remove {entry.name}',
                )
            self._same_way(entry)
        if name in taken and not ours:
            raise UsageError(
                f"{name} is another study.",
                remedy=f"Choose another name, or first: labkit import --remove {name}",
            )
        jobs = []
        for study in studies:
            before = known[study.uid]
            called = before.name if before else _free(name, taken)
            taken.add(called)
            jobs.append(Job(called, study))
        return jobs

    def _same_way(self, entry: OwnEntry) -> None:
        new = self._entry(entry.name, entry.StudyInstanceUID)
        if (new.identity, new.profile, new.node) != (entry.identity, entry.profile, entry.node):
            how = entry.profile or "its identity kept"
            raise UsageError(
                f"{entry.name} was brought into {entry.node} with {how}.",
                remedy=f"Go on the same way, or first: labkit import --remove {entry.name}",
            )

    def _room(self, size: int | None) -> None:
        free = shutil.disk_usage(self.index.folder.parent).free
        if size is not None and size * _ROOM > free:
            raise LabError(
                f"It needs {size * _ROOM / 1e6:.0f} MB, and {free / 1e6:.0f} MB are free.",
                remedy="Free some space, bring in less (--study, --limit), or name another "
                "workspace.",
            )


def _free(name: str, taken: set[str]) -> str:
    if name not in taken:
        return name
    return next(f"{name}-{n}" for n in range(2, 10**6) if f"{name}-{n}" not in taken)


def _nothing(found: Found) -> str:
    seen = f"{found.others} files are no DICOM, {len(found.unreadable)} are unreadable. "
    return f"{seen}Look at the address, and at --study, --patient and --accession."
