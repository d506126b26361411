import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from labkit.common.errors import LabError
from labkit.lab.workspace import VARIABLE, Workspace


def test_a_named_folder_wins_over_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "variable"))
    assert Workspace.at(tmp_path / "named").root == tmp_path / "named"
    assert Workspace.at().root == tmp_path / "variable"


def test_the_repository_is_found_from_a_folder_inside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "notebooks" / "beginner").mkdir(parents=True)
    (tmp_path / "sample_data").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks" / "beginner")
    assert Workspace.at().root == tmp_path / ".lab"


def test_elsewhere_it_is_a_dot_lab_somewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    assert Workspace.at().root.name == ".lab"


def test_a_file_is_no_workspace(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match="is a file") as caught:
        Workspace.at(tmp_path / "file").prepare()
    assert "--workspace" in caught.value.remedy


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file modes")
def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    # The superuser may write anywhere, so the refusal itself is played.
    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(LabError, match="cannot be written") as caught:
        Workspace.at(tmp_path).prepare()
    assert "LABKIT_WORKSPACE" in caught.value.remedy


def test_many_threads_prepare_at_once(tmp_path: Path) -> None:
    workspace = Workspace.at(tmp_path / "lab")
    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(workspace.prepare) for _ in range(400)]:
            done.result()
    assert not [path for path in workspace.root.iterdir() if path.is_file()]
