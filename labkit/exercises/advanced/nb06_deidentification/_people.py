"""Objects with an identity, for the checks of this notebook. Every person is invented."""

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, CTImageStorage, ExplicitVRLittleEndian

ROOT = "2.25.3141592653589793"
_CODE = ("121071", "DCM", "Finding")


def code(value: str, scheme: str, meaning: str) -> Dataset:
    """Make an item of a code sequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def reference(uid: str) -> Dataset:
    """Make an item that refers to a CT image."""
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = CTImageStorage, UID(uid)
    return item


def slice_of(number: int = 1, **values: object) -> Dataset:
    """Make one CT slice of Odalys Brindlemoor, without pixels."""
    ds = Dataset()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.MediaStorageSOPClassUID = CTImageStorage
    ds.file_meta.MediaStorageSOPInstanceUID = UID(f"{ROOT}.3.{number}")
    ds.SOPClassUID, ds.SOPInstanceUID = CTImageStorage, UID(f"{ROOT}.3.{number}")
    ds.StudyInstanceUID, ds.SeriesInstanceUID = UID(f"{ROOT}.1"), UID(f"{ROOT}.2")
    ds.FrameOfReferenceUID = UID(f"{ROOT}.9")
    ds.PatientName, ds.PatientID, ds.PatientBirthDate = (
        "Brindlemoor^Odalys",
        "NG-100644",
        "19390531",
    )
    ds.StudyDate, ds.StudyTime, ds.Modality = "20260228", "235810", "CT"
    ds.ContentDate, ds.ContentTime = "20260301", "000204"
    ds.BodyPartExamined, ds.ImageType = "CHEST", ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.SourceImageSequence = [reference(f"{ROOT}.3.77")]
    for name, value in values.items():
        setattr(ds, name, value)
    return ds
