"""From what a manifest says to a Key Object Selection Document (PS3.3 A.35.4), by highdicom."""

from __future__ import annotations

from io import BytesIO

from highdicom.ko import KeyObjectSelection, KeyObjectSelectionDocument
from highdicom.sr import CodeContentItem
from highdicom.sr.enum import RelationshipTypeValues
from pydicom import dcmwrite
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from labkit.common.errors import DataError, UsageError
from labkit.exchange.manifests import terms
from labkit.exchange.manifests.library import bare, library
from labkit.exchange.manifests.model import Issued, Location, Manifest, Request, Subject
from labkit.exchange.manifests.terms import Code
from labkit.exchange.manifests.values import value_type

PRIVATE_CREATOR = "IHE_MADO_PRIVATE"
PRIVATE_GROUP, PRIVATE_DISPLAY = 0x000D, 0x01
"""Display URI, until it has a tag of DICOM's (MADO 6.X.2.13)."""


def write(manifest: Manifest) -> Dataset:
    """Make the document.

    The evidence sequence gets Retrieve URL (0008,1190), Retrieve Location UID (0040,E011) and
    Retrieve AE Title (0008,0054), which highdicom does not write; references lose the purpose that
    highdicom gives them and TID 2010 forbids.

    Returns
    -------
    pydicom.dataset.Dataset
        With file meta information; `part10` makes a file of it.

    Raises
    ------
    UsageError
        It lists nothing, or objects of another study.
    DataError
        A value of it cannot stand in a data set.
    """
    if not manifest.instance_uids:
        raise UsageError("A manifest lists at least one object.",
                         remedy="Add the objects that are to be had.")  # fmt: skip
    if any(series.study_uid not in ("", manifest.study_uid) for series in manifest.series):
        raise UsageError("A manifest lists objects of its own study alone (MADO 6.X.2.13).",
                         remedy="Make a manifest for each study.")  # fmt: skip
    try:
        document = _document(manifest)
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(f"No key object selection can be made of this: {error}",
                        remedy="Correct that value, or leave it out.") from error  # fmt: skip
    _patient_and_study(document, manifest)
    _locations(document, manifest)
    if manifest.flavour == "mado":  # CP-2595; TID 2010 allowed neither before it
        content = document.ContentSequence
        for procedure in reversed(manifest.procedures):
            content.insert(0, _procedure(procedure))
        content.append(library(manifest))
    bare(document)
    _settle(document, manifest)
    plain = Dataset()
    plain.update({element.tag: element for element in document})
    plain.file_meta = document.file_meta
    return plain


def part10(document: Dataset) -> bytes:
    """Return the document as a DICOM file (PS3.10 7.1), which is what is submitted."""
    target = BytesIO()
    dcmwrite(target, document, enforce_file_format=True)
    return target.getvalue()


def _settle(document: Dataset, manifest: Manifest) -> None:
    """Write what highdicom takes from the clock as the manifest has it; items stand apart."""
    document.InstanceCreationDate = manifest.created_date
    document.InstanceCreationTime = manifest.created_time
    for equipment in document.get("ContributingEquipmentSequence") or ():
        equipment.ContributionDateTime = f"{manifest.created_date}{manifest.created_time}"
    document.ContinuityOfContent = "SEPARATE"  # references in a list are no running text


def _document(manifest: Manifest) -> KeyObjectSelectionDocument:
    evidence = _evidence(manifest)
    selection = KeyObjectSelection(
        manifest.title, evidence, description=manifest.description or None
    )
    return KeyObjectSelectionDocument(
        evidence, selection, manifest.series_uid, manifest.series_number or 1, manifest.uid, 1,
        manufacturer=manifest.manufacturer or None, institution_name=manifest.institution or None,
        requested_procedures=[_request(r, manifest) for r in manifest.requests] or None,
        transfer_syntax_uid=ExplicitVRLittleEndian, specific_character_set="ISO_IR 192",
        content_date=manifest.created_date, content_time=manifest.created_time,
        series_description=manifest.series_description or None,
    )  # fmt: skip


def _evidence(manifest: Manifest) -> list[Dataset]:
    """Make of each reference as much of a data set as highdicom asks for."""
    found = []
    for study, series, instance in manifest.references:
        ds = Dataset()
        ds.StudyInstanceUID, ds.SeriesInstanceUID = study, series
        ds.SOPClassUID, ds.SOPInstanceUID = instance.sop_class, instance.uid
        if value_type(instance.sop_class) == "IMAGE":
            ds.Rows = ds.Columns = 1  # by which highdicom tells an image
        found.append(ds)
    patient = manifest.patient
    head = found[0]
    head.PatientID = patient.id.value if patient.id else ""
    head.PatientName, head.PatientBirthDate = patient.name, patient.birth_date
    head.PatientSex = patient.sex
    head.StudyID, head.ReferringPhysicianName = manifest.study_id, manifest.referrer
    head.StudyDate, head.StudyTime = manifest.study_date, manifest.study_time
    head.AccessionNumber = manifest.accession.value if manifest.accession else ""
    return found


