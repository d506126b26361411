"""A planted patient of a real archive, run through a real Jupyter: his name is in no file."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from labkit.dicom import read as read_object
from labkit.dicom import sample
from labkit.dimse import Peer, store
from labkit.lab.own.config import VARIABLE
from labkit.lab.own.privacy import MARK
from tests.lab.own.conftest import PASSWORD, STUDY, Orthanc
from tests.lab.own.frontend import Frontend, jupyter

pytestmark = pytest.mark.peers
ROOT = Path(__file__).resolve().parents[3]
NAME = "Zz".upper() + "planted"  # not in this file as it is in the archive
LOOK = "find(lab.archive, identifier('STUDY', PatientName='ZZ*', StudyInstanceUID=None))"
IMPORTS = "import labkit\nfrom labkit.dimse import find, identifier\n"


@pytest.fixture(scope="module")
def planted(orthanc: Orthanc) -> Orthanc:
    ds = read_object(sample(STUDY).files[0])
    ds.PatientName, ds.PatientID = f"{NAME}^Test", "PLANT1"
    ds.StudyInstanceUID = ds.SeriesInstanceUID = "2.25.4711"
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = "2.25.4712"
    store(Peer("ORTHANC", "127.0.0.1", orthanc.port), ds).raise_for_status()
    return orthanc


@pytest.fixture(scope="module")
def place(planted: Orthanc, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Holds all that is written: notebooks, Jupyter's own files, the workspace."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "book").mkdir()
    (folder / "own.toml").write_text(planted.toml())
    return folder


@pytest.fixture(scope="module")
def environment(place: Path) -> dict[str, str]:
    return {
        VARIABLE: str(place / "own.toml"),
        "OWN_PASSWORD": PASSWORD,
        "LABKIT_WORKSPACE": str(place / "work"),
    }


@pytest.fixture(scope="module")
def frontend(place: Path, environment: dict[str, str]) -> Iterator[Frontend]:
    with jupyter(place, place / "book", **environment) as found:
        yield found


def holds(folder: Path, word: str) -> list[Path]:
    """Return the files below a folder that have a word in them, in whatever letters."""
    wanted = word.lower().encode()
    files = (path for path in folder.rglob("*") if path.is_file())
    return [path for path in files if wanted in path.read_bytes().lower()]


def on_disk(place: Path, name: str) -> str:
    return (place / "book" / name).read_text(encoding="utf-8")


def test_what_own_servers_show_is_not_saved(frontend: Frontend, place: Path) -> None:
    """No cell says in so many words that the servers are somebody's own; the kernel knows."""
    chosen = "import os\nos.environ['LABKIT_' + 'BACKEND'] = 'o' 'wn'\n"
    cells = [f"{chosen}{IMPORTS}lab = labkit.open_lab()", LOOK, f"print({LOOK})", "1 / 0"]
    notebook = frontend.run("seen.ipynb", cells)
    shown = json.dumps(notebook)
    assert shown.count(NAME) >= 2 and "ZeroDivisionError" in shown  # else the test shows nothing
    assert MARK in shown
    frontend.save("seen.ipynb", notebook)
    after = json.loads(on_disk(place, "seen.ipynb"))
    assert [cell["outputs"] for cell in after["cells"]] == [[], [], [], []]
    frontend.save("a copy.ipynb", notebook)  # known by the mark that the kernel showed
    assert holds(place, NAME) == []
    notebook["cells"][0]["outputs"] = []  # which somebody clears away,
    (place / "book" / "seen.ipynb").unlink()  # and the file is new
    frontend.save("seen.ipynb", notebook)
    assert holds(place, NAME) == []
    renamed = {"path": "renamed.ipynb"}
    frontend.http.patch("api/contents/seen.ipynb", json=renamed).raise_for_status()
    frontend.save("renamed.ipynb", notebook)
    assert holds(place, NAME) == []


def test_others_are_saved_as_they_are(frontend: Frontend, place: Path) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": "kept"}
    cell = {"cell_type": "code", "source": "", "outputs": [output], "metadata": {}, "id": "c",
            "execution_count": 1}  # fmt: skip
    frontend.save(
        "plain.ipynb", {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    )
    assert "kept" in on_disk(place, "plain.ipynb")


def test_no_file_of_the_repository_has_the_name(planted: Orthanc) -> None:
    listed = subprocess.run(
        ["git", "grep", "-il", "--untracked", NAME, "--", "."],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    if listed.returncode > 1:
        pytest.skip("not a git clone")
    assert listed.stdout == ""


def test_the_password_is_in_no_file(frontend: Frontend, place: Path) -> None:
    found: list[Any] = holds(place, PASSWORD)
    assert found == []
