"""Faults in a real lab's process: killed, started again, cleared, reset; and by command line."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator

import pytest
from typer.testing import CliRunner

from labkit.cli import app
from labkit.common.errors import UsageError
from labkit.lab import open_lab
from labkit.lab.description import read
from labkit.lab.launch import stop
from labkit.lab.lock import FileLock
from labkit.lab.protocol import Lab
from labkit.lab.workspace import Workspace


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    workspace = Workspace.at(tmp_path_factory.mktemp("living") / "lab")
    yield open_lab(workspace.root)
    stop(workspace)


def killed_and_started(lab: Lab) -> Lab:
    workspace = Workspace.at(lab.workspace)
    description = read(workspace.description)
    assert description is not None
    os.kill(description.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    deadline = time.monotonic() + 10
    while FileLock(workspace.lock).held():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return open_lab(workspace.root)


def test_a_kill_leaves_faults_known_and_clearable(lab: Lab) -> None:
    names = ("service-down", "destination-unknown", "associations-exhausted", "attributes-coerced")
    before = dict(lab.settings("ARCHIVE")), lab.destinations()
    for name in names:
        lab.faults.inject(name)
    assert not lab.health()
    lab = killed_and_started(lab)
    assert lab.faults.active() == names
    assert not lab.health()["ARCHIVE"].healthy
    assert "WORKSTN" not in lab.destinations()
    assert lab.settings("ARCHIVE")["coerce"]
    lab.start_node("ARCHIVE")
    assert "local limit" in lab.health()["ARCHIVE"].problem
    lab.add_node(lab.workstn)
    lab.configure("ARCHIVE", max_associations=25, coerce={})
    assert lab.faults.repaired(), repr(lab.faults.repaired())
    lab.faults.clear()
    assert (dict(lab.settings("ARCHIVE")), lab.destinations()) == before
    assert lab.health()


def test_a_restart_heals_what_hangs_and_reset_clears_all(lab: Lab) -> None:
    lab.faults.inject("service-hangs")
    lab.stop_node("ARCHIVE")
    lab.start_node("ARCHIVE")
    assert lab.health()["ARCHIVE"].healthy
    lab.faults.inject("wrong-called-title")
    assert "AE title" in lab.examine("mr1").problem
    lab.reset()
    assert lab.faults.active() == ()
    assert lab.settings("MR1")["called"] == "ARCHIVE"
    assert lab.examine("MR1")


def test_a_patient_is_put_right_as_in_life(lab: Lab) -> None:
    from pydicom.uid import generate_uid

    from labkit.dimse import find, identifier, store

    lab.reset()
    lab.faults.inject("wrong-patient")
    study = find(lab.archive, identifier("STUDY", AccessionNumber="NG2600147", PatientID=None,
                                         StudyInstanceUID=None))[0]  # fmt: skip
    assert study.PatientID == "NG-100502"
    wrong = [ds for ds in lab.received("ARCHIVE") if ds.StudyInstanceUID == study.StudyInstanceUID]
    assert len(wrong) == 2
    order = next(o for o in __import__("labkit.dicom").dicom.orders() if "mr-staging" in o.slug)
    person = order.dataset()
    for ds in wrong:
        for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex"):
            setattr(ds, keyword, person.get(keyword))
        ds.SpecificCharacterSet = ""
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    assert not lab.faults.repaired()
    assert lab.withdraw("ARCHIVE", study.StudyInstanceUID) == 2
    assert len(store(lab.archive, wrong).stored) == 2
    assert lab.faults.repaired(), repr(lab.faults.repaired())
    lab.faults.clear()
    assert not find(lab.archive, identifier("STUDY", AccessionNumber="NG2600147"))


def test_verbs_refuse_what_cannot_be(lab: Lab) -> None:
    with pytest.raises(UsageError, match="no setting 'calld'") as caught:
        lab.configure("MR1", calld="ARCHIVE")
    assert "called" in caught.value.remedy
    with pytest.raises(UsageError, match="MR1, timeout"):
        lab.configure("MR1", timeout=0)
    with pytest.raises(UsageError, match="no node 'NOBODY'"):
        lab.settings("NOBODY")
    with pytest.raises(UsageError, match="no modality 'CT9'"):
        lab.examine("CT9")
    with pytest.raises(UsageError, match="Which study"):
        lab.open_study()
    with pytest.raises(UsageError, match="no number, text"):
        lab.configure("MR1", timeout=object())
    with pytest.raises(UsageError, match="whole numbers"):
        lab.faults.surprise("seven")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="NoneType is no evidence"):
        lab.faults.diagnose("wrong-port", None)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="holds no images"):
        lab.withdraw("ROUTER", "1.2.3")
    with pytest.raises(UsageError, match="data sets"):
        lab.withdraw("ARCHIVE", [5])  # type: ignore[list-item]
    assert lab.withdraw("ARCHIVE", "1.2.3") == 0
    shown = lab.settings(lab.archive)
    assert "max_pdu" in repr(shown) and "largest PDU" in shown._repr_html_()
    assert "listening" in lab.log("ARCHIVE") or lab.log("MR1") is not None


def test_the_command_line(lab: Lab) -> None:
    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, [*words, "--workspace", str(lab.workspace)])
        assert done.exit_code == code, done.output
        return done.output

    lab.reset()
    assert json.loads(CliRunner().invoke(app, ["faults", "list", "--json"]).output)[0]["name"]
    assert "wrong-port" in CliRunner().invoke(app, ["faults", "list"]).output
    assert json.loads(run("faults", "inject", "wrong-calling-title", "--json"))["active"]
    assert "NOT REPAIRED" in run("faults", "repaired", code=1)
    assert "FAILED" in run("examine", "MR1", code=1)
    titles = "accept_calling=[MR01,ROUTER,WORKSTN]"
    assert "MR01" in run("nodes", "set", "ARCHIVE", titles)
    assert json.loads(run("nodes", "show", "MR1", "--json"))["ae_title"] == "MR01"
    assert json.loads(run("faults", "repaired", "--json"))[0]["ok"]
    assert json.loads(run("examine", "MR1", "--json"))["steps"]
    assert json.loads(run("nodes", "set", "MR1", "timeout=4", "tls=false", "port=none", "--json"))
    assert "No fault" in run("faults", "clear")
    done = CliRunner().invoke(app, ["nodes", "set", "MR1", "x", "--workspace", str(lab.workspace)])
    assert isinstance(done.exception, UsageError)
