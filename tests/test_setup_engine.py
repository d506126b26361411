"""The Docker engine of the tests: when one is started, from what, and what is left of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tooling import debian, engine
from tooling.console import Trouble

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="an engine is started on Debian")


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without certificates of its own, where Debian's programs are."""
    (tmp_path / "certs").mkdir()
    (tmp_path / "own").mkdir()
    monkeypatch.setattr(debian, "CERTIFICATES", tmp_path / "certs")
    monkeypatch.setattr(debian, "OWN_CERTIFICATES", tmp_path / "own")
    monkeypatch.setattr(debian, "_POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setattr(engine, "_bridges", lambda: set())
    monkeypatch.delenv(engine.KEEP, raising=False)
    return tmp_path


@pytest.fixture
def none_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine answers, and this is Debian's root."""
    monkeypatch.setattr(engine, "_answers", lambda env: False)
    monkeypatch.setattr(engine, "_processes", lambda word, about: iter(()))
    monkeypatch.setattr(engine.os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(engine.sys, "platform", "linux")
    monkeypatch.setattr(engine.shutil, "which", lambda name, path=None: f"/usr/bin/{name}")


def fake_engine(place: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """A program in the place of dockerd; it "answers" once its socket is there."""
    program = place / "bin" / "dockerd"
    program.parent.mkdir()
    program.write_text(f"#!{sys.executable}\nimport pathlib, signal, sys\n{body}\n")
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    monkeypatch.setattr(debian, "with_system_programs", lambda env: {**env, "PATH": path})
    monkeypatch.setattr(debian, "install", lambda env: None)
    monkeypatch.setattr(debian, "provide_base", lambda env, folder: None)
    monkeypatch.setattr(engine.tempfile, "mkdtemp", lambda **_: str(place / "engine"))
    monkeypatch.setattr(
        engine,
        "_answers",
        lambda env: (
            "DOCKER_HOST" in env and Path(env["DOCKER_HOST"].removeprefix("unix://")).exists()
        ),
    )
    monkeypatch.delenv("DOCKER_HOST", raising=False)


WORKS = """
options = dict(a.removeprefix("--").split("=", 1) for a in sys.argv[1:])
pathlib.Path(options["host"].removeprefix("unix://")).write_text("")
pathlib.Path("{ended}").parent.mkdir(exist_ok=True)
def end(*_):
    pathlib.Path("{ended}").write_text("politely")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
while True:
    signal.pause()
"""


def test_one_that_runs_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_answers", lambda env: True)
    for allowed in (False, True):
        with engine.running(allowed) as reached:
            assert reached == {}


@pytest.mark.usefixtures("none_runs")
def test_none_is_started_unless_it_may_be() -> None:
    with pytest.raises(Trouble, match=r"No Docker engine answers(.|\n)*--with-engine"):
        engine.running(False).__enter__()


@pytest.mark.usefixtures("none_runs")
def test_where_none_can_be_started_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_processes", lambda word, about: iter((4711,)))
    with pytest.raises(Trouble, match=r"process 4711(.|\n)*DOCKER_HOST"):
        engine.running(True).__enter__()
    monkeypatch.setattr(engine.os, "geteuid", lambda: 1000, raising=False)
    with pytest.raises(Trouble, match=r"Only root(.|\n)*sudo"):
        engine.running(True).__enter__()
    monkeypatch.setattr(engine.shutil, "which", lambda name, path=None: None)
    with pytest.raises(Trouble, match="no Debian"):
        engine.running(True).__enter__()


@pytest.mark.usefixtures("none_runs")
def test_ours_is_ended_and_leaves_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_engine(place, monkeypatch, WORKS.format(ended=place / "said" / "ended"))
    with engine.running(True) as reached:
        assert reached["DOCKER_HOST"] == f"unix://{place}/engine/docker.sock"
        assert (place / "engine" / "daemon.json").read_text() == "{}"
    assert (place / "said" / "ended").read_text() == "politely"
    assert not (place / "engine").exists()


@pytest.mark.usefixtures("none_runs")
def test_a_folder_of_ones_own_is_kept(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_engine(place, monkeypatch, WORKS.format(ended=place / "said" / "ended"))
    monkeypatch.setenv(engine.KEEP, str(place / "kept"))
    with engine.running(True) as reached:
        assert reached["DOCKER_HOST"].startswith(f"unix://{place}/kept/")
    assert (place / "kept").is_dir()


@pytest.mark.usefixtures("none_runs")
def test_one_that_does_not_start_says_why(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_engine(place, monkeypatch, "print('level=info msg=hello')\nsys.exit('failed: no cgroups')")
    with pytest.raises(Trouble, match="did not start: failed: no cgroups"):
        engine.running(True).__enter__()
    assert not (place / "engine").exists()


@pytest.mark.usefixtures("none_runs")
def test_too_small_a_disk(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_engine(place, monkeypatch, WORKS)
    monkeypatch.setattr(engine, "NEEDED_GB", 10**9)
    with pytest.raises(Trouble, match="GB are free"):
        engine.running(True).__enter__()


class Said:
    """Stands for `debian.said`: what each command answers; `None` where it fails."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.commands: list[Sequence[str]] = []

    def __call__(self, command: Sequence[str], env: Any, limit: Any = None) -> str | None:
        self.commands.append(command)
        words = " ".join(command)
        found: Iterator[Any] = (v for k, v in self.answers.items() if k.replace("_", " ") in words)
        answer = next(found, "")
        return answer() if callable(answer) else answer


def test_nothing_is_installed_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    said = Said()
    monkeypatch.setattr(debian, "said", said)
    monkeypatch.setattr(debian.shutil, "which", lambda name, path=None: name)
    debian.install({"PATH": ""})
    assert said.commands == [["docker", "compose", "version"]]


def test_what_is_installed_is_not_started(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = place / "policy-rc.d"
    forbidden = []

    def install() -> str:
        forbidden.append(policy.read_text().endswith("exit 101\n") and os.access(policy, os.X_OK))
        return ""

    said = Said(install=install, pkgnames="docker-cli\ndocker-clippy\n")
    monkeypatch.setattr(debian, "said", said)
    monkeypatch.setattr(debian.shutil, "which", lambda name, path=None: None)
    debian.install({"PATH": ""})
    assert forbidden == [True]
    assert not policy.exists()
    assert {"docker.io", "docker-compose", "docker-cli", "debootstrap"} <= set(said.commands[-1])


def test_an_installation_is_tried_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    said = Said(update=None)
    monkeypatch.setattr(debian, "said", said)
    monkeypatch.setattr(debian.shutil, "which", lambda name, path=None: None)
    with pytest.raises(Trouble, match=r"could not be installed(.|\n)*apt-get install docker"):
        debian.install({"PATH": ""})
    assert said.commands == [["apt-get", "update", "-qq"]] * 2


def test_the_base_is_there_or_pulled_or_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []
    monkeypatch.setattr(debian, "_import", lambda tree, env: made.append(tree))
    for answers, commands in (
        ({}, 1),
        ({"image_inspect": None}, 2),
        ({"image_inspect": None, "docker_pull": None}, 3),
    ):
        said = Said(**answers)
        monkeypatch.setattr(debian, "said", said)
        debian.provide_base({}, tmp_path)
        assert len(said.commands) == commands
    assert said.commands[-1][:3] == ["debootstrap", "--variant=minbase", "trixie"]
    assert [path.name for path in made] == ["root"]
    monkeypatch.setattr(
        debian, "said", Said(image_inspect=None, docker_pull=None, debootstrap=None)
    )
    with pytest.raises(Trouble, match="neither pulled nor made"):
        debian.provide_base({}, tmp_path)


def test_builds_trust_what_the_machine_trusts(place: Path) -> None:
    (place / "own" / "sub").mkdir()
    (place / "own" / "sub" / "proxy.crt").write_text("one")
    (place / "own" / "known.crt").write_text("two")
    (place / "certs" / "mine.crt").write_text("two")
    with debian.own_certificates():
        names = sorted(path.name for path in (place / "certs").glob("*.crt"))
        assert len(names) == 2 and names[0].startswith("machine-")
    assert [path.name for path in (place / "certs").iterdir()] == ["mine.crt"]
