"""lab.py meets the wrong Python with a sentence, so any Python must be able to read it."""

from __future__ import annotations

import ast
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = (ROOT / "lab.py").read_text(encoding="utf-8")
# Whatever Python 2.7 cannot read; the rest of the grammar is old.
TOO_NEW = (
    ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.Nonlocal, ast.AsyncFunctionDef, ast.Await,
    ast.YieldFrom, ast.Starred, ast.Match,
)  # fmt: skip


@pytest.fixture
def lab() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lab_script", ROOT / "lab.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_any_python_can_read_it() -> None:
    assert SOURCE.isascii()
    for node in ast.walk(ast.parse(SOURCE)):
        assert not isinstance(node, TOO_NEW), ast.dump(node)
        if isinstance(node, ast.FunctionDef):
            assert not node.args.kwonlyargs, node.name
            assert not node.args.posonlyargs, node.name
            assert node.returns is None, node.name
            assert all(arg.annotation is None for arg in node.args.args), node.name
        if isinstance(node, ast.Raise):
            assert node.cause is None
        if isinstance(node, ast.Try):
            assert all(handler.name is None or handler.type for handler in node.handlers)
    assert "from __future__ import print_function" in SOURCE


def old_pythons() -> list[str]:
    places = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    places += sorted(folder / "bin" for folder in pyenv.glob("*"))
    found = []
    for name in ("python2.7", "python3.6", "python3.7", "python3.8", "python3.9", "python3.14"):
        path = next(filter(None, (shutil.which(name, path=str(p)) for p in reversed(places))), None)
        if path and subprocess.run([path, "-c", ""], capture_output=True).returncode == 0:
            found.append(path)
    return found


@pytest.mark.parametrize("python", old_pythons(), ids=lambda path: Path(path).name)
def test_a_real_wrong_python_gets_one_line_and_the_remedy(python: str) -> None:
    done = subprocess.run([python, str(ROOT / "lab.py")], capture_output=True, text=True)
    problem, remedy = done.stderr.splitlines()
    assert done.returncode == 1
    assert problem.startswith("The workbook needs Python 3.10 to 3.13; this is ")
    assert remedy.startswith("  -> ")
    assert done.stdout == ""


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 9, 25), (3, 14, 0), (4, 0, 0)])
def test_too_old_and_too_new(
    lab: ModuleType, version: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    monkeypatch.setattr(lab, "suitable_python", lambda: None)
    assert lab.wrong_python() == (
        f"The workbook needs Python 3.10 to 3.13; this is {version[0]}.{version[1]}.\n"
        "  -> Install Python 3.13 and run lab.py with it."
    )


def test_a_good_python_on_the_machine_is_named(
    lab: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 8, 1))
    monkeypatch.setattr(lab, "version_of", lambda command: (3, 11) if "11" in command[0] else None)
    monkeypatch.setattr(lab, "WINDOWS", False)
    assert lab.wrong_python().endswith("-> Run: python3.11 lab.py")


def test_a_name_that_starts_another_python_is_not_named(lab: ModuleType) -> None:
    assert lab.version_of([sys.executable]) == sys.version_info[:2]
    assert lab.version_of([sys.executable, "no such file"]) is None
    assert lab.version_of(["no-such-python"]) is None


def test_another_kind_of_python_and_32_bits(
    lab: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lab, "suitable_python", lambda: None)
    assert lab.wrong_python() is None
    monkeypatch.setattr(sys, "maxsize", 2**31 - 1)
    assert "64-bit" in lab.wrong_python()
    monkeypatch.setattr(sys, "implementation", SimpleNamespace(name="pypy"))
    assert "CPython" in lab.wrong_python()


def test_help_and_nonsense() -> None:
    script = [sys.executable, str(ROOT / "lab.py")]
    done = subprocess.run([*script, "--help"], capture_output=True, text=True)
    assert done.returncode == 0
    for word in ("--no-browser", "setup", "test", "lock"):
        assert word in done.stdout
    assert subprocess.run([*script, "nonsense"], capture_output=True).returncode == 2
