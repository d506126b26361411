"""A result comes from a run and from nowhere else; the page is what the requirements make of it."""

from __future__ import annotations

import ast
import json
from functools import lru_cache
from pathlib import Path

import pytest

from labkit.common.errors import UsageError
from labkit.exchange.conformance import (
    ACTORS,
    Outcome,
    Requirement,
    read_junit,
    read_requirements,
    result_of,
    run_tests,
    statement,
)
from labkit.exchange.conformance import __main__ as command

ROOT = Path(__file__).resolve().parents[3]
GOOD = """
[[requirement]]
id = "X-1"
actor = "Document Registry"
transaction = "ITI-18"
section = "ITI TF-2 3.18"
text = "It answers."
tests = ["tests/test_it.py::test_one"]
"""


@lru_cache
def names(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("one", read_requirements(), ids=lambda one: one.id)
def test_each_test_that_is_named_exists(one: Requirement) -> None:
    for test in one.tests:
        file, _, name = test.partition("::")
        assert (ROOT / file).is_file(), file
        assert name in names(file), test


def test_each_actor_and_what_is_grouped_with_it_is_there() -> None:
    requirements = read_requirements()
    assert {one.actor for one in requirements} == set(ACTORS)
    grouped = {one.transaction for one in requirements if one.actor == "every actor"}
    assert {"CT", "ATNA", "XUA"} <= grouped
    wanted = (
        "RAD-68",
        "RAD-69",
        "RAD-75",
        "ITI-18",
        "ITI-38",
        "ITI-39",
        "ITI-41",
        "ITI-42",
        "ITI-43",
    )
    named = " ".join(one.transaction for one in requirements)
    assert all(each in named for each in wanted)


def test_the_page_is_the_requirements_with_all_that_is_claimed_shown() -> None:
    """The tests named are run with all others: where one fails, so does more than this page."""
    requirements = read_requirements()
    shown: dict[str, Outcome] = {test: "pass" for one in requirements for test in one.tests}
    page = (ROOT / command.PAGE).read_text("utf-8")
    assert page == statement(requirements, shown), f"write it with: {command.COMMAND}"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('"Document Registry"', '"Janitor"', "no actor"),
        ("tests = [", "test = [", "unknown"),
        ('id = "X-1"', 'name = "X-1"', "missing"),
        ('"tests/test_it.py::test_one"', "", "no test shows it"),
        ("::test_one", "", "write tests/folder"),
        ('text = "It answers."', 'text = "It answers."\nclaim = "no"', "no note says why"),
        ('text = "It answers."', 'text = "It answers."\nclaim = "pass"', "use yes, part or no"),
        (GOOD, GOOD + GOOD, "another has too"),
    ],
)
def test_a_requirement_that_cannot_be_used_is_named(old: str, new: str, why: str) -> None:
    assert len(read_requirements(GOOD)) == 1
    with pytest.raises(UsageError, match=why):
        read_requirements(GOOD.replace(old, new))


def requirement(*tests: str, claim: str = "yes") -> Requirement:
    return Requirement("X-1", "Document Registry", "ITI-18", "3.18", "It answers.", tests,
                       claim, "a note")  # type: ignore[arg-type]  # fmt: skip


@pytest.mark.parametrize(
    ("outcomes", "claim", "result"),
    [
        (None, "yes", "not run"),
        ({}, "yes", "not run"),
        ({"a": "pass"}, "yes", "not run"),
        ({"a": "pass", "b": "skip"}, "yes", "not run"),
        ({"a": "pass", "b": "fail"}, "yes", "FAIL"),
        ({"b": "fail"}, "yes", "FAIL"),
        ({"a": "pass", "b": "pass"}, "yes", "pass"),
        ({"a": "pass", "b": "pass"}, "part", "part"),
        ({"a": "pass", "b": "fail"}, "part", "FAIL"),
        ({"a": "pass", "b": "pass"}, "no", "not claimed"),
    ],
)
def test_what_a_run_comes_to(outcomes: dict[str, Outcome] | None, claim: str, result: str) -> None:
    assert result_of(requirement("a", "b", claim=claim), outcomes) == result


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small one, with tests that pass, fail, and are skipped."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_it.py").write_text(
        "import pytest\n"
        "def test_one(): pass\n"
        "def test_bad(): assert 0\n"
        "def test_error(missing): pass\n"
        "def test_skipped(): pytest.skip('no Java')\n"
        "@pytest.mark.parametrize('n', [1, 2])\n"
        "def test_half(n): assert n == 1\n"
        "@pytest.mark.parametrize('n', [1, 2])\n"
        "def test_some(n):\n"
        "    if n == 2: pytest.skip('not here')\n",
        encoding="utf-8",
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n", "utf-8")
    return tmp_path


def test_outcomes_are_those_of_the_run(checkout: Path) -> None:
    names = ("one", "bad", "error", "skipped", "half", "some")
    found = run_tests([f"tests/test_it.py::test_{name}" for name in names], checkout)
    assert {test.rpartition("test_")[2]: outcome for test, outcome in found.items()} == {
        "one": "pass", "bad": "fail", "error": "fail", "skipped": "skip", "half": "fail",
        "some": "skip",
    }  # fmt: skip


def test_tests_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"has no tests/test_it\.py"):
        run_tests(["tests/test_it.py::test_one"], tmp_path)


def only(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(command, "read_requirements", lambda: read_requirements(text))


def test_the_command_writes_what_its_run_came_to(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    only(monkeypatch, GOOD)
    assert command.main(["--root", str(checkout)]) == 0
    page = checkout / command.PAGE
    assert (
        "| X-1 | ITI TF-2 3.18 | It answers. | `test_it.py::test_one` | pass |" in page.read_text()
    )
    assert command.main(["--root", str(checkout), "--check", "--json"]) == 0
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (said["id"], said["result"]) == ("X-1", "pass")


@pytest.mark.parametrize(("name", "result"), [("bad", "**FAIL**"), ("skipped", "not run")])
def test_a_claim_that_the_run_does_not_show_is_no_pass(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, name: str, result: str
) -> None:
    only(monkeypatch, GOOD.replace("test_one", f"test_{name}"))
    assert command.main(["--root", str(checkout)]) == 1
    page = checkout / command.PAGE
    assert f"| {result} |\n" in page.read_text("utf-8")
    # A page that says otherwise is found out by the next run, and not believed.
    page.write_text(page.read_text("utf-8").replace(f"| {result} |\n", "| pass |\n"), "utf-8")
    assert command.main(["--root", str(checkout), "--check"]) == 1


def test_a_report_of_another_run(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    only(monkeypatch, GOOD)
    report = tmp_path / "junit.xml"
    report.write_text(
        '<testsuites><testsuite><testcase classname="tests.test_it" name="test_one"/>'
        '<testcase classname="tests.test_it" name="test_x[1]"><failure/></testcase>'
        "</testsuite></testsuites>",
        encoding="utf-8",
    )
    assert read_junit(report.read_bytes()) == {
        "tests/test_it.py::test_one": "pass",
        "tests/test_it.py::test_x": "fail",
    }
    assert command.main(["--root", str(checkout), "--junit", str(report)]) == 0
    assert command.main(["--root", str(checkout), "--junit", str(tmp_path / "none.xml")]) == 2


def test_a_statement_about_some_actors_without_a_run_passes_nothing() -> None:
    text = statement(read_requirements(), actors=("Document Registry",), head="# Ours\n")
    assert text.startswith("# Ours\n") and "## Document Registry" in text
    assert "| pass |\n" not in text and "Imaging Document Source" not in text
