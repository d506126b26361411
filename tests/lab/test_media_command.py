"""``labkit media``: a disc from Lakeside into the lab's archive, a dry run first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydicom.fileset import FileSet
from typer.testing import CliRunner

from labkit.cli import app
from labkit.common.errors import UsageError
from labkit.dicom import sample
from labkit.dimse import find, identifier
from labkit.lab import Lab


@pytest.fixture
def disc(tmp_path: Path) -> Path:
    files = FileSet()
    for slug in ("cr-chest-prior", "nm-bone"):
        for path in sample(slug).paths():
            files.add(path)
    files.write(tmp_path / "disc")
    return tmp_path / "disc"


def run(*words: str | Path) -> tuple[int, dict[str, Any]]:
    done = CliRunner().invoke(app, ["media", *map(str, words), "--json"])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, json.loads(done.stdout)


def held(lab: Lab, slug: str) -> str:
    asked = identifier("STUDY", StudyInstanceUID=sample(slug).study_uid, PatientID=None)
    found = find(lab.archive, asked)
    return str(found[0].PatientID) if len(found) else ""


@pytest.mark.parametrize("way", ["", "--web"])
def test_a_dry_run_a_question_a_decision(
    way: str, lab: Lab, lab_workspace: Path, disc: Path
) -> None:
    code, said = run(disc)
    assert code == 1
    states = {study["key"]: study["state"] for study in said["studies"]}
    assert states == {"LK-20871^^^LAKESIDE": "ready", "1001234^^^LAKESIDE": "question"}
    assert held(lab, "cr-chest-prior") == ""  # nothing was stored
    words = [w for w in ("--apply", way) if w]
    code, said = run(disc, *words)
    assert code == 1 and held(lab, "cr-chest-prior") == "NG-100457"
    assert held(lab, "nm-bone") == ""
    code, said = run(disc, "--decide", "1001234^^^LAKESIDE=")
    assert code == 0
    code, said = run(disc, *words, "--decide", "1001234^^^LAKESIDE=NG-100231")
    assert held(lab, "nm-bone") == "NG-100231"
    with pytest.raises(UsageError, match="decides nothing"):
        run(disc, "--decide", "1001234")
