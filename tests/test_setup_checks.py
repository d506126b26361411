"""`lab.py test` and `lab.py lock`: each part is run, named, timed and summed up honestly."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tooling import checks, commands, containers, engine, learning_path, locks
from tooling.checks import Step
from tooling.console import Trouble

OK = Step("good", ("-c", "print('ran')"))
BAD = Step("bad", ("-c", "raise SystemExit(3)"))


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Steps run with the interpreter of this test, and leave this repository's coverage alone."""
    monkeypatch.setattr(checks, "set_up", lambda profile: Path(sys.executable))
    monkeypatch.setattr(checks, "ROOT", tmp_path)
    return tmp_path


def test_all_good(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (here / ".coverage.old").write_text("")
    (here / ".coveragerc").write_text("")
    assert checks._run([OK, OK]) == 0
    said = capfd.readouterr().out
    assert said.count("ran\n") == 2
    assert "All passed, in 0." in said
    assert not (here / ".coverage.old").exists()
    assert (here / ".coveragerc").exists()


def test_one_failure_fails_it_all_and_the_rest_still_runs(
    here: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert checks._run([BAD, OK]) == 1
    said = capfd.readouterr().out
    assert "ran\n" in said
    assert "FAILED: bad, in" in said


def test_a_skip_is_loud_and_no_pass(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert checks._run([OK, Step("journey", (), skip="NOTHING WAS SEEN")]) == 0
    said = capfd.readouterr().out
    assert said.count("NOTHING WAS SEEN") == 2
    assert "All passed, 1 skipped, in" in said


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_a_step_that_is_killed_says_so(here: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code = "import os; print('last words'); os.kill(os.getpid(), 9)"
    assert checks._run([Step("gone", ("-c", code))]) == 1
    said = capfd.readouterr().out
    assert "last words" in said
    assert "ended by signal 9" in said


def test_a_step_that_hangs_is_stopped(
    here: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Step("slow", ("-c", "import time; time.sleep(60)"), minutes=0.01)
    assert checks._run([slow]) == 1
    assert "stopped after" in capfd.readouterr().out


def test_tests_get_a_clean_environment(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LABKIT_WORKSPACE", "mine")
    monkeypatch.setenv("LABKIT_ANSWERS", "reference")
    monkeypatch.setenv("LABKIT_CHROMIUM", "mine too")
    monkeypatch.setenv("LABKIT_OHIF", "a folder")
    env = checks._environment()
    assert "LABKIT_WORKSPACE" not in env
    assert "LABKIT_ANSWERS" not in env
    assert env["LABKIT_CHROMIUM"] == "mine too"
    assert env["LABKIT_OHIF"] == "a folder"
    if sys.prefix != sys.base_prefix:
        assert not any(p.startswith(sys.prefix) for p in env["PATH"].split(os.pathsep))


def test_without_an_engine_nothing_is_pretended(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engine, "_answers", lambda env: False)
    assert commands.run(["test", "containers"], "help") == 1
    said = capsys.readouterr()
    assert "No Docker engine answers" in said.err
    assert "--with-engine" in said.err
    assert "pass" not in said.out


@pytest.mark.parametrize("allowed", [True, False])
def test_containers_are_tidied_up_whatever_happened(
    here: Path, allowed: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    seen: list[Any] = []

    @contextlib.contextmanager
    def running(may: bool) -> Iterator[dict[str, str]]:
        seen.append(may)
        yield {"DOCKER_HOST": "unix:///ours"}
        seen.append("ended")

    code = "import os; print(os.environ['DOCKER_HOST'], os.environ['LABKIT_ASKED']); exit(3)"
    monkeypatch.setattr(engine, "running", running)
    monkeypatch.setattr(containers, "environment", lambda: {"LABKIT_ASKED": "1"})
    monkeypatch.setattr(containers, "steps", lambda: [("bad", ("-c", code))])
    monkeypatch.setattr(containers, "tidy", lambda python, env: seen.append(env["LABKIT_ASKED"]))
    options = ["--with-engine"] if allowed else []
    assert commands.run(["test", "containers", *options], "help") == 1
    assert "unix:///ours 1\n" in capfd.readouterr().out
    assert seen == [allowed, "1", "ended"]


def test_the_containers_of_the_tests_are_no_learners() -> None:
    env = containers.environment()
    ports = [value for name, value in env.items() if name.startswith("LABKIT_PORT_")]
    assert len(ports) >= 10 and len(set(ports)) == len(ports)
    lowest = containers._first_of_the_systems()
    assert lowest < 21000 or all(20000 <= int(port) < lowest for port in ports)
    assert env["COMPOSE_PROJECT_NAME"] == "labkit-tests"
    assert env["GATEWAY_SECRET"] != containers.environment()["GATEWAY_SECRET"]
    assert {name for name, _ in containers.steps()} >= {"images", "contract suites", "notebooks"}


def test_ports_that_are_taken_are_not_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    with contextlib.closing(socket.socket()) as taken:
        (first, second, third) = containers.free_ports(3)
        taken.bind(("127.0.0.1", first))
        offered = iter([first, second, first, third])
        monkeypatch.setattr(containers.secrets, "choice", lambda among: next(offered))
        monkeypatch.setattr(containers, "_first_of_the_systems", lambda: 32768)
        assert containers.free_ports(2) == sorted((second, third))


def test_where_the_system_says_no_range_it_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "_first_of_the_systems", lambda: 0)
    assert len(set(containers.free_ports(5))) == 5


@pytest.mark.parametrize(("share", "folder"), [("1", "docs"), ("0.25", "artifacts/long")])
def test_the_long_run_hands_on_share_and_seed(
    here: Path, share: str, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, Any] = {}
    monkeypatch.setattr(checks, "_run", lambda steps, asked: seen.update(asked, steps=steps) or 0)
    assert commands.run(["test", "long", "--share", share, "--seed", "7"], "help") == 0
    assert (float(seen["LABKIT_LONG"]), seen["LABKIT_SEED"]) == (float(share), "7")
    assert Path(seen["LABKIT_FIGURES"]).read_text(encoding="utf-8") == ""
    measured, *_, report = seen["steps"]
    assert str(here / folder) in measured.arguments
    assert str(here / folder) in report.arguments
    assert ("--quick" in measured.arguments) == (share != "1")


def test_a_share_that_is_none(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert commands.run(["test", "long", "--share", "3"], "help") == 1
    assert "not between 0 and 1" in capsys.readouterr().err


def test_one_notebook_or_a_track(here: Path) -> None:
    for name in ("00_start_here", "beginner/07_send"):
        path = here / "notebooks" / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    for what, word in [
        ("beginner", "beginner"),
        ("start", "00_start_here"),
        ("07_send", "07_send"),
        ("notebooks/beginner/07_send.ipynb", "07_send"),
    ]:
        assert list(checks._notebooks(what))[-2:] == [word, "-v"]
    with pytest.raises(Trouble, match=r"no track or notebook send.*\n.*one of: 07_send$"):
        checks._notebooks("send")
    with pytest.raises(Trouble, match=r"one of: 00_start_here, 07_send$"):
        checks._notebooks("nonsense")


def test_everything_has_all_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.shutil, "which", lambda name: None)
    monkeypatch.delenv("LABKIT_CHROMIUM", raising=False)
    steps = {step.name: step for step in checks._everything()}
    assert list(steps) == [
        "lint", "format", "types", "unit and contract tests", "exercises", "notebooks",
        "journey in a browser", "coverage: combine", "coverage",
    ]  # fmt: skip
    assert "NOTHING WAS SEEN" in steps["journey in a browser"].skip
    assert "--fail-under=90" in steps["coverage"].arguments
    assert [step.name for step in steps.values() if step.measured] == ["unit and contract tests"]


@pytest.mark.parametrize("without", [[], ["--but-browser"]])
def test_the_journeys_can_be_run_apart(without: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(checks, "_run", lambda steps: ran.append([s.name for s in steps]) or 0)
    assert commands.run(["test", *without], "help") == 0
    assert commands.run(["test", "browser"], "help") == 0
    everything, browser = ran
    assert browser == ["journey in a browser"]
    whole = [step.name for step in checks._everything()]
    assert everything == [name for name in whole if not without or name not in browser]


def test_the_lock_is_made_for_all(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "requirements").mkdir()

    def run(command: list[str], **_: Any) -> SimpleNamespace:
        out = Path(command[command.index("--output-file") + 1])
        out.write_text(f"a==1{locks._EVERYWHERE} \\\n    --hash=sha256:0\n", encoding="utf-8")
        return SimpleNamespace(returncode=0, stderr="")

    monkeypatch.setattr(locks, "ROOT", tmp_path)
    monkeypatch.setattr(locks, "set_up", lambda profile: Path("python"))
    monkeypatch.setattr(locks, "subprocess", SimpleNamespace(run=run))
    assert locks.renew() == 0
    for name in ("learn.lock", "test.lock"):
        text = (tmp_path / "requirements" / name).read_text(encoding="utf-8")
        assert text == locks._HEAD + "a==1 \\\n    --hash=sha256:0\n"


@pytest.mark.parametrize(("upgrade", "seen"), [(False, "a==1"), (True, "")])
def test_what_is_locked_keeps_its_version_unless_asked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, upgrade: bool, seen: str
) -> None:
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "test.lock").write_text("a==1")
    found: list[str] = []

    def run(command: list[str], **_: Any) -> SimpleNamespace:
        out = Path(command[command.index("--output-file") + 1])
        found.append(out.read_text() if out.exists() else "")
        out.write_text("a==1")
        return SimpleNamespace(returncode=0, stderr="")

    monkeypatch.setattr(locks, "ROOT", tmp_path)
    monkeypatch.setattr(locks, "set_up", lambda profile: Path("python"))
    monkeypatch.setattr(locks, "subprocess", SimpleNamespace(run=run))
    locks.renew(upgrade=upgrade)
    assert found[0] == seen


def test_a_lock_that_cannot_be_made_leaves_the_old(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "requirements").mkdir()
    old = tmp_path / "requirements" / "test.lock"
    old.write_text("old")
    failed = SimpleNamespace(returncode=1, stderr="No solution found")
    monkeypatch.setattr(locks, "ROOT", tmp_path)
    monkeypatch.setattr(locks, "set_up", lambda profile: Path("python"))
    monkeypatch.setattr(locks, "subprocess", SimpleNamespace(run=lambda *_, **__: failed))
    with pytest.raises(Trouble, match="No solution found"):
        locks.renew()
    assert old.read_text() == "old"


def lesson(root: Path, name: str, opening: str) -> None:
    path = root / "notebooks" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [{"source": [opening]}, {"source": ["# exercise: a\n", "x = ..."]}]
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")


def test_the_learning_path_comes_from_the_notebooks(tmp_path: Path) -> None:
    goals = (
        "**You will be able to**\n\n- [send](../x.md#y) a\n  study;\n- find it\n\n**Minutes:** 75"
    )
    lesson(tmp_path, "beginner/01_one.ipynb", f"# 01 One\n\n{goals}")
    lesson(tmp_path, "00_start.ipynb", f"# 00 Start\n\n{goals.replace('75', '15')}")
    text = f"before\n{learning_path.BEGIN}\nold\n{learning_path.END}\nafter\n"
    new = learning_path.renewed(text, learning_path.lessons(tmp_path))
    assert new.startswith("before\n")
    assert new.endswith("\nafter\n")
    assert "old" not in new
    assert new.index("**Start here**: 15 minutes, 1 exercises") < new.index("**Beginner**: 1.5 ho")
    assert "| [01 One](notebooks/beginner/01_one.ipynb) | send a study | 75 | 1 |" in new
    assert learning_path.renewed(new, learning_path.lessons(tmp_path)) == new


def test_a_notebook_without_its_frame_is_named(tmp_path: Path) -> None:
    lesson(tmp_path, "01_bare.ipynb", "# 01 Bare")
    with pytest.raises(SystemExit, match=r"01_bare\.ipynb: its first cell lacks"):
        learning_path.lessons(tmp_path)
