"""A Document Repository: keeps documents, and has them registered (ITI TF-1 10.1.1.3).

It reads no document. What it says of one to the registry (`hash`, `size`, `repositoryUniqueId`) is
about bytes.
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from labkit.common.durable import Durable, Wording
from labkit.common.errors import LabError, NetworkError
from labkit.common.scope import Closes
from labkit.exchange.parties import PatientId
from labkit.exchange.xds.messages import DocumentRequest, Retrieved
from labkit.exchange.xds.model import DocumentEntry, Submission
from labkit.exchange.xds.problems import Answer, RegistryError, XdsError, refuse
from labkit.pacs.durable import replace_synced

_SCHEMA = """
CREATE TABLE IF NOT EXISTS documents (
    unique_id TEXT PRIMARY KEY, mime_type TEXT NOT NULL, patient TEXT NOT NULL,
    hash TEXT NOT NULL, size INTEGER NOT NULL, file TEXT NOT NULL) WITHOUT ROWID;
"""
_WORDING = Wording(
    "the repository's index",
    unopened="See that nobody else has it open, and that the folder can be written.",
    unwritten="Make room on the disk, or name a folder that can be written; then submit it again.",
)

MOST_RETRIEVED = 256 * 1024 * 1024
"""Bytes of the documents in one answer: the same document may be asked for a thousand times."""


class RegistersDocuments(Protocol):
    """Where a repository registers: a `Registry`, or one behind SOAP (`RegistryClient`)."""

    def register(self, submission: Submission) -> tuple[RegistryError, ...]:
        """Take a submission whole, with warnings, or raise `XdsError`."""
        ...


@dataclass(frozen=True)
class Kept:
    """What a repository knows of a document.

    Attributes
    ----------
    hash, size
        SHA-1 in hexadecimal digits, and bytes.
    """

    uniqueId: str  # noqa: N815 - as IHE spells it
    mimeType: str  # noqa: N815
    patient: PatientId
    hash: str
    size: int
    file: str


class Repository(Closes):
    """A repository.

    Parameters
    ----------
    folder
        Where it keeps documents. What was acknowledged is there after any crash.
    unique_id
        Its repositoryUniqueId, an OID.
    registry
        Where documents are registered.
    most_bytes
        Bytes of the documents that one answer has at most; what is more is an error each.
    """

    def __init__(
        self,
        folder: Path,
        unique_id: str,
        *,
        registry: RegistersDocuments,
        most_bytes: int = MOST_RETRIEVED,
    ) -> None:
        self.unique_id = unique_id
        self._most = most_bytes
        self.registry = registry
        self._files = folder / "documents"
        self._files.mkdir(parents=True, exist_ok=True)
        # One submission at a time: what one takes back, another must not count on.
        self._providing = threading.Lock()
        self._index = Durable(folder / "repository.sqlite", [_SCHEMA], _WORDING)

    def close(self) -> None:
        """Give its files back."""
        self._index.close()

    def provide(
        self, submission: Submission, documents: Mapping[str, bytes]
    ) -> tuple[RegistryError, ...]:
        """Keep documents and have them registered (ITI-41; RAD-68 where they are manifests).

        Parameters
        ----------
        documents
            By the id of the DocumentEntry that describes each.

        Returns
        -------
        tuple of RegistryError
            Warnings of the registry.

        Raises
        ------
        XdsError
            It is refused, and nothing is kept.
        """
        uniques = Counter(entry.uniqueId for entry in submission.entries)
        twice = [unique for unique, count in uniques.items() if count > 1]
        if twice:
            raise refuse("XDSRepositoryDuplicateUniqueIdInMessage", f"{twice[0]} is there twice")
        entries = tuple(self._described(e, documents[e.entryUUID]) for e in submission.entries)
        with self._providing:
            return self._provided(replace(submission, entries=entries), documents)

    def _provided(
        self, submission: Submission, documents: Mapping[str, bytes]
    ) -> tuple[RegistryError, ...]:
        entries = submission.entries
        with self._index.transaction():
            new = [self._keep(e, documents[e.entryUUID]) for e in entries if not self._there(e)]
        try:
            return self.registry.register(submission)
        except (XdsError, LabError) as error:
            # The registry has taken nothing of it, so nobody is ever told of these documents.
            self._forget(new)
            if isinstance(error, LabError):
                raise refuse("XDSRegistryOutOfResources", str(error)) from error
            raise
        except NetworkError as error:
            # It may have registered them and its answer was lost: they stay, and the source may
            # send the same again.
            raise refuse(
                "XDSRegistryNotAvailable",
                "the registry gave no answer",
                remedy="Submit the same again when the registry is back.",
            ) from error

    def retrieve(
        self,
        requests: Iterable[DocumentRequest],
        *,
        allowed: Callable[[Kept], bool] | None = None,
    ) -> Answer[Retrieved]:
        """Give documents (ITI-43); an error for each that there is not (ITI TF-2 3.43.4.2.2).

        Parameters
        ----------
        allowed
            Asked of each document; what may not be had is as if it were not there.
        """
        found: list[Retrieved] = []
        errors: list[RegistryError] = []
        left = self._most
        for each in requests:
            if each.repositoryUniqueId != self.unique_id:
                errors.append(
                    RegistryError(
                        "XDSUnknownRepositoryId",
                        f"{each.repositoryUniqueId[:80]} is not this repository",
                    )
                )
                continue
            kept = self.kept(each.uniqueId)
            if kept is None or (allowed is not None and not allowed(kept)):
                errors.append(RegistryError("XDSDocumentUniqueIdError", each.uniqueId[:128]))
                continue
            if kept.size > left:
                what = f"{kept.uniqueId}: ask for it alone, the answer is large enough"
                errors.append(RegistryError("XDSRepositoryOutOfResources", what))
                continue
            data = (self._files / kept.file).read_bytes()
            if hashlib.sha1(data, usedforsecurity=False).hexdigest() != kept.hash:
                what = f"{kept.uniqueId} is not on the disk as it was kept"
                errors.append(RegistryError("XDSRepositoryError", what))
                continue
            left -= kept.size
            found.append(Retrieved(each, kept.mimeType, data))
        return Answer(found, errors)

    def kept(self, unique_id: str) -> Kept | None:
        """Return what is known of a document, ``None`` if it is not here."""
        found = self._index.query(
            "SELECT unique_id, mime_type, patient, hash, size, file FROM documents"
            " WHERE unique_id = ?",
            [unique_id],
        )
        if not found:
            return None
        row = found[0]
        return Kept(row[0], row[1], PatientId.parse(row[2]), row[3], row[4], row[5])

    def __len__(self) -> int:
        return int(self._index.query("SELECT COUNT(*) FROM documents")[0][0])

    def _described(self, entry: DocumentEntry, data: bytes) -> DocumentEntry:
        """Say what the repository says of a document (ITI TF-2 3.41.4.1.3.2).

        A hash or size that the source has said is checked; a repositoryUniqueId is replaced.
        """
        # SHA-1 is what XDS has (ITI TF-3 4.2.3.2.10): it finds damage, and proves no origin.
        digest = hashlib.sha1(data, usedforsecurity=False).hexdigest()
        for name, said, true in (
            ("hash", entry.hash.lower(), digest),
            ("size", "" if entry.size is None else str(entry.size), str(len(data))),
        ):
            if said and said != true:
                raise refuse(
                    "XDSRepositoryMetadataError",
                    f"{entry.uniqueId}: {name} is said to be {said[:64]}, and is {true}",
                )
        return replace(entry, hash=digest, size=len(data), repositoryUniqueId=self.unique_id)

    def _there(self, entry: DocumentEntry) -> bool:
        kept = self.kept(entry.uniqueId)
        if kept is None:
            return False
        if kept.hash != entry.hash:
            raise refuse("XDSNonIdenticalHash", f"{entry.uniqueId} is kept here with other bytes")
        if kept.patient != entry.patientId:
            raise refuse("XDSPatientIdDoesNotMatch", f"{entry.uniqueId} is of another patient")
        return True

    def _keep(self, entry: DocumentEntry, data: bytes) -> str:
        """Put a document on the disk before anything is said of it."""
        file = hashlib.sha256(entry.uniqueId.encode()).hexdigest()
        replace_synced(self._files / file, data)
        self._index.db.execute(
            "INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?)",
            (entry.uniqueId, entry.mimeType, entry.patientId.cx, entry.hash, entry.size, file),
        )
        return entry.uniqueId

    def _forget(self, unique_ids: Iterable[str]) -> None:
        with self._index.transaction():
            for unique_id in unique_ids:
                self._index.db.execute("DELETE FROM documents WHERE unique_id = ?", (unique_id,))
                name = hashlib.sha256(unique_id.encode()).hexdigest()
                (self._files / name).unlink(missing_ok=True)
