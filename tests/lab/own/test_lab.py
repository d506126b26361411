"""The lab of somebody's own servers, before a real Orthanc and a lab's FHIR server."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import pytest
from pydicom.uid import CTImageStorage
from pynetdicom import build_context
from typer.testing import CliRunner

import labkit
from labkit import cli
from labkit.common.errors import AccessDenied, UsageError
from labkit.dicom import sample
from labkit.dimse import associate, find, get, identifier, move, store
from labkit.exercises.engine import MISSING, judge
from labkit.exercises.find import find as find_exercise
from labkit.lab import Lab
from labkit.lab.own.lab import OwnLab, open_own, read_config
from labkit.lab.own.privacy import MARK
from labkit.lab.own.refused import NotOnYourServers
from labkit.lab.workspace import Workspace
from tests.lab.own.conftest import PASSWORD, STUDY, Orthanc

pytestmark = pytest.mark.peers


@pytest.fixture
def own(orthanc: Orthanc, fhir: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OwnLab:
    """The servers as ``labkit.toml`` in the folder names them, read only."""
    (tmp_path / "labkit.toml").write_text(
        orthanc.toml(more=f'[fhir]\nurl = "{fhir}"\n[limits]\nmax_studies = 50\n')
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LABKIT_OWN", raising=False)
    monkeypatch.setenv("LABKIT_WORKSPACE", str(tmp_path / "work"))
    monkeypatch.setenv("LABKIT_BACKEND", "own")
    monkeypatch.setenv("OWN_PASSWORD", PASSWORD)
    return open_own(Workspace.at())


def test_it_reads(own: OwnLab) -> None:
    assert own.health(), repr(own.health())
    wanted = sample(STUDY).files
    (study,) = find(own.archive, identifier("STUDY", StudyInstanceUID=None, PatientID=None))
    key = identifier("STUDY", StudyInstanceUID=study.StudyInstanceUID)
    assert len(get(own.archive, key).datasets) == len(wanted)
    with own.receiver() as receiver:
        assert move(own.archive, key, receiver.peer).status == 0x0000
        assert receiver.wait(len(wanted))
    with own.dicomweb.http() as web:
        assert len(web.get("studies", params={"limit": "5"}).json()) == 1
    with own.dicomweb.client() as dicomweb:
        (found,) = dicomweb.studies(limit=5)
        assert found.StudyInstanceUID == study.StudyInstanceUID
        with pytest.raises(AccessDenied):
            dicomweb.store([sample(STUDY).files[0]])
    with own.fhir.client() as fhir:
        assert fhir.capabilities()["resourceType"] == "CapabilityStatement"
        patient = next(fhir.search("Patient"))
        assert fhir.validate(patient) is not None


def test_it_writes_nothing(own: OwnLab, orthanc: Orthanc) -> None:
    """Refused before anything is sent: there is no association to be found in the error."""
    with pytest.raises(AccessDenied, match="read_only"):
        store(own.archive, sample(STUDY).files[0])
    with pytest.raises(AccessDenied), associate(own.archive, [build_context(CTImageStorage)]):
        pass
    with pytest.raises(AccessDenied, match=r"\[receive\]"):
        move(own.archive, identifier("STUDY", StudyInstanceUID="1.2"), "ELSEWHERE")
    with own.fhir.client() as fhir:
        for write in (
            lambda: fhir.create({"resourceType": "Patient"}),
            lambda: fhir.update({"resourceType": "Patient", "id": "1"}),
            lambda: fhir.delete("Patient/1"),
            lambda: fhir.transaction({"resourceType": "Bundle", "type": "transaction"}),
        ):
            with pytest.raises(AccessDenied, match="read_only"):
                write()
    with own.dicomweb.http() as web:
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            with pytest.raises(AccessDenied):
                web.request(method, "studies")
    assert len(find(own.archive, identifier("STUDY", StudyInstanceUID=None))) == 1


def test_it_writes_where_the_file_says_so(
    orthanc: Orthanc, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWN_PASSWORD", PASSWORD)
    file = tmp_path / "mine.toml"
    file.write_text(orthanc.toml(more="[limits]\nread_only = false\n"))
    lab = OwnLab(Workspace.at(tmp_path), read_config(file))
    assert store(lab.archive, sample(STUDY).files[0]).stored


def test_every_verb_of_a_lab_is_there_and_none_acts_on_it(own: OwnLab) -> None:
    for name, member in vars(Lab).items():
        if not name.startswith("_"):
            assert isinstance(getattr(OwnLab, name), property) == isinstance(member, property), name
    given = {"name": "ARCHIVE", "modality": "MR1", "what": "1.2", "ae_title": "X", "message": "MSH"}
    refused = 0
    for name in dir(OwnLab):
        member = inspect.getattr_static(OwnLab, name)
        if name.startswith("_") or "never(" not in inspect.getsource(
            member.fget if isinstance(member, property) else member
        ):
            continue
        with pytest.raises(NotOnYourServers, match="never acts on your own servers") as caught:
            value = getattr(own, name)
            value(*[given[p] for p in inspect.signature(value).parameters if p in given])
        assert caught.value.remedy
        refused += 1
    assert refused == 23
    for name in ("legacy", "workstn", "router", "worklist"):
        with pytest.raises(UsageError, match="names no"):
            getattr(own, name)


def test_open_lab_joins_it_and_shows_no_address(own: OwnLab, orthanc: Orthanc) -> None:
    lab = labkit.open_lab(backend="own")
    assert isinstance(lab, OwnLab)
    shown = lab._repr_mimebundle_()
    assert MARK in shown
    hidden = (PASSWORD, str(orthanc.port), str(orthanc.web))
    for text in (*map(repr, (lab, lab.fhir, lab.dicomweb, lab.nodes)), shown["text/html"]):
        assert not any(word in text for word in hidden)
    assert (lab.workspace / ".gitignore").read_text() == "*\n"


def test_the_command_line(own: OwnLab, orthanc: Orthanc) -> None:
    run = CliRunner().invoke
    said = json.loads(run(cli.app, ["up", "--json"]).stdout)
    assert said["backend"] == "own" and said["read_only"] is True
    assert said["nodes"] == {
        "ARCHIVE": {"ae_title": "ORTHANC", "host": "127.0.0.1", "port": orthanc.port}
    }
    assert set(said) == {"backend", "nodes", "fhir", "dicomweb", "receive", "read_only"}
    assert said["receive"]["allow"] == ["ORTHANC"] and not said["receive"]["open_to_network"]
    file = Path("labkit.toml")
    text = run(cli.app, ["up"]).stdout
    assert "OPEN TO" not in text
    file.write_text(file.read_text().replace("[receive]", '[receive]\nbind = "0.0.0.0"'))
    text = run(cli.app, ["up"]).stdout
    assert "OPEN TO THE NETWORK; it takes objects from ORTHANC" in text
    assert "read only" in text and PASSWORD not in text and "labkit doctor" in text
    assert run(cli.app, ["status"]).exit_code == 0
    assert json.loads(run(cli.app, ["status", "--json"]).stdout)["healthy"] is True
    for words in ("reset", "nodes list", "log ARCHIVE", "faults inject X", "examine MR1"):
        assert "never acts" in str(run(cli.app, words.split()).exception), words
    assert run(cli.app, ["down"]).stdout == "No lab was running.\n"


def test_a_server_that_is_off_is_a_row_of_its_own(
    own: OwnLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OWN_PASSWORD", "wrong")
    lab = open_own(Workspace.at())
    health = lab.health()
    assert health["ARCHIVE"].healthy and health["FHIR"].healthy
    assert "401" in health["DICOMWEB"].problem and "labkit doctor" in health["DICOMWEB"].remedy


def test_exercises_leave_it_alone(own: OwnLab) -> None:
    verdict = judge(find_exercise("send-as-ct1").load(), MISSING, {"lab": own})
    assert verdict.outcome == "unchecked" and "the lab's patients" in verdict.why
    assert "embedded" in verdict.then
