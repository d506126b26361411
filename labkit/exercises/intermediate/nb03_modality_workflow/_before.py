"""What the notebook's earlier cells leave behind, and what the checks ask the lab."""

from __future__ import annotations

from pydicom.dataset import Dataset

from labkit.dimse import find, identifier, worklist
from labkit.exercises import Work
from labkit.exercises.evidence import since

GIVEN = r"""
    import secrets

    from pydicom import Dataset
    from pydicom.uid import generate_uid

    from labkit.dicom import sample
    from labkit.dicom.rejection import rejection_note
    from labkit.dimse import (
        Receiver, find, identifier, move, mpps_create, mpps_set, request_commitment, store,
        worklist,
    )

    def number():
        return f"{secrets.randbelow(10**7):07d}"

    def order(n, patient="NG-100231", name="Quillfeather^Tobias", control="NW"):
        return (
            r"MSH|^~\&|HIS|NORTHGEN|RIS|NORTHGEN|20260116080000||ORM^O01|" + n + "|P|2.5.1\n"
            f"PID|1||{patient}^^^NORTHGEN||{name}||19580304|M\n"
            f"ORC|{control}|P{n}|F{n}||||^^^202601161030^^R\n"
            f"OBR|1|P{n}|F{n}|CTHEAD^CT head^99LABKIT" + "|" * 14
            + f"NG{n}|RP{n}|SPS{n}|CT7|||CT\n"
        )

    def adt(event, patient, name, gone=""):
        return (
            r"MSH|^~\&|HIS|NORTHGEN|RIS|NORTHGEN|20260116090000||" + f"ADT^{event}|M1|P|2.5.1\n"
            f"EVN|{event}|20260116090000\nPID|1||{patient}^^^NORTHGEN||{name}||19580304|M\n"
            + (f"MRG|{gone}^^^NORTHGEN\n" if gone else "PV1|1|O\n")
        )

    def ct(patient, name, count=1):
        study, series, made = generate_uid(), generate_uid(), []
        for ds in sample("ct-head-followup").datasets("CT")[:count]:
            ds.PatientID, ds.PatientName, ds.IssuerOfPatientID = patient, name, "NORTHGEN"
            ds.AccessionNumber, ds.StudyInstanceUID, ds.SeriesInstanceUID = "", study, series
            ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
            made.append(ds)
        return made

    def commitment(images):
        with Receiver("CT7") as ct7:
            lab.add_node(ct7.peer)
            return request_commitment(lab.archive, images, ae_title="CT7", receiver=ct7)

    def begun(item):
        step, ds = item.ScheduledProcedureStepSequence[0], Dataset()
        scheduled = Dataset()
        scheduled.StudyInstanceUID = item.StudyInstanceUID
        scheduled.AccessionNumber = item.AccessionNumber
        scheduled.RequestedProcedureID = item.RequestedProcedureID
        scheduled.ScheduledProcedureStepID = step.ScheduledProcedureStepID
        ds.ScheduledStepAttributesSequence = [scheduled]
        ds.PatientName, ds.PatientID = item.PatientName, item.PatientID
        ds.PerformedProcedureStepID, ds.PerformedStationAETitle = "PPS1", "CT7"
        ds.PerformedProcedureStepStartDate = "20260116"
        ds.PerformedProcedureStepStartTime = "103100"
        ds.PerformedProcedureStepStatus, ds.Modality = "IN PROGRESS", "CT"
        return ds
"""
"""In the notebook these functions stand in cells of their own."""


def studies(work: Work, patient: str, node: str = "ARCHIVE") -> list[Dataset]:
    """Ask a node, as WORKSTN, what it has under a patient ID."""
    keys = identifier(
        "STUDY", PatientID=patient, PatientName="", PatientBirthDate="", StudyInstanceUID=""
    )
    return list(find(work.lab.nodes[node], keys, ae_title="WORKSTN")) if patient else []


def scheduled(work: Work, accession: str) -> list[Dataset]:
    """Ask WORKLIST, as WORKSTN, for the steps of an order."""
    if not accession:
        return []
    keys = {"AccessionNumber": accession, "ScheduledProcedureStepSequence": {}}
    return list(worklist(work.lab.worklist, keys, ae_title="WORKSTN"))


def messages_taken(work: Work, kind: str) -> int:
    """Count the HL7 messages of a kind that the RIS accepted since the mark."""
    return len(work.lab.log("WORKLIST", since=since(work)).having(f"{kind} ", ": AA,"))


def text_of(work: Work, name: str) -> str:
    """A variable of the notebook as text."""
    value = work.namespace.get(name)
    return value if isinstance(value, str) else ""
