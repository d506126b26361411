"""The metadata of shared documents, under the names of ITI TF-3 4.2.3: what is said of a document.

A `SubmissionSet` is the act of submitting; its `DocumentEntry` objects describe the documents; an
`Association` ties two objects: a set has members, a document replaces another.
"""
# ruff: noqa: N815 - attributes are spelled as IHE spells them

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from labkit.common.errors import UsageError
from labkit.exchange.parties import PatientId
from labkit.exchange.xds.names import APPROVED, association, stable
from labkit.exchange.xds.problems import RegistryError

HAS_MEMBER = "HasMember"
REPLACES = ("RPLC", "XFRM_RPLC")
"""Associations that deprecate their target (ITI TF-3 4.2.2.2.3, 4.2.2.2.5)."""
RELATIONS = ("APND", "RPLC", "XFRM", "XFRM_RPLC", "signs")
"""Associations between two documents (ITI TF-3 4.2.2.2)."""

Slots = tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Code:
    """A code, its coding scheme and what it means (ITI TF-3 4.2.3.1.2).

    Attributes
    ----------
    scheme
        Its codingScheme, an OID in most affinity domains.
    """

    code: str
    scheme: str
    display: str = ""

    @classmethod
    def parse(cls, text: str) -> Code:
        """Read ``code^^scheme``, as stored queries write it (ITI TF-2 3.18.4.1.2.3.4).

        Raises
        ------
        UsageError
            It is not written so.
        """
        parts = text.split("^")
        if len(parts) != 3 or not parts[0] or parts[1] or not parts[2]:
            raise UsageError(
                f"{text!r} is no code with its scheme.", remedy="Write code^^scheme: CT^^1.2.840.…"
            )
        return cls(parts[0], parts[2])

    def __str__(self) -> str:
        return f"{self.code}^^{self.scheme}"


@dataclass(frozen=True)
class Author:
    """Who made a document, or submitted it (ITI TF-3 4.2.3.1.4).

    Attributes
    ----------
    authorPerson
        XCN, ``^Moreau^Grace^^^Dr``, or a device's name.
    authorInstitution
        XON, ``North General``.
    """

    authorPerson: str = ""
    authorInstitution: tuple[str, ...] = ()
    authorRole: tuple[str, ...] = ()
    authorSpecialty: tuple[str, ...] = ()
    authorTelecommunication: tuple[str, ...] = ()


@dataclass(frozen=True)
class DocumentEntry:
    """What is said of one document (ITI TF-3 4.2.3.2).

    Times are DTM in UTC: ``YYYY[MM[DD[hh[mm[ss]]]]]``. What a repository fills in
    (`hash`, `size`, `repositoryUniqueId`) and what a registry does (`availabilityStatus`, and
    `entryUUID` where it is a symbolic id) is left empty by who submits.

    Attributes
    ----------
    entryUUID
        ``urn:uuid:…``, or before registration any name that the submission uses.
    uniqueId
        The document's own identifier; of a KOS manifest its SOP Instance UID (RAD TF-2 4.68).
    patientId
        The patient in the affinity domain; `sourcePatientId` is the ID where the document is from.
    hash, size
        SHA-1 of the bytes in hexadecimal digits, and their number.
    objectType
        Stable or on-demand.
    homeCommunityId
        ``urn:oid:…`` of the community that has it; what comes through a gateway has it always.
    slots
        Further metadata, name and values (ITI TF-3 4.2.3.1.6).
    """

    uniqueId: str
    patientId: PatientId
    classCode: Code
    typeCode: Code
    formatCode: Code
    healthcareFacilityTypeCode: Code
    practiceSettingCode: Code
    confidentialityCode: tuple[Code, ...]
    creationTime: str
    languageCode: str
    mimeType: str
    sourcePatientId: str
    sourcePatientInfo: tuple[str, ...] = ()
    eventCodeList: tuple[Code, ...] = ()
    author: tuple[Author, ...] = ()
    title: str = ""
    comments: str = ""
    serviceStartTime: str = ""
    serviceStopTime: str = ""
    legalAuthenticator: str = ""
    referenceIdList: tuple[str, ...] = ()
    URI: str = ""
    hash: str = ""
    size: int | None = None
    repositoryUniqueId: str = ""
    homeCommunityId: str = ""
    availabilityStatus: str = APPROVED
    entryUUID: str = "document"
    objectType: str = field(default_factory=stable)
    slots: Slots = ()


