"""Notebook 01: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.exercises.find import find
from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt

RIGHT = [
    ("find-the-order", """
        accession = worklist(
            lab.worklist, {"ScheduledProcedureStepSequence": {"Modality": "CT"}}
        )[0].AccessionNumber
    """),
    ("find-the-order", """
        accession = (
            worklist(lab.worklist, {"PatientID": "NG-100231"})[0]["AccessionNumber"].value + " "
        )
    """),
    ("find-the-order", """
        names = worklist(lab.worklist)
        accession = next(
            step.AccessionNumber for step in names if "Quillfeather" in str(step.PatientName)
        )
    """),
    ("turnaround", "minutes = 41"),
    ("turnaround", "minutes = 41.0"),
    ("turnaround", """
        from pydicom.valuerep import DA, DT, TM
        began = datetime.combine(DA(report.StudyDate), TM(report.StudyTime))
        minutes = (
            DT(report.VerifyingObserverSequence[0].VerificationDateTime) - began
        ).seconds // 60
    """),
    ("where-is-it", """
        state = dict.fromkeys(reversed(numbers), "ordered")
        for study in find(
            lab.archive, identifier("STUDY", AccessionNumber="", ModalitiesInStudy="")
        ):
            if study.AccessionNumber in state:
                state[study.AccessionNumber] = (
                    "reported" if "SR" in study.ModalitiesInStudy else "Imaged "
                )
    """),
    ("where-is-it", """
        state = {}
        for number in numbers:
            study = find(
                lab.archive, identifier("STUDY", AccessionNumber=number, StudyInstanceUID="")
            )
            state[number] = "ordered"
            if len(study):
                uid = study[0].StudyInstanceUID
                keys = identifier("SERIES", StudyInstanceUID=uid, Modality="SR")
                state[number] = "reported" if len(find(lab.archive, keys)) else "imaged"
    """),
    ("where-is-it", """
        scheduled = {step.AccessionNumber for step in worklist(lab.worklist)}
        find(lab.archive, identifier("STUDY", AccessionNumber=numbers[0], ModalitiesInStudy=""))
        state = {n: "ordered" if n in scheduled else "imaged" for n in numbers} | {
            numbers[0]: "reported"
        }
    """),
    ("find-the-prior", """
        prior_uid = find(
            lab.legacy, identifier("STUDY", PatientName="THISTLEWICK^M*", StudyInstanceUID="")
        )[0].StudyInstanceUID
    """),
    ("find-the-prior", """
        prior_uid = str(
            find(
                lab.legacy, identifier("STUDY", PatientBirthDate="19510719", StudyInstanceUID="")
            )[0].StudyInstanceUID
        )
    """),
    ("find-the-prior", """
        prior_uid = find(
            lab.legacy,
            identifier(
                "STUDY", PatientName="thistlewick*", ModalitiesInStudy="CR", StudyInstanceUID=""
            ),
            ae_title="WS9",
        )[0].StudyInstanceUID
    """),
]  # fmt: skip

WRONG = [
    ("find-the-order", "accession = 'NG2600142'", ""),
    ("find-the-order", """
        find(lab.archive, identifier("STUDY", PatientName="Quillfeather*"))
        accession = "NG2600142"
    """, ""),
    ("find-the-order", """
        accession = (
            worklist(
                lab.worklist,
                {
                    "PatientName": "Quill*",
                    "ScheduledProcedureStepSequence": {"ScheduledProcedureStepID": ""},
                },
            )[0]
            .ScheduledProcedureStepSequence[0]
            .ScheduledProcedureStepID
        )
    """, ""),
    ("find-the-order", """
        accession = worklist(lab.worklist, {"PatientName": "Thistlewick*"})[0].AccessionNumber
    """, "first-of-all"),
    ("turnaround", """
        minutes = datetime(2026, 1, 12, 8, 33) - datetime(2026, 1, 12, 7, 52)
    """, ""),
    ("turnaround", "minutes = -41", ""),
    ("turnaround", "minutes = 41 / 60", ""),
    ("turnaround", "minutes = 42", ""),
    ("where-is-it", "state = dict.fromkeys(numbers, 'done')", ""),
    ("where-is-it", """
        state = {"NG2600101": "reported", "NG2600127": "imaged", "NG2600142": "ordered"}
    """, ""),
    ("where-is-it", """
        state = {"NG2600101": "imaged", "NG2600127": "reported", "NG2600142": "ordered"}
    """, ""),
    ("where-is-it", "state = {'NG2600101': 'reported'}", ""),
    ("find-the-prior", "prior_uid = chest.SOPInstanceUID", ""),
    ("find-the-prior", """
        prior_uid = find(
            lab.legacy, identifier("STUDY", PatientName="Marble*", StudyInstanceUID="")
        )[0].StudyInstanceUID
    """, ""),
    ("find-the-prior", "prior_uid = lab.sample('cr-chest-prior').study_uid", ""),
    ("find-the-prior", "prior_uid = chest.StudyInstanceUID", "here-not-there"),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer_passes(lab: Lab, slug: str, source: str) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "passed", repr(verdict)


@pytest.mark.parametrize(("slug", "source", "mistake"), WRONG)
def test_another_wrong_answer_does_not(lab: Lab, slug: str, source: str, mistake: str) -> None:
    verdict = attempt(lab, slug, source)
    assert verdict.outcome == "failed", repr(verdict)
    assert verdict.mistake == mistake, repr(verdict)


def test_after_the_follow_up_has_come_in(lab: Lab) -> None:
    """Notebook 07 sends the study that was ordered: the answer changes with the world."""
    from labkit.dimse import store

    store(lab.archive, lab.sample("ct-head-followup").files[:1])
    loaded = find("where-is-it").load()
    verdict = attempt(lab, "where-is-it", loaded.exercise.reference)
    assert verdict.outcome == "passed", repr(verdict)
    assert "NG2600142 imaged" in verdict.why
    guess = "state = dict(zip(numbers, ('reported', 'imaged', 'ordered')))"
    assert attempt(lab, "where-is-it", guess).outcome == "failed"
    order = attempt(lab, "find-the-order", find("find-the-order").load().exercise.reference)
    assert order.outcome == "passed", repr(order)
