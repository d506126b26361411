"""Sending the record: asked first what is there, then one transaction, all or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydicom.dataset import Dataset

from labkit.common.errors import DataError
from labkit.dicomweb import DicomwebClient
from labkit.exchange.ai.bleed import BleedFinder
from labkit.exchange.ai.records import UID, Resource, transaction
from labkit.fhir import FhirClient, FhirError
from labkit.fhir.mapping import MappedStudy, Site, StudyBuilder

_FIELDS = ("IssuerOfPatientID,PatientBirthDate,PatientSex,StudyDescription,SeriesDescription,"
           "SeriesNumber,Modality,InstanceNumber,SOPClassUID")  # fmt: skip


def post(
    fhir: FhirClient, source: DicomwebClient, finder: BleedFinder, site: Site,
    sr: Dataset, seg: Dataset | None,
) -> None:  # fmt: skip
    """Send ImagingStudy, DiagnosticReport, Observations, Device and Provenance, all or nothing.

    Raises
    ------
    FhirError, NetworkError
        The server refused, or did not answer; then nothing of it is there.
    """
    study = mapped(source, site, sr, seg)
    existing = known(fhir, study.uid)
    if existing is not None:
        _same_patient(fhir, existing, study)
    fhir.transaction(_without_known(fhir, transaction(study, finder, site, sr, existing)))


def mapped(source: DicomwebClient, site: Site, sr: Dataset, seg: Dataset | None) -> MappedStudy:
    """Map the study: its images as the source tells of them by QIDO, and the results."""
    # The scanner's Device is not ours to create.
    builder = StudyBuilder(site=site.with_policy(Device="logical"))
    for header in headers(source, str(sr.StudyInstanceUID)):
        builder.add(header)
    for ds in (seg, sr):
        if ds is not None:
            builder.add(ds)
    return builder.studies()[0]


def headers(source: DicomwebClient, study: str) -> Iterator[Dataset]:
    """Yield a header for each instance of a study, by queries alone."""
    top = source.studies(StudyInstanceUID=study, includefield=_FIELDS)
    for series in source.series(study, includefield=_FIELDS):
        uid = series.SeriesInstanceUID
        for instance in source.instances(study, uid, includefield=_FIELDS):
            header = Dataset()
            for part in (*top[:1], series, instance):
                header.update(part)
            header.SeriesInstanceUID = uid
            yield header


def known(fhir: FhirClient, study_uid: str) -> Resource | None:
    """Return the ImagingStudy that the server has of a study."""
    return next(fhir.search("ImagingStudy", identifier=f"{UID}|urn:oid:{study_uid}"), None)


def _same_patient(fhir: FhirClient, existing: Resource, study: MappedStudy) -> None:
    """Refuse to write under an ImagingStudy that is another patient's."""
    reference = str(existing.get("subject", {}).get("reference") or "")
    if not reference:
        return
    there = fhir.read(reference)
    ours = next((r for r in study.resources if r["resourceType"] == "Patient"), None)
    names = (ours or {}).get("identifier") or [study.imaging_study["subject"].get("identifier")]
    asked = {(n.get("system"), n.get("value")) for n in names if n and n.get("system")}
    has = {(n.get("system"), n.get("value")) for n in there.get("identifier") or []}
    if asked and not asked & has:
        raise DataError(
            "the EHR has this study under another patient than its images name",
            remedy="do not post; have the identities reconciled first (IHE PIR)",
        )


def _without_known(fhir: FhirClient, made: Resource) -> Resource:
    """Leave out what has an id of ours and is there: a PUT would make a version of the same."""
    gone: dict[str, str] = {}
    for entry in made["entry"]:
        kind, url = entry["resource"]["resourceType"], entry["request"]["url"]
        if entry["request"]["method"] == "PUT" and kind != "ImagingStudy" and _has(fhir, url):
            gone[entry["fullUrl"]] = url
    kept = [e for e in made["entry"] if e["fullUrl"] not in gone]
    pointing: Resource = _pointing({**made, "entry": kept}, gone)
    return pointing


def _has(fhir: FhirClient, reference: str) -> bool:
    try:
        fhir.read(reference)
    except FhirError as error:
        if error.status in (404, 410):
            return False
        raise
    return True


def _pointing(value: Any, at: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [_pointing(item, at) for item in value]
    if isinstance(value, dict):
        return {key: _pointing(item, at) for key, item in value.items()}
    return at.get(value, value) if isinstance(value, str) else value
