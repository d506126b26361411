"""``labkit doctor`` on the lab that runs, and on somebody's own servers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from labkit import cli
from labkit.common.errors import LabNotRunning
from labkit.lab import Lab
from labkit.lab.doctor.entries import entry
from labkit.lab.doctor.examine import OURS
from tests.lab.own.conftest import PASSWORD, Orthanc
from tests.lab.own.conftest import fhir as fhir
from tests.lab.own.conftest import orthanc as orthanc


@pytest.fixture(autouse=True)
def no_other_choice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("LABKIT_BACKEND", "LABKIT_OWN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OWN_PASSWORD", PASSWORD)
    monkeypatch.chdir(tmp_path)


def doctor(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["doctor", *arguments])


def states(result: Result) -> dict[tuple[str, str], str]:
    rows: list[dict[str, Any]] = json.loads(result.stdout)
    return {(row["node"], row["layer"]): row["state"] for row in rows}


def test_the_lab_that_runs_is_well(lab_workspace: Path, lab: Lab) -> None:
    result = doctor()
    assert result.exit_code == 0, result.stdout
    assert "All 8 are well." in result.stdout and "FAILED" not in result.stdout
    assert f"1 object came to {OURS}" in result.stdout and "WADO" in result.stdout
    assert OURS not in lab.destinations()


def test_a_node_that_is_off(lab_workspace: Path, lab: Lab) -> None:
    lab.stop_node("LEGACY")
    result = doctor("--json", "--backend", "embedded")
    assert result.exit_code == 1
    found = states(result)
    assert found["LEGACY", "TCP"] == "failed" and ("LEGACY", "association") not in found
    assert [key for key, state in found.items() if state == "failed"] == [
        ("LEGACY", "TCP"),
        ("PROXY", "QIDO"),  # LEGACY stands behind it
    ]


def test_no_lab_runs(tmp_path: Path) -> None:
    assert isinstance(doctor("--workspace", str(tmp_path / "no")).exception, LabNotRunning)


@pytest.mark.peers
def test_own_servers_with_the_entry(orthanc: Orthanc, fhir: str, tmp_path: Path) -> None:
    (tmp_path / "labkit.toml").write_text(orthanc.toml(more=f'[fhir]\nurl = "{fhir}"\n'))
    result = doctor()  # the file in this folder
    assert result.exit_code == 0, result.stdout
    assert "All 3 are well." in result.stdout
    assert "1 object came to LABKIT" in result.stdout
    assert PASSWORD not in result.stdout


@pytest.mark.peers
def test_own_servers_without_it(orthanc: Orthanc, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(orthanc.toml("STRANGER").replace("OWN_PASSWORD", "WRONG"))
    result = CliRunner().invoke(
        cli.app, ["doctor", "--config", str(file), "--json"], env={"WRONG": "not-the-password"}
    )
    assert result.exit_code == 1
    found = states(result)
    assert found["ARCHIVE", "C-GET"] == "ok"
    assert found["ARCHIVE", "C-MOVE"] == found["DICOMWEB", "QIDO"] == "failed"
    assert ("DICOMWEB", "WADO") not in found
    (row,) = [row for row in json.loads(result.stdout) if row["layer"] == "C-MOVE"]
    written = [line for line in row["entry"] if "DicomModalities" in line]
    assert json.loads("{" + written[0] + "}") == {
        "DicomModalities": {"stranger": ["STRANGER", "127.0.0.1", orthanc.move_port]}
    }
    assert "not-the-password" not in result.stdout


@pytest.mark.peers
def test_a_receiver_on_loopback_is_no_use_to_another_machine(
    orthanc: Orthanc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("labkit.lab.doctor.net.address_towards", lambda *_: "10.1.2.3")
    (tmp_path / "labkit.toml").write_text(orthanc.toml())
    result = doctor()
    assert result.exit_code == 1
    assert 'bind = "10.1.2.3"' in result.stdout


@pytest.mark.parametrize("product", ["orthanc", "dcm4chee", ""])
def test_an_entry_has_all_three(product: str) -> None:
    text = "\n".join(entry(product, "LABKIT", "10.1.2.3", 11113))
    assert "LABKIT" in text and "10.1.2.3" in text and "11113" in text
