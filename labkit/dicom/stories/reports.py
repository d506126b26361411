"""Reports in words: a structured report of plain text (SR), and an encapsulated PDF."""

from __future__ import annotations

from pathlib import Path

from pydicom import dcmread
from pydicom import uid as uids
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from labkit.dicom.stories.cast import Story, story
from labkit.dicom.stories.files import save
from labkit.dicom.stories.headers import common, minutes_after, not_acquired, request
from labkit.dicom.stories.orders import concept
from labkit.dicom.stories.people import SITES, STAFF

_HEAD_HISTORY = "Found confused at breakfast, right arm weak. Takes a blood thinner."
_HEAD_FINDINGS = (
    "There is an acute haematoma of about 35 mm in the left basal ganglia, with a rim of oedema. "
    "The midline is displaced by 4 mm to the right. The ventricles are not dilated. The skull is "
    "intact."
)
_HEAD_CONCLUSION = "Acute haemorrhage in the left basal ganglia with mass effect."


def write_head_report(folder: Path) -> None:
    """Write the report of the head CT as Basic Text SR, with a reference to the image meant."""
    s = story("ct-head")
    image = dcmread(folder / "ct-015.dcm", stop_before_pixels=True)
    ds = _report(s, uids.BasicTextSRStorage, "SR", series=901, minutes=38)
    ds.SeriesDescription = "REPORT"
    ds.CompletionFlag, ds.VerificationFlag = "COMPLETE", "VERIFIED"
    ds.ReferencedPerformedProcedureStepSequence = Sequence([])
    ds.PerformedProcedureCodeSequence = Sequence(list(ds.ProcedureCodeSequence))
    ds.VerifyingObserverSequence = Sequence([_verified(s, 41)])
    ds.ReferencedRequestSequence = Sequence([_referenced_request(s)])
    ds.CurrentRequestedProcedureEvidenceSequence = Sequence([_evidence(image)])

    ds.ValueType = "CONTAINER"
    ds.ContinuityOfContent = "SEPARATE"
    ds.ConceptNameCodeSequence = Sequence([concept("LN", "DiagnosticImagingReport")])
    picture = _item("CONTAINS", "IMAGE", concept("DCM", "SourceOfMeasurement"))
    del picture.ConceptNameCodeSequence
    picture.ReferencedSOPSequence = Sequence([_reference(image)])
    observer = _item("HAS OBS CONTEXT", "PNAME", concept("DCM", "PersonObserverName"))
    observer.PersonName = STAFF["radiologist"]
    ds.ContentSequence = Sequence(
        [
            observer,
            _section("History", "History", _HEAD_HISTORY),
            _section("Findings", "Finding", _HEAD_FINDINGS, picture),
            _section("Conclusions", "Conclusion", _HEAD_CONCLUSION),
        ]
    )
    save(ds, folder / "sr-001.dcm")


def write_brain_report(folder: Path) -> None:
    """Write the report of the MR as a PDF inside an object (PS3.3 A.45.1)."""
    s = story("mr-brain")
    ds = _report(s, uids.EncapsulatedPDFStorage, "DOC", series=902, minutes=52)
    ds.SeriesDescription = "REPORT PDF"
    ds.ConversionType = "WSD"
    ds.BurnedInAnnotation = "YES"
    ds.DocumentTitle = "MR brain report"
    ds.ConceptNameCodeSequence = Sequence([concept("LN", "DiagnosticImagingReport")])
    ds.MIMETypeOfEncapsulatedDocument = "application/pdf"
    ds.AcquisitionDateTime = ""
    person = s.person
    document = pdf(
        [
            f"{SITES[person.site].name}: radiology report",
            "",
            f"Patient: {person.name.replace('^', ', ')}   ID: {person.patient_id}",
            f"Accession: {s.accession}   Date: {s.date[:4]}-{s.date[4:6]}-{s.date[6:]}",
            "",
            "MR brain, dual echo",
            "The haematoma in the left basal ganglia is known from the CT of the day before.",
            "Its centre is dark on T2 (deoxyhaemoglobin), as fits its age. The oedema around it",
            "has not grown. No second lesion.",
            "",
            "Conclusion: haematoma of one day, unchanged in size.",
            "",
            f"Signed: {STAFF['radiologist'].replace('^', ' ').strip()}",
        ]
    )
    ds.EncapsulatedDocument = document + b"\0" * (len(document) % 2)
    ds.EncapsulatedDocumentLength = len(document)
    save(ds, folder / "doc-001.dcm")


def pdf(lines: list[str]) -> bytes:
    """Return a PDF of one A4 page of text: header, four objects, cross-reference table, trailer."""
    escaped = (s.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") for s in lines)
    shown = "\n".join(f"({text}) Tj T*" for text in escaped)
    page = f"BT /F1 11 Tf 16 TL 60 780 Td\n{shown}\nET"
    bodies = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(page)} >>\nstream\n{page}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = "%PDF-1.4\n", []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    start = len(out)
    out += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n{table}"
    out += f"trailer\n<< /Size {len(bodies) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return out.encode("ascii")


def _report(s: Story, sop_class: uids.UID, modality: str, *, series: int, minutes: int) -> Dataset:
    ds = common(s, sop_class, modality, series=series, number=1, minutes=minutes)
    not_acquired(ds)
    ds.ManufacturerModelName = "Report Desk"
    ds.DeviceSerialNumber = "LPW-RIS-001"
    return ds


def _verified(s: Story, minutes: int) -> Dataset:
    item = Dataset()
    item.VerifyingOrganization = SITES[s.person.site].name
    item.VerificationDateTime = s.date + minutes_after(s.time, minutes)
    item.VerifyingObserverName = STAFF["radiologist"]
    item.VerifyingObserverIdentificationCodeSequence = Sequence([])
    return item


def _referenced_request(s: Story) -> Dataset:
    """Return the order that the report answers (PS3.3 C.17.2)."""
    item = request(s)
    for keyword in [e.keyword for e in item if e.keyword.startswith("Scheduled")]:
        del item[keyword]
    item.ReferencedStudySequence = Sequence([])
    item.PlacerOrderNumberImagingServiceRequest = ""
    item.FillerOrderNumberImagingServiceRequest = s.accession
    return item


def _reference(ds: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = ds.SOPClassUID
    item.ReferencedSOPInstanceUID = ds.SOPInstanceUID
    return item


def _evidence(ds: Dataset) -> Dataset:
    """Return where a referenced image is: study, series, instance (PS3.3 C.17.2.1)."""
    series = Dataset()
    series.SeriesInstanceUID = ds.SeriesInstanceUID
    series.ReferencedSOPSequence = Sequence([_reference(ds)])
    study = Dataset()
    study.StudyInstanceUID = ds.StudyInstanceUID
    study.ReferencedSeriesSequence = Sequence([series])
    return study


def _item(relation: str, value_type: str, name: Dataset) -> Dataset:
    item = Dataset()
    item.RelationshipType = relation
    item.ValueType = value_type
    item.ConceptNameCodeSequence = Sequence([name])
    return item


def _section(heading: str, kind: str, text: str, *more: Dataset) -> Dataset:
    """Return a heading with one text below it; both are codes of PS3.16 CID 7001 and 7002."""
    item = _item("CONTAINS", "CONTAINER", concept("DCM", heading))
    item.ContinuityOfContent = "SEPARATE"
    words = _item("CONTAINS", "TEXT", concept("DCM", kind))
    words.TextValue = text
    item.ContentSequence = Sequence([words, *more])
    return item
