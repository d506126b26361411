"""Notebook 11: the reference gateway through restarts; other right answers, other wrong ones."""

from __future__ import annotations

import textwrap
import threading
from typing import Any

import pytest

from labkit.exercises import Work
from labkit.exercises.find import find
from labkit.exercises.intermediate.nb11_project_fhir_imaging_gateway._ehr import (
    faults_of,
    people,
    slugs,
)
from labkit.lab import Lab
from tests.effort import effort
from tests.exercises.beginner.learner import attempt, falls_short

DAY = "20260113"


def gateway(lab: Lab) -> dict[str, Any]:
    """Return what a notebook has in which every blank is solved, up to the function `survive`."""
    exercise = find("gateway-survive").load().exercise
    space: dict[str, Any] = {"__name__": "__notebook__", "lab": lab}
    exec(exercise.given, space)
    exec(exercise.reference.split("survive(power_cut(at")[0], space)
    return space


def assert_whole(lab: Lab) -> None:
    """Every study of the day is there once, whole, under its patient; nobody was added."""
    work = Work(find_lab=lambda: lab)
    assert len(slugs(DAY)) == 3
    assert [faults_of(work, slug)[0] for slug in slugs(DAY)] == ["", "", ""]
    assert people(work) == 0


@pytest.mark.parametrize("at", range(1, 16, 16 // effort(3, 15)))
def test_the_reference_holds_wherever_the_restart_comes(lab: Lab, at: int) -> None:
    space = gateway(lab)
    seen: dict[str, Any] = {}
    space["survive"](space["power_cut"](at=at), seen, DAY)
    assert len(seen) == 3
    assert_whole(lab)
    assert space["survive"](space["ask"], seen, DAY) == []  # nothing is published again


def test_the_reference_holds_when_the_archive_restarts_by_itself_twice(lab: Lab) -> None:
    space, events = gateway(lab), threading.Event()

    def restart() -> None:
        for _ in range(2):
            events.wait(0.15)
            lab.stop_node("ARCHIVE")
            events.wait(0.25)
            lab.start_node("ARCHIVE")

    power = threading.Thread(target=restart)
    power.start()
    try:
        space["survive"](space["ask"], {}, DAY)
    finally:
        power.join()
    assert_whole(lab)


def test_an_archive_that_stays_away_is_an_error(lab: Lab) -> None:
    space = gateway(lab)
    waits: list[float] = []
    space["time"] = type("Clock", (), {"sleep": staticmethod(waits.append)})
    lab.stop_node("ARCHIVE")
    with pytest.raises(space["AssociationError"]):
        space["survive"](space["ask"], {}, DAY)
    assert waits == sorted(waits) and len(set(waits)) > 3


RIGHT = [
    ("gateway-query", """
        def read_study(ask, uid):
            out = []
            top = list(ask(identifier("STUDY", StudyInstanceUID=uid, PatientID="", StudyDate="",
                                      IssuerOfPatientID="", AccessionNumber="")))
            for s in ask(identifier("SERIES", StudyInstanceUID=uid, SeriesInstanceUID="",
                                    Modality="")):
                for i in ask(identifier("IMAGE", StudyInstanceUID=uid, SOPInstanceUID="",
                                        SeriesInstanceUID=s.SeriesInstanceUID, SOPClassUID="")):
                    i.Modality = s.Modality
                    for name in ("PatientID", "IssuerOfPatientID", "StudyDate", "AccessionNumber"):
                        setattr(i, name, top[0].get(name))
                    out.append(i)
            return out[::-1]
    """),
    ("gateway-survive", """
        def survive(ask, seen, dates):
            deadline = time.monotonic() + 10
            def again(keys):
                while True:
                    try:
                        return ask(keys)
                    except AssociationError:
                        if time.monotonic() > deadline:
                            raise
                        time.sleep(0.1)
            sync(again, seen, dates)
        survive(power_cut(at=8), {}, "20260113")
    """),
]  # fmt: skip

WRONG = [
    ("gateway-query", "def read_study(ask, uid):\n    return 3\n"),
    ("gateway-query", "def read_study(ask, uid):\n    return []\n"),
    ("gateway-query", "def read_study(ask, uid):\n    return ['a'] * 41\n"),
    ("gateway-map", "def to_bundle(headers):\n    return {}\n"),
    ("gateway-map", "def to_bundle(headers):\n    return {'resourceType': 'Bundle'}\n"),
    ("gateway-keep-up", "rounds = [['1'], ['2'], []]\n"),
    ("gateway-keep-up", "rounds = [1, 2, 3]\n"),
    ("gateway-ehr-view", "record = {'NG2600103': 1, 'NG2600121': 44, 'NG2600130': 20}\n"),
]


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer_passes(lab: Lab, slug: str, source: str) -> None:
    verdict = attempt(lab, slug, textwrap.dedent(source))
    assert verdict.outcome == "passed", verdict


@pytest.mark.parametrize(("slug", "source"), WRONG)
def test_a_wrong_answer_does_not_pass(lab: Lab, slug: str, source: str) -> None:
    falls_short(lab, slug, source)