def _patient_and_study(ds: Dataset, manifest: Manifest) -> None:
    patient: Subject = manifest.patient
    if patient.id:
        _patient_issuer(ds, patient.id)
    if patient.others:
        ds.OtherPatientIDsSequence = [_other_id(other) for other in patient.others]
    if manifest.accession and (by := _designator(manifest.accession)):
        ds.IssuerOfAccessionNumberSequence = [by]
    if manifest.study_description:
        ds.StudyDescription = manifest.study_description
    if manifest.timezone:
        ds.TimezoneOffsetFromUTC = manifest.timezone
    if manifest.identical:
        raise UsageError("Identical documents of other studies are not written.",
                         remedy="Make a manifest for each study, without `identical`.")  # fmt: skip


def _patient_issuer(ds: Dataset, identifier: Issued) -> None:
    if identifier.name:
        ds.IssuerOfPatientID = identifier.name
    if identifier.authority:
        item = Dataset()
        item.UniversalEntityID = identifier.authority
        item.UniversalEntityIDType = identifier.kind
        ds.IssuerOfPatientIDQualifiersSequence = [item]


def _other_id(identifier: Issued) -> Dataset:
    item = Dataset()
    item.PatientID, item.TypeOfPatientID = identifier.value, "TEXT"
    _patient_issuer(item, identifier)
    return item


def _designator(identifier: Issued) -> Dataset | None:
    """Write an issuer as item of the HL7v2 Hierarchic Designator Macro (PS3.3 Table 10-17)."""
    item = Dataset()
    if identifier.name:
        item.LocalNamespaceEntityID = identifier.name
    if identifier.authority:
        item.UniversalEntityID = identifier.authority
        item.UniversalEntityIDType = identifier.kind
    return item if len(item) else None


def _request(request: Request, manifest: Manifest) -> Dataset:
    """Write an item of Referenced Request Sequence (PS3.3 Table C.17-3c)."""
    item = Dataset()
    item.StudyInstanceUID = manifest.study_uid
    item.ReferencedStudySequence = []
    numbers = (
        ("AccessionNumber", "IssuerOfAccessionNumberSequence", request.accession),
        ("PlacerOrderNumberImagingServiceRequest", "OrderPlacerIdentifierSequence",
         request.placer),
        ("FillerOrderNumberImagingServiceRequest", "OrderFillerIdentifierSequence",
         request.filler),
    )  # fmt: skip
    for keyword, issuer, number in numbers:
        setattr(item, keyword, number.value if number else "")
        if number and (by := _designator(number)):
            setattr(item, issuer, [by])
    item.RequestedProcedureID = request.procedure_id
    item.RequestedProcedureDescription = request.description
    item.RequestedProcedureCodeSequence = [code_item(c) for c in request.codes]
    return item


def code_item(code: Code) -> Dataset:
    """Write a code triple as item (PS3.3 8.8)."""
    item = Dataset()
    keyword = "CodeValue" if len(code.value) <= 16 else "LongCodeValue"
    setattr(item, keyword, code.value)
    item.CodingSchemeDesignator, item.CodeMeaning = code.scheme_designator, code.meaning
    return item


def _procedure(code: Code) -> CodeContentItem:
    """Write what was done, TID 2010 row 4b."""
    return CodeContentItem(terms.PROCEDURE, code, RelationshipTypeValues.HAS_CONCEPT_MOD)


def _locations(ds: Dataset, manifest: Manifest) -> None:
    """Say in the evidence where each series can be had (PS3.3 Table C.17-3a)."""
    places = {series.uid: series.location for series in manifest.series}
    for study in ds.CurrentRequestedProcedureEvidenceSequence:
        for item in study.ReferencedSeriesSequence:
            _place(item, places[str(item.SeriesInstanceUID)])
        if manifest.display_url:
            block = study.private_block(PRIVATE_GROUP, PRIVATE_CREATOR, create=True)
            block.add_new(PRIVATE_DISPLAY, "UR", manifest.display_url)


def _place(item: Dataset, location: Location) -> None:
    if location.url:
        item.RetrieveURL = location.url
    if location.uid:
        item.RetrieveLocationUID = location.uid
    if location.ae_titles:
        item.RetrieveAETitle = list(location.ae_titles)
