"""What a check may look at: the lab's own record, from the learner's mark on."""

from pynetdicom import build_context
from pynetdicom.sop_class import Verification

from labkit.dimse import associate, echo, find, identifier
from labkit.exercises import Work
from labkit.exercises.evidence import exchanges, messages, since, traces
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


def test_an_exchange_is_a_request_with_its_own_responses(lab: Lab) -> None:
    work = Work(namespace={"mark": lab.mark()}, find_lab=lambda: lab)
    with associate(lab.archive, [build_context(Verification)], ae_title="CT1") as link:
        link.assoc.send_c_echo(1)
        link.assoc.send_c_echo(1)  # the same Message ID again, as pynetdicom's default is
    first, second = exchanges(work, "ARCHIVE", "C-ECHO")
    assert [m.name for m in first.responses] == ["C-ECHO-RSP"]
    assert second.status == 0x0000
    echo(lab.archive, ae_title="WORKSTN")
    assert len(exchanges(work, "ARCHIVE", "C-ECHO")) == 2, "what a node asks is no learner's act"
    assert len(exchanges(work, "ARCHIVE", "C-ECHO", caller="WORKSTN")) == 1
    assert exchanges(work, "ARCHIVE", "C-STORE") == []


def test_a_mark_of_the_learners_own_kind_is_none() -> None:
    assert since(Work(namespace={"mark": "Mark"})) is None
