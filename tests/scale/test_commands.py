"""``labkit map`` and ``labkit deid`` with workers: the same bytes as without."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from typer.testing import CliRunner, Result

from labkit import cli
from labkit.common.errors import UsageError
from labkit.common.scale import WorkLedger
from labkit.dicom import sample
from labkit.fhir import FhirClient
from labkit.lab import Lab

STUDIES = ("cr-wrist", "dx-hand", "dx-hand-followup", "knee-ap", "us-heart")


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    import distributed

    made: Any = distributed
    with made.LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0",
        local_directory=str(tmp_path_factory.mktemp("dask")), silence_logs=50,
    ) as cluster:  # fmt: skip
        yield str(cluster.scheduler_address)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """Files in no order of studies, with what an archive has that is none."""
    home = tmp_path / "in"
    for number, name in enumerate(STUDIES):
        for at, path in enumerate(sample(name).files):
            folder = home / str((number + at) % 2)
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, folder / f"{9 - at}-{name}.dcm")
    (home / "notes.txt").write_text("not DICOM")
    (home / "cut.dcm").write_bytes(sample("cr-wrist").files[0].read_bytes()[:700])
    bare = dcmread(sample("knee-ap").files[0])
    del bare.StudyInstanceUID
    bare.save_as(home / "no-study.dcm")
    return home


def invoke(*words: object) -> Result:
    return CliRunner().invoke(cli.app, [str(word) for word in words])


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}


def test_a_mapping_is_the_same_and_leaves_nothing_behind(
    scheduler: str, archive: Path, tmp_path: Path
) -> None:
    from labkit.fhir.mapping.sources.dicom_json import dataset_of

    # A file with instances of two studies, one of them with files of its own too.
    two = [dcmread(sample(name).files[0], stop_before_pixels=True) for name in STUDIES[:2]]
    two[0].SOPInstanceUID = "1.2.3.4"
    (archive / "two.json").write_text(json.dumps([json.loads(ds.to_json()) for ds in two]))
    assert dataset_of(json.loads((archive / "two.json").read_text())[0])
    for form, more in (("bundle", ["--explain"]), ("ndjson", ["--modality", "DX"])):
        one, several = tmp_path / f"one.{form}", tmp_path / f"several.{form}"
        words = ["map", archive, "--format", form, *more]
        first = invoke(*words, "--out", one)
        second = invoke(*words, "--out", several, "--scheduler", scheduler)
        assert (first.exit_code, second.exit_code) == (0, 0), second.output
        assert one.read_bytes() == several.read_bytes()
        said = [line for line in first.stderr.splitlines() if "studies from" in line]
        assert said and said[0] in second.stderr
    assert "ImagingStudy.description" in invoke(*words, "--explain", "--out", one).stderr
    assert not (tmp_path / "several.bundle.work").exists()


def test_an_archive_is_mapped_by_its_address(scheduler: str, lab: Lab, tmp_path: Path) -> None:
    node = lab.nodes["ARCHIVE"]
    for where in (f"aet://ARCHIVE@{node.host}:{node.port}", lab.dicomweb.url):
        one, several = tmp_path / "one", tmp_path / "several"
        state = tmp_path / where.partition(":")[0]
        first = invoke("map", where, "--out", one)
        words = ["map", where, "--out", several, "--scheduler", scheduler, "--state", state]
        second = invoke(*words)
        assert (first.exit_code, second.exit_code) == (0, 0), second.output
        assert one.read_bytes() == several.read_bytes()
    assert invoke(*words).exit_code == 0 and one.read_bytes() == several.read_bytes()
    with pytest.raises(UsageError, match="one address"):
        raise invoke("map", f"aet://A@{node.host}:1", "--scheduler", scheduler, "--out", one,
                     "--retrieve", "move", "--listen", "127.0.0.1:1").exception  # type: ignore[misc] # fmt: skip


def test_a_server_gets_each_study_once_and_only_what_is_new(
    scheduler: str, lab: Lab, archive: Path, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    words = ["map", archive, "--to", lab.fhir.url, "--scheduler", scheduler, "--state", state]
    assert invoke(*words).exit_code == 0
    uid = f"urn:oid:{sample('cr-wrist').study_uid}"
    with FhirClient(lab.fhir.url) as client:
        (before,) = client.search("ImagingStudy", identifier=uid)
        shutil.copy(sample("nm-bone").files[0], archive / "new.dcm")
        again = invoke(*words)
        assert "1 study from" in again.stderr, again.output
        (after,) = client.search("ImagingStudy", identifier=uid)
        assert before["meta"] == after["meta"]


def test_deid_makes_the_same_files_report_and_sums(
    scheduler: str, archive: Path, tmp_path: Path
) -> None:
    # The same SOP Instance UID in two studies: which one stays must not depend on who is last.
    twin = dcmread(sample("knee-lateral").files[0])
    twin.SOPInstanceUID = twin.file_meta.MediaStorageSOPInstanceUID = dcmread(
        sample("knee-ap").files[0]
    ).SOPInstanceUID
    twin.save_as(archive / "0" / "0-twin.dcm")
    person = {"resourceType": "Patient", "id": "p", "identifier": [{"value": "NG-1001"}]}
    (archive / "patient.json").write_text(json.dumps(person))
    key = tmp_path / "key"
    made = {}
    for name, more in (("one", []), ("several", ["--scheduler", scheduler])):
        report = tmp_path / f"{name}.log"
        result = invoke("deid", archive, tmp_path / name, "--key", key, "--report", report,
                        "--options", "retain-modified-dates", "--json",
                        *more)  # fmt: skip
        assert result.exit_code == 2, result.output  # the ultrasound is held, and text is none
        told = sorted(Path(line.split(": ")[1]).name for line in result.stderr.splitlines()
                      if line.startswith("not written"))  # fmt: skip
        made[name] = (result.stdout, report.read_bytes(), contents(tmp_path / name), told)
    assert made["one"] == made["several"]
    assert any(name.startswith("fhir/Patient") for name in made["several"][2])
    assert not (tmp_path / "key.work").exists()


def test_a_study_that_is_missing_is_named_and_comes_with_the_next_run(
    scheduler: str, archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user's process that ends after two studies, and one that goes on."""
    taken: list[str] = []
    whole = WorkLedger.done

    def done(ledger: WorkLedger, name: str, digest: str) -> None:
        if len(taken) == 2:
            raise KeyboardInterrupt
        taken.append(name)
        whole(ledger, name, digest)

    key, one, several = tmp_path / "key", tmp_path / "one", tmp_path / "several"
    words = ["deid", archive, several, "--key", key, "--scheduler", scheduler]
    monkeypatch.setattr(WorkLedger, "done", done)
    assert invoke(*words).exit_code != 0
    assert (tmp_path / "key.work").exists()
    monkeypatch.setattr(WorkLedger, "done", whole)
    assert invoke(*words).exit_code == 2
    invoke("deid", archive, one, "--key", key)
    assert contents(one) == contents(several)


