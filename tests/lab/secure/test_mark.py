"""A folder is secure or open, and stays what it is."""

import json
import stat
import sys
from pathlib import Path

import pytest

from labkit.common.errors import LabError, UsageError
from labkit.lab.description import Description
from labkit.lab.secure.mark import agree, is_secure
from labkit.lab.serve import guarding_of
from labkit.lab.workspace import VARIABLE, Workspace


def made(tmp_path: Path, *, secure: bool) -> Workspace:
    workspace = Workspace.at(tmp_path / "lab")
    workspace.prepare()
    agree(workspace, secure)
    return workspace


def test_a_new_folder_becomes_what_is_asked_for(tmp_path: Path) -> None:
    assert not is_secure(made(tmp_path / "a", secure=False))
    assert is_secure(made(tmp_path / "b", secure=True))


def test_a_secure_folder_is_never_served_open(tmp_path: Path) -> None:
    workspace = made(tmp_path, secure=True)
    agree(workspace, secure=False)
    assert is_secure(workspace)
    assert guarding_of(workspace).secure


def test_the_folder_of_an_open_lab_is_not_made_secure(tmp_path: Path) -> None:
    workspace = made(tmp_path, secure=False)
    workspace.node("ARCHIVE").mkdir(parents=True)
    with pytest.raises(UsageError, match="open lab") as refused:
        agree(workspace, secure=True)
    assert "--workspace" in refused.value.remedy
    assert not is_secure(workspace)


def test_a_damaged_or_missing_mark_refuses_to_serve(tmp_path: Path) -> None:
    workspace = made(tmp_path, secure=True)
    mark = workspace.guarded / "secure.json"
    for damage in ("", "{", "[]", json.dumps({"format": "labkit-secure/0"})):
        mark.write_text(damage, encoding="utf-8")
        with pytest.raises(LabError, match="missing or damaged"):
            guarding_of(workspace)
    mark.unlink()
    with pytest.raises(LabError, match="missing or damaged"):
        guarding_of(workspace)


def test_a_lab_that_was_secure_does_not_become_open_when_its_folder_is_gone(
    tmp_path: Path,
) -> None:
    workspace = made(tmp_path, secure=False)
    Description("1", 1, "http://127.0.0.1:1/lab", "key", {}, "", secure=True).write(
        workspace.description
    )
    with pytest.raises(LabError, match="missing or damaged"):
        guarding_of(workspace)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_nobody_else_on_the_machine_may_look_in(tmp_path: Path) -> None:
    workspace = made(tmp_path, secure=True)
    assert stat.S_IMODE(workspace.root.stat().st_mode) == 0o700
    assert stat.S_IMODE(workspace.guarded.stat().st_mode) == 0o700


def test_it_has_a_folder_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert Workspace.at(secure=True).root.name == ".lab-secure"
    assert Workspace.at(backend="containers", secure=True).root.name == ".lab-containers-secure"
    monkeypatch.setenv(VARIABLE, str(tmp_path / "mine"))
    assert Workspace.at(secure=True).root == tmp_path.resolve() / "mine-secure"
    assert Workspace.at(tmp_path / "named", secure=True).root.name == "named"
