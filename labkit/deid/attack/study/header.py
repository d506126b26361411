"""The radiograph: identity in every part of a file where text can stand."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from pydicom import config
from pydicom import uid as uids
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset
from pydicom.uid import UID

from labkit.deid.attack.plants import DEVICE_SERIAL, STUDY_DATE, Plants
from labkit.deid.attack.study.common import background, code, frame, item, nested, set_image, write
from labkit.dicom.stories.markers import lettering

ROWS, COLUMNS = 96, 160

#: Channel, keyword of the element, and what stands around the word.
TEXT = (
    ("other-patient-names", "OtherPatientNames", "{}^Alias"),
    ("birth-name", "PatientBirthName", "{}^Born"),
    ("mothers-name", "PatientMotherBirthName", "{}^Mother"),
    ("address", "PatientAddress", "12 {} Lane"),
    ("telephone", "PatientTelephoneNumbers", "{}"),
    ("referring-physician", "ReferringPhysicianName", "{}^Dr"),
    ("performing-physician", "PerformingPhysicianName", "{}^Dr"),
    ("operators-name", "OperatorsName", "{}^Tech"),
    ("institution-name", "InstitutionName", "{} General Hospital"),
    ("institution-address", "InstitutionAddress", "1 {} Square"),
    ("department", "InstitutionalDepartmentName", "{} Ward"),
    ("station-name", "StationName", "{}"),
    ("device-serial-text", "DeviceSerialNumber", "{}"),
    ("study-description", "StudyDescription", "Chest of Mrs {}"),
    ("series-description", "SeriesDescription", "pa {}"),
    ("protocol-name", "ProtocolName", "chest {}"),
    ("image-comments", "ImageComments", "second image of Mrs {}"),
    ("patient-comments", "PatientComments", "daughter of {}"),
    ("medical-alerts", "MedicalAlerts", "ask Dr {}"),
    ("occupation", "Occupation", "{}"),
    ("ethnic-group", "EthnicGroup", "{}"),
    ("derivation", "DerivationDescription", "copied for {}"),
    ("contrast", "ContrastBolusAgent", "as {} said"),
    ("window-explanation", "WindowCenterWidthExplanation", "for {}"),
    ("insurance", "InsurancePlanIdentification", "{}"),
    ("retired-comments", "StudyComments", "seen by {}"),
    ("text-comments", "TextComments", "phoned {}"),
    ("retrieve-url", "RetrieveURL", "https://pacs.example/{}"),
)


def radiograph(plants: Plants, path: Path) -> Path:
    """Write it: ``path`` has the patient's name in it, as exports do."""
    ds = frame(plants, "cr", uids.DigitalXRayImageStorageForPresentation, "DX")
    word = plants.word
    for channel, keyword, template in TEXT:
        setattr(ds, keyword, template.format(word(channel)))
    ds.PatientAge, ds.PatientWeight, ds.PatientSize = "092Y", "143.75", "2.0625"
    ds.AcquisitionDateTime = f"{STUDY_DATE}143827.193000+0100"
    ds.AcquisitionComments = f"repeated on {STUDY_DATE[6:]}.{STUDY_DATE[4:6]}.{STUDY_DATE[:4]}"
    ds.FrameOfReferenceUID = UID(plants.uid("frame-of-reference"))
    ds.BodyPartExamined, ds.ViewPosition, ds.BurnedInAnnotation = "CHEST", "PA", "NO"
    ds.ImageType = ["ORIGINAL", "PRIMARY"]
    ds.DetectorID = DEVICE_SERIAL
    ds.OtherPatientIDsSequence = nested(
        item(PatientID=word("other-patient-id"), IssuerOfPatientID="X", TypeOfPatientID="TEXT")
    )
    ds.ReferencedStudySequence = nested(
        item(ReferencedSOPClassUID=UID("1.2.840.10008.3.1.2.3.1"),
             ReferencedSOPInstanceUID=UID(plants.uid("referenced-study")))
    )  # fmt: skip
    person = item(
        PersonIdentificationCodeSequence=nested(code("1", "99X", word("person-code"))),
        PersonAddress=f"3 {word('person-address')} Road",
        InstitutionName=word("nested-institution"),
    )
    ds.RequestAttributesSequence = nested(
        item(RequestedProcedureID=word("procedure-id"), ScheduledProcedureStepID="1",
             ScheduledProcedureStepDescription=f"as {word('procedure-step')} asked",
             ReasonForTheRequestedProcedure=f"fall at {word('reason')}")
    )  # fmt: skip
    # Kept by most profiles, and a name three levels down in it.
    deep = item(PatientName=f"{word('deep-sequence')}^Deep")
    ds.AnatomicRegionSequence = nested(code("51185008", "SCT", "Chest"))
    ds.AnatomicRegionSequence[0].AnatomicRegionModifierSequence = nested(
        code("1", "99X", "left"), item(ReferringPhysicianIdentificationSequence=nested(person))
    )
    ds.AnatomicRegionSequence[0].AnatomicRegionModifierSequence[0].AnatomicRegionSequence = nested(
        deep
    )
    before = item(
        ModifiedAttributesSequence=nested(item(PatientName=f"{word('original-attributes')}^Was")),
        AttributeModificationDateTime=f"{STUDY_DATE}150000", SourceOfPreviousValues="",
        ModifyingSystem=word("modifying-system"), ReasonForTheAttributeModification="CORRECT",
    )  # fmt: skip
    ds.OriginalAttributesSequence = nested(before)
    ds.DigitalSignaturesSequence = nested(
        item(MACIDNumber=1, DigitalSignatureUID=UID(plants.uid("signature")),
             CertificateType="X509_1993_SIG",
             CertificateOfSigner=f"CN={word('signer')}".encode().ljust(40, b"\0"))
    )  # fmt: skip
    _private(ds, plants)
    _layers(ds, plants)
    _file(ds, plants)
    return write(ds, path)


