"""Objects of text: report, key images, presentation, PDF, CDA, contours, ECG, and odd files."""

from __future__ import annotations

import zlib
from pathlib import Path

from pydicom import uid as uids
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import UID

from labkit.deid.attack.plants import STUDY_DATE, Plants
from labkit.deid.attack.study.common import code, frame, item, nested, write


def report(plants: Plants, path: Path) -> Path:
    """Write a Basic Text SR: names in text, in a PNAME, in observers; references to the images."""
    word = plants.word
    ds = frame(plants, "sr", uids.BasicTextSRStorage, "SR")
    ds.CompletionFlag, ds.VerificationFlag = "COMPLETE", "VERIFIED"
    ds.VerifyingObserverSequence = nested(
        item(VerifyingObserverName=f"{word('sr-verifier')}^Dr", VerificationDateTime="20191118",
             VerifyingOrganization=word("sr-organization"))
    )  # fmt: skip
    ds.ValueType, ds.ContinuityOfContent = "CONTAINER", "SEPARATE"
    ds.ConceptNameCodeSequence = nested(code("18782-3", "LN", "Radiology Study observation"))
    finding = code("121071", "DCM", "Finding")
    ds.ContentSequence = nested(
        item(RelationshipType="CONTAINS", ValueType="TEXT",
             ConceptNameCodeSequence=nested(finding),
             TextValue=f"Mrs {word('sr-text')} was told. Image {plants.uid('cr')}."),
        item(RelationshipType="HAS OBS CONTEXT", ValueType="PNAME",
             ConceptNameCodeSequence=nested(code("121008", "DCM", "Person Observer Name")),
             PersonName=f"{word('sr-person')}^Dr"),
        item(RelationshipType="HAS OBS CONTEXT", ValueType="UIDREF",
             ConceptNameCodeSequence=nested(code("121018", "DCM", "Procedure Study Instance UID")),
             UID=UID(plants.uid("study-victim"))),
        item(RelationshipType="CONTAINS", ValueType="DATE", Date=STUDY_DATE,
             ConceptNameCodeSequence=nested(code("111060", "DCM", "Study Date"))),
    )  # fmt: skip
    ds.CurrentRequestedProcedureEvidenceSequence = nested(_evidence(plants))
    return write(ds, path)


def _evidence(plants: Plants) -> Dataset:
    instance = item(
        ReferencedSOPClassUID=UID(uids.DigitalXRayImageStorageForPresentation),
        ReferencedSOPInstanceUID=UID(plants.uid("cr")),
    )
    series = item(
        SeriesInstanceUID=UID(plants.uid("series-DX-victim")),
        ReferencedSOPSequence=nested(instance),
    )
    return item(
        StudyInstanceUID=UID(plants.uid("study-victim")), ReferencedSeriesSequence=nested(series)
    )


def key_images(plants: Plants, path: Path) -> Path:
    """Write a Key Object Selection: a description, and the UIDs of what it points at."""
    ds = frame(plants, "ko", uids.KeyObjectSelectionDocumentStorage, "KO")
    ds.ValueType, ds.ContinuityOfContent = "CONTAINER", "SEPARATE"
    ds.ConceptNameCodeSequence = nested(code("113000", "DCM", "Of Interest"))
    ds.ContentSequence = nested(
        item(RelationshipType="CONTAINS", ValueType="TEXT",
             ConceptNameCodeSequence=nested(code("113012", "DCM", "Key Object Description")),
             TextValue=f"for Dr {plants.word('ko-text')}"),
    )  # fmt: skip
    ds.CurrentRequestedProcedureEvidenceSequence = nested(_evidence(plants))
    return write(ds, path)


