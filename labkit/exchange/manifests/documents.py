"""What a registry is told of a manifest, and how it gets there (RAD-68; RAD TF-2 4.68.4.1.2.3)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from labkit.common.errors import UsageError
from labkit.exchange.manifests.gather import made_uid
from labkit.exchange.manifests.model import Issued, Manifest
from labkit.exchange.manifests.terms import Code as DicomCode
from labkit.exchange.manifests.writing import part10, write
from labkit.exchange.parties import Party, PatientId
from labkit.exchange.xds import (
    Association,
    Author,
    Code,
    DocumentEntry,
    DocumentSource,
    SubmissionSet,
)
from labkit.exchange.xds.names import ACCESSION, STUDY
from labkit.fhir.mapping.transforms.codes import table

MIME_TYPE = "application/dicom"
FORMAT_CODE = Code("1.2.840.10008.5.1.4.1.1.88.59", "1.2.840.10008.2.6.1",
                   "Key Object Selection Document")  # fmt: skip
"""(RAD68-022: RAD TF-2 4.68.4.1.2.3.2.)"""
SCHEMES = {
    "DCM": "1.2.840.10008.2.16.4", "SCT": "2.16.840.1.113883.6.96", "LN": "2.16.840.1.113883.6.1",
}  # fmt: skip
"""OIDs of coding schemes (PS3.16 Table 8-1)."""
_ORDER = "urn:ihe:iti:xds:2013:order"


@dataclass(frozen=True)
class Domain:
    """The codes that an affinity domain has agreed on (ITI TF-1 10.4.8); these are the lab's."""

    classCode: Code = field(default_factory=lambda: Code(  # noqa: N815 - as IHE spells it
        "IMAGES", "1.3.6.1.4.1.19376.1.2.6.1", "Images"))  # fmt: skip
    typeCode: Code = field(default_factory=lambda: Code(  # noqa: N815
        "18748-4", SCHEMES["LN"], "Diagnostic imaging study"))  # fmt: skip
    facility: Code = field(default_factory=lambda: Code("22232009", SCHEMES["SCT"], "Hospital"))
    practice: Code = field(default_factory=lambda: Code("394914008", SCHEMES["SCT"], "Radiology"))
    confidentiality: Code = field(
        default_factory=lambda: Code("N", "2.16.840.1.113883.5.25", "normal")
    )
    language: str = "en"


def document_entry(
    manifest: Manifest,
    *,
    patient: PatientId | None = None,
    modalities: Iterable[str] = (),
    confidentiality: Code | None = None,
    domain: Domain | None = None,
    entry_uuid: str = "",
) -> DocumentEntry:
    """Describe a manifest for a registry.

    Parameters
    ----------
    patient
        The patient as the affinity domain knows them; the manifest's own by default, which has to
        name its authority by OID.
    modalities
        Of what is listed. A bare manifest that was read has no place for them: take what `gather`
        told, or give them.
    confidentiality, domain
        Codes of the affinity domain.
    entry_uuid
        ``urn:uuid:…``; made of the manifest's UID by default, so the same is not registered twice.

    Raises
    ------
    UsageError
        Nobody says by OID who issued the patient's ID.
    """
    codes = domain or Domain()
    source = _source_patient(manifest)
    where = patient or source
    if where is None:
        raise UsageError("The manifest does not say by OID who issued the patient's ID.",
                         remedy="Make it with a maker that does, or give patient=.")  # fmt: skip
    return DocumentEntry(
        uniqueId=manifest.uid, patientId=where, classCode=codes.classCode,
        typeCode=codes.typeCode, formatCode=FORMAT_CODE,
        healthcareFacilityTypeCode=codes.facility, practiceSettingCode=codes.practice,
        confidentialityCode=(confidentiality or codes.confidentiality,),
        creationTime=utc(manifest.created_date, manifest.created_time, manifest.timezone),
        languageCode=codes.language, mimeType=MIME_TYPE,
        sourcePatientId=(source or where).cx, sourcePatientInfo=tuple(_patient_info(manifest)),
        eventCodeList=tuple(_events(manifest, tuple(modalities) or manifest.modalities)),
        author=(Author(authorInstitution=(manifest.institution,)),) if manifest.institution else (),
        title=manifest.study_description,
        serviceStartTime=utc(manifest.study_date, manifest.study_time, manifest.timezone),
        referenceIdList=tuple(_references(manifest)),
        entryUUID=entry_uuid or f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, manifest.uid)}",
    )  # fmt: skip


