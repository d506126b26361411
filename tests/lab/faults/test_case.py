"""Unannounced cases: chosen by seed, silent until the end, judged by evidence and repair."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import Any

import pytest

from labkit.common.errors import AssociationError, UsageError
from labkit.dimse import AssociationTrace, Peer, echo
from labkit.lab.enterprise import Enterprise
from labkit.lab.faults.case import VAGUE, choose, score
from labkit.lab.faults.catalogue import FAULTS
from labkit.lab.faults.client import Faults, Repaired, Retry
from labkit.lab.faults.debrief import Debrief, Diagnosis
from labkit.lab.faults.evidence import packed, text_of
from labkit.lab.logtext import LogText, stable
from labkit.lab.performed import Performed


@pytest.fixture
def fresh(enterprise: Enterprise) -> Enterprise:
    enterprise.faults.clear()
    return enterprise


def seed_for(name: str, level: int) -> int:
    return next(seed for seed in range(500) if choose(seed, level)[-1] == name)


def test_the_same_seed_gives_the_same_case_and_levels_differ() -> None:
    assert choose(7, 1) == choose(7, 1)
    for seed in range(60):
        (one,), (two,), three = choose(seed, 1), choose(seed, 2), choose(seed, 3)
        assert FAULTS[one].layer in ("network", "association")
        assert FAULTS[two].layer == "configuration"
        assert FAULTS[three[0]].layer == "data" and FAULTS[three[1]].layer != "data"
        both = [FAULTS[name].settings for name in three]
        for node in set(both[0]) & set(both[1]):
            assert not set(both[0][node]) & set(both[1][node]), "one would hide the other"
    assert len({choose(seed, 1)[0] for seed in range(200)}) == 16


def test_where_a_fault_cannot_be_had_another_is_chosen_and_the_other_cases_stay() -> None:
    beyond = {"class-refused", "storage-full", "slow-archive"}
    for seed in range(60):
        for level in (1, 2, 3):
            here, there = choose(seed, level), choose(seed, level, beyond)
            assert not beyond & set(there)
            if not beyond & set(here):
                assert there == here


def test_nothing_gives_the_name_away(fresh: Enterprise) -> None:
    seed = seed_for("wrong-called-title", 1)
    said = fresh.faults.surprise(seed, 1)
    assert said == {"complaint": VAGUE["MR1"]}
    shown = json.dumps([said, fresh.faults.public(), fresh.faults.repaired()])
    files = [p for p in fresh.workspace.root.rglob("*") if p.is_file() and p.suffix != ".sqlite"]
    names = " ".join(path.name for path in files)
    texts = b" ".join(path.read_bytes() for path in files if path.suffix in (".json", ".log", ""))
    for word in ("wrong-called", "wrong_called", FAULTS["wrong-called-title"].title):
        assert word not in shown and word not in names and word.encode() not in texts
    assert fresh.faults.public() == {"active": [], "unannounced": 1, "beyond": []}
    fresh.faults.clear()


def test_a_case_from_the_call_to_the_debrief(fresh: Enterprise) -> None:
    fresh.faults.surprise(seed_for("wrong-called-title", 1), 1)
    with pytest.raises(UsageError, match="not repaired yet") as caught:
        fresh.faults.debrief(False)
    assert "wrong-called" not in str(caught.value)
    tried = Performed.from_json(fresh.floor.examine("MR1").to_json())
    line = next(li for li in fresh.log("ARCHIVE")["lines"] if "1/1/7" in li)
    invented = "2026-01-01T00:00:00 ARCHIVE WARNING MR9#1 association rejected (1/1/7)"
    noted = fresh.faults.diagnose(
        "wrong-called-title", packed([tried, line, stable(line), invented, *tried.traces])
    )
    assert noted["pieces"] == 6 and noted["real"] == 5
    assert noted["kinds"] == ["log", "trace", "work"]
    assert noted["unknown"] == [invented[:60]]
    fresh.faults.diagnose("service-down", [])
    fresh.configure("MR1", {"called": "ARCHIVE"})
    result = Debrief.from_json(fresh.faults.debrief(False))
    assert result.points == {"diagnosis": 40, "evidence": 30, "repair": 30, "wrong diagnoses": -5}
    assert result.score == 95
    assert result.steps == ["MR1: called"] and result.wrong == ["service-down"]
    (finding,) = result.findings
    assert finding.name == "wrong-called-title" and finding.found and finding.repaired
    assert "95 of 100" in repr(result) and "wrong-called-title" in result._repr_html_()
    with pytest.raises(UsageError, match="No unannounced case"):
        fresh.faults.debrief(False)


def test_giving_up_tells_what_it_was(fresh: Enterprise) -> None:
    fresh.faults.surprise(seed_for("storage-full", 2), 2)
    result = Debrief.from_json(fresh.faults.debrief(True))
    assert result.score == 0
    assert result.findings[0].name == "storage-full" and not result.findings[0].repaired
    assert fresh.faults.public() == {"active": [], "unannounced": 0, "beyond": []}


def test_two_at_once_count_half_each() -> None:
    names = ["clock-ahead", "service-down"]
    noted = {"name": "clock-ahead", "supporting": 1, "kinds": ["data set"]}
    case = {"diagnoses": [noted], "steps": ["x"] * 9, "seed": 1, "level": 3}
    trials = [{"ok": True, "said": ""}, {"ok": False, "said": ""}]
    found = score(names, case, trials, 3.0)
    assert found["points"] == {
        "diagnosis": 20, "evidence": 7, "repair": 15, "changes beyond the need": -3,
    }  # fmt: skip


def test_what_cannot_be_asked(fresh: Enterprise) -> None:
    with pytest.raises(UsageError, match="no level 4"):
        fresh.faults.surprise(1, 4)
    with pytest.raises(UsageError, match="No unannounced case"):
        fresh.faults.diagnose("service-down", [])
    fresh.faults.inject("storage-full")
    with pytest.raises(UsageError, match="active already"):
        fresh.faults.surprise(1, 1)
    fresh.faults.clear()
    fresh.faults.surprise(1, 1)
    with pytest.raises(UsageError, match="case is open"):
        fresh.faults.inject("storage-full")
    with pytest.raises(UsageError, match="no fault"):
        fresh.faults.diagnose("gremlins", [])
    fresh.faults.clear()


def test_data_sets_and_traces_are_known_or_not(fresh: Enterprise) -> None:
    fresh.faults.surprise(seed_for("router-without-rule", 2), 2)
    held = fresh.faults.world.find("STUDY", AccessionNumber="NG2600106", PatientID=None,
                                   StudyInstanceUID=None)[0]  # fmt: skip
    other = deepcopy(held)
    other.PatientID = "NOBODY"
    bare = held.__class__()
    bare.AccessionNumber = "NG2600106"
    at = fresh.addresses()["ARCHIVE"]
    good = echo(Peer("ARCHIVE", at.host, at.port)).trace
    with pytest.raises(AssociationError) as refused:
        echo(Peer("NOBODY", at.host, at.port))
    pieces = packed([held, other, bare, good, refused.value, AssociationTrace()])
    noted = fresh.faults.diagnose("split-study", pieces)
    assert (noted["pieces"], noted["real"]) == (6, 3)
    fresh.faults.clear()


def test_evidence_as_text() -> None:
    log = LogText("ARCHIVE", ("one", "two"))
    assert [text_of(piece) for piece in packed(log)] == ["one", "two"]
    assert [text_of(piece) for piece in packed("one\n\ntwo")] == ["one", "two"]
    work = Performed("MR1: x", [], {}, (), ())
    assert not work and work.problem == "" and packed([work])[0]["kind"] == "work"
    with pytest.raises(UsageError, match="int is no evidence"):
        packed([5])


def test_the_client_shows_what_it_got() -> None:
    answers: dict[str, Any] = {
        "/faults": {"active": [], "unannounced": 1},
        "/faults/repaired": [{"name": "fault 1", "ok": False, "said": "no"}],
        "/faults/surprise": {"complaint": "help"},
        "/faults/diagnose": {"name": "x", "pieces": 1, "real": 0, "supporting": 0,
                             "kinds": [], "unknown": ["y"]},
    }  # fmt: skip
    faults = Faults(lambda verb, path, body=None: answers[path])
    assert repr(faults) == "<Faults: an unannounced case is open>"
    assert not faults.repaired() and "NOT REPAIRED: no" in repr(faults.repaired())
    assert faults.surprise(seed=1) == "help"
    noted = faults.diagnose("x", ["line"])
    assert isinstance(noted, Diagnosis) and "not known here: y" in repr(noted)
    assert Repaired([Retry("a", True, "")])
    assert repr(Repaired([])) == "No fault is active."
