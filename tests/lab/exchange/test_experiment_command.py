"""``labkit exchange experiment``: what it prints, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labkit.cli import app


def test_two_hospitals_as_json() -> None:
    ran = CliRunner().invoke(app, ["exchange", "experiment", "--sites", "2", "--json"])
    assert ran.exit_code == 0, ran.output
    data = json.loads(ran.stdout)
    assert list(data["sites"]) == ["2"]
    styles = data["sites"]["2"]["styles"]
    assert list(styles) == ["centralised", "hybrid", "federated", "federated, star"]
    assert styles["federated"]["store_bytes"] == 0 < styles["hybrid"]["store_bytes"]
    assert data["model"] is None  # it is fitted to three hospitals


@pytest.mark.parametrize(
    ("words", "says"),
    [(["--sites", "3", "--write"], "both sizes"), (["--sites", "21"], "21 hospitals")],
)
def test_what_it_does_not_do(
    words: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = CliRunner().invoke(app, ["exchange", "experiment", *words])
    assert ran.exit_code != 0
    assert says in str(ran.exception) + ran.output
    assert list(tmp_path.iterdir()) == []