def test_what_workers_cannot_do_alike_is_refused(archive: Path, tmp_path: Path) -> None:
    out, key = tmp_path / "out", tmp_path / "key"
    for words, says in (
        (["deid", archive, out], "same key file"),
        (["deid", archive, out, "--key", key, "--review", tmp_path / "r"], "one review folder"),
        (["deid", archive, out, "--key", key, "--state", out / "x"], "must not lie in OUT"),
        (["map", archive], "need a folder"),
        (["map", archive, "--out", out, "--compare", "x.toml"], "one process"),
        (["map", "https://me@h/dicom-web", "--out", out], "password"),
    ):
        result = invoke(*words, "--scheduler", "local:1")
        assert isinstance(result.exception, UsageError) and says in result.exception.message
    wrong = invoke("map", archive, "--out", out, "--scheduler", "somewhere")
    assert "is no scheduler" in str(wrong.exception)
    assert not key.exists()


def test_a_worker_with_another_key_refuses(tmp_path: Path) -> None:
    from labkit.deid import Key
    from labkit.deid.scale import Settings, worker

    Key.new().save(tmp_path / "key")
    spec = Settings(str(tmp_path / "out"), [], str(tmp_path / "key")).spec()
    worker(spec)
    (tmp_path / "key").unlink()
    Key.new().save(tmp_path / "key")
    with pytest.raises(UsageError, match="another key file"):
        worker(spec)
