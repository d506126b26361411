"""From an order to a Modality Worklist item (IHE RAD-4 Procedure Scheduled, RAD-5 Query MWL).

What goes where is the table below; the code walks it. Two messages carry the same order: ORM^O01,
which most sites still send, with the Study Instance UID in a segment ZDS of IHE's own; and OMI^O23
of HL7 v2.5, which has a segment for imaging, IPC.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import NAMESPACE_OID, uuid5

from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataset import Dataset

from labkit.hl7.charset import dicom_term
from labkit.hl7.message import Hl7Message, MessageError
from labkit.hl7.values import birth_date, code, moment, name_of, persons_name, sex

ROOT, STEP = "", "ScheduledProcedureStepSequence"


@dataclass(frozen=True)
class OrderRow:
    """One attribute of the worklist item.

    Attributes
    ----------
    keyword
        The DICOM attribute.
    orm, omi
        Where ORM^O01 and OMI^O23 have it; ``""`` where they do not, and several fields, first one
        first, with a space between.
    place
        ``""``, or the sequence that it lies in.
    needed
        Whether a message without it is refused (AE 101).
    note
        What to know.
    """

    keyword: str
    orm: str
    omi: str
    place: str = ROOT
    needed: bool = False
    note: str = ""

    @property
    def tag(self) -> str:
        """As in ``(0010,0020)``."""
        tag = int(tag_for_keyword(self.keyword) or 0)
        return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"

    def source(self, kind: str) -> list[str]:
        """The fields to look into, for ``"ORM^O01"`` or ``"OMI^O23"``."""
        return (self.omi if kind.startswith("OMI") else self.orm).split()


def _same(keyword: str, field: str, *, needed: bool = False, note: str = "") -> OrderRow:
    return OrderRow(keyword, field, field, needed=needed, note=note)


ORDER_TABLE: tuple[OrderRow, ...] = (
    _same("PatientName", "PID-5", needed=True, note="repetitions I and P: ideographic, phonetic"),
    _same("PatientID", "PID-3.1", needed=True),
    _same("IssuerOfPatientID", "PID-3.4.1", note="without it the receiver's own"),
    _same("PatientBirthDate", "PID-7"),
    _same("PatientSex", "PID-8", note="A and U become empty: DICOM has M, F, O"),
    _same("CurrentPatientLocation", "PV1-3"),
    _same("ReferringPhysicianName", "PV1-8"),
    _same("RequestingPhysician", "OBR-16"),
    _same("PlacerOrderNumberImagingServiceRequest", "ORC-2"),
    _same("FillerOrderNumberImagingServiceRequest", "ORC-3"),
    OrderRow("AccessionNumber", "OBR-18", "IPC-1", needed=True),
    OrderRow("RequestedProcedureID", "OBR-19", "IPC-2", needed=True),
    OrderRow("StudyInstanceUID", "ZDS-1.1", "IPC-3", note="made here where the order has none"),
    _same("RequestedProcedureDescription", "OBR-4.2", needed=True),
    _same("RequestedProcedureCodeSequence", "OBR-4", note="code ^ meaning ^ scheme"),
    _same("ReasonForTheRequestedProcedure", "OBR-31.2"),
    _same("PatientTransportArrangements", "OBR-30"),
    OrderRow("RequestedProcedurePriority", "ORC-7.6 OBR-27.6", "TQ1-9.1", note="S STAT, A HIGH"),
    OrderRow("ScheduledProcedureStepID", "OBR-20", "IPC-4", STEP, True),
    OrderRow("Modality", "OBR-24", "IPC-5", STEP, True),
    OrderRow("ScheduledStationAETitle", "OBR-21", "IPC-9", STEP, note="OBR-21 by local agreement"),
    OrderRow("ScheduledStationName", "", "IPC-7", STEP),
    OrderRow("ScheduledProcedureStepLocation", "", "IPC-8", STEP),
    OrderRow("ScheduledProcedureStepStartDate", "ORC-7.4 OBR-27.4", "TQ1-7", STEP, True),
    OrderRow("ScheduledProcedureStepStartTime", "ORC-7.4 OBR-27.4", "TQ1-7", STEP, True),
    OrderRow("ScheduledPerformingPhysicianName", "OBR-34", "OBR-34", STEP),
    OrderRow("ScheduledProcedureStepDescription", "OBR-4.5 OBR-4.2", "IPC-6.2 OBR-4.2", STEP),
    OrderRow("ScheduledProtocolCodeSequence", "OBR-4", "IPC-6 OBR-4", STEP),
)
"""HL7 field to DICOM attribute, as IHE RAD TF-2 4.4 and HL7 v2.5.1 chapter 4 place them."""

_PRIORITY = {"S": "STAT", "A": "HIGH", "R": "ROUTINE", "T": "MEDIUM"}
_WORDS = {"CS": 16, "SH": 16, "AE": 16, "LO": 64}


def worklist_item(message: Hl7Message, *, issuer: str = "") -> Dataset:
    """Make the worklist item of an order.

    Parameters
    ----------
    message
        ORM^O01 or OMI^O23.
    issuer
        Issuer of Patient ID where PID-3 names no assigning authority.

    Raises
    ------
    MessageError
        A needed field is missing (101), or a value does not fit its DICOM attribute (102).
    """
    ds, step = Dataset(), Dataset()
    charset = dicom_term(message.codec)
    if charset:
        ds.SpecificCharacterSet = charset
    for row in ORDER_TABLE:
        fields = row.source(message.kind)
        value: str | list[Dataset] = ""
        for field in fields:
            value = value or _value(message, row.keyword, field)
        if not value and row.needed:
            raise MessageError(
                f"{fields[0]} is missing: {row.keyword} {row.tag} would be empty", "101",
                field=fields[0], remedy=f"Fill in {fields[0]} and send the order again.",
            )  # fmt: skip
        _set(step if row.place else ds, row, value, fields)
    if not ds.IssuerOfPatientID:
        ds.IssuerOfPatientID = issuer
    if not ds.StudyInstanceUID:
        # From the order alone, so that the same order again means the same study.
        parts = [str(ds.IssuerOfPatientID), str(ds.AccessionNumber), str(ds.RequestedProcedureID)]
        ds.StudyInstanceUID = f"2.25.{uuid5(NAMESPACE_OID, '|'.join(parts)).int}"  # PS3.5 B.2
    step.ScheduledProcedureStepStatus = "SCHEDULED"
    ds.ScheduledProcedureStepSequence = [step]
    ds.ConfidentialityConstraintOnPatientDataDescription = ""
    return ds


def _value(message: Hl7Message, keyword: str, field: str) -> str | list[Dataset]:
    if keyword == "PatientName":
        return persons_name(message)
    if keyword.endswith("Sequence"):
        return code(message, field)
    text = message.get(field)
    if keyword == "PatientSex":
        return sex(text)
    if keyword == "PatientBirthDate":
        return birth_date(text, field)
    if keyword == "RequestedProcedurePriority":
        return _PRIORITY.get(text, "")
    if keyword.endswith(("StartDate", "StartTime")):
        return moment(text, field)[0 if keyword.endswith("Date") else 1]
    return name_of(message, field) if dictionary_VR(keyword) == "PN" else text


def _set(ds: Dataset, row: OrderRow, value: str | list[Dataset], fields: list[str]) -> None:
    vr = dictionary_VR(row.keyword)
    if isinstance(value, str) and len(value) > _WORDS.get(vr, 1 << 16):
        raise MessageError(
            f"{fields[0]} has {len(value)} characters, {row.keyword} ({vr}) holds {_WORDS[vr]}",
            "102", field=fields[0], remedy="Shorten it (PS3.5 6.2).",
        )  # fmt: skip
    if row.keyword == "StudyInstanceUID" and value and not _is_uid(str(value)):
        raise MessageError(
            f"{fields[0]} {value!r} is no UID", "102", field=fields[0],
            remedy="A UID has digits and dots, 64 characters at most (PS3.5 9).",
        )  # fmt: skip
    setattr(ds, row.keyword, value or ([] if vr == "SQ" else ""))


def _is_uid(text: str) -> bool:
    parts = text.split(".")
    return len(text) <= 64 and all(p.isdecimal() and (p == "0" or p[0] != "0") for p in parts)
