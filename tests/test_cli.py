from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from labkit import cli
from labkit.common.errors import LabError
from labkit.dimse import echo
from labkit.lab import Lab

NODES = {"ARCHIVE", "WORKSTN", "WORKLIST", "LEGACY", "ROUTER"}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, list(arguments))


def json_of(*arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_up_says_where_everything_is(lab_workspace: Path, lab: Lab) -> None:
    said = json_of("up")
    assert set(said) == {"backend", "nodes", "fhir", "dicomweb", "proxy"}
    assert said["backend"] == "embedded"
    assert set(said["nodes"]) == NODES
    archive = said["nodes"]["ARCHIVE"]
    assert archive == {
        "ae_title": "ARCHIVE",
        "host": lab.archive.host,
        "port": lab.archive.port,
    }
    assert said["fhir"] == {"url": lab.fhir.url}
    assert said["dicomweb"] == {"url": lab.dicomweb.url}
    assert said["proxy"] == {"url": lab.proxy.url}
    assert json_of("up") == said
    text = run("up").stdout
    assert str(lab.archive.port) in text and "North General" in text
    assert lab.dicomweb.url in text and lab.proxy.url in text


def test_the_option_wins_over_the_variable(lab_workspace: Path, tmp_path: Path) -> None:
    result = run("status", "--workspace", str(tmp_path / "nothing"))
    assert result.exit_code == 1
    assert "labkit up" in result.stdout
    result = run("status", "--json", "--workspace", str(tmp_path / "nothing"))
    assert (result.exit_code, json.loads(result.stdout)["running"]) == (1, False)


def test_status_knows_a_node_that_is_off(lab_workspace: Path, lab: Lab) -> None:
    assert "healthy" in run("status").stdout
    assert json_of("status")["healthy"] is True
    lab.stop_node("LEGACY")
    result = run("status", "--json")
    assert result.exit_code == 1
    said = json.loads(result.stdout)
    assert said["running"] and not said["healthy"]
    assert not said["nodes"]["LEGACY"]["healthy"]
    assert "start_node" in run("status").stdout
    assert run("reset").stdout == "The lab is in its first state.\n"
    assert json_of("status")["healthy"] is True


def test_nodes_are_added_and_removed(lab_workspace: Path) -> None:
    assert set(json_of("nodes", "list")) == NODES
    assert set(json_of("nodes")) == NODES
    assert json_of("nodes", "add", "LEARNER", "127.0.0.1", "11112") == {"added": "LEARNER"}
    assert json_of("nodes", "list")["LEARNER"] == {"host": "127.0.0.1", "port": 11112}
    assert "LEARNER" in run("nodes", "list").stdout
    assert "no destination any more" in run("nodes", "remove", "LEARNER").stdout
    assert set(json_of("nodes", "list")) == NODES


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nodes", "add", "A" * 17, "127.0.0.1", "104"), "17 characters"),
        (("nodes", "add", "LEARNER", "127.0.0.1", "70000"), "70000"),
        (("nodes", "add", "ARCHIVE", "127.0.0.1", "104"), "own nodes"),
        (("nodes", "remove", "LEARNER"), "not registered"),
        (("log", "NOBODY"), "no node 'NOBODY'"),
        (("traces", "NOBODY"), "no node 'NOBODY'"),
    ],
)
def test_bad_input_is_one_error_of_ours(
    lab_workspace: Path, arguments: tuple[str, ...], says: str
) -> None:
    result = run(*arguments)
    assert result.exit_code == 1
    assert says in str(result.exception)
    assert getattr(result.exception, "remedy", "")


def test_log_and_traces(lab_workspace: Path, lab: Lab, tmp_path: Path) -> None:
    echo(lab.archive)
    lines = json_of("log", "archive")
    assert "association released" in lines[-1]
    assert run("log", "ARCHIVE", "-n", "1").stdout == lines[-1] + "\n"
    (trace,) = json_of("traces")
    assert trace["requestor"]["ae_title"] == "LEARNER"
    assert "released" in run("traces", "ARCHIVE").stdout
    assert run("traces", "--save", str(tmp_path)).exit_code == 0
    assert json.loads((tmp_path / "ARCHIVE-001.json").read_text()) == trace


def test_exercises_and_notebooks_are_there() -> None:
    assert {"slug", "track", "notebook", "title"} <= set(json_of("exercises", "list")[0])
    assert run("notebooks", "--help").exit_code == 0


def test_down_where_nothing_runs(tmp_path: Path) -> None:
    result = run("down", "--workspace", str(tmp_path))
    assert (result.exit_code, result.stdout) == (0, "No lab was running.\n")
    assert json.loads(run("down", "--json", "--workspace", str(tmp_path)).stdout) == {
        "ended": False
    }


def test_an_error_is_two_lines_on_standard_error(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "labkit", "up", "--json", "--workspace", str(file)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    first, second = done.stderr.splitlines()
    assert first.startswith("labkit: The workspace")
    assert second.startswith("  -> Name a folder")


def test_main_leaves_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise LabError("It is stuck.", remedy="Kick it.")

    monkeypatch.setattr(cli, "app", fail)
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 1
    assert capsys.readouterr().err == "labkit: It is stuck.\n  -> Kick it.\n"
