"""The lab on containers as this machine sees it. `python3 lab.py test containers` runs it.

It needs an engine and built images; without the variable ``LABKIT_CONTAINERS`` it is skipped.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from labkit.common.errors import UsageError
from labkit.dicom import samples
from labkit.dimse import Receiver, echo, identifier, move
from labkit.lab.containers.compose import Compose
from labkit.lab.embedded import EmbeddedLab
from labkit.lab.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
CORE = {"archive", "city", "workstn", "legacy", "worklist", "fhir"}
pytestmark = [
    pytest.mark.skipif(not os.environ.get("LABKIT_CONTAINERS"), reason="lab.py test containers"),
    pytest.mark.timeout(900),
]


@dataclass(frozen=True)
class Started:
    said: dict[str, Any]
    seconds: float
    workspace: Path

    def lab(self) -> EmbeddedLab:
        return EmbeddedLab.joined(Workspace.at(self.workspace))


def labkit(*arguments: str, workspace: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "labkit", *arguments, "--workspace", str(workspace)]
    return subprocess.run(
        [*command, "--backend", "containers"], capture_output=True, text=True, cwd=ROOT, check=False
    )


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True)
    return done.stdout


def inspected() -> dict[str, dict[str, Any]]:
    """Every container of the project, by service."""
    label = "com.docker.compose.service"
    ids = docker("ps", "-q", "--filter", f"label={label}").split()
    found = json.loads(docker("inspect", *ids)) if ids else []
    return {about["Config"]["Labels"][label]: about for about in found}


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    workspace = tmp_path_factory.mktemp("host") / "lab"
    before = time.monotonic()
    done = labkit("up", "--json", workspace=workspace)
    assert done.returncode == 0, done.stderr
    yield Started(json.loads(done.stdout), time.monotonic() - before, workspace)
    down = labkit("down", "--json", workspace=workspace)
    assert json.loads(down.stdout) == {"ended": True}, down.stderr
    assert not CORE & set(inspected())


def test_the_same_json_as_the_embedded_lab_prints(started: Started) -> None:
    said = started.said
    assert said["backend"] == "containers"
    assert set(said["nodes"]) == {"ARCHIVE", "WORKSTN", "WORKLIST", "LEGACY", "ROUTER"}
    for node in said["nodes"].values():
        assert node["host"] == "127.0.0.1"
        assert set(node) == {"ae_title", "host", "port"}
    assert said["fhir"]["url"].startswith("http://127.0.0.1:")
    assert said["dicomweb"]["url"].startswith("http://127.0.0.1:")
    assert said["proxy"]["url"].startswith("http://127.0.0.1:")


def test_the_archive_answers_by_dicomweb(started: Started) -> None:
    with started.lab().dicomweb.client() as web:
        found = web.studies(PatientID="NG-100457")
    assert len(found) == 3


def test_the_facade_stands_before_dcmqrscp(started: Started) -> None:
    lab = started.lab()
    lab.reset()
    held = {str(ds.SOPInstanceUID) for ds in lab.received("LEGACY")}
    mark = lab.mark()
    with lab.proxy.client() as web:
        studies = [study.StudyInstanceUID for study in web.studies()]
        assert {str(i.SOPInstanceUID) for uid in studies for i in web.instances(uid)} == held
    steps = [step for trace in lab.proxy.traces(since=mark) for step in trace["steps"]]
    assert {step["pacs"] for step in steps} == {"LEGACY"}
    assert ("C-FIND", "0000") in {(step["service"], step["status"]) for step in steps}


def test_all_are_healthy_soon_and_say_so(started: Started) -> None:
    print(f"healthy after {started.seconds:.0f} s")  # a figure, and no test: see the report
    assert set(inspected()) >= CORE
    assert all(a["State"]["Health"]["Status"] == "healthy" for a in inspected().values())
    status = labkit("status", "--json", workspace=started.workspace)
    assert status.returncode == 0, status.stdout
    assert json.loads(status.stdout)["healthy"] is True


def test_they_take_less_than_three_gigabytes(started: Started) -> None:
    used = 0.0
    for about in inspected().values():
        stats = docker("stats", "--no-stream", "--format", "{{.MemUsage}}", about["Id"])
        number = stats.split("/")[0].strip()
        unit = {"GiB": 1024.0, "MiB": 1.0, "KiB": 1 / 1024}[number[-3:]]
        used += float(number[:-3]) * unit
        assert about["HostConfig"]["Memory"] > 0, "each has a limit"
    print(f"{used:.0f} MiB")
    assert used < 3 * 1024


def test_only_loopback_ports_are_published(started: Started) -> None:
    for name, about in inspected().items():
        for binding in about["HostConfig"]["PortBindings"].values():
            assert {entry["HostIp"] for entry in binding} == {"127.0.0.1"}, name


def test_a_reset_deletes_and_restarts_nothing(started: Started) -> None:
    lab = started.lab()
    before = {name: about["State"]["StartedAt"] for name, about in inspected().items()}
    study = samples.sample("dx-hand")
    keys = identifier("STUDY", StudyInstanceUID=study.study_uid)
    assert move(lab.archive, keys, "WORKSTN").completed == len(study.files)
    assert len(lab.received("WORKSTN")) == len(study.files)
    with lab.fhir.client() as fhir:
        made = fhir.create({"resourceType": "Patient", "active": True})
    began = time.monotonic()
    assert labkit("reset", workspace=started.workspace).returncode == 0
    print(f"reset in {time.monotonic() - began:.1f} s")
    assert lab.received("WORKSTN") == []
    with lab.fhir.client() as fhir:
        assert [p["id"] for p in fhir.search("Patient", _id=made["id"])] == []
    assert {n: a["State"]["StartedAt"] for n, a in inspected().items()} == before


def test_a_notebook_on_the_host_uses_workstn(started: Started) -> None:
    lab = started.lab()
    with Receiver("MYBOX") as box, pytest.raises(UsageError, match="cannot reach MYBOX") as caught:
        lab.add_node(box.peer)
    assert "WORKSTN" in caught.value.remedy
    assert lab.examine("MR1")


def test_each_node_answers_and_is_seen_to(started: Started) -> None:
    lab = started.lab()
    for node in lab.nodes.values():
        mark = lab.mark()
        assert echo(node)
        assert "C-ECHO answered" in str(lab.log(node, since=mark))
        assert lab.traces(node, since=mark)[0].end == "released"


def test_up_again_is_quick_and_changes_nothing(started: Started) -> None:
    again = labkit("up", "--json", workspace=started.workspace)
    assert json.loads(again.stdout) == started.said
    assert Compose(ROOT).products().placed["ARCHIVE"].kind == "orthanc"
