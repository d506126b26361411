"""Notebook 03: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.exercises.find import find
from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt

RIGHT = [
    ("ask-for-your-station", """
        keys = identifier(None, PatientName="", ScheduledProcedureStepSequence={
            "ScheduledStationAETitle": "MR1", "ScheduledProcedureStepStartDate":
            "20260116-20260116", "Modality": "MR"})
        found = worklist(lab.worklist, keys, ae_title="MR1")
    """),
    ("what-may-be-deleted", """
        report = request_commitment(lab.archive, images, ae_title="CT7")
        may_go = {ds.SOPInstanceUID for ds in images} - {uid for uid, why in report.failed}
    """),
    ("correct-the-name", """
        lab.send_hl7(adt("A08", patient, "Quillfeather^Tobias^^Mr"))
        lab.send_hl7(adt("A08", patient, "Quillfeather^Tobias").encode("ascii"))
    """),
    ("nobody-knows-her", """
        lab.send_hl7(adt("A08", temporary, "Wrenfield^Odette"))
        lab.send_hl7(adt("A40", hers, "Wrenfield^Odette", gone=temporary))
        left = (lab.workstn,)
    """),
]  # fmt: skip
WRONG = [
    ("ask-for-your-station", "found = worklist(lab.worklist)\n"),
    ("what-may-be-deleted", "may_go = request_commitment(lab.archive, images[2:]).failed\n"),
    ("correct-the-name", "lab.send_hl7(adt('A08', patient, 'Tobias^Quillfeather'))\n"),
    ("two-become-one", "lab.send_hl7(adt('A40', stays, 'Wrenfeld^Odet', gone=goes))\n"),
    ("reject-and-replace", "store(lab.archive, rejection_note(taken[:1], 'quality'))\n"),
    ("begin-and-end", """
        begin = mpps_create(lab.worklist, begun(item))
        mpps_set(lab.worklist, begin.SOPInstanceUID, begun(item))
    """),
    ("nobody-knows-her", """
        lab.send_hl7(adt("A40", hers, "Wrenfield^Odette", gone=temporary))
        left = "LEGACY"
    """),
]  # fmt: skip


def before(slug: str) -> str:
    """What stands in the cell above the learner's first line."""
    lines = find(slug).load().exercise.blank.splitlines()
    first = next(at for at, line in enumerate(lines) if line.startswith("#"))
    return "\n".join([*lines[:first], ""])


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer_passes(lab: Lab, slug: str, source: str) -> None:
    verdict = attempt(lab, slug, source, before=before(slug))
    assert verdict.outcome == "passed", verdict


@pytest.mark.parametrize(("slug", "source"), WRONG)
def test_another_wrong_answer_fails_with_a_rule(lab: Lab, slug: str, source: str) -> None:
    verdict = attempt(lab, slug, source, before=before(slug))
    assert verdict.outcome == "failed", verdict
    assert verdict.rules
