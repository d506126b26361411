"""The file of records: only ever added to, on the disk before anybody is answered."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from labkit.access.audit.chain import FORMAT, GENESIS, Record, Sealer, canonical, digest
from labkit.access.audit.reading import HEAD, TrailReader, Verification, parse, trail_files
from labkit.access.audit.writer import FolderLock
from labkit.common.errors import LabError
from labkit.common.scope import Closes
from labkit.pacs.durable import sync_directory, sync_file

LIMIT = 16 << 20


class AuditError(LabError):
    """A record could not be written, so what it was about must not happen."""


class AuditTrail(Closes):
    """Records of who did what, each tied to the one before; safe for many threads.

    `append` returns when the record is on the disk; threads that wait at the same time share one
    sync. A line that a kill cut short was never answered: it is kept aside and told of in a record.

    Parameters
    ----------
    folder
        Made if missing, for the owner alone. One process at a time writes there.
    clock
        Gives the time of day, with its zone.
    key
        Ed25519 key that seals each record, or its seed of 32 bytes; see `audit_key`. It is not kept
        in `folder`.
    source
        Names the trail in messages (Audit Source ID, PS3.15 A.5.2).
    limit
        Bytes after which another file is begun. Files are never deleted by this class.
    sync
        Forces the bytes of a file descriptor to the disk. Only made-up trails do without.

    Raises
    ------
    LabError
        Another process has the trail.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Callable[[], datetime],
        key: Ed25519PrivateKey | bytes,
        source: str = "labkit",
        limit: int = LIMIT,
        sync: Callable[[int], None] = sync_file,
    ) -> None:
        self.folder, self.source = folder, source
        self._clock, self._limit, self._sealer = clock, limit, Sealer(key)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._mutex, self._syncing = threading.Lock(), threading.Lock()
        self._lock = FolderLock(folder)
        self._reader = TrailReader(folder, self._sealer.public)
        self._broken, self._to_disk = "", sync
        self._number, self._hash, self._synced, self._size, self._fd = 0, GENESIS, 0, 0, -1
        self._old: list[int] = []
        try:
            self._open()
        except BaseException:
            self._lock.release()
            raise

    # -- writing --

    def append(self, entry: Mapping[str, Any]) -> Record:
        """Write a record; on return it is on the disk.

        Parameters
        ----------
        entry
            What the record says: text, whole numbers, truth values, and lists and dicts of them.

        Returns
        -------
        dict
            The record, with its number ``seq``, time ``at``, ``prev``, ``hash`` and ``seal``.

        Raises
        ------
        AuditError
            It could not be written.
        """
        with self._mutex:
            if self._broken:
                raise AuditError(self._broken, remedy="Repair the disk; start the lab again.")
            if self._size >= self._limit:
                self._rotate()
            at = self._clock().astimezone(timezone.utc).isoformat(timespec="microseconds")
            record: Record = {
                **entry, "format": FORMAT, "seq": self._number + 1, "at": at, "prev": self._hash,
            }  # fmt: skip
            record["hash"] = digest(record)
            record["seal"] = self._sealer.seal(record["hash"])
            self._write(canonical(record) + b"\n")
            self._number, self._hash = record["seq"], record["hash"]
        self._sync(record["seq"])
        return record

    def note(self, event: str, reason: str, **more: Any) -> Record:
        """Record what is no decision: a start, a login, a look into the trail itself.

        Parameters
        ----------
        event
            Keyword of CID 400, such as ``"AuditLogUsed"``, ``"UserAuthentication"``.
        reason
            What happened.
        more
            Members of the record: ``actor``, ``door``, ``type`` (keyword of CID 401), ``allowed`` …

        Raises
        ------
        AuditError
            It could not be written.
        """
        record = {"kind": "event", "event": event, "act": "E", "allowed": True, "reason": reason}
        return self.append({**record, **more})

    def mark(self, value: str) -> str:
        """Return what stands in this trail for a value that is not written down, such as a name."""
        return self._sealer.mark(value)

    def close(self) -> None:
        """Give the folder back."""
        with self._syncing, self._mutex:
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1
                self._broken = "The audit trail is closed."
                self._lock.release()

    # -- reading --

    @property
    def public(self) -> bytes:
        """The public key: what a reviewer needs to verify, 32 bytes."""
        return self._sealer.public

    @property
    def count(self) -> int:
        """The number of the newest record."""
        return self._number

    def records(self, since: int | datetime = 0) -> Iterator[Record]:
        """Go over the records after a number, or from a moment on."""
        return self._reader.records(since)

    def follow(self, StudyInstanceUID: str) -> list[Record]:  # noqa: N803
        """Return every record that a study has part in."""
        return self._reader.follow(StudyInstanceUID)

    def of_patient(self, *ids: str) -> list[Record]:
        """Return every record about a patient, who may have several ids."""
        return self._reader.of_patient(*ids)

    def verify(self, witness: tuple[int, str] = (0, GENESIS)) -> Verification:
        """Read all of it and name the first record that is not as it was written."""
        with self._syncing, self._mutex:  # not in the middle of a record
            return self._reader.verify(witness)

    # -- inside --

    def _open(self) -> None:
        files = trail_files(self.folder)
        torn = b""
        for path in reversed(files):  # a kill may have come right after a new file was begun
            data = path.read_bytes()
            whole = data.rfind(b"\n") + 1
            if data[whole:]:
                torn = data[whole:]
                aside = path.with_name(f"torn-{path.stem.partition('-')[2]}-{len(files)}.bin")
                aside.write_bytes(torn)
                os.truncate(path, whole)
            last = parse(data[:whole].rsplit(b"\n", 2)[-2]) if whole else None
            if last is not None:
                self._number, self._hash = int(last["seq"]), str(last["hash"])
            if last is not None or whole:
                break
        self._file(files[-1] if files else self._named(1))
        self._synced = self._number
        if not files:
            self._write_head(0, GENESIS)
        if torn:
            self.note(
                "SecurityAlert",
                f"a record of {len(torn)} bytes was cut short by a crash and is kept aside",
                type="AuditRecordingStarted",
            )

    def _named(self, number: int) -> Path:
        return self.folder / f"audit-{number:06d}.jsonl"

    def _file(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
        self._fd = os.open(path, flags, 0o600)
        self._path, self._size = path, os.fstat(self._fd).st_size
        sync_directory(self.folder)

    def _rotate(self) -> None:
        try:
            self._to_disk(self._fd)
            old, number = self._fd, int(self._path.stem.partition("-")[2])
            self._file(self._named(number + 1))
            self._old.append(old)  # another thread may be syncing it
        except OSError as error:
            raise AuditError(f"No new file of the audit trail: {error.strerror}.",
                             remedy="Make room on the disk.") from error  # fmt: skip

    def _write(self, line: bytes) -> None:
        try:
            view = memoryview(line)
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError as error:
            try:
                os.ftruncate(self._fd, self._size)  # half a line would be taken for tampering
            except OSError:
                self._broken = f"The audit trail cannot be written: {error.strerror}."
            raise AuditError(f"The audit trail cannot be written: {error.strerror}.",
                             remedy="Make room on the disk.") from error  # fmt: skip
        self._size += len(line)

    def _sync(self, number: int) -> None:
        """Wait until a record is on the disk; one thread syncs for all that wait."""
        with self._syncing:
            if self._synced >= number:
                return
            with self._mutex:
                reached, last, fd = self._number, self._hash, self._fd
                old, self._old = self._old, []
                if fd < 0:
                    raise AuditError("The audit trail is closed.", remedy="Open it again.")
            try:
                self._to_disk(fd)
            except OSError as error:
                # After a failed fsync nobody knows what is on the disk (fsync(2), EIO): no more.
                self._broken = f"The audit trail cannot be synced: {error.strerror}."
                raise AuditError(self._broken, remedy="Repair the disk.") from error
            finally:
                for unused in old:
                    os.close(unused)
            self._synced = reached
            self._write_head(reached, last)

    def _write_head(self, number: int, last: str) -> None:
        """Say how far it has come; after the records, so it never tells of one that is lost."""
        head: Record = {"format": FORMAT, "kind": "head", "seq": number, "last": last}
        head["hash"] = digest(head)
        head["seal"] = self._sealer.seal(head["hash"])
        part = self.folder / (HEAD + ".part")
        try:
            part.write_bytes(canonical(head))
            part.replace(self.folder / HEAD)
        except OSError as error:
            raise AuditError(f"The head of the audit trail cannot be written: {error.strerror}.",
                             remedy="Make room on the disk.") from error  # fmt: skip
