"""What a check may look at: the lab's own record, from the learner's mark on."""

from labkit.dimse import echo, find, identifier
from labkit.exercises import Work
from labkit.exercises.evidence import messages, since, traces
from labkit.lab import Lab


def test_acts_count_from_the_mark_on(lab: Lab) -> None:
    work = Work(namespace={}, find_lab=lambda: lab)
    assert since(work) is None
    echo(lab.archive)
    assert [m.name for m in messages(work, "ARCHIVE")] == ["C-ECHO-RQ", "C-ECHO-RSP"]
    work = Work(namespace={"mark": lab.mark()}, find_lab=lambda: lab)
    assert since(work) is not None
    assert messages(work, "ARCHIVE") == []
    find(lab.archive, identifier("STUDY", PatientID="nobody"))
    echo(lab.archive, ae_title="CT1")
    assert [m.name for m in messages(work, "ARCHIVE", "C-FIND-RQ")] == ["C-FIND-RQ"]
    assert messages(work, "ARCHIVE", "C-ECHO-RQ") == []
    assert len(messages(work, "ARCHIVE", "C-ECHO-RQ", caller="")) == 1
    assert len(traces(work, "ARCHIVE", caller="CT1")) == 1


def test_a_mark_of_the_learners_own_kind_is_none() -> None:
    assert since(Work(namespace={"mark": "Mark"})) is None
