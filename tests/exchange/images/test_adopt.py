"""A foreign image is taken in under the ID that the patient has here."""

from __future__ import annotations

from datetime import datetime, timezone

from labkit.dicom.samples import sample
from labkit.exchange.images.adopt import adopted
from labkit.exchange.parties import NORTH

NOW = datetime(2026, 1, 16, 9, 0, tzinfo=timezone.utc)


def test_a_foreign_image_gets_the_id_that_the_patient_has_here() -> None:
    ds = sample("cr-chest-prior").datasets()[0]
    new = adopted(ds, NORTH.patient("NG-100457"), NORTH, at=NOW)
    assert (new.PatientID, new.IssuerOfPatientID) == ("NG-100457", "NORTHGEN")
    assert new.IssuerOfPatientIDQualifiersSequence[0].UniversalEntityID == NORTH.authority
    other = new.OtherPatientIDsSequence[-1]
    assert (other.PatientID, other.IssuerOfPatientID) == ("LK-20871", "LAKESIDE")
    before = new.OriginalAttributesSequence[-1]
    assert before.ModifiedAttributesSequence[0].PatientID == "LK-20871"
    assert before.ReasonForTheAttributeModification == "COERCE"
    assert before.ModifyingSystem == "North General"


def test_it_is_the_same_image_and_the_one_that_came_is_untouched() -> None:
    ds = sample("cr-chest-prior").datasets()[0]
    new = adopted(ds, NORTH.patient("NG-100457"), NORTH, at=NOW)
    assert new.SOPInstanceUID == ds.SOPInstanceUID and new.PixelData == ds.PixelData
    assert ds.PatientID == "LK-20871" and "OriginalAttributesSequence" not in ds
