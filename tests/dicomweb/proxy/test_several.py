"""Several PACS behind one base: merged first, then sorted, then paged."""

import threading

import pytest

from tests.contract.pacs.cases import small, uid
from tests.dicomweb.proxy.conftest import JSON, WHOLE, StartFacade, StartStub, stow, until

STUDY = f"/studies/{uid(1)}"


def test_studies_of_both_are_merged_sorted_and_paged(stub: StartStub, facade: StartFacade) -> None:
    one, other = stub("ONE"), stub("OTHER")
    one.objects = [small(n, StudyDate=f"2026010{n}") for n in (1, 3, 5)]
    other.objects = [small(n, StudyDate=f"2026010{n}") for n in (2, 3, 4)]
    front = facade(one, other)
    every = [m["00200010"]["Value"][0] for m in front.web.get("/studies", headers=JSON).json()]
    assert every == ["5", "4", "3", "2", "1"]
    paged = []
    for offset in range(0, 6, 2):
        answer = front.web.get(f"/studies?limit=2&offset={offset}", headers=JSON)
        paged += [m["00200010"]["Value"][0] for m in answer.json()]
    assert paged == every


def test_a_study_at_both_has_what_both_have(stub: StartStub, facade: StartFacade) -> None:
    one, other = stub("ONE"), stub("OTHER")
    one.objects = [small(1, 1, 1, Modality="CT"), small(1, 1, 2, Modality="CT")]
    other.objects = [small(1, 1, 2, Modality="CT"), small(1, 2, 1, Modality="PT")]
    front = facade(one, other)
    (study,) = front.web.get("/studies", headers=JSON).json()
    assert study["00080061"]["Value"] == ["CT", "PT"]
    assert (study["00201206"]["Value"], study["00201208"]["Value"]) == ([2], [3])
    assert len(front.web.get(f"{STUDY}/series", headers=JSON).json()) == 2
    assert len(front.web.get(f"{STUDY}/instances", headers=JSON).json()) == 3
    assert front.web.get(STUDY, headers=WHOLE).content.count(b"DICM") == 3
    assert {step["pacs"] for step in front.traces[-1]["steps"]} == {"ONE", "OTHER"}


def test_a_disagreement_is_told_and_the_first_counts(stub: StartStub, facade: StartFacade) -> None:
    one, other = stub("ONE"), stub("OTHER")
    one.objects = [small(1, PatientName="Right^Name")]
    other.objects = [small(1, 2, PatientName="Wrong^Name", PatientID="OTHER")]
    answer = facade(one, other).web.get("/studies", headers=JSON)
    (study,) = answer.json()
    assert study["00100010"]["Value"] == [{"Alphabetic": "Right^Name"}]
    said = answer.headers["warning"]
    assert "ONE and OTHER disagree about PatientID" in said and "PatientName" in said


def test_who_is_down_is_named_and_the_others_answer(stub: StartStub, facade: StartFacade) -> None:
    one, other = stub("ONE"), stub("OTHER")
    one.objects, other.objects = [small(1)], [small(2)]
    front = facade(one, other)
    other.kill()
    answer = front.web.get("/studies", headers=JSON)
    assert len(answer.json()) == 1 and "OTHER did not answer" in answer.headers["warning"]
    answer = front.web.get(STUDY, headers=WHOLE)
    assert answer.status_code == 200 and "OTHER did not answer" in answer.headers["warning"]
    answer = front.web.get(f"/studies/{uid(2)}", headers=WHOLE)
    assert answer.status_code == 502, "who has it is unknown: not a 404"
    one.kill()
    assert front.web.get("/studies", headers=JSON).status_code == 502


def test_they_are_asked_at_the_same_time(stub: StartStub, facade: StartFacade) -> None:
    one, other = stub("ONE"), stub("OTHER")
    both = threading.Barrier(2, timeout=20)
    one.objects, other.objects = [small(1)], [small(2)]
    front = facade(one, other)
    meet = [True]
    for each in (one, other):
        each.on_find = lambda level: bool(meet[0] and level == "STUDY" and both.wait()) and None
    assert len(front.web.get("/studies", headers=JSON).json()) == 2
    meet[0] = False
    until(lambda: not both.n_waiting)


@pytest.mark.parametrize("store_to", ["", "OTHER"])
def test_objects_are_stored_into_one_of_them(
    stub: StartStub, facade: StartFacade, store_to: str
) -> None:
    one, other = stub("ONE"), stub("OTHER")
    front = facade(one, other, store_to=store_to)
    assert stow(front, small(9)).status_code == 200
    assert [len(one.objects), len(other.objects)] == ([0, 1] if store_to else [1, 0])
