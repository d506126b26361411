"""The learner's four words: always an answer, never a traceback."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from labkit import check, hint, progress, solution
from labkit.common import cite
from labkit.common.errors import LabNotRunning, NetworkError
from labkit.dimse import EchoResult, Receiver, Status, echo
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.engine import MISSING, ReferenceFailed, judge
from labkit.exercises.find import TRACKS, Entry, Loaded, catalogue
from labkit.exercises.journal import Journal
from labkit.lab.workspace import Workspace

EXERCISE = Exercise(
    blank="x = ...",
    reference="x = 2",
    answer="x",
    expects=(int, str),
    explanation="Two is the number between one and three.",
    hints=("It is a number.", "It is small.", "It is between one and three."),
    wrong=(
        Wrong("too-small", "x = 1", "You gave one, which is smaller than two."),
        Wrong("too-big", "x = 3", "You gave three, which is bigger than two."),
    ),
)


def loaded(look: Callable[[Work], Any], exercise: Exercise = EXERCISE) -> Loaded:
    return Loaded(Entry("two", "start", "nb00", Path("two.py")), "Find two", exercise, look)


def is_two(work: Work) -> Verdict:
    if work.answer == 2:
        return passed("It is two.")
    name = "too-small" if work.answer == 1 else ""
    return failed(expected=2, got=work.answer, rule=cite("PS3.4", "A.4"), mistake=name)


class FakeLab:
    """As much of a lab as the engine looks at."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self.asked: dict[str, list[Any]] = {}

    @property
    def workspace(self) -> Path:
        return self._workspace

    def health(self) -> None: ...

    def traces(self, node: str) -> list[Any]:
        return self.asked.get(node, [])


@pytest.fixture(scope="module")
def mine() -> EchoResult:
    """Return what a C-ECHO to an ARCHIVE gets."""
    with Receiver("ARCHIVE") as node:
        return echo(node.peer)


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeLab:
    fake = FakeLab(tmp_path)
    monkeypatch.setitem(globals(), "lab", fake)  # where a notebook has it
    monkeypatch.delenv("LABKIT_ANSWERS", raising=False)
    return fake


def test_a_right_answer() -> None:
    verdict = judge(loaded(is_two), 2, {})
    assert verdict.outcome == "passed"
    assert repr(verdict).startswith("[PASSED] Find two\n  note  It is two.")
    assert 'solution("two")' in verdict.then


def test_a_wrong_answer_says_expected_got_rule_mistake_and_next() -> None:
    verdict = judge(loaded(is_two), 1, {})
    assert repr(verdict).splitlines() == [
        "[NOT YET] Find two",
        "  expected  2 (int)",
        "  got       1 (int)",
        "  why       You gave one, which is smaller than two.",
        "  rule      PS3.4 A.4",
        '  next      hint("two")',
    ]
    html = verdict._repr_html_()
    assert "PS3.4 A.4</a>" in html
    assert "hint(&quot;two&quot;)" in html


@pytest.mark.parametrize("answer", [..., (1, ...), [...], {"a": ...}])
def test_an_untouched_blank_is_not_a_mistake(answer: Any) -> None:
    assert judge(loaded(is_two), answer, {}).outcome == "blank"


def test_an_unchanged_world_is_not_a_mistake() -> None:
    verdict = judge(loaded(lambda work: blank("Nothing sent.")), MISSING, {})
    assert verdict.outcome == "unchecked"  # this exercise asks for an answer
    without = Exercise(**{**EXERCISE.__dict__, "answer": ""})
    verdict = judge(loaded(lambda work: blank("Nothing sent."), without), MISSING, {})
    assert (verdict.outcome, verdict.why) == ("blank", "Nothing sent.")


def test_an_answer_of_the_wrong_type_names_both() -> None:
    verdict = judge(loaded(is_two), [2], {})
    assert verdict.outcome == "failed"
    assert verdict.expected == "a value of type int or str"
    assert verdict.got == "[2] (list)"


