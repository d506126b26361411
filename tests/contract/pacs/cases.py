"""The studies that the suite stores, and the queries it puts to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage
from pynetdicom import build_context, build_role, evt

from labkit.dimse import Peer, associate, store
from labkit.pacs.part10 import read_object
from tests.contract.pacs.servers import Target

ROOT = "2.25.329800735698586629295641978511506172918"  # of the suite's own UIDs

# pydicom's own files: classes, transfer syntaxes, odd encodings. Each has the four UIDs.
FILES = (
    "CT_small.dcm", "MR_small.dcm", "JPEG2000.dcm", "JPEG-lossy.dcm",
    "image_dfl.dcm", "ExplVR_BigEnd.dcm", "SC_rgb_rle.dcm", "reportsi.dcm", "waveform_ecg.dcm",
    "rtplan.dcm", "test-SR.dcm", "examples_palette.dcm", "examples_ybr_color.dcm",
    "liver_1frame.dcm",
)  # fmt: skip


def uid(*parts: object) -> str:
    """A UID of the suite: ``uid(1)`` a study, ``uid(1, 2)`` a series of it, and so on."""
    return ".".join([ROOT, *map(str, parts)])


def small(study: int, series: int = 1, number: int = 1, **values: Any) -> Dataset:
    """A secondary capture of four pixels."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    ds.StudyInstanceUID, ds.SeriesInstanceUID = uid(study), uid(study, series)
    ds.SOPInstanceUID = uid(study, series, number)
    ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.PatientID, ds.PatientName, ds.PatientSex = f"CONTRACT{study}", f"Contract^{study}", "O"
    ds.PatientBirthDate = "19700101"
    ds.StudyID, ds.AccessionNumber = str(study), f"CA{study}"
    ds.StudyDate, ds.StudyTime = "20260115", "101500"
    ds.StudyDescription, ds.ReferringPhysicianName = "contract", "Who^Doctor"
    ds.Modality, ds.SeriesNumber, ds.InstanceNumber = "OT", series, number
    ds.ConversionType = "SYN"
    ds.Rows = ds.Columns = 2
    ds.BitsAllocated = ds.BitsStored = 8
    ds.HighBit, ds.PixelRepresentation, ds.SamplesPerPixel = 7, 0, 1
    ds.PhotometricInterpretation, ds.PixelData = "MONOCHROME2", bytes(4)
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def studies() -> list[Dataset]:
    """What `fill` stores."""
    request = Dataset()
    request.RequestedProcedureID, request.ScheduledProcedureStepID = "CR1", "CS1"
    return [
        small(1, PatientName="Contract^Adam", StudyDate="20260105", Modality="CT"),
        small(1, 2, PatientName="Contract^Adam", StudyDate="20260105", Modality="PT",
              RequestAttributesSequence=[request]),
        small(1, 1, 2, PatientName="Contract^Adam", StudyDate="20260105", Modality="CT"),
        small(2, PatientName="Müller^Änne", SpecificCharacterSet="ISO_IR 100",
              StudyDate="20260110", StudyTime="235959", Modality="MR"),
        small(3, PatientName="Yamada^Tarou=山田^太郎=やまだ^たろう", StudyDate="20260120",
              SpecificCharacterSet=["", "ISO 2022 IR 87"], Modality="MR"),
        small(4, PatientName="Unknown^Accession", AccessionNumber="", StudyDate="20260201"),
    ]  # fmt: skip


@dataclass(frozen=True)
class Holdings:
    """A PACS that holds the suite's studies."""

    target: Target

    @property
    def peer(self) -> Peer:
        """How to call it."""
        return self.target.peer


def fill(target: Target) -> Holdings:
    """Store the suite's studies."""
    sent = store(target.peer, studies())
    assert not sent.failed, sent
    return Holdings(target)


def real(name: str) -> tuple[Dataset, bytes]:
    """One of pydicom's files: its header, and the encoded data set as it goes over the wire."""
    path = get_testdata_file(name)
    assert path, name
    _, data = read_object(Path(str(path)))
    # A deflated data set of odd length is padded (PS3.5 A.5); pydicom's file is not.
    return dcmread(str(path)), data + b"\x00" * (len(data) % 2)


def fetch(peer: Peer, ds: Dataset, transfer_syntax: str) -> list[bytes]:
    """Get an object by C-GET in one transfer syntax, as the bytes that came off the wire."""
    received: list[bytes] = []

    def keep(event: evt.Event) -> int:
        received.append(event.request.DataSet.getvalue())
        return 0x0000

    model = "1.2.840.10008.5.1.4.1.2.2.3"
    keys = Dataset()
    keys.QueryRetrieveLevel = "IMAGE"
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        setattr(keys, keyword, ds[keyword].value)
    contexts = [build_context(model), build_context(ds.SOPClassUID, transfer_syntax)]
    with associate(
        peer, contexts,
        handlers=[(evt.EVT_C_STORE, keep)],
        negotiation=[build_role(ds.SOPClassUID, scp_role=True)],
    ) as link:  # fmt: skip
        list(link.assoc.send_c_get(keys, model))
    return received
