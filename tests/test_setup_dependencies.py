"""pyproject.toml is the one truth of dependencies: conda's list, the locks and lab.py follow it."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).resolve().parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# conda-forge's name of the same thing, without what needs a window.
CONDA_NAMES = {"matplotlib-base": "matplotlib"}
PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
PLATFORMS = {
    "linux": {"sys_platform": "linux", "os_name": "posix", "platform_machine": "x86_64"},
    "linux-arm": {"sys_platform": "linux", "os_name": "posix", "platform_machine": "aarch64"},
    "macos": {"sys_platform": "darwin", "os_name": "posix", "platform_machine": "arm64"},
    "macos-intel": {"sys_platform": "darwin", "os_name": "posix", "platform_machine": "x86_64"},
    "windows": {"sys_platform": "win32", "os_name": "nt", "platform_machine": "AMD64"},
}


def locked(name: str) -> list[Requirement]:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return [Requirement(line.rstrip(" \\")) for line in re.findall(r"(?m)^[a-z].*", text)]


def versions(lock: list[Requirement], python: str, platform: str) -> dict[str, str]:
    here = {
        **PLATFORMS[platform],
        "python_version": python,
        "python_full_version": f"{python}.1",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    return {
        canonicalize_name(req.name): next(iter(req.specifier)).version
        for req in lock
        if req.marker is None or req.marker.evaluate(here)
    }


def test_conda_gets_the_same() -> None:
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    items = re.findall(r"(?m)^ +- (.+)$", text)
    assert "--editable ." in items
    given = {}
    for item in items:
        if re.fullmatch(r"[A-Za-z][\w.-]*( ?[<>=!][^:]*)?", item) and item != "conda-forge":
            req = Requirement(item)
            given[canonicalize_name(CONDA_NAMES.get(req.name, req.name))] = req.specifier
    assert given.pop("python") == SpecifierSet(PROJECT["requires-python"])
    assert given.pop("pip") == SpecifierSet()
    wanted = map(Requirement, PROJECT["dependencies"])
    assert given == {canonicalize_name(req.name): req.specifier for req in wanted}


@pytest.mark.parametrize("name", ["learn.lock", "test.lock"])
@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_lock_gives_everything_everywhere(name: str, python: str, platform: str) -> None:
    got = versions(locked(name), python, platform)
    extras = PROJECT["optional-dependencies"]
    wanted = PROJECT["dependencies"] + extras["setup"]
    if name == "test.lock":
        wanted = wanted + extras["data"] + extras["test"]
    for req in map(Requirement, wanted):
        if req.marker is None or req.marker.evaluate({"python_version": python}):
            assert req.specifier.contains(got[canonicalize_name(req.name)]), req


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_learner_has_what_was_tested(python: str, platform: str) -> None:
    learner = versions(locked("learn.lock"), python, platform)
    tested = versions(locked("test.lock"), python, platform)
    assert learner.items() <= tested.items()


@pytest.mark.parametrize("name", ["learn.lock", "test.lock"])
def test_every_package_has_hashes_and_no_address(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    blocks = re.split(r"(?m)^(?=[a-z])", text)[1:]
    assert len(blocks) > 100
    for block in blocks:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block
    assert not re.search(r"://|--index|--find-links|--trusted| @ ", text)


def test_lab_py_takes_the_pythons_of_pyproject() -> None:
    tree = ast.parse((ROOT / "lab.py").read_text(encoding="utf-8"))
    values = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Tuple)
    }
    allowed = SpecifierSet(PROJECT["requires-python"])
    minors = [minor for minor in range(40) if allowed.contains(f"3.{minor}")]
    assert (values["OLDEST"], values["NEWEST"]) == ((3, minors[0]), (3, minors[-1]))
    assert [f"3.{minor}" for minor in minors] == PYTHONS


def test_what_runs_before_the_install_needs_nothing_installed() -> None:
    for path in [ROOT / "lab.py", *(ROOT / "tooling").glob("*.py")]:
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 300
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                modules = [node.module or ""]
            else:
                continue
            for module in modules:
                top = module.split(".")[0]
                assert top in sys.stdlib_module_names or top == "tooling", f"{path}: {module}"