def _private(ds: Dataset, plants: Plants) -> None:
    """Add private elements, a private sequence with VR UN, and elements that nobody knows."""
    word = plants.word
    block = ds.private_block(0x0011, f"{word('private-creator')} 1.0", create=True)
    block.add_new(0x01, "LO", word("private-element"))
    block.add_new(0x02, "UN", _implicit(0x00100010, f"{word('private-un-sequence')}^X"))
    block.add_new(0x03, "SQ", nested(item(PatientID=word("private-sequence"))))
    block.add_new(0x04, "UI", plants.uid("private-uid"))
    # The safe list of PS3.15 E.3.10 has this creator; its values are numbers in a true object.
    safe = ds.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    safe.add_new(0x0C, "IS", "1000")
    safe.add_new(0x0E, "LO", word("private-safe"))
    ds.add_new(0x00090010, "LO", word("private-even-block"))
    ds.add_new(0x0008FFF2, "LO", word("unknown-element"))
    ds.add_new(0x50000022, "LO", word("curve"))  # retired repeating group
    # Text behind NUL: viewers stop there (PS3.5 6.2 pads only UI and OB so).
    text = f"L\\F\0{word('behind-nul').upper()}"
    ds.add(DataElement(0x00200020, "CS", text, validation_mode=config.IGNORE))


def _implicit(tag: int, text: str) -> bytes:
    """Return one item of a sequence as Implicit VR bytes, as it stands in a UN (PS3.5 6.2.2)."""
    value = text.encode().ljust(len(text) + len(text) % 2)
    element = struct.pack("<HHI", tag >> 16, tag & 0xFFFF, len(value)) + value
    begin = struct.pack("<HHI", 0xFFFE, 0xE000, len(element))
    return begin + element


def _layers(ds: Dataset, plants: Plants) -> None:
    """Set the pixels: letters in an overlay plane, in unused bits, in the icon, behind the end."""
    word = plants.word
    pixels = background(1, ROWS, COLUMNS, 4096).astype(np.uint16)
    _draw(pixels, word("unused-bits"), 1 << 12)
    set_image(ds, pixels, stored=12)
    ds.PixelData += word("pixel-padding").encode().ljust(20)
    plane = np.zeros((ROWS, COLUMNS), np.uint8)
    _draw(plane, word("overlay-plane"), 1)
    ds.add_new(0x60000010, "US", ROWS)
    ds.add_new(0x60000011, "US", COLUMNS)
    ds.add_new(0x60000022, "LO", f"marked by {word('overlay-description')}")
    ds.add_new(0x60000040, "CS", "G")
    ds.add_new(0x60000050, "SS", [1, 1])
    ds.add_new(0x60000100, "US", 1)
    ds.add_new(0x60000102, "US", 0)
    ds.add_new(0x60003000, "OW", np.packbits(plane, bitorder="little").tobytes())
    icon = np.full((40, 128), 20, np.uint8)
    _draw(icon, word("icon"), 220)
    thumbnail = Dataset()
    set_image(thumbnail, icon)
    ds.IconImageSequence = nested(thumbnail)
    ds.WindowCenter, ds.WindowWidth = "2048", "4096"


def _draw(image: np.ndarray, text: str, value: int) -> None:  # type: ignore[type-arg]
    """Write text at row 8, column 6, by setting bits."""
    dots = lettering(text)
    part = image[8 : 8 + dots.shape[0], 6 : 6 + dots.shape[1]]
    part |= (dots[:, : part.shape[1]].astype(np.uint16) * value).astype(image.dtype)


def _file(ds: FileDataset, plants: Plants) -> None:
    """Fill what stands around the data set (PS3.10 7.1), and its padding (PS3.10 7.2)."""
    word = plants.word
    ds.preamble = f"MM {word('preamble')}".encode().ljust(128, b"\0")
    ds.file_meta.SourceApplicationEntityTitle = word("source-ae-title")[:16]
    ds.file_meta.ImplementationVersionName = word("implementation-version")[:16]
    ds.file_meta.PrivateInformationCreatorUID = UID("2.999.1")
    ds.file_meta.PrivateInformation = word("meta-private").encode().ljust(20, b"\0")
    ds.add_new(0xFFFCFFFC, "OB", word("trailing-padding").encode().ljust(20, b"\0"))