def presentation(plants: Plants, path: Path) -> Path:
    """Write a presentation state with a name written onto the image."""
    word = plants.word
    ds = frame(plants, "pr", uids.GrayscaleSoftcopyPresentationStateStorage, "PR")
    ds.ContentLabel, ds.ContentDescription = "ARROWS", f"by {word('pr-description')}"
    ds.ContentCreatorName = f"{word('pr-creator')}^Dr"
    ds.PresentationCreationDate, ds.PresentationCreationTime = STUDY_DATE, "150000"
    ds.GraphicLayerSequence = nested(
        item(GraphicLayer="TEXT", GraphicLayerOrder=1,
             GraphicLayerDescription=f"layer of {word('pr-layer')}")
    )  # fmt: skip
    written = item(
        UnformattedTextValue=f"Mrs {word('pr-graphics')}", AnchorPointAnnotationUnits="PIXEL",
        AnchorPoint=[4.0, 4.0], AnchorPointVisibility="N",
    )  # fmt: skip
    ds.GraphicAnnotationSequence = nested(
        item(GraphicLayer="TEXT", TextObjectSequence=nested(written))
    )
    ds.ReferencedSeriesSequence = _evidence(plants).ReferencedSeriesSequence
    ds.PresentationLUTShape = "IDENTITY"
    return write(ds, path)


def pdf(plants: Plants, path: Path) -> Path:
    """Write an Encapsulated PDF: a name in its text, packed, and in its title."""
    ds = frame(plants, "pdf", uids.EncapsulatedPDFStorage, "DOC")
    ds.DocumentTitle = f"Letter about {plants.word('document-title')}"
    ds.BurnedInAnnotation, ds.MIMETypeOfEncapsulatedDocument = "YES", "application/pdf"
    ds.ConceptNameCodeSequence = nested()
    page = zlib.compress(f"BT (Mrs {plants.word('pdf-text')}) Tj ET".encode())
    body = b"%PDF-1.4\n1 0 obj<</Filter/FlateDecode>>stream\n" + page
    body += b"\nendstream endobj\n%%EOF\n"
    ds.EncapsulatedDocument = body + b"\0" * (len(body) % 2)
    return write(ds, path)


def cda(plants: Plants, path: Path) -> Path:
    """Write an Encapsulated CDA: XML with the patient in it."""
    ds = frame(plants, "cda", uids.EncapsulatedCDAStorage, "DOC")
    ds.MIMETypeOfEncapsulatedDocument, ds.HL7InstanceIdentifier = "text/xml", plants.word("hl7-id")
    body = f"<ClinicalDocument><name>{plants.word('cda-text')}</name></ClinicalDocument>".encode()
    ds.EncapsulatedDocument = body + b" " * (len(body) % 2)
    return write(ds, path)


def contours(plants: Plants, path: Path) -> Path:
    """Write an RT Structure Set: planners name structures after people."""
    word = plants.word
    ds = frame(plants, "rtstruct", uids.RTStructureSetStorage, "RTSTRUCT")
    ds.StructureSetLabel, ds.StructureSetName = "PLAN", word("rt-label")
    ds.StructureSetDate, ds.StructureSetTime = STUDY_DATE, "150000"
    ds.StructureSetROISequence = nested(
        item(ROINumber=1, ROIName=f"PTV {word('rt-roi-name')}", ROIDescription=word("rt-roi-text"),
             ROIGenerationAlgorithm="MANUAL",
             ReferencedFrameOfReferenceUID=UID(plants.uid("frame-of-reference")))
    )  # fmt: skip
    ds.ROIContourSequence, ds.RTROIObservationsSequence = nested(), nested()
    return write(ds, path)


