"""``labkit attack``: rows as the issue has them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labkit.cli import app

pytestmark = pytest.mark.filterwarnings("ignore")
RUN = CliRunner()


def test_rows_have_name_target_and_succeeded() -> None:
    result = RUN.invoke(app, ["attack", "--json", "--target", "copy", "--only", "sr-text,preamble"])
    assert json.loads(result.stdout) == [
        {"name": "sr-text", "target": "copy", "succeeded": True},
        {"name": "preamble", "target": "copy", "succeeded": True},
    ]
    assert result.exit_code == 1


def test_a_profile_of_ones_own_is_attacked(tmp_path: Path) -> None:
    profile = tmp_path / "mine.toml"
    profile.write_text('options = ["retain-uids"]', "utf-8")
    words = ["attack", "--profile", str(profile), "--only", "study-uid,sr-text"]
    result = RUN.invoke(app, words)
    assert "study-uid               SUCCEEDED" in result.stdout
    assert result.exit_code == 1


def test_a_folder_is_attacked(tmp_path: Path) -> None:
    study, out = tmp_path / "study", tmp_path / "out"
    assert RUN.invoke(app, ["attack", "--study", str(study)]).exit_code == 0
    assert RUN.invoke(app, ["deid", str(study), str(out)]).exit_code == 2  # some are held
    words = ["attack", "--target", str(out), "--only", "patient-name,fhir-name,file-names"]
    result = RUN.invoke(app, words)
    assert result.exit_code == 0, result.stdout


@pytest.mark.parametrize("text", ["options = 3", "nothing", 'options = ["no-such"]', "a = 1"])
def test_a_profile_that_cannot_be_used_is_told(tmp_path: Path, text: str) -> None:
    profile = tmp_path / "mine.toml"
    profile.write_text(text, "utf-8")
    result = RUN.invoke(app, ["attack", "--profile", str(profile)])
    assert result.exit_code == 1
    assert "SUCCEEDED" not in result.stdout


def test_attacks_are_listed() -> None:
    result = RUN.invoke(app, ["attack", "--list"])
    assert "private-un-sequence" in result.stdout
    assert len(result.stdout.splitlines()) >= 30