def test_a_cell_without_its_answer_is_told_its_last_line() -> None:
    assert 'check("two", x)' in judge(loaded(is_two), MISSING, {}).then


def test_a_check_that_crashes_is_our_bug() -> None:
    verdict = judge(loaded(lambda work: work.answer.nonsense), 2, {})
    assert verdict.outcome == "unchecked"
    assert "AttributeError" in verdict.why
    assert "bug" in verdict.then
    assert judge(loaded(lambda work: True), 2, {}).outcome == "unchecked"


def test_a_fhir_server_that_is_down_is_no_bug() -> None:
    def asks(work: Work) -> Verdict:
        raise requests.ConnectionError("Max retries exceeded")

    verdict = judge(loaded(asks), 2, {})
    assert verdict.outcome == "unchecked" and "does not answer over HTTP" in verdict.why
    assert 'lab.start_node("FHIR")' in verdict.then and "bug" not in verdict.then


def test_a_function_that_raises_is_a_wrong_answer() -> None:
    exercise = Exercise(**{**EXERCISE.__dict__, "expects": object})
    verdict = judge(loaded(lambda work: work.call(5), exercise), lambda value: value / 0, {})
    assert verdict.outcome == "failed"
    assert verdict.got == "ZeroDivisionError: division by zero, when called with 5 (int)"


@pytest.mark.parametrize(
    ("error", "then"),
    [
        (LabNotRunning("no lab", remedy="run `labkit up`"), "run `labkit up`"),
        (NetworkError("connection refused"), "run the cell again; is the lab well?"),
    ],
)
def test_a_lab_that_is_down(error: Exception, then: str) -> None:
    def look(work: Work) -> Verdict:
        raise error

    verdict = judge(loaded(look), 2, {})
    assert (verdict.outcome, verdict.why) == ("unchecked", str(error).splitlines()[0])
    assert verdict.then.startswith(then)


def test_an_unknown_name_gets_close_ones(lab: FakeLab) -> None:
    for shown in (check("echo_archiv", 1), hint("echo_archiv"), solution("echo_archiv")):
        assert "did you mean 'echo-archive'?" in repr(shown)
    assert "there is no exercise called 7" in repr(check(7, 1))  # type: ignore[arg-type]
    assert "first line of its cell" in repr(check("", 1))


def test_the_real_one_as_a_learner_meets_it(lab: FakeLab, mine: EchoResult) -> None:
    assert check("echo-archive", ...).outcome == "blank"
    assert check("echo-archive", 0).outcome == "failed"  # a number is no result
    assert check("echo-archive", mine.status).mistake == "kept-the-status-only"
    assert check("echo-archive", mine).mistake == ""  # nothing is recorded at the archive
    trace = mine.trace
    legacy = replace(
        mine, trace=replace(trace, acceptor=replace(trace.acceptor, ae_title="LEGACY"))
    )
    lab.asked["ARCHIVE"] = [trace]
    assert check("echo-archive", legacy).mistake == "asked-legacy"
    assert re.search(r"nb00_start_here +0 of \d+ +echo-archive", repr(progress()))
    assert check("echo-archive", replace(mine, status=Status(0x0122))).outcome == "failed"
    assert check("echo-archive", mine).outcome == "passed"
    assert re.search(r"nb00_start_here +1 of \d+ +(?! |echo-archive)", repr(progress()))


def test_progress_names_what_was_begun_and_what_is_next(lab: FakeLab, mine: EchoResult) -> None:
    def named() -> dict[tuple[str, str], str]:
        return {row[:2]: row[3] for row in progress().table[1:]}

    fresh = named()
    later = ("beginner", "nb03_the_header")
    assert "which-order" in fresh["start", "nb00_start_here"]
    assert fresh["beginner", "nb01_a_scans_journey"] != fresh[later] == "not begun"
    assert sum(len(row.split(", ")) > 1 for row in fresh.values()) <= len(TRACKS)
    for entry in catalogue():
        if entry.notebook == later[1]:
            act = {"outcome": "passed", "mistake": ""}
            assert not Journal(Workspace(lab.workspace).progress).add("check", entry.slug, **act)
            break
    begun = named()
    assert begun[later] and begun[later] != "not begun" and entry.slug not in begun[later]
    assert {key for key in begun if begun[key] != fresh[key]} == {later}


