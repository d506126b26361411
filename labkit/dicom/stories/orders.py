"""The worklist: procedure steps that are ordered and not yet done (PS3.4 Annex K)."""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.sr.codedict import codes

from labkit.dicom.stories.cast import STORIES
from labkit.dicom.stories.people import SITES, STAFF, Patient, patient
from labkit.dicom.stories.uids import uid


@dataclass(frozen=True)
class Order:
    """One requested procedure with one scheduled procedure step."""

    slug: str
    patient: str
    accession: str
    date: str
    time: str
    modality: str
    station: str
    description: str
    procedure: str
    referrer: str
    study: str = ""

    @property
    def person(self) -> Patient:
        """The patient, as registered where the step will be done."""
        return patient(self.patient)

    @property
    def study_uid(self) -> str:
        """Study Instance UID that the modality is told to use: so order and images meet."""
        return uid(self.study or self.slug)


def _of(slug: str, modality: str) -> Order:
    """Return the order behind a study of the stories."""
    s = next(s for s in STORIES if s.slug == slug)
    return Order(
        f"order-{slug}", s.patient, s.accession, s.date, s.time[:4] + "00", modality, s.station,
        s.description, s.procedure, s.referrer, slug,
    )  # fmt: skip


ORDERS = [
    _of("ct-head-followup", "CT"),
    _of("dx-hand-followup", "DX"),
    _of("mg-screening", "MG"),
    Order(
        "order-mr-staging", "thistlewick", "NG2600147", "20260116", "083000", "MR", "MR1",
        "MR brain, dual echo", "MRBRAIN", "chest",
    ),
    Order(
        "order-us-heart-stress", "kumorizora", "NG2600149", "20260116", "110000", "US", "US2",
        "Echocardiogram", "USHEART", "cardiology",
    ),
    Order(
        "order-us-thyroid-biopsy", "pebbleworth", "LK2600035", "20260115", "150000", "US", "US1",
        "US NECK", "USNECK", "gp",
    ),
]  # fmt: skip


def step_id(accession: str) -> str:
    """Return the Scheduled Procedure Step ID (0040,0009): ours are numbered after the accession."""
    return f"SPS{accession[2:]}"


def procedure_id(accession: str) -> str:
    """Return the Requested Procedure ID (0040,1001)."""
    return f"RP{accession[2:]}"


def code(value: str, meaning: str, scheme: str = "99LABKIT") -> Dataset:
    """Return one item of a code sequence (PS3.3 8.8)."""
    item = Dataset()
    item.CodeValue = value
    item.CodingSchemeDesignator = scheme
    item.CodeMeaning = meaning
    return item


def concept(group: str, keyword: str) -> Dataset:
    """Return one item of a code sequence out of pydicom's tables of PS3.16.

    Parameters
    ----------
    group
        Coding scheme (``"SCT"``, ``"DCM"``) or context group (``"cid26"``).
    keyword
        Code Meaning in CamelCase, as pydicom spells it.
    """
    found = getattr(getattr(codes, group), keyword)
    return code(found.value, found.meaning, found.scheme_designator)


def worklist_item(order: Order) -> Dataset:
    """Return `order` as a worklist SCP answers it (PS3.4 Table K.6-1)."""
    person = order.person
    step = Dataset()
    step.Modality = order.modality
    step.ScheduledStationAETitle = order.station
    step.ScheduledProcedureStepStartDate = order.date
    step.ScheduledProcedureStepStartTime = order.time
    step.ScheduledPerformingPhysicianName = STAFF["radiologist"]
    step.ScheduledProcedureStepDescription = order.description
    step.ScheduledProtocolCodeSequence = Sequence([code(order.procedure, order.description)])
    step.ScheduledProcedureStepID = step_id(order.accession)
    step.ScheduledStationName = order.station
    step.ScheduledProcedureStepLocation = SITES[person.site].name
    step.ScheduledProcedureStepStatus = "SCHEDULED"

    ds = Dataset()
    if person.charset:
        ds.SpecificCharacterSet = person.charset.split("\\")
    ds.AccessionNumber = order.accession
    ds.ReferringPhysicianName = STAFF[order.referrer]
    ds.PatientName = person.name
    ds.PatientID = person.patient_id
    ds.IssuerOfPatientID = SITES[person.site].issuer
    ds.PatientBirthDate = person.birth_date
    ds.PatientSex = person.sex
    ds.PatientWeight = str(person.weight_kg)
    ds.StudyInstanceUID = order.study_uid
    ds.RequestingPhysician = STAFF[order.referrer]
    ds.RequestedProcedureDescription = order.description
    ds.RequestedProcedureCodeSequence = Sequence([code(order.procedure, order.description)])
    ds.ScheduledProcedureStepSequence = Sequence([step])
    ds.RequestedProcedureID = procedure_id(order.accession)
    ds.RequestedProcedurePriority = "ROUTINE"
    ds.PatientTransportArrangements = ""
    ds.ConfidentialityConstraintOnPatientDataDescription = ""
    return ds
