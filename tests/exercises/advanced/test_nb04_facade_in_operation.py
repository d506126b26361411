"""Notebook 04: the records of the façade as they are, other right answers, other wrong ones."""

from __future__ import annotations

import textwrap
from typing import Any

import pytest

from labkit.dimse import decode_messages
from labkit.exercises.advanced.nb04_facade_in_operation import _proxy as cells
from labkit.exercises.find import find
from labkit.lab import Lab
from tests.exercises.beginner.learner import falls_short, passes


def space(lab: Lab, *slugs: str) -> dict[str, Any]:
    """Return what a notebook has after its cells and the references of these exercises."""
    found: dict[str, Any] = {"__name__": "__notebook__", "lab": lab}
    for part in (cells.IMPORTS, cells.NEW_STUDY):
        exec(textwrap.dedent(part), found)
    for slug in slugs:
        exec(find(slug).load().exercise.reference, found)
    return found


def test_the_load_read_out_of_live_records_is_what_legacy_saw(lab: Lab) -> None:
    got = space(lab, "load-on-the-pacs", "sixteen-readers")
    records = [t for t in lab.proxy.traces(since=got["mark"]) if got["cold"] in t["target"]]  # type: ignore[attr-defined]
    names = [m.name for t in lab.traces("LEGACY", since=got["mark"]) for m in decode_messages(t)]
    finds, retrieves, size = got["load"](records)
    assert len(records) == 16
    assert retrieves == names.count("C-GET-RQ") + names.count("C-MOVE-RQ") == 1
    assert finds == names.count("C-FIND-RQ")
    assert 0 < size < sum(record["bytes"] for record in records)


def test_the_probe_is_right_while_nothing_changes(lab: Lab) -> None:
    got = space(lab, "stale-or-not")
    assert got["seen"] == [True, False]
    for trust in (0, 3600):
        lab.configure("PROXY", trust=trust)
        got["web"].metadata(got["study"])
        assert got["is_stale"](got["web"], got["ask"], got["study"]) is False


def test_an_outage_raises_the_alarm_and_its_end_ends_it(lab: Lab) -> None:
    got = space(lab, "what-wakes-you")
    stats, alarms = lab.proxy.stats, got["alarms"]  # type: ignore[attr-defined]
    got["get"]("/studies?PatientID=LK-21044", "application/dicom+json")
    quiet = stats()
    lab.stop_node("LEGACY")
    for _ in range(12):
        got["get"]("/studies?PatientID=LK-21044", "application/dicom+json")
    outage = stats()
    assert alarms(quiet, outage) == {"pacs"}
    closed = {**outage["upstreams"]["LEGACY"], "breaker": "closed"}
    assert alarms(outage, {**outage, "upstreams": {"LEGACY": closed}}) == set()


RIGHT = [
    ("cache-that-fits", """
        def hits(requests, limit):
            young, count = [], 0
            sizes = {}
            for study, size in requests:
                sizes[study] = size
                if study in young:
                    count += 1
                    young.remove(study)
                young.append(study)
                while sum(sizes[s] for s in young) > limit:
                    young.pop(0)
            return count
    """),
    ("nothing-or-unknown", """
        def priors(web, number):
            try:
                found = web.studies(PatientID=number)
            except LabkitError as error:
                if 400 <= getattr(error, "status", 500) < 500:
                    raise ValueError("my request was wrong") from error
                return None
            return sorted(str(study.StudyDate) for study in found)
        seen = [priors(web, "LK-21044"), priors(web, "NOBODY")]
        lab.stop_node("LEGACY")
        seen.append(priors(web, "LK-21044"))
    """),
    ("come-back-later", """
        def patient_get(get, path, sleep=time.sleep, tries=5):
            answer = get(path)
            if answer.status_code != 503 or tries == 1:
                return answer
            after = answer.headers.get("retry-after") or "3"
            if "GMT" in after:
                after = parsedate_to_datetime(after).timestamp() - time.time()
            sleep(float(after))
            return patient_get(get, path, sleep, tries - 1)
    """),
]  # fmt: skip

WRONG = [
    ("load-on-the-pacs", "def load(traces):\n    return 4, 4, 0\n"),
    ("load-on-the-pacs", "def load(traces):\n    return 3\n"),
    ("sixteen-readers", "mark = lab.mark()\ncold = '1.2'\nanswers = [200] * 16\n"),
    ("sixteen-readers", "mark = lab.mark()\ncold = '1.2'\nanswers = [get('/studies/1.2')]\n"),
    ("cache-that-fits", "def hits(requests, limit):\n    return 0\n"),
    ("nothing-or-unknown", "priors = lambda web, number: []\nseen = [[], [], []]\n"),
    ("nothing-or-unknown", "priors = lambda web, number: None\n"
                           "seen = [['20260114', '20260114'], [], None]\n"),
    ("come-back-later", "def patient_get(get, path, sleep=None, tries=5):\n    return get(path)\n"),
    ("stale-or-not", "is_stale = lambda *_: True\nseen = [True, False]\n"),
    ("stale-or-not", "is_stale = lambda *_: False\nseen = [False, False]\n"),
    ("what-wakes-you", "alarms = lambda before, after: set()\n"),
    ("what-wakes-you", "alarms = lambda before, after: {'pacs', 'cache'}\n"),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer_passes(lab: Lab, slug: str, source: str) -> None:
    passes(lab, slug, source)


@pytest.mark.parametrize(("slug", "source"), WRONG)
def test_a_wrong_answer_does_not_pass(lab: Lab, slug: str, source: str) -> None:
    falls_short(lab, slug, source)
