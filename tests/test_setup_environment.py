"""The state of .venv: whole, half-finished, out of date, another's; and what stands in its way.

The set-up for real, with its downloads, is in test_setup_install.py.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tooling import environment
from tooling.console import Trouble


class Project:
    """A copy of what matters, whose pip installs nothing but counts."""

    def __init__(self, root: Path) -> None:
        self.root, self.venv = root, root / ".venv"
        self.installed: list[str] = []
        self.fails: BaseException | None = None
        (root / "requirements").mkdir()
        for name in ("requirements/learn.lock", "requirements/test.lock", "pyproject.toml"):
            (root / name).write_text("a==1\n", encoding="utf-8")

    def pip(self, python: Path, arguments: list[str], **_: Any) -> None:
        assert self.mark()["state"] == "started"
        if self.fails:
            raise self.fails
        self.installed.append(Path(arguments[-1]).name)

    def run(self, command: list[str], **_: Any) -> SimpleNamespace:
        if command[1:3] == ["-m", "venv"]:
            python = environment.python_of(self.venv)
            python.parent.mkdir(parents=True)
            python.write_text("", encoding="utf-8")
            python.chmod(0o755)
        return SimpleNamespace(returncode=0, stdout="", stderr="")

    def mark(self) -> dict[str, str]:
        return dict(json.loads((self.venv / environment.MARK).read_text(encoding="utf-8")))


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = Project(tmp_path)
    monkeypatch.setattr(environment, "ROOT", made.root)
    monkeypatch.setattr(environment, "VENV", made.venv)
    monkeypatch.setattr(environment, "NEEDED_MB", 0)
    monkeypatch.setattr(environment, "pip", made.pip)
    monkeypatch.setattr(
        environment, "subprocess", SimpleNamespace(run=made.run, DEVNULL=subprocess.DEVNULL)
    )
    return made


def test_once_only(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert environment.set_up() == environment.python_of(project.venv)
    assert project.installed == ["learn.lock", project.root.name]
    assert project.mark()["state"] == "ready"
    assert "Setting up" in capsys.readouterr().out
    environment.set_up()
    assert project.installed == ["learn.lock", project.root.name]
    assert capsys.readouterr().out == ""


def test_what_the_tests_need_holds_what_a_learner_needs(project: Project) -> None:
    environment.set_up("test")
    assert project.installed[0] == "test.lock"
    assert environment.is_ready("learn")


def test_tests_add_to_what_a_learner_has(project: Project) -> None:
    environment.set_up()
    (project.venv / "keep").write_text("")
    assert not environment.is_ready("test")
    environment.set_up("test")
    assert (project.venv / "keep").exists()
    assert "test.lock" in project.installed


@pytest.mark.parametrize("error", [KeyboardInterrupt(), Trouble("a", "b")])
def test_half_finished_is_seen_and_made_again(
    project: Project, error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    project.fails = error
    with pytest.raises(type(error)):
        environment.set_up()
    assert not environment.is_ready("learn")
    (project.venv / "rest").write_text("")
    project.fails = None
    environment.set_up()
    assert "half-finished: making it again" in capsys.readouterr().out
    assert not (project.venv / "rest").exists()
    assert environment.is_ready("learn")


@pytest.mark.parametrize("name", ["pyproject.toml", "requirements/learn.lock"])
def test_a_new_lock_is_installed_over_the_old(project: Project, name: str) -> None:
    environment.set_up()
    (project.venv / "keep").write_text("")
    (project.root / name).write_text("a==2\n", encoding="utf-8")
    assert not environment.is_ready("learn")
    environment.set_up()
    assert environment.is_ready("learn")
    assert (project.venv / "keep").exists()


@pytest.mark.parametrize("key", ["python", "folder"])
def test_another_python_or_folder_makes_it_anew(
    project: Project, key: str, capsys: pytest.CaptureFixture[str]
) -> None:
    environment.set_up()
    mark = {**project.mark(), key: "other"}
    (project.venv / environment.MARK).write_text(json.dumps(mark), encoding="utf-8")
    (project.venv / "rest").write_text("")
    environment.set_up()
    assert "out of date: making it again" in capsys.readouterr().out
    assert not (project.venv / "rest").exists()


def test_an_interpreter_that_is_gone_makes_it_anew(project: Project) -> None:
    environment.set_up()
    environment.python_of(project.venv).unlink()
    environment.set_up()
    assert environment.is_ready("learn")


@pytest.mark.parametrize("text", ["", "{", "[1]", '"ready"', "\xff"])
def test_a_mark_that_is_garbage_is_no_mark(project: Project, text: str) -> None:
    environment.set_up()
    (project.venv / environment.MARK).write_text(text, encoding="latin-1")
    with pytest.raises(Trouble, match="did not make"):
        environment.set_up()


def test_a_folder_of_somebody_else_is_left_alone(project: Project) -> None:
    project.venv.mkdir()
    (project.venv / "theirs").write_text("")
    with pytest.raises(Trouble, match=r"lab.py did not make.*\n.*Rename or delete it"):
        environment.set_up()
    assert (project.venv / "theirs").exists()


def test_not_run_from_the_venv_it_must_remake(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment.set_up()
    (project.root / "pyproject.toml").write_text("new", encoding="utf-8")
    monkeypatch.setattr(sys, "prefix", str(project.venv))
    with pytest.raises(Trouble, match="from"):
        environment.set_up()


def test_without_ensurepip(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    find: Callable[..., Any] = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name == "ensurepip" else find(name)
    )
    with pytest.raises(Trouble, match=r"without ensurepip.*\n.*apt install python3\.\d+-venv"):
        environment.set_up()
    assert not project.venv.exists()


def test_without_room(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "NEEDED_MB", 10**9)
    with pytest.raises(Trouble, match=r"needs 1000000000 MB .*\n.*Free \d+ MB"):
        environment.set_up()
    assert not project.venv.exists()


@pytest.mark.skipif(
    sys.platform == "win32" or (hasattr(os, "geteuid") and os.geteuid() == 0),
    reason="this user may write everywhere",
)
def test_in_a_folder_that_is_closed(project: Project) -> None:
    project.root.chmod(0o500)
    try:
        with pytest.raises(Trouble, match=r"cannot be written to.*\n.*Copy the whole workbook"):
            environment.set_up()
    finally:
        project.root.chmod(0o700)


def test_two_at_once(project: Project) -> None:
    code = (
        "import sys; from pathlib import Path; from tooling import environment as e; "
        "e.ROOT = Path(sys.argv[1])\n"
        "with e._alone():\n print('held', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(project.root)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert other.stdout and other.stdout.readline() == "held\n"
    with pytest.raises(Trouble, match=r"Another lab.py is setting up.*\n.*Wait until it is done"):
        environment.set_up()
    other.kill()  # the system frees the lock of a process that dies
    other.wait()
    environment.set_up()
    assert environment.is_ready("learn")


def test_packages_that_do_not_load_are_not_ready(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(command: list[str], **options: Any) -> SimpleNamespace:
        if command[1] == "-c":
            return SimpleNamespace(returncode=1, stdout="", stderr="x\nImportError: no libz\n")
        return project.run(command, **options)

    monkeypatch.setattr(environment.subprocess, "run", run)
    with pytest.raises(Trouble, match="do not load here: ImportError: no libz"):
        environment.set_up()
    assert not environment.is_ready("learn")
