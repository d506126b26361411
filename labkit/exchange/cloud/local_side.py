"""The archive's side: what it has of a study, and putting back what returns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import BytesIO

from labkit.common.errors import UsageError
from labkit.exchange.cloud.packing import unpack
from labkit.exchange.cloud.records import Record
from labkit.pacs.archive import Archive
from labkit.pacs.entering import Entry
from labkit.pacs.header import read_header
from labkit.pacs.keys import Level
from labkit.pacs.matching import matcher_for
from labkit.pacs.part10 import read_file_meta, read_object
from labkit.pacs.retrieval import Retrieval, objects_of

_UID = re.compile(r"[0-9.]{1,64}")


def held(archive: Archive, study: str) -> list[Entry]:
    """What the archive shows of a study. What a rejection note hides stays, and is not sent."""
    if not _UID.fullmatch(study):  # a list of UIDs would match several studies
        return []
    return objects_of(archive, Retrieval(Level.STUDY, {Level.STUDY: matcher_for("UI", study)}))


def first_record(archive: Archive, study: str, token: str = "", used: str = "") -> Record:
    """What a record says of a study that is in no pack yet; corrections applied.

    Raises
    ------
    UsageError
        The archive has none of it.
    """
    entries = held(archive, study)
    if not entries:
        raise UsageError(
            f"the archive has no study {study}", remedy="Check the Study Instance UID."
        )
    meta, data = read_object(archive.objects.path(entries[0].sop_instance_uid))
    header = read_header(data, meta.transfer_syntax)
    seen = archive.decisions.seen(header) or header
    return Record(
        token,
        study,
        patient=seen["PatientID"],
        issuer=seen["IssuerOfPatientID"],
        birth_date=seen["PatientBirthDate"],
        study_date=seen["StudyDate"],
        description=seen["StudyDescription"],
        accession=seen["AccessionNumber"],
        used=used,
    )


def put_back(archive: Archive, plain: Iterable[bytes], name: str) -> int:
    """Store the instances of a pack, byte for byte as they were; how many were new."""
    new = 0
    for _, file in unpack(plain, name):
        stream = BytesIO(file)
        meta = read_file_meta(stream)
        stored = archive.add(
            stream.read(), transfer_syntax=meta.transfer_syntax, source=meta.source
        )
        new += stored.outcome == "stored"
    return new
