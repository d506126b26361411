"""What ADT messages say of a patient: an update (A08), or that two are one (A40)."""

from __future__ import annotations

from dataclasses import dataclass, field

from labkit.hl7.charset import dicom_term
from labkit.hl7.message import Hl7Message, MessageError
from labkit.hl7.values import birth_date, persons_name, sex


@dataclass(frozen=True)
class PatientChange:
    """What becomes of everything that is known under one patient ID.

    Attributes
    ----------
    event
        ``"A08"`` or ``"A40"``.
    patient_id, issuer
        Whose objects are meant: PID-3 of an update, MRG-1 of a merge.
    values
        DICOM keyword to value, as it is from now on. What the message leaves empty is not in it: an
        empty field says nothing (HL7 v2 2.5.3).
    character_set
        Specific Character Set of `values`.
    """

    event: str
    patient_id: str
    issuer: str
    values: dict[str, str] = field(default_factory=dict)
    character_set: str = ""


def patient_change(message: Hl7Message, *, issuer: str = "") -> PatientChange:
    """Read ADT^A08 or ADT^A40 (HL7 v2 3.3.8, 3.3.40).

    Parameters
    ----------
    issuer
        The authority where PID-3 or MRG-1 names none.

    Raises
    ------
    MessageError
        A field is missing (101), or the two IDs of a merge are the same (102).
    """
    patient_id = message.require("PID-3.1")
    authority = message.get("PID-3.4.1", issuer)
    values = {
        "PatientName": persons_name(message),
        "PatientID": patient_id,
        "IssuerOfPatientID": authority,
        "PatientBirthDate": birth_date(message.get("PID-7"), "PID-7"),
        "PatientSex": sex(message.get("PID-8")),
    }
    known = {keyword: value for keyword, value in values.items() if value}
    charset = dicom_term(message.codec)
    event = message.get("MSH-9.2")
    if event != "A40":
        return PatientChange(event, patient_id, authority, known, charset)
    gone, whose = message.require("MRG-1.1"), message.get("MRG-1.4.1", issuer)
    if (gone, whose) == (patient_id, authority):
        raise MessageError(
            f"MRG-1 and PID-3 are both {gone}: a patient cannot be merged with itself", "102",
            field="MRG-1", remedy="PID-3 is the ID that stays, MRG-1 the one that goes.",
        )  # fmt: skip
    return PatientChange(event, gone, whose, known, charset)
