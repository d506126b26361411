"""A modality's whole day: worklist, MPPS, images, C-STORE, commitment; and what it says of it."""

from __future__ import annotations

import pytest

from labkit.common.errors import UsageError
from labkit.dimse import worklist
from labkit.lab import Lab

STATION = {"ScheduledProcedureStepSequence": {"ScheduledStationAETitle": "MR1"}}


def names(done: object) -> list[str]:
    return [step.name for step in done.steps]  # type: ignore[attr-defined]


def test_the_whole_workflow_in_its_order(lab: Lab) -> None:
    before = len(worklist(lab.worklist, STATION))
    lab.configure("MR1", mpps=True, commitment=True)
    mark = lab.mark()
    done = lab.examine("MR1")
    assert done, repr(done)
    assert names(done) == ["worklist", "mpps", "images", "store", "store", "commitment", "mpps"]
    assert [s.said for s in done.steps if s.name == "mpps"] == [
        "N-CREATE IN PROGRESS: 0x0000 Success",
        "N-SET COMPLETED: 0x0000 Success",
    ]
    (step,) = lab.received("WORKLIST", since=mark)
    assert step.PerformedProcedureStepStatus == "COMPLETED"
    assert step.PatientID == done.identifiers["PatientID"]
    (series,) = step.PerformedSeriesSequence
    listed = [str(item.ReferencedSOPInstanceUID) for item in series.ReferencedImageSequence]
    assert listed == done.sop_instance_uids
    assert series.RetrieveAETitle == "ARCHIVE"
    for ds in lab.received("ARCHIVE", since=mark):
        (reference,) = ds.ReferencedPerformedProcedureStepSequence
        assert reference.ReferencedSOPInstanceUID == step.file_meta.MediaStorageSOPInstanceUID
    assert len(worklist(lab.worklist, STATION)) == before - 1


def test_a_step_that_is_discontinued_says_why(lab: Lab) -> None:
    lab.configure("MR1", mpps=True)
    mark = lab.mark()
    done = lab.examine("MR1", discontinued="wrong worklist entry")
    assert done and len(done.sop_instance_uids) == 1
    (step,) = lab.received("WORKLIST", since=mark)
    assert step.PerformedProcedureStepStatus == "DISCONTINUED"
    (why,) = step.PerformedProcedureStepDiscontinuationReasonCodeSequence
    assert (why.CodeValue, why.CodingSchemeDesignator) == ("110514", "DCM")
    with pytest.raises(UsageError, match="no reason"):
        lab.examine("MR1", discontinued="lunch")


def test_without_an_order_the_step_is_unscheduled(lab: Lab) -> None:
    lab.configure("US2", mpps=True, worklist=False)
    mark = lab.mark()
    assert lab.examine("US2")
    (step,) = lab.received("WORKLIST", since=mark)
    (scheduled,) = step.ScheduledStepAttributesSequence
    assert scheduled.StudyInstanceUID and not scheduled.ScheduledProcedureStepID


def test_images_are_sent_when_nobody_listens_to_the_report(lab: Lab) -> None:
    lab.configure("US2", mpps=True, worklist=False)
    lab.stop_node("WORKLIST")
    done = lab.examine("US2")
    assert names(done) == ["mpps", "images", "store"]
    assert [step.ok for step in done.steps] == [False, True, True]


def test_what_was_made_is_reported_when_it_could_not_be_sent(lab: Lab) -> None:
    lab.configure("MR1", mpps=True, commitment=True)
    lab.stop_node("ARCHIVE")
    done = lab.examine("MR1")
    assert not done
    assert names(done) == ["worklist", "mpps", "images", "store", "mpps"]
    assert done.steps[-1].ok and "COMPLETED" in done.steps[-1].said