@dataclass(frozen=True)
class SubmissionSet:
    """The act of submitting documents (ITI TF-3 4.2.3.3).

    Attributes
    ----------
    sourceId
        OID of the source.
    submissionTime
        DTM in UTC, as of `DocumentEntry`.
    intendedRecipient
        XON|XCN|XTN of each.
    """

    uniqueId: str
    sourceId: str
    patientId: PatientId
    contentTypeCode: Code
    submissionTime: str
    author: tuple[Author, ...] = ()
    intendedRecipient: tuple[str, ...] = ()
    title: str = ""
    comments: str = ""
    homeCommunityId: str = ""
    availabilityStatus: str = APPROVED
    entryUUID: str = "submission"
    slots: Slots = ()


@dataclass(frozen=True)
class Folder:
    """Documents that belong together, over several submissions (ITI TF-3 4.2.3.4)."""

    uniqueId: str
    patientId: PatientId
    codeList: tuple[Code, ...]
    title: str
    comments: str = ""
    lastUpdateTime: str = ""
    homeCommunityId: str = ""
    availabilityStatus: str = APPROVED
    entryUUID: str = "folder"
    slots: Slots = ()


@dataclass(frozen=True)
class Association:
    """A tie between two registry objects, by their entryUUIDs (ITI TF-3 4.2.2).

    Attributes
    ----------
    type
        ``"HasMember"``, ``"RPLC"``, ``"APND"``, ``"XFRM"``, ``"XFRM_RPLC"``, ``"signs"``; the
        message has its URN.
    sourceObject, targetObject
        The set and its member; the new document and the one it replaces.
    submissionSetStatus
        Of a set's document: ``"Original"`` (submitted with it) or ``"Reference"``.
    """

    type: str
    sourceObject: str
    targetObject: str
    submissionSetStatus: str = ""
    homeCommunityId: str = ""
    availabilityStatus: str = APPROVED
    entryUUID: str = ""
    slots: Slots = ()

    @property
    def urn(self) -> str:
        """The type as the message has it."""
        return association(self.type)

    @classmethod
    def replaces(cls, new: str, old: str) -> Association:
        """Say that document `new` replaces `old`, both by entryUUID (RPLC)."""
        return cls("RPLC", new, old)


Described = DocumentEntry | SubmissionSet | Folder
"""What has a patient and a uniqueId."""
RegistryObject = DocumentEntry | SubmissionSet | Folder | Association


@dataclass(frozen=True)
class Submission:
    """All that goes to a registry at once: whole, or not at all.

    Attributes
    ----------
    warnings
        What was in the message and is not kept.
    """

    submission_set: SubmissionSet
    entries: tuple[DocumentEntry, ...] = ()
    folders: tuple[Folder, ...] = ()
    associations: tuple[Association, ...] = ()
    warnings: tuple[RegistryError, ...] = ()

    def described(self) -> tuple[Described, ...]:
        """All but the associations, the set first."""
        return (self.submission_set, *self.entries, *self.folders)

    def objects(self) -> Iterator[RegistryObject]:
        """Every object, the set first."""
        yield from self.described()
        yield from self.associations

    @classmethod
    def of(
        cls,
        submission_set: SubmissionSet,
        entries: tuple[DocumentEntry, ...],
        associations: tuple[Association, ...] = (),
        folders: tuple[Folder, ...] = (),
    ) -> Submission:
        """Make a submission: each document and folder becomes a member of the set.

        Associations that are there already are not made again.
        """
        mine = submission_set.entryUUID
        there = {a.targetObject for a in associations if a.sourceObject == mine}
        # Who put a document into a folder is on record: that tie is a member of the set itself.
        ties = tuple(
            replace(tie, entryUUID=tie.entryUUID or f"member{number}")
            if tie.type == HAS_MEMBER and tie.sourceObject != mine
            else tie
            for number, tie in enumerate(associations)
        )
        new: list[tuple[str, str]] = [(entry.entryUUID, "Original") for entry in entries]
        new += [(folder.entryUUID, "") for folder in folders]
        new += [
            (tie.entryUUID, "")
            for tie in ties
            if tie.type == HAS_MEMBER and tie.sourceObject != mine
        ]
        members = [
            Association(HAS_MEMBER, mine, id_, status) for id_, status in new if id_ not in there
        ]
        return cls(submission_set, entries, folders, (*members, *ties))
