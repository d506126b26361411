"""Objects with an identity."""

from io import BytesIO

from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian


def ct(**values: object) -> FileDataset:
    """A chest CT with an identity."""
    ds = FileDataset("", {}, preamble=b"PATIENT DOE JANE".ljust(128, b"\0"))
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.SourceApplicationEntityTitle = "DOECT"
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, UID("1.2.826.0.1.77.1")
    ds.StudyInstanceUID, ds.SeriesInstanceUID = UID("1.2.826.0.1.77.2"), UID("1.2.826.0.1.77.3")
    ds.FrameOfReferenceUID = UID("1.2.826.0.1.77.4")
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = "Quillfeather^Jane", "MRN-70221", "19580412"
    ds.PatientSex, ds.StudyDate, ds.StudyTime = "F", "20240229", "101500"
    ds.AccessionNumber, ds.StudyID, ds.Modality = "ACC-55120", "1", "CT"
    ds.ReferringPhysicianName = "Osterhagen^Ludwig"
    ds.BodyPartExamined, ds.ImageType = "CHEST", ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.StudyDescription = "CT chest with contrast - 65F Dr. Osterhagen"
    ds.Rows = ds.Columns = 2
    ds.SamplesPerPixel, ds.PhotometricInterpretation = 1, "MONOCHROME2"
    ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation = 16, 12, 11, 0
    ds.PixelData = b"\1\0\2\0\3\0\4\0"
    for name, value in values.items():
        setattr(ds, name, value)
    return ds


def as_read(ds: Dataset) -> FileDataset:
    """The data set as it comes out of a file."""
    buffer = BytesIO()
    meta = ds.file_meta
    meta.MediaStorageSOPClassUID = ds.SOPClassUID
    meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
    ds.save_as(buffer, enforce_file_format=True)
    buffer.seek(0)
    return dcmread(buffer)


def written(ds: Dataset) -> bytes:
    buffer = BytesIO()
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()
