"""Notebook 03: the steps put together, other right answers, other wrong ones."""

from __future__ import annotations

import textwrap
import threading
from collections import Counter
from typing import Any

import pytest

from labkit.common.serving import HOST, HttpService
from labkit.dicomweb import DicomwebClient
from labkit.dimse import decode_messages, identifier
from labkit.exercises.advanced.nb03_build_a_facade import _facade as steps
from labkit.exercises.advanced.nb03_build_a_facade._old_pacs import OldPacs, header
from labkit.lab import Lab
from tests.exercises.beginner.learner import falls_short, passes


def facade(lab: Lab) -> dict[str, Any]:
    """Return what a notebook has in which every step is solved."""
    space: dict[str, Any] = {"__name__": "__notebook__", "lab": lab}
    for part in (steps.IMPORTS, steps.RETURNED, steps.QUESTION, steps.ANSWER, steps.FILL,
                 steps.PAGE, steps.NEW_STUDY, steps.RETRIEVE, steps.BODY, steps.STATUS,
                 steps.CACHE, steps.AT_ONCE, steps.WADO, steps.FACADE):  # fmt: skip
        exec(textwrap.dedent(part), space)
    return space


def test_the_steps_together_serve_a_client_over_http(lab: Lab) -> None:
    space = facade(lab)
    service = HttpService("facade")
    port = service.bind()
    service.start(space["facade"](lab.legacy))
    try:
        with DicomwebClient(f"http://{HOST}:{port}") as web:
            found = web.studies(PatientName="Larkwhistle*")
            assert [str(ds.ModalitiesInStudy) for ds in found] == ["CR", "CR"]
            objects = list(web.retrieve(space["study"], space["mr"]))
            assert [ds.Modality for ds in objects] == ["MR"] * 5
            assert web.studies(PatientID="NOBODY") == []
    finally:
        service.stop()


@pytest.mark.parametrize("askers", [2, 12])
def test_the_reference_cache_asks_once(lab: Lab, askers: int) -> None:
    space = facade(lab)
    mark = lab.mark()
    answers = space["at_once"](space["Cache"](), askers)
    names = [m.name for t in lab.traces("LEGACY", since=mark) for m in decode_messages(t)]
    assert Counter(names)["C-MOVE-RQ"] == 1
    assert [len(answer) for answer in answers] == [5] * askers


def test_the_reference_cache_tells_everybody_of_a_failure(lab: Lab) -> None:
    cache = facade(lab)["Cache"]()
    begun, go_on, heard = threading.Event(), threading.Event(), []

    def failing() -> list[str]:
        begun.set()
        go_on.wait(5)
        raise OSError("gone")

    def ask() -> None:
        try:
            cache.get("a", failing)
        except OSError as error:
            heard.append(str(error))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    threads[0].start()
    assert begun.wait(5)
    for thread in threads[1:]:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join(5)
    assert heard == ["gone"] * 3
    assert cache.get("a", lambda: ["back"]) == ["back"]


def test_the_old_pacs_is_strict_and_poor() -> None:
    pacs = OldPacs([header("1", "1.1", "1.1.1", Modality="CT")])
    assert (
        "ModalitiesInStudy"
        not in pacs(identifier("STUDY", StudyInstanceUID="1", ModalitiesInStudy=""))[0]
    )
    with pytest.raises(Exception, match="A900"):
        pacs(identifier("IMAGE", StudyInstanceUID="1", SOPInstanceUID=""))


RIGHT = [
    ("facade-question", """
        def question(path, query):
            from pydicom.tag import Tag
            steps = path.strip("/").split("/")
            level = LEVEL[steps[-1]]
            ds = identifier(level, **{name: "" for name in RETURNED[level]})
            for name, value in query:
                fields = [f for f in value.split(",") if f != "all"]
                if name == "includefield":
                    for field in fields:
                        tag = Tag(field)
                        if tag not in ds:
                            ds.add_new(tag, dictionary_VR(tag), "")
                elif name.lower() not in ("limit", "offset", "fuzzymatching"):
                    tag = Tag(name)
                    uid = dictionary_VR(tag) == "UI"
                    ds.add_new(tag, dictionary_VR(tag), value.split(",") if uid else value)
            if len(steps) > 1:
                ds.StudyInstanceUID = steps[1]
            if len(steps) > 3:
                ds.SeriesInstanceUID = steps[3]
            return ds
    """),
    ("facade-page", """
        def page(answers, limit, offset):
            every = [match for answer in answers for match in answer]
            once = {m.StudyInstanceUID: m for m in every}
            order = [once[uid] for uid in sorted(once)]
            rest = order[offset + limit:]
            return order[offset:][:limit], len(rest)
    """),
    ("facade-status", """
        def status_of(outcome):
            match outcome:
                case list():
                    return (200 if outcome else 404), {}
                case ResponseTimeout():
                    return 504, None
                case AssociationRejected(result=2):
                    return 503, {"retry-after": 30}
            return 502, {}
    """),
    ("facade-slow", """
        def serve(pending, key, fetch, patience):
            future = pending.setdefault(key, None) or pool.submit(fetch)
            pending[key] = future
            done, _ = wait([future], patience)
            if not done:
                return 503, {"retry-after": "1"}, None
            error = future.exception()
            if error is not None:
                del pending[key]
                return (*status_of(error), [])
            return 200, {}, future.result()
    """),
]  # fmt: skip

WRONG = [
    ("facade-question", "def question(path, query):\n    return 3\n"),
    ("facade-question", "def question(path, query):\n    return identifier('SERIES')\n"),
    ("facade-answer", "def answer_of(match, base):\n    return {}\n"),
    ("facade-counts", "def fill(ask, study):\n    return 'CT'\n"),
    ("facade-page", "def page(answers, limit, offset):\n    return [], 0\n"),
    ("facade-page", "def page(answers, limit, offset):\n    return answers[0], 0\n"),
    ("facade-fetch", "objects = []\n"),
    ("facade-fetch", "objects = brain[1:]\n"),
    ("facade-roles", "def negotiation(classes):\n    return [], []\n"),
    ("facade-body", "def body(boundary, objects):\n    return b''\n"),
    ("facade-body", "def body(boundary, objects):\n    yield 'text'\n"),
    ("facade-status", "def status_of(outcome):\n    return 404, {}\n"),
    ("facade-status", "def status_of(outcome):\n    return 200\n"),
    ("facade-cache", "class Cache:\n    def get(self, key, fetch):\n        return fetch()\n"
                     "mark = lab.mark()\nanswers = at_once(Cache(), askers=2)\n"),
    ("facade-fresh", "import itertools\nfingerprint = lambda ask, uid: '1'\n"
                     "seen = ['1', '1', '2', '3']\n"),
    ("facade-slow", "def serve(pending, key, fetch, patience):\n    return 200, {}, []\n"),
    ("facade-conformance", "def facade(peer):\n    return Starlette(routes=[])\n"),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer_passes(lab: Lab, slug: str, source: str) -> None:
    passes(lab, slug, source)


@pytest.mark.parametrize(("slug", "source"), WRONG)
def test_a_wrong_answer_does_not_pass(lab: Lab, slug: str, source: str) -> None:
    falls_short(lab, slug, source)