def test_hints_come_one_by_one_and_then_the_solution(lab: FakeLab) -> None:
    first, second, third, again = (repr(hint("echo-archive")) for _ in range(4))
    assert "hint 1 of 3" in first and "hint 2 of 3" not in first
    assert "hint 2 of 3" in second and 'hint("echo-archive") again' in second
    assert "hint 3 of 3" in third and 'solution("echo-archive")' in third
    assert again == third
    shown = repr(solution("echo-archive"))
    assert "result = echo(lab.archive)" in shown and "0x0000 means Success" in shown


class Evil:
    """Breaks whatever touches it."""

    @property
    def __class__(self) -> type:  # type: ignore[override]
        raise RuntimeError("boo")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("boo")

    def __repr__(self) -> str:
        raise RuntimeError("boo")


def test_whatever_is_handed_in_there_is_a_verdict(
    lab: FakeLab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for answer in (Evil(), [Evil()], float("nan"), "x" * 10_000_000, check, lab, type, 1j):
        assert check("echo-archive", answer).outcome in ("failed", "unchecked")
        assert len(repr(check("echo-archive", answer))) < 1500
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    monkeypatch.delitem(globals(), "lab")
    monkeypatch.delenv("LABKIT_WORKSPACE", raising=False)
    for shown in (hint("echo-archive"), solution("echo-archive"), progress()):
        assert "COULD NOT BE CHECKED" in repr(shown)
    assert check("echo-archive", 3).outcome == "unchecked"


def test_a_disk_that_cannot_be_written_still_gives_the_verdict(lab: FakeLab) -> None:
    (lab.workspace / "file").write_text("not a folder")
    lab._workspace = lab.workspace / "file"
    verdict = check("echo-archive", 5)
    assert verdict.outcome == "failed"
    assert "could not be saved" in verdict.why


def test_reference_mode_runs_the_reference_in_the_callers_namespace(
    lab: FakeLab, mine: EchoResult, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKIT_ANSWERS", "reference")
    space: dict[str, Any] = {"__name__": "cell", "lab": lab, "echo": lambda node: mine}
    cell = "from labkit import check\nresult = ...\nverdict = check('echo-archive', result)"
    type(lab).archive = None  # type: ignore[attr-defined]
    # The reference runs, but this archive has seen nothing, so its check must refuse it.
    with pytest.raises(ReferenceFailed, match="echo-archive does not pass"):
        exec(cell, space)
    lab.asked["ARCHIVE"] = [mine.trace]
    exec(cell, space)
    assert space["verdict"].outcome == "passed"
    assert space["result"] is mine
    assert not (lab.workspace / "progress.jsonl").exists()


@pytest.mark.parametrize("acts", [True, False])
def test_an_exercise_about_a_fault_is_left_out_where_the_servers_cannot_have_it(
    lab: FakeLab, monkeypatch: pytest.MonkeyPatch, acts: bool
) -> None:
    class Faults:
        def acts(self, name: str) -> bool:
            assert name == "storage-full"
            return acts

    monkeypatch.setattr(FakeLab, "faults", Faults(), raising=False)
    about = loaded(is_two, replace(EXERCISE, fault="storage-full"))
    verdict = judge(about, 2, {"lab": lab})
    assert verdict.outcome == ("passed" if acts else "unchecked")
    assert ("embedded lab" in verdict.then) is not acts
    monkeypatch.setattr("labkit.exercises.engine.find", lambda slug: about.entry)
    monkeypatch.setattr(Entry, "load", lambda entry: about)
    monkeypatch.setenv("LABKIT_ANSWERS", "reference")
    assert check("two").outcome == verdict.outcome