def ecg(plants: Plants, path: Path) -> Path:
    """Write an ECG with a remark."""
    ds = frame(plants, "ecg", uids.GeneralECGWaveformStorage, "ECG")
    ds.AcquisitionDateTime = f"{STUDY_DATE}143827"
    ds.AcquisitionContextSequence = nested()
    source = code("1", "99X", "Lead")
    channel = item(
        WaveformBitsStored=16, ChannelSampleSkew="0", ChannelSourceSequence=nested(source)
    )
    group = item(
        WaveformOriginality="ORIGINAL", NumberOfWaveformChannels=1, NumberOfWaveformSamples=8,
        SamplingFrequency="100", ChannelDefinitionSequence=nested(channel),
        WaveformBitsAllocated=16, WaveformSampleInterpretation="SS",
    )  # fmt: skip
    group.add_new(0x54001010, "OW", b"\0\1" * 8)
    ds.WaveformSequence = nested(group)
    ds.WaveformAnnotationSequence = nested(
        item(UnformattedTextValue=f"seen by {plants.word('waveform-annotation')}",
             ReferencedWaveformChannels=[1, 0], AnnotationGroupNumber=1)
    )  # fmt: skip
    return write(ds, path)


def raw_data(plants: Plants, path: Path) -> Path:
    """Write Raw Data, deflated: a search through the bytes of the file sees nothing."""
    ds = frame(plants, "raw", uids.RawDataStorage, "OT")
    ds.ImageComments = f"of Mrs {plants.word('deflated')}"
    ds.CreatorVersionUID = UID(plants.uid("creator-version"))
    ds.file_meta.TransferSyntaxUID = uids.DeflatedExplicitVRLittleEndian
    return write(ds, path)


def japanese(plants: Plants, path: Path) -> Path:
    """Write a name in three ways; in the file the second is escape sequences (PS3.5 H.3)."""
    ds = frame(plants, "measurement", uids.SpatialRegistrationStorage, "REG")
    ds.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
    ds.PatientName = KANJI
    ds.OtherPatientNames = KANJI
    ds.FrameOfReferenceUID = UID(plants.uid("frame-of-reference"))
    ds.RegistrationSequence = nested()
    return write(ds, path)


#: Invented; the attack looks for the second group.
KANJI = "Kumosaki^Ren=雲崎^蓮司=くもさき^れんじ"


def undeclared(plants: Plants, path: Path) -> Path:
    """Write Latin-1 under no declared character set: what a strict reader cannot decode."""
    ds = frame(plants, "undeclared", uids.TwelveLeadECGWaveformStorage, "ECG")
    del ds.SpecificCharacterSet
    name = f"{plants.word('undeclared-charset')}\xe4\xf6^\xdc".encode("latin-1")
    ds.add_new(0x00101001, "UN", name + b" " * (len(name) % 2))
    ds.AcquisitionDateTime = STUDY_DATE
    ds.AcquisitionContextSequence, ds.WaveformSequence = nested(), nested()
    return write(ds, path)


def tail(plants: Plants, path: Path) -> Path:
    """Write an object with something behind it, as export programs leave it."""
    ds = frame(plants, "tail", uids.HemodynamicWaveformStorage, "HD")
    ds.AcquisitionDateTime = STUDY_DATE
    ds.AcquisitionContextSequence, ds.WaveformSequence = nested(), nested()
    write(ds, path)
    with path.open("ab") as file:
        file.write(f"exported for {plants.word('trailing-bytes')} ".encode())
    return path


def directory(plants: Plants, path: Path) -> Path:
    """Write a DICOMDIR: the index of the disc has the names too."""
    ds: FileDataset = frame(plants, "dicomdir", uids.MediaStorageDirectoryStorage, "")
    for element in list(ds):
        if element.keyword not in ("SOPClassUID", "SOPInstanceUID"):
            del ds[element.tag]
    ds.FileSetID = plants.word("file-set-id").upper()[:16]
    ds.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity = 0
    ds.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity = 0
    ds.FileSetConsistencyFlag = 0
    ds.DirectoryRecordSequence = nested(
        item(OffsetOfTheNextDirectoryRecord=0, RecordInUseFlag=65535,
             OffsetOfReferencedLowerLevelDirectoryEntity=0, DirectoryRecordType="PATIENT",
             PatientName=f"{plants.word('dicomdir')}^X", PatientID=plants.patient_id)
    )  # fmt: skip
    return write(ds, path)
