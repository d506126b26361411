"""What a registry is told of a manifest: the metadata of RAD-68 (RAD TF-3 4.68.4.1.2)."""

from __future__ import annotations

import uuid
from datetime import datetime, timezone

from pydicom.uid import KeyObjectSelectionDocumentStorage

from labkit.common.errors import UsageError
from labkit.exchange.manifests import Manifest
from labkit.exchange.parties import Party
from labkit.exchange.xds.model import Author, Code, DocumentEntry, SubmissionSet
from labkit.exchange.xds.names import ACCESSION, STUDY

KOS = Code(str(KeyObjectSelectionDocumentStorage), "1.2.840.10008.2.6.1", "Key Object Selection")
"""formatCode of a manifest: the SOP Class UID, and DICOM's UIDs as its scheme."""
_DCM, _LOINC, _SNOMED = "1.2.840.10008.2.16.4", "2.16.840.1.113883.6.1", "2.16.840.1.113883.6.96"
_STUDY = Code("18748-4", _LOINC, "Diagnostic imaging study")
_FACILITY = Code("22232009", _SNOMED, "Hospital")
_PRACTICE = Code("394914008", _SNOMED, "Radiology")
_NORMAL = Code("N", "2.16.840.1.113883.5.25", "normal")


def entry_of(manifest: Manifest, party: Party) -> DocumentEntry:
    """Describe a manifest for its registry.

    Parameters
    ----------
    manifest
        As it was gathered: a KOS that was read back does not say the modalities.
    party
        Whose patient IDs are used in the registry.

    Raises
    ------
    UsageError
        The patient's ID is not one of the party's: it would be another patient's here.
    """
    subject = manifest.patient.id
    if subject is None or subject.authority != party.authority:
        who = subject.value if subject else "nobody"
        raise UsageError(
            f"The manifest is of patient {who}, and that is no ID of {party.name}.",
            remedy="Reconcile the ID first; the number alone may be somebody else's here.",
        )
    patient = party.patient(subject.value)
    person = [f"PID-3|{patient.cx}"]
    if manifest.patient.name:
        person.append(f"PID-5|{manifest.patient.name.partition('=')[0]}")
    if manifest.patient.birth_date:
        person.append(f"PID-7|{manifest.patient.birth_date}")
    if manifest.patient.sex:
        person.append(f"PID-8|{manifest.patient.sex}")
    # CXi: the value, its issuer, and what kind of reference it is (ITI TF-3 4.2.3.1.7).
    references = [f"{manifest.study_uid}^^^^{STUDY}"]
    references += [
        f"{one.value}^^^&{one.authority}&ISO^{ACCESSION}" if one.authority
        else f"{one.value}^^^^{ACCESSION}"
        for one in manifest.accessions
    ]  # fmt: skip
    begun = (manifest.study_date + manifest.study_time[:6]) if manifest.study_date else ""
    return DocumentEntry(
        uniqueId=manifest.uid,
        patientId=patient,
        classCode=_STUDY,
        typeCode=_STUDY,
        formatCode=KOS,
        healthcareFacilityTypeCode=_FACILITY,
        practiceSettingCode=_PRACTICE,
        confidentialityCode=(_NORMAL,),
        creationTime=(manifest.created_date + manifest.created_time[:6]),
        languageCode="en",
        mimeType="application/dicom",
        sourcePatientId=patient.cx,
        sourcePatientInfo=tuple(person),
        eventCodeList=tuple(Code(one, _DCM, one) for one in manifest.modalities),
        author=(Author(authorInstitution=(party.name,)),),
        title=manifest.study_description,
        serviceStartTime=begun,
        referenceIdList=tuple(references),
        entryUUID=_uuid(manifest.uid, "entry"),
    )


def submission_of(
    manifest: Manifest, entry: DocumentEntry, party: Party, at: datetime
) -> SubmissionSet:
    """Describe the act of submitting it.

    Parameters
    ----------
    at
        When, with its zone.
    """
    return SubmissionSet(
        uniqueId=f"2.25.{_made(manifest.uid, 'submission').int}",
        sourceId=party.source,
        patientId=entry.patientId,
        contentTypeCode=_STUDY,
        submissionTime=at.astimezone(timezone.utc).strftime("%Y%m%d%H%M%S"),
        author=(Author(authorInstitution=(party.name,)),),
        entryUUID=_uuid(manifest.uid, "submission"),
    )


def _made(*parts: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_OID, "\n".join(parts))


def _uuid(*parts: str) -> str:
    return f"urn:uuid:{_made(*parts)}"
