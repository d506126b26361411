"""What is private is known by many signs, and everything in doubt is private."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tornado.web import HTTPError
from typer.testing import CliRunner

from labkit.common.errors import LabError
from labkit.exercises.commands import notebooks_app
from labkit.lab.own import keep_private, privacy
from labkit.lab.own.extension import _load_jupyter_server_extension
from labkit.lab.own.privacy import LEDGER, MARK, clean, is_private, join, keep_out
from labkit.lab.workspace import Workspace

ROOT = Path(__file__).resolve().parents[3]
OUTPUT = {"output_type": "stream", "name": "stdout", "text": "Somebody's name"}


def notebook(source: str = "1 + 1", output: Any = OUTPUT, **metadata: Any) -> dict[str, Any]:
    code = {"cell_type": "code", "source": source, "outputs": [deepcopy(output)], "metadata": {}}
    text = {"cell_type": "markdown", "source": 'backend="own"', "metadata": {}}
    return {"cells": [text, {**code, "execution_count": 3}], "metadata": metadata}


def saved(content: Any, path: Path) -> Any:
    model = {"type": "notebook", "content": content}
    keep_out(model=model, path="nb.ipynb", contents_manager=manager(path))
    return model["content"]


def manager(path: Path) -> Any:
    return SimpleNamespace(_get_os_path=lambda _: str(path))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("LABKIT_BACKEND", LEDGER, "JPY_SESSION_NAME", "JPY_PARENT_PID"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "nb.ipynb"


def test_an_ordinary_notebook_is_saved_as_it_is(here: Path) -> None:
    content = notebook(labkit={"other": 1})
    assert saved(deepcopy(content), here) == content


@pytest.mark.parametrize(
    "content",
    [
        notebook('lab = labkit.open_lab(backend="own")'),
        notebook("lab = open_lab(backend = 'own', workspace=1)"),
        notebook("%env LABKIT_BACKEND=own"),
        notebook("os.environ['LABKIT_BACKEND'] = 'own'"),
        notebook("from labkit.lab.own.lab import open_own"),
        notebook(labkit={"own": True}),
        notebook(output={"output_type": "display_data", "data": {MARK: {}}, "metadata": {}}),
        notebook(labkit="garbage"),
        notebook(output="garbage"),
        notebook(output=None),
    ],
)
def test_a_private_one_loses_its_outputs_and_is_marked(content: Any, here: Path) -> None:
    after = saved(content, here)
    assert "name" not in json.dumps([cell.get("outputs") for cell in after["cells"]])
    assert after["cells"][1]["outputs"] == [] and after["cells"][1]["execution_count"] is None
    assert after["metadata"]["labkit"] == {"own": True}


def test_the_mark_on_the_disk_stays_when_the_browser_does_not_know_it(here: Path) -> None:
    here.write_text(json.dumps(notebook(labkit={"own": True})))
    assert saved(notebook(), here)["cells"][1]["outputs"] == []
    here.write_text("not a notebook")
    assert saved(notebook(), here)["cells"][1]["outputs"] == []


def test_a_server_of_own_servers_saves_no_output_at_all(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABKIT_BACKEND", " Own ")
    assert saved(notebook(widgets={"state": "Somebody"}), here)["metadata"].get("widgets") is None


@pytest.mark.parametrize("content", [None, [], {"cells": 1}, {"metadata": {}, "cells": [1]}])
def test_what_cannot_be_cleaned_is_not_saved(content: Any, here: Path) -> None:
    with pytest.raises(HTTPError, match="may hold patients' data"):
        saved(content, here)


def test_other_files_are_none_of_its_business(here: Path) -> None:
    model = {"type": "file", "content": 'backend="own"'}
    keep_out(model=model, path="x.py", contents_manager=manager(here))
    assert model["content"] == 'backend="own"'


def test_the_ledger_of_the_server_says_which(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hooks: list[Any] = []
    config = SimpleNamespace(ContentsManager=SimpleNamespace())
    contents = SimpleNamespace(register_pre_save_hook=hooks.append)
    server = SimpleNamespace(contents_manager=contents, runtime_dir=str(here.parent), config=config)
    monkeypatch.setenv(LEDGER, "")  # so that it is put back
    _load_jupyter_server_extension(server)
    assert hooks == [keep_out]
    pid = privacy.os.environ[LEDGER].partition(":")[0]
    shown: list[Any] = []
    display = SimpleNamespace(publish=lambda data: shown.append(data))
    shell = SimpleNamespace(kernel=object(), display_pub=display)
    monkeypatch.setattr(privacy, "_kernel_shell", lambda: shell)
    workspace = Workspace.at(here.parent / "work")
    with pytest.raises(LabError, match="would be saved"):
        join(workspace)  # the kernel of no notebook
    monkeypatch.setenv("JPY_SESSION_NAME", str(here))
    monkeypatch.setenv("JPY_PARENT_PID", pid + "0")
    if privacy.sys.platform != "win32":
        with pytest.raises(LabError, match="would be saved"):
            join(workspace)  # of a program that a kernel of this server has started
    monkeypatch.setenv("JPY_PARENT_PID", pid)
    assert not is_private(notebook(), here, privacy.os.environ)
    monkeypatch.setenv("LABKIT_WORKSPACE", str(workspace.root))
    keep_private()
    assert MARK in shown[0]
    assert is_private(notebook(), here, privacy.os.environ)
    assert not is_private(notebook(), here.with_name("other.ipynb"), privacy.os.environ)


def test_a_kernel_of_another_jupyter_is_refused(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(privacy, "_kernel_shell", lambda: SimpleNamespace(kernel=object()))
    monkeypatch.setenv("JPY_SESSION_NAME", str(here))
    with pytest.raises(LabError, match="patients' names") as caught:
        join(Workspace.at(here.parent / "work"))
    assert "lab.py" in caught.value.remedy


def test_a_mark_may_be_taken_away_or_left() -> None:
    content = notebook(labkit={"own": True})
    clean(content, private=None)
    assert content["metadata"] == {"labkit": {"own": True}}
    clean(content, private=False)
    assert content["metadata"] == {} and content["cells"][1]["outputs"] == []


def test_the_command_line_cleans_a_notebook(tmp_path: Path) -> None:
    file = tmp_path / "nb.ipynb"
    cell = {"cell_type": "code", "source": "1", "outputs": [OUTPUT], "metadata": {}, "id": "a"}
    whole = {"cells": [{**cell, "execution_count": 1}], "nbformat": 4, "nbformat_minor": 5}
    for option, marked in (([], False), (["--private"], True), ([], True), (["--public"], False)):
        before = json.loads(file.read_text()) if file.exists() else {"metadata": {}}
        file.write_text(json.dumps({**whole, "metadata": before["metadata"]}))
        result = CliRunner().invoke(notebooks_app, ["clean", str(file), *option])
        assert result.exit_code == 0, result.output
        after = json.loads(file.read_text())
        assert after["cells"][0]["outputs"] == []
        assert ("labkit" in after["metadata"]) is marked


def test_no_notebook_of_the_workbook_is_private() -> None:
    for path in (ROOT / "notebooks").rglob("*.ipynb"):
        content = json.loads(path.read_text(encoding="utf-8"))
        assert not content["metadata"].get("labkit", {}).get("own"), path
        assert MARK not in json.dumps([cell.get("outputs") for cell in content["cells"]]), path