def submission_set(entry: DocumentEntry, party: Party, when: datetime) -> SubmissionSet:
    """Make the act of submitting one manifest."""
    stamp = when.astimezone(timezone.utc).strftime("%Y%m%d%H%M%S")
    name = made_uid("submission", entry.uniqueId, party.source, stamp)
    return SubmissionSet(
        uniqueId=name, sourceId=party.source, patientId=entry.patientId,
        contentTypeCode=entry.classCode, submissionTime=stamp, author=entry.author,
        title=entry.title, entryUUID=f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, name)}",
    )  # fmt: skip


def publish(
    source: DocumentSource,
    manifest: Manifest,
    party: Party,
    when: datetime,
    *,
    replaces: DocumentEntry | None = None,
    **described: object,
) -> DocumentEntry:
    """Provide a manifest and register it (RAD-68), in place of another one where that is given.

    Parameters
    ----------
    replaces
        The entry of the published manifest. The registry deprecates it (RPLC, ITI TF-3 4.2.2.2.3).
    described
        As `document_entry` takes them.

    Raises
    ------
    XdsError, SoapFault, NetworkError
        As of `labkit.exchange.xds.DocumentSource.provide`.
    """
    entry = document_entry(manifest, **described)  # type: ignore[arg-type]
    ties = [Association.replaces(entry.entryUUID, replaces.entryUUID)] if replaces else []
    data: Mapping[DocumentEntry, bytes] = {entry: part10(write(manifest))}
    source.provide(submission_set(entry, party, when), data, ties)
    return entry


def utc(date: str, time: str, zone: str) -> str:
    """Write DA, TM and an offset as DTM in UTC; without a zone or minutes the day alone."""
    clock = time.replace(":", "")
    if len(date) != 8 or not date.isdigit() or not zone or len(clock) < 4:
        return date if len(date) == 8 and date.isdigit() else ""
    try:
        local = datetime.strptime(f"{date}{clock[:6].ljust(6, '0')}", "%Y%m%d%H%M%S")
        sign = -1 if zone[0] == "-" else 1
        offset = sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
    except ValueError:
        return date
    return (local - offset).strftime("%Y%m%d%H%M%S")


def _source_patient(manifest: Manifest) -> PatientId | None:
    said = manifest.patient.id
    if said is None or not said.authority or said.kind != "ISO":
        return None
    return PatientId(said.value, said.authority)


def _patient_info(manifest: Manifest) -> Iterable[str]:
    who = manifest.patient
    source = _source_patient(manifest)
    values = (("PID-3", source.cx if source else ""), ("PID-5", who.name.partition("=")[0]),
              ("PID-7", who.birth_date), ("PID-8", who.sex))  # fmt: skip
    return (f"{name}|{value}" for name, value in values if value)


def _events(manifest: Manifest, modalities: tuple[str, ...]) -> Iterable[Code]:
    """Yield acquisition modalities (CID 29), regions (CID 4, or MADO's), what was done."""
    for name in dict.fromkeys(modalities):
        row = table("modalities").get(name, {})
        if row.get("acquisition"):
            yield Code(name, SCHEMES["DCM"], str(row.get("meaning") or name))
    own = [series.region for series in manifest.series if series.region]
    for region in dict.fromkeys(manifest.regions or own):
        yield from _known(region)
    for procedure in manifest.procedures:
        yield from _known(procedure)


def _known(code: DicomCode) -> Iterable[Code]:
    """A code of a scheme without OID here cannot be told (ITI TF-3 4.2.3.1.2)."""
    scheme = SCHEMES.get(code.scheme_designator)
    if scheme:
        yield Code(code.value, scheme, code.meaning)


def _references(manifest: Manifest) -> Iterable[str]:
    """Yield CXi values (ITI TF-3 Table 4.2.3.1.7-2): how the study is found again."""
    for accession in manifest.accessions:
        yield _cxi(accession, ACCESSION)
    placers = dict.fromkeys(r.placer for r in manifest.requests if r.placer)
    for placer in placers:
        yield _cxi(placer, _ORDER)
    yield f"{manifest.study_uid}^^^^{STUDY}"


def _cxi(identifier: Issued, kind: str) -> str:
    by = f"&{identifier.authority}&{identifier.kind}" if identifier.authority else ""
    return f"{identifier.value}^^^{by}^{kind}"
