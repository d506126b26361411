"""Notebook 08: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.exercises import Verdict
from labkit.lab import Lab
from tests.exercises.beginner import learner


def attempt(lab: Lab, slug: str, source: str) -> Verdict:
    """Do what a learner does; the cell has its mark above."""
    return learner.attempt(lab, slug, source, before="mark = lab.mark()\n")


RIGHT = [
    ("find-by-accession", """
        uid = find(lab.archive, identifier("STUDY", AccessionNumber="NG2600121*",
                   StudyInstanceUID=None, PatientID=None))
    """),
    ("find-by-accession", """
        from pydicom import Dataset
        ds = Dataset()
        ds.QueryRetrieveLevel, ds.AccessionNumber, ds.StudyInstanceUID = "STUDY", "NG2600121", ""
        uid = find(lab.archive, ds, ae_title="HELPDESK")[0]
        uid = f" {uid.StudyInstanceUID} "
    """),
    ("ct-of-two-days", """
        studies = []
        for day in ("20260112", "20260113"):
            studies += find(lab.archive, identifier("STUDY", StudyDate=day,
                            ModalitiesInStudy="CT", StudyInstanceUID=None))
    """),
    ("ct-of-two-days", """
        found = find(lab.archive, identifier("STUDY", StudyDate="20260112-20260113",
                     ModalitiesInStudy=None, StudyInstanceUID=None))
        studies = {ds.StudyInstanceUID for ds in found if "CT" in ds.ModalitiesInStudy}
    """),
    ("find-the-segmentation", """
        chest = lab.sample("ct-chest").study_uid
        for ds in find(lab.archive, identifier("SERIES", StudyInstanceUID=chest,
                       Modality=None, SeriesInstanceUID=None)):
            if ds.Modality == "SEG":
                series_uid = ds.SeriesInstanceUID
    """),
    ("fetch-the-prior", """
        prior = lab.sample("cr-chest-prior")
        move(lab.legacy, identifier("PATIENT", PatientID=prior.patient_id), lab.workstn,
             model="patient")
    """),
    ("fetch-the-prior", """
        from labkit.dimse import run_tool
        wanted = identifier("STUDY", StudyInstanceUID=lab.sample("cr-chest-prior").study_uid)
        run_tool("move", lab.legacy, tool="pynetdicom", identifier=wanted, destination="WORKSTN")
    """),
    ("your-own-destination", """
        hand = lab.sample("dx-hand")
        with Receiver("READER") as reader:
            lab.add_node("READER", reader.peer.host, reader.peer.port)
            move(lab.archive, identifier("PATIENT", PatientID=hand.patient_id), reader.peer,
                 model="patient")
    """),
    ("your-own-destination", """
        hand = lab.sample("dx-hand").study_uid
        with Receiver("MYVIEWER") as reader:
            lab.add_node(reader.peer)
            move(lab.archive, identifier("STUDY", StudyInstanceUID=hand), "MYVIEWER")
    """),
    ("get-the-report", """
        head = lab.sample("ct-head")
        sr = head.datasets("SR")[0]
        report = get(lab.archive, identifier("IMAGE", StudyInstanceUID=head.study_uid,
                     SeriesInstanceUID=sr.SeriesInstanceUID, SOPInstanceUID=sr.SOPInstanceUID))
    """),
]  # fmt: skip

WRONG = [
    ("find-by-accession", """
        uid = find(lab.archive, identifier("STUDY", PatientName="Thistlewick*",
                   StudyInstanceUID=None))[1].StudyInstanceUID
    """, ""),
    ("find-by-accession", "uid = '1.2.3'", ""),
    ("ct-of-two-days", "studies = [lab.sample(s).study_uid for s in ('ct-head', 'ct-chest')]", ""),
    ("ct-of-two-days", "studies = []", ""),
    ("ct-of-two-days", """
        studies = find(lab.archive, identifier("STUDY", StudyDate="-20260113",
                       StudyInstanceUID=None))
    """, ""),
    ("find-the-segmentation", """
        series_uid = lab.sample("ct-chest").datasets("SEG")[0].SeriesInstanceUID
    """, ""),
    ("fetch-the-prior", """
        move(lab.legacy, identifier("STUDY", StudyInstanceUID=lab.sample("knee-ap").study_uid),
             "WORKSTN")
    """, ""),
    ("your-own-destination", """
        with Receiver("READER") as reader:
            from labkit.dimse import store
            store(reader.peer, lab.sample("dx-hand").files)
    """, ""),
    ("get-the-report", """
        from pydicom import Dataset
        head = lab.sample("ct-head").study_uid
        get(lab.archive, identifier("STUDY", StudyInstanceUID=lab.sample("dx-hand").study_uid))
        report = Dataset()
    """, ""),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer_passes(lab: Lab, slug: str, source: str) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "passed", repr(verdict)


@pytest.mark.parametrize(("slug", "source", "mistake"), WRONG)
def test_another_wrong_answer_does_not(lab: Lab, slug: str, source: str, mistake: str) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome in ("failed", "blank"), repr(verdict)
    assert verdict.mistake == mistake, repr(verdict)
