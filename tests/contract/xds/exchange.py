"""What the two sides are given: a manifest of a study, and what is said of it."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from starlette.applications import Starlette

from labkit.common import ALLOW_ALL
from labkit.common.serving import HOST, HttpService
from labkit.dicom.samples import sample
from labkit.exchange.manifests import Maker, build, part10
from labkit.exchange.parties import LAKESIDE, Party
from labkit.exchange.soap import Operation, soap_app
from labkit.exchange.xds import Code, DocumentEntry, SubmissionSet
from tests.contract.xds.peer_process import Ipf

WHEN = datetime(2026, 1, 1, 12, tzinfo=timezone.utc)
SLUG = "cr-chest-prior"
MARIGOLD = LAKESIDE.patient("LK-20871")
STRANGER = LAKESIDE.patient("LK-99999")
KOS = ["1.2.840.10008.5.1.4.1.1.88.59", "Key Object Selection", "1.2.840.10008.2.6.1"]
RADIOGRAPH = ["DX", "Digital Radiography", "1.2.840.10008.2.16.4"]
ACCESSION = "LK2400377^^^&2.25.2026102.7&ISO^urn:ihe:iti:xds:2013:accession"
SUCCESS = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"
FAILURE = "urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Failure"
PARTIAL = "urn:ihe:iti:2007:ResponseStatusType:PartialSuccess"
APPROVED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Approved"
DEPRECATED = "urn:oasis:names:tc:ebxml-regrep:StatusType:Deprecated"
RPLC = "urn:ihe:iti:2007:AssociationType:RPLC"
ABROAD = Party("IPF", "IPF", Ipf.home, "2.25.2026999.2", Ipf.repository, Ipf.repository,
               "2.25.2026999.5")  # fmt: skip


def serve(stack: ExitStack, of: dict[str, Operation]) -> str:
    """Serve operations on a port of their own until the stack ends; its URL."""
    return serve_app(stack, soap_app(of, ALLOW_ALL))


def serve_app(stack: ExitStack, app: Starlette) -> str:
    """Serve an application in the same way."""
    service = HttpService("contract")
    service.bind()
    service.start(app)
    stack.callback(service.stop)
    return f"http://{HOST}:{service.port}/"


@lru_cache
def manifest(number: int = 1) -> tuple[str, bytes]:
    """A key object selection of the study: its SOP Instance UID, and its file."""
    uid = f"2.25.2026999{number}"
    maker = Maker(institution="Lakeside Clinic", patient_authority=LAKESIDE.authority)
    document = build(sample(SLUG).datasets(), "xds-i.b", maker=maker, uid=uid, when=WHEN)
    return uid, part10(document)


def said(number: int = 1, **other: Any) -> dict[str, Any]:
    """What IPF is to say of that manifest, by the attributes' names of XDS."""
    code = ["R", "Example", "2.25.2026102.9"]
    return {
        "entryUUID": f"urn:uuid:6e7c0a34-1111-4111-8111-{number:012d}",
        "uniqueId": manifest(number)[0],
        "patientId": MARIGOLD.cx,
        "sourcePatientId": MARIGOLD.cx,
        "title": "Radiograph of the chest",
        "authorPerson": "^Chen^Li",
        "classCode": code,
        "typeCode": ["18748-4", "Diagnostic imaging study", "2.16.840.1.113883.6.1"],
        "formatCode": KOS,
        "practiceSettingCode": code,
        "healthcareFacilityTypeCode": code,
        "confidentialityCode": [["N", "normal", "2.16.840.1.113883.5.25"]],
        "eventCodeList": [RADIOGRAPH],
        "referenceIdList": [ACCESSION],
        "creationTime": "20260101120000",
        "serviceStartTime": "20240301093000",
        "languageCode": "en-US",
        "mimeType": "application/dicom",
        **other,
    }


def submission(number: int = 1, **other: Any) -> dict[str, Any]:
    """What IPF is to say of the submission of it."""
    return {
        "entryUUID": f"urn:uuid:6e7c0a34-2222-4222-8222-{number:012d}",
        "uniqueId": f"2.25.2026998{number}",
        "patientId": MARIGOLD.cx,
        "authorPerson": "^Chen^Li",
        "contentTypeCode": ["R", "Example", "2.25.2026102.9"],
        "sourceId": LAKESIDE.source,
        "submissionTime": "20260101120500",
        **other,
    }


def entry(number: int = 1) -> DocumentEntry:
    """The same as we say it."""
    its = said(number)

    def code(name: str) -> Code:
        value, display, scheme = its[name]
        return Code(value, scheme, display)

    def codes(name: str) -> tuple[Code, ...]:
        return tuple(Code(value, scheme, display) for value, display, scheme in its[name])

    return DocumentEntry(
        uniqueId=its["uniqueId"],
        patientId=MARIGOLD,
        classCode=code("classCode"),
        typeCode=code("typeCode"),
        formatCode=code("formatCode"),
        healthcareFacilityTypeCode=code("healthcareFacilityTypeCode"),
        practiceSettingCode=code("practiceSettingCode"),
        confidentialityCode=codes("confidentialityCode"),
        eventCodeList=codes("eventCodeList"),
        referenceIdList=tuple(its["referenceIdList"]),
        creationTime=its["creationTime"],
        serviceStartTime=its["serviceStartTime"],
        languageCode=its["languageCode"],
        mimeType=its["mimeType"],
        sourcePatientId=its["sourcePatientId"],
        title=its["title"],
        entryUUID=f"document{number}",
    )


def submission_set(number: int = 1) -> SubmissionSet:
    """The submission as we say it."""
    its = submission(number)
    value, display, scheme = its["contentTypeCode"]
    return SubmissionSet(
        uniqueId=its["uniqueId"],
        sourceId=its["sourceId"],
        patientId=MARIGOLD,
        contentTypeCode=Code(value, scheme, display),
        submissionTime=its["submissionTime"],
    )


def sha256(data: bytes) -> str:
    """SHA-256 as IPF prints it."""
    return hashlib.sha256(data).hexdigest()
