"""What a tier knows, and how a study is kept, proven, or brought to an end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from labkit.common.errors import NetworkError, UsageError
from labkit.exchange.cloud.errors import Damaged, NotYet
from labkit.exchange.cloud.keys import KeyFolder
from labkit.exchange.cloud.lifecycle import kept_until
from labkit.exchange.cloud.local_side import held
from labkit.exchange.cloud.records import Record, Records
from labkit.exchange.cloud.sealing import digest, seal, unseal
from labkit.exchange.cloud.store import ObjectStore
from labkit.exchange.cloud.transfer import Spool
from labkit.exchange.network.terms import Retention
from labkit.pacs.archive import Archive
from labkit.pacs.journal import Journal


@dataclass(frozen=True)
class Shredded:
    """A study that nobody can read any more.

    Attributes
    ----------
    left
        Names of objects that the store did not delete yet. They cannot be read; do it again to be
        rid of their bill.
    """

    study: str
    left: tuple[str, ...] = ()


class Keeping:
    """The part of a `CloudTier` that sends and fetches no images."""

    def __init__(
        self,
        archive: Archive,
        store: ObjectStore,
        key: KeyFolder,
        folder: Path,
        *,
        clock: Callable[[], datetime],
        retention: Retention | None = None,
    ) -> None:
        self.archive = archive
        self.store = store
        self.keys = key
        self.clock = clock
        self.retention = retention
        self._records = Records(folder / "studies")
        self._spool = Spool(folder / "spool", store)
        self._spool.clean({p.name for r in self._records.all() for p in r.packs})
        self._events = Journal(folder / "events.jsonl")
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self._records.all())} studies)"

    def records(self) -> list[Record]:
        """Every study that is in the cloud or on its way."""
        return self._records.all()

    def record(self, study: str) -> Record:
        """One study.

        Raises
        ------
        UsageError
            The tier does not know it.
        """
        record = self._records.get(study)
        if record is None:
            raise UsageError(
                f"the cloud tier knows no study {study}",
                remedy="See tier.records(); a study goes there by tier.offload(study).",
            )
        return record

    def events(self) -> list[dict[str, object]]:
        """What happened, in order."""
        return self._events.lines()

    def local(self, study: str) -> list[str]:
        """SOP Instance UIDs of a study that are on premise now."""
        return [entry.sop_instance_uid for entry in held(self.archive, study)]

    def verify(self, study: str) -> list[Damaged]:
        """Read all objects of a study, and say which are not what was put there."""
        record = self.record(study)
        found: list[Damaged] = []
        expected = [(pack.name, pack.sha256) for pack in record.packs if pack.stage == "proven"]
        if record.manifest:
            expected.append((record.token, record.manifest))
        for name, sha256 in expected:
            try:
                self._spool.prove(name, sha256)
            except Damaged as error:
                found.append(error)
        return found

    def hold(self, study: str, reason: str) -> None:
        """Put a legal hold on a study, or lift it with ``""``."""
        with self._lock:
            record = self._records.save(replace(self.record(study), hold=reason))
            if record.manifest:
                self._write_manifest(record)
            self._note("held" if reason else "hold lifted", record)

    def shred(self, study: str, reason: str) -> Shredded:
        """Delete a study everywhere: first its key, then its objects, then the local copy.

        Raises
        ------
        NotYet
            It is on hold, or has to be kept.
        """
        with self._lock:
            record = self.record(study)
            if record.hold:
                raise NotYet(
                    f"the study is on hold: {record.hold}", remedy="Ask who put the hold there."
                )
            until = kept_until(record, self.retention)
            if until is None or self.clock().date() < until:
                raise NotYet(
                    f"the study has to be kept until {until:%Y-%m-%d}"
                    if until
                    else "nobody has said how long the study has to be kept",
                    remedy="Give the tier its retention, or wait.",
                )
            self.keys.destroy(record.token)
            self._events.add(
                {"at": self._now(), "what": "shredded", "token": record.token, "why": reason}
            )
            left = []
            for name in [record.token, *(pack.name for pack in record.packs)]:
                try:
                    self.store.abort(name)
                    self.store.delete(name)
                except NetworkError:
                    left.append(name)
            for pack in record.packs:
                self._spool.drop(pack.name)
            for uid in self.local(study):
                self.archive.remove(uid)
            if not left:
                self._records.remove(record)
            return Shredded(study, tuple(left))

    def rotate(self) -> int:
        """Change the master key; how many data keys were wrapped anew. No object is sent."""
        with self._lock:
            count = self.keys.rotate()
            self._events.add({"at": self._now(), "what": "rotated", "keys": count})
            return count

    def rebuild(self) -> list[str]:
        """Make the records again from keys and store alone; tokens whose manifest is not there.

        A manifest that the provider replaced by an older one of the same study opens: without the
        records nothing here knows which was the last.
        """
        with self._lock:
            missing = []
            for token in self.keys.tokens():
                if self.store.size(token) is None:
                    missing.append(token)
                    continue
                sealed = self.store.get(token)
                record = Record.decoded(b"".join(unseal([sealed], self.keys.get(token), token)))
                if record.token != token:
                    raise Damaged(f"the manifest {token} is another study's", name=token)
                self._records.save(replace(record, manifest=digest([sealed])))
            return missing

    def _write_manifest(self, record: Record) -> Record:
        key = self.keys.get(record.token)
        plain = replace(record, manifest="").encoded()
        sealed = b"".join(seal([plain], key, record.token))
        self.store.put(record.token, sealed)
        sha256 = digest([sealed])
        self._spool.prove(record.token, sha256)
        return self._records.save(replace(record, manifest=sha256))

    def _note(self, what: str, record: Record) -> None:
        self._events.add({"at": self._now(), "what": what, "study": record.study})

    def _now(self) -> str:
        return self.clock().isoformat()
