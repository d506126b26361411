"""Reports, documents, doses and key objects."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset

from benchmarks.golden.headers import (
    BASIC_TEXT_SR,
    CT,
    ENCAPSULATED_PDF,
    PRESENTATION_STATE,
    ROOT,
    code,
    header,
    item,
    rejection,
)
from benchmarks.golden.model import Case, count, has, is_, mentions

SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
DOSE_SR = "1.2.840.10008.5.1.4.1.1.88.67"
_TITLE = code("18748-4", "LN", "Diagnostic imaging report")
_FLAGS = "PS3.3 C.17.2"
_REPORT = "FHIR R4 diagnosticreport"
_SIGNED = item(VerificationDateTime="20260112083018", VerifyingObserverName="Neri^Pia",
               VerifyingOrganization="North")  # fmt: skip


def report(**elements: Any) -> Dataset:
    """A verified text report of the study."""
    said = item(ValueType="TEXT", RelationshipType="CONTAINS", TextValue="Acute haemorrhage.",
                ConceptNameCodeSequence=[code("121077", "DCM", "Conclusion")])  # fmt: skip
    seen = item(ValueType="TEXT", RelationshipType="CONTAINS", TextValue="Hyperdense focus.",
                ConceptNameCodeSequence=[code("121071", "DCM", "Finding")])  # fmt: skip
    section = item(ValueType="CONTAINER", RelationshipType="CONTAINS", ContentSequence=[seen, said],
                   ConceptNameCodeSequence=[code("121076", "DCM", "Conclusions")])  # fmt: skip
    return header(series=2, **{
        "SOPClassUID": BASIC_TEXT_SR, "Modality": "SR", "ConceptNameCodeSequence": [_TITLE],
        "CompletionFlag": "COMPLETE", "VerificationFlag": "VERIFIED",
        "VerifyingObserverSequence": [_SIGNED], "ContentSequence": [section], **elements,
    })  # fmt: skip


def letter(**elements: Any) -> Dataset:
    """An encapsulated PDF of odd length, padded to an even one."""
    return header(series=2, **{
        "SOPClassUID": ENCAPSULATED_PDF, "Modality": "DOC", "DocumentTitle": "Letter",
        "MIMETypeOfEncapsulatedDocument": "application/pdf", "ContentDate": "20260112",
        "ContentTime": "090000", "EncapsulatedDocument": b"%PDF-\0",
        "EncapsulatedDocumentLength": 5, **elements,
    })  # fmt: skip


def presentation(**elements: Any) -> Dataset:
    """A presentation state that shows frame 2 of the first slice."""
    shown = item(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=f"{ROOT}.1.1.1",
                 ReferencedFrameNumber="2")  # fmt: skip
    series = item(SeriesInstanceUID=f"{ROOT}.1.1", ReferencedImageSequence=[shown])
    return header(series=3, **{
        "SOPClassUID": PRESENTATION_STATE, "Modality": "PR", "ContentLabel": "WINDOWED",
        "ReferencedSeriesSequence": [series], **elements,
    })  # fmt: skip


def segmentation() -> Dataset:
    """Two segments, of which the second says what it is."""
    lesion = code("52988006", "SCT", "Lesion")
    return header(
        series=4, SOPClassUID=SEGMENTATION, Modality="SEG", FrameOfReferenceUID=f"{ROOT}.9",
        SegmentSequence=[item(SegmentNumber=1),
                         item(SegmentNumber=2, SegmentedPropertyTypeCodeSequence=[lesion])],
    )  # fmt: skip


def dose() -> Dataset:
    """A CT dose report: a total, and one irradiation event."""

    def number(value: str, meaning: str, text: str, unit: str) -> Dataset:
        return item(ValueType="NUM", RelationshipType="CONTAINS",
                    ConceptNameCodeSequence=[code(value, "DCM", meaning)],
                    MeasuredValueSequence=[item(NumericValue=text, MeasurementUnitsCodeSequence=[
                        code(unit, "UCUM", unit)])])  # fmt: skip

    total = item(ValueType="CONTAINER", RelationshipType="CONTAINS",
                 ConceptNameCodeSequence=[code("113811", "DCM", "CT Accumulated Dose Data")],
                 ContentSequence=[number("113813", "CT Dose Length Product Total", "812.5",
                                         "mGy.cm")])  # fmt: skip
    event = item(ValueType="CONTAINER", RelationshipType="CONTAINS",
                 ConceptNameCodeSequence=[code("113819", "DCM", "CT Acquisition")],
                 ContentSequence=[number("113838", "DLP", "812.5", "mGy.cm")])  # fmt: skip
    return report(
        SOPClassUID=DOSE_SR,
        ContentSequence=[total, event],
        ConceptNameCodeSequence=[code("113701", "DCM", "X-Ray Radiation Dose Report")],
    )


CASES: tuple[Case, ...] = (
    Case(
        "report", "report", "A report is more than one instance of a series.", _REPORT,
        lambda: [header(), report()],
        (is_("DiagnosticReport.status", "final"),
         is_("DiagnosticReport.code.coding.code", "18748-4"),
         count("DiagnosticReport.subject", 1), count("DiagnosticReport.imagingStudy", 1)),
    ),
    Case(
        "report-unverified", "report", "Complete and not signed is preliminary, not final.", _FLAGS,
        lambda: [report(VerificationFlag="UNVERIFIED", VerifyingObserverSequence=None)],
        (is_("DiagnosticReport.status", "preliminary"), is_("DiagnosticReport.issued")),
    ),
    Case(
        "report-partial", "report", "Partial is partial.", _FLAGS,
        lambda: [report(CompletionFlag="PARTIAL", VerificationFlag="UNVERIFIED")],
        (is_("DiagnosticReport.status", "partial"),),
    ),
    Case(
        "report-replaces", "report", "A signed report that replaces another is amended.", _FLAGS,
        lambda: [report(PredecessorDocumentsSequence=[item(StudyInstanceUID=f"{ROOT}.1")])],
        (is_("DiagnosticReport.status", "amended"),),
    ),
    Case(
        "report-without-flags", "report", "status is required: unknown, not final.", _REPORT,
        lambda: [report(CompletionFlag=None, VerificationFlag=None)],
        (is_("DiagnosticReport.status", "unknown"),),
    ),
    Case(
        "report-conclusion", "report", "The conclusion is that of the tree, not all of its text.",
        "PS3.16 TID 2000", lambda: [report()],
        (is_("DiagnosticReport.conclusion", "Acute haemorrhage."),),
    ),
    Case(
        "report-issued-without-zone", "report", "An instant without a zone there is not.",
        "FHIR R4 datatypes.html#instant", lambda: [report()], (is_("DiagnosticReport.issued"),),
    ),
    Case(
        "report-issued", "report", "Signed when, in the zone of the header.", _FLAGS,
        lambda: [report(TimezoneOffsetFromUTC="+0100")],
        (is_("DiagnosticReport.issued", "2026-01-12T08:30:18+01:00"),
         mentions("DiagnosticReport.resultsInterpreter.display", "Neri")),
    ),
    Case(
        "report-r5", "report", "R5 renamed imagingStudy to study.", "FHIR R5 diagnosticreport",
        lambda: [report()], (count("DiagnosticReport.study", 1),), fhir="R5",
    ),
    Case(
        "report-rejected", "report", "A withdrawn report is no report.", "IHE RAD, RAD-66",
        lambda: [header(), report(), rejection([f"{ROOT}.1.2.1"], "113001",
                                               "Rejected for Quality Reasons")],
        (is_("DiagnosticReport.id"),),
    ),
    Case(
        "document", "document", "An encapsulated PDF is a document; its padding byte is not.",
        "PS3.3 C.24.2", lambda: [letter()],
        (is_("DocumentReference.status", "current"),
         is_("DocumentReference.content.attachment.contentType", "application/pdf"),
         is_("DocumentReference.content.attachment.size", 5),
         is_("DocumentReference.content.attachment.data", "JVBERi0=")),
    ),
    Case(
        "document-url", "document", "Where a service gives it out, the bytes stay there.",
        "PS3.18 8.7.4", lambda: [letter()],
        (is_("DocumentReference.content.attachment.data"),
         count("DocumentReference.content.attachment.url", 1)),
        endpoint="https://pacs.example/dicom-web",
    ),
    Case(
        "document-without-type", "document", "content is required, also without a media type.",
        "FHIR R4 documentreference content",
        lambda: [letter(MIMETypeOfEncapsulatedDocument=None)],
        (count("DocumentReference.content", 1), is_("DocumentReference.status", "current")),
    ),
    Case(
        "document-report", "report", "A PDF titled as a report is one, and a document too.",
        "PS3.16 CID 7000",
        lambda: [letter(ConceptNameCodeSequence=[_TITLE], VerificationFlag="VERIFIED")],
        (is_("DiagnosticReport.status", "final"), count("DiagnosticReport.presentedForm", 1),
         is_("DiagnosticReport.code.coding.code", "18748-4"),
         is_("DocumentReference.status", "current")),
    ),
    Case(
        "document-report-unsaid", "report", "No Verification Flag: nobody says how it stands.",
        "PS3.3 C.24.2", lambda: [letter(ConceptNameCodeSequence=[_TITLE])],
        (is_("DiagnosticReport.status", "unknown"),),
    ),
    Case(
        "document-no-report", "document", "A consent in PDF is no report.", "PS3.16 CID 7000",
        lambda: [letter(ConceptNameCodeSequence=[code("59284-0", "LN", "Consent Document")])],
        (is_("DiagnosticReport.id"), is_("DocumentReference.type.coding.code", "59284-0")),
    ),
    Case(
        "report-final-unsigned", "report", "Meant as final, and nobody signed: preliminary.",
        _FLAGS, lambda: [report(PreliminaryFlag="FINAL", VerificationFlag="UNVERIFIED",
                                VerifyingObserverSequence=None)],
        (is_("DiagnosticReport.status", "preliminary"),),
    ),
    Case(
        "presentation", "selections", "A presentation state selects images and frames, in R5.",
        "PS3.3 C.11.11", lambda: [header(), presentation()],
        (is_("ImagingSelection.instance.uid", f"{ROOT}.1.1.1"),
         is_("ImagingSelection.instance.subset", "2"),
         is_("ImagingSelection.code.text", "WINDOWED")), fhir="R5",
    ),
    Case(
        "segments", "selections", "Each segment is a selection, by its number, in R5.",
        "FHIR R5 imagingselection instance.subset", lambda: [header(), segmentation()],
        (is_("ImagingSelection.instance.subset", "1", "2"),
         is_("ImagingSelection.category.coding.code", "52988006"),
         has("ImagingSelection.seriesUid", f"{ROOT}.1.4")), fhir="R5",
    ),
    Case(
        "segments-r4", "selections", "R4 has no ImagingSelection: none is invented.",
        "FHIR R4 resourcelist", lambda: [header(), segmentation()],
        (is_("ImagingSelection.id"), count("ImagingStudy.id", 1)),
    ),
    Case(
        "dose", "dose", "The totals of a dose report, with code and unit; events are not added up.",
        "PS3.16 TID 10011", lambda: [dose()],
        (is_("Observation.code.coding.code", "113813"),
         is_("Observation.valueQuantity.value", 812.5),
         is_("Observation.valueQuantity.code", "mGy.cm"), is_("DiagnosticReport.id")),
    ),
    Case(
        "key-objects", "key objects", "A note of key images selects instances, in R5.",
        "FHIR R5 imagingselection",
        lambda: [header(), rejection([f"{ROOT}.1.1.1"], "113000", "Of Interest")],
        (is_("ImagingSelection.instance.uid", f"{ROOT}.1.1.1"),
         has("ImagingSelection.code.coding.code", "113000")), fhir="R5",
    ),
    Case(
        "key-objects-rejection", "key objects", "A rejection note selects nothing.",
        "IHE RAD, RAD-66",
        lambda: [header(), rejection([f"{ROOT}.1.1.1"], "113001", "Rejected for Quality Reasons")],
        (is_("ImagingSelection.id"),), fhir="R5",
    ),
)  # fmt: skip
