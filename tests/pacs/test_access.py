"""The access policy is asked for each act, and for each study that an act touches."""

import pytest

from labkit.common import AccessRequest, Decision
from labkit.dimse import echo, find, get, identifier, move, mpps_create, request_commitment, store
from labkit.dimse import worklist as ask_worklist
from labkit.pacs import MppsStore, Worklist
from tests.pacs.conftest import Start, made, real
from tests.pacs.test_worklist import order, performed


class Policy:
    """Allows all but what a test names; keeps the questions."""

    def __init__(self, **refused: str) -> None:
        self.refused = refused
        self.asked: list[AccessRequest] = []

    def decide(self, request: AccessRequest) -> Decision:
        self.asked.append(request)
        for key, value in self.refused.items():
            if value in (request.resource.get(key), getattr(request, key, None)):
                return Decision(False, f"{key} {value} is not for you")
        return Decision(True, "")


def test_questions_say_who_what_and_whose(start: Start) -> None:
    policy = Policy()
    node = start(policy=policy)
    store(node.peer, real("CT_small.dcm"), ae_title="CT1")
    (question,) = policy.asked
    assert (question.actor, question.action, question.node) == ("CT1", "C-STORE", "ARCHIVE")
    assert question.resource["PatientID"] == "1CT1"
    assert set(question.resource) == {
        "PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID",
    }  # fmt: skip


def test_matches_of_a_query_are_withheld_one_by_one(start: Start, tmp_path) -> None:  # type: ignore[no-untyped-def]
    node = start(policy=Policy(PatientID="P2"))
    for number in (1, 2, 3):
        node.archive.add_file(made(tmp_path, number))
    found = find(node.peer, identifier("STUDY", StudyInstanceUID=None))
    assert [match.StudyInstanceUID for match in found] == ["1.2.1", "1.2.3"]
    assert node.logged("2 matches, 1 withheld by the access policy")


def test_a_study_is_not_retrieved(start: Start, tmp_path) -> None:  # type: ignore[no-untyped-def]
    node = start(policy=Policy(StudyInstanceUID="1.2.2"))
    for number in (1, 2):
        node.archive.add_file(made(tmp_path, number))
    node.destinations.add("WORKSTN", "127.0.0.1", 1)
    assert get(node.peer, identifier("STUDY", StudyInstanceUID="1.2.1")).completed == 1
    some = get(
        node.peer, identifier("STUDY", StudyInstanceUID=["1.2.1", "1.2.2"]),
        storage_classes=["1.2.840.10008.5.1.4.1.1.4"],
    )  # fmt: skip
    assert (some.status.code, some.completed) == (0, 1)
    hidden = move(node.peer, identifier("STUDY", StudyInstanceUID="1.2.2"), "WORKSTN")
    none = move(node.peer, identifier("STUDY", StudyInstanceUID="1.2.9"), "WORKSTN")
    assert (hidden.status, hidden.completed) == (none.status, none.completed)
    assert node.logged("C-MOVE: withheld by the access policy", "1.2.2")


@pytest.mark.parametrize("action", ["C-ECHO", "C-FIND", "C-GET", "C-MOVE", "N-ACTION", "N-CREATE"])
def test_every_act_can_be_refused(start: Start, tmp_path, action: str) -> None:  # type: ignore[no-untyped-def]
    scheduled = Worklist(tmp_path / "w")
    scheduled.add(order(1))
    node = start(policy=Policy(action=action), worklist=scheduled, mpps=MppsStore(tmp_path / "m"))
    study = identifier("STUDY", StudyInstanceUID="1.2.3")
    ct = "1.2.840.10008.5.1.4.1.1.2"
    acts = {
        "C-ECHO": lambda: echo(node.peer),
        "C-FIND": lambda: ask_worklist(node.peer),
        "C-GET": lambda: get(node.peer, study, storage_classes=[ct]),
        "C-MOVE": lambda: move(node.peer, study, "WORKSTN"),
        "N-ACTION": lambda: request_commitment(node.peer, [(ct, "1.2.3")], wait=1),
        "N-CREATE": lambda: mpps_create(node.peer, performed()),
    }
    assert acts[action]().status.code == 0x0124
    assert node.logged("refused", f"{action} is not for you")


def test_a_policy_that_fails_has_refused(start: Start) -> None:
    class Broken:
        def decide(self, request: AccessRequest) -> Decision:
            raise RuntimeError("no")

    node = start(policy=Broken())
    assert echo(node.peer).status.code == 0x0124
    assert node.logged("the access policy failed (RuntimeError)")
