"""A foreign image under the local patient's ID, as an archive may take it in (IHE IRWF)."""

from __future__ import annotations

import copy
from datetime import datetime

from pydicom.dataset import Dataset

from labkit.exchange.parties import Party, PatientId
from labkit.pacs.corrections import set_and_record


def adopted(ds: Dataset, patient: PatientId, party: Party, *, at: datetime) -> Dataset:
    """Return a copy of a foreign image that carries the patient's ID here.

    A Patient ID means nothing without who issued it (PS3.3 C.7.1.1): stored as it came, an image of
    "1001234" of there would be one of "1001234" of here. The ID that it had goes to Other Patient
    IDs Sequence and, with the attributes that were changed, to Original Attributes Sequence.

    Parameters
    ----------
    ds
        As it came. It keeps its SOP Instance UID: it is the same image.
    patient
        The same person's ID here, as a cross-reference manager knows it.
    party
        Who takes it in.
    at
        When.
    """
    new = copy.deepcopy(ds)
    other = Dataset()
    other.PatientID = ds.get("PatientID", "")
    other.IssuerOfPatientID = ds.get("IssuerOfPatientID", "")
    other.TypeOfPatientID = "TEXT"
    changes = {"PatientID": patient.value, "IssuerOfPatientID": party.issuer}
    set_and_record(new, changes, at=f"{at:%Y%m%d%H%M%S%z}", system=party.name, reason="COERCE")
    qualifiers = Dataset()
    qualifiers.UniversalEntityID, qualifiers.UniversalEntityIDType = patient.authority, "ISO"
    new.IssuerOfPatientIDQualifiersSequence = [qualifiers]
    new.OtherPatientIDsSequence = [*(ds.get("OtherPatientIDsSequence") or []), other]
    return new
