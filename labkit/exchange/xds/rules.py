"""Whether a submission is well made, as far as it can be seen without the registry's own records.

What a registry requires is Table 4.2.3.2-1 and its siblings in ITI TF-3; what cannot be read at all
(a code without scheme, two values of one) is refused by `ebxml_read` before.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from labkit.exchange.xds.model import (
    HAS_MEMBER,
    RELATIONS,
    DocumentEntry,
    Folder,
    Submission,
)
from labkit.exchange.xds.names import stable
from labkit.exchange.xds.problems import RegistryError

METADATA = "XDSRegistryMetadataError"
OID = re.compile(r"[0-2](\.(0|[1-9][0-9]*))+")
UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# ITI TF-3 Table 4.2.3.1.7-2: DTM, UTC, from a year to a second.
_DTM = re.compile(
    r"\d{4}((0[1-9]|1[0-2])((0[1-9]|[12]\d|3[01])(([01]\d|2[0-3])([0-5]\d([0-5]\d)?)?)?)?)?",
    re.ASCII,
)
_CX = re.compile(r"[^\^&]+\^\^\^[^\^&]*&[0-2](\.(0|[1-9][0-9]*))+&ISO")
_MIME = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,127}/[A-Za-z0-9!#$&^_.+-]{1,127}(;[^\r\n]*)?")
_HASH = re.compile(r"[0-9a-f]{40}")


def check(submission: Submission) -> list[RegistryError]:
    """Return what is wrong with a submission; nothing, where it is well made."""
    found = [*_set(submission), *_members(submission), *_identifiers(submission)]
    for entry in submission.entries:
        found += _entry(entry)
    for folder in submission.folders:
        found += _folder(folder)
    return found


def is_dtm(text: str) -> bool:
    """Whether `text` is a time as XDS writes it."""
    return bool(_DTM.fullmatch(text))


def _bad(of: str, what: str) -> RegistryError:
    return RegistryError(METADATA, f"{of}: {what}", of)


def _set(submission: Submission) -> Iterator[RegistryError]:
    made = submission.submission_set
    for name, oid in (("uniqueId", made.uniqueId), ("sourceId", made.sourceId)):
        if len(oid) > 64 or not OID.fullmatch(oid):
            yield _bad(made.entryUUID, f"{name} {oid[:80]!r} is no OID")
    if not is_dtm(made.submissionTime):
        yield _bad(made.entryUUID, f"submissionTime {made.submissionTime[:40]!r} is no DTM")
    for each in submission.described():
        if each.patientId != made.patientId:
            yield RegistryError(
                "XDSPatientIdDoesNotMatch",
                f"patientId {each.patientId.cx} of {each.entryUUID} is not the "
                f"{made.patientId.cx} of its submission set",
                each.entryUUID,
            )


def _entry(entry: DocumentEntry) -> Iterator[RegistryError]:
    of = entry.entryUUID
    needed = {
        "languageCode": entry.languageCode,
        "sourcePatientId": entry.sourcePatientId,
        "confidentialityCode": entry.confidentialityCode,
        "creationTime": entry.creationTime,
        "hash": entry.hash,
        "repositoryUniqueId": entry.repositoryUniqueId,
        "mimeType": entry.mimeType,
    }
    for name, value in needed.items():
        if not value:
            yield _bad(of, f"{name} is missing")
    if entry.size is None:
        yield _bad(of, "size is missing")
    for name in ("creationTime", "serviceStartTime", "serviceStopTime"):
        time = getattr(entry, name)
        if time and not is_dtm(time):
            yield _bad(of, f"{name} {time[:40]!r} is no DTM, YYYY[MM[DD[hh[mm[ss]]]]]")
    start, stop = entry.serviceStartTime, entry.serviceStopTime
    same = min(len(start), len(stop))
    if start and stop and start[:same] > stop[:same]:
        yield _bad(of, "serviceStopTime is before serviceStartTime")
    if entry.objectType != stable():
        yield _bad(of, f"documents of the type {entry.objectType[:80]!r} are not registered here")
    if len(entry.uniqueId) > 128:
        yield _bad(of, "uniqueId has more than 128 characters")
    if entry.sourcePatientId and not _CX.fullmatch(entry.sourcePatientId):
        yield _bad(of, f"sourcePatientId is no CX with an OID: {entry.sourcePatientId[:80]!r}")
    if entry.mimeType and not _MIME.fullmatch(entry.mimeType):
        yield _bad(of, f"mimeType {entry.mimeType[:80]!r} is no media type")
    if entry.hash and not _HASH.fullmatch(entry.hash):
        yield _bad(of, "hash is no SHA-1 in 40 hexadecimal digits")
    if entry.repositoryUniqueId and not OID.fullmatch(entry.repositoryUniqueId):
        yield _bad(of, "repositoryUniqueId is no OID")


def _folder(folder: Folder) -> Iterator[RegistryError]:
    if not OID.fullmatch(folder.uniqueId):
        yield _bad(folder.entryUUID, "uniqueId is no OID")
    for name, value in (("codeList", folder.codeList), ("title", folder.title)):
        if not value:
            yield _bad(folder.entryUUID, f"{name} is missing")


def _members(submission: Submission) -> Iterator[RegistryError]:
    """Check the ties (ITI TF-3 4.2.2): each document and folder is a member of the set."""
    mine = submission.submission_set.entryUUID
    entries = {each.entryUUID for each in submission.entries}
    folders = {each.entryUUID for each in submission.folders}
    members = {
        tie.targetObject
        for tie in submission.associations
        if tie.type == HAS_MEMBER and tie.sourceObject == mine
    }
    for id_ in (entries | folders) - members:
        yield _bad(id_, "it is no member of the submission set (HasMember is missing)")
    for tie in submission.associations:
        of = tie.entryUUID or f"{tie.type} of {tie.sourceObject}"
        if tie.type == HAS_MEMBER:
            if tie.sourceObject == mine and tie.targetObject in entries:
                if tie.submissionSetStatus != "Original":
                    yield _bad(of, "SubmissionSetStatus of a document submitted is Original")
            elif tie.sourceObject not in {mine, *folders} and not UUID.fullmatch(tie.sourceObject):
                yield _bad(of, f"sourceObject {tie.sourceObject[:80]!r} is not in the submission")
        elif tie.type not in RELATIONS:
            yield _bad(of, f"associations of the type {tie.type} are not taken here")
        elif tie.sourceObject not in entries:
            yield _bad(of, f"sourceObject {tie.sourceObject[:80]!r} is no document of it")
        elif tie.sourceObject == tie.targetObject:
            yield _bad(of, "a document is related to itself")


def _identifiers(submission: Submission) -> Iterator[RegistryError]:
    ids = Counter(each.entryUUID for each in submission.objects() if each.entryUUID)
    for id_, count in ids.items():
        if count > 1:
            yield _bad(id_, f"{count} objects of the submission have this id")
        if id_.startswith("urn:uuid:") and not UUID.fullmatch(id_):
            yield _bad(id_, "the id is no UUID in lower case")
    if submission.submission_set.entryUUID == "":
        yield _bad("SubmissionSet", "it has no id")
    uniques = Counter(each.uniqueId for each in submission.described())
    for unique, count in uniques.items():
        if count > 1:
            yield RegistryError(
                "XDSRegistryDuplicateUniqueIdInMessage", f"uniqueId {unique[:128]} is there twice"
            )
