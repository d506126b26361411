"""``labkit map``: the result and nothing else on standard output."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from labkit import cli
from labkit.common.errors import UsageError
from labkit.dicom import sample
from labkit.fhir import FhirClient
from labkit.fhir.mapping import MappingTable
from labkit.lab import Lab
from tests.contract.pacs.servers import Target
from tests.fhir.mapping.sources.conftest import archive  # noqa: F401

HEAD = [str(path) for path in sample("ct-head").files[:3]]
WRIST = str(sample("cr-wrist").files[0].parent)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["map", *arguments])


def bundle_of(*arguments: str) -> Any:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def kinds(bundle: Any) -> list[str]:
    return [entry["resource"]["resourceType"] for entry in bundle["entry"]]


def test_a_bundle_and_what_is_said_beside_it() -> None:
    result = run(*HEAD, WRIST, "--endpoint", "https://pacs.example/dicom-web")
    bundle = json.loads(result.stdout)
    assert kinds(bundle).count("ImagingStudy") == 2
    assert kinds(bundle).count("Endpoint") == 1  # of both studies
    assert "2 studies from" in result.stderr


def test_help_names_the_sources() -> None:
    assert "aet://" in run("--help").output
    assert "SOURCE" in run().output


def test_explain_says_why() -> None:
    result = run(*HEAD, "--explain")
    json.loads(result.stdout)
    assert "= ImagingStudy.description " in result.stderr
    assert "(0008,1030) = CT head without contrast  [study.description" in result.stderr
    assert "o ImagingStudy.series.laterality" in result.stderr


def test_lines_transactions_versions_and_files(tmp_path: Path) -> None:
    out = tmp_path / "out.ndjson"
    assert run(*HEAD, "--format", "ndjson", "--out", str(out)).stdout == ""
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert lines[0]["resourceType"] == "ImagingStudy"
    bundle = bundle_of(*HEAD, "--format", "transaction", "--fhir", "R5")
    assert bundle["entry"][0]["request"]["method"] == "PUT"
    assert "coding" in bundle["entry"][0]["resource"]["modality"][0]


def test_table_site_and_selection(tmp_path: Path) -> None:
    table = MappingTable.load().replaced("study.description", source="StudyID")
    site = tmp_path / "site.toml"
    site.write_text('zone = "Europe/Rome"\n')
    mine = table.save(tmp_path / "mine.toml")
    arguments = ["--table", str(mine), "--site", str(site), "--modality", "CR"]
    bundle = bundle_of(*HEAD, WRIST, *arguments)
    (study,) = [e["resource"] for e in bundle["entry"] if "series" in e["resource"]]
    assert study["description"] != sample("cr-wrist").description
    assert study["started"].endswith(("+01:00", "+02:00"))


def test_two_tables_compared(tmp_path: Path) -> None:
    other = MappingTable.load().replaced("study.description", source="StudyID")
    result = run(*HEAD, WRIST, "--compare", str(other.save(tmp_path / "b.toml")))
    assert result.stdout.startswith("~ ImagingStudy.description  2×  WRIST PA → RP26")
    same = run(*HEAD, "--compare", str(MappingTable.load().save(tmp_path / "a.toml")))
    assert same.stdout == "no difference\n"


def test_nothing_mapped_and_something_broken(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("hello")
    result = run(str(tmp_path))
    assert (result.exit_code, json.loads(result.stdout)) == (
        1, {"resourceType": "Bundle", "type": "collection"},
    )  # fmt: skip
    (tmp_path / "cut.dcm").write_bytes(Path(HEAD[0]).read_bytes()[:900])
    assert run(str(tmp_path), *HEAD).exit_code == 0
    strict = run(str(tmp_path), *HEAD, "--strict")
    assert strict.exit_code == 1
    assert "cut short" in strict.stderr and "1 broken, 1 not DICOM" in strict.stderr


def test_dry_run_counts() -> None:
    assert run(*HEAD, "--dry-run").stdout == "3 files\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--format", "csv"], "no format"),
        (["--to", "http://x", "--out", "y"], "a server or to a file"),
        (["--state", "s"], "cannot be gone on with"),
        (["--fhir", "R6"], "R6"),
        (["--date", "soon"], "soon"),
        (["--retrieve", "get"], "files are here"),
        (["--out", "no/such/folder/x"], "cannot be written"),
        (["--endpoint", "pacs"], "no base of a DICOMweb"),
    ],
)
def test_arguments_that_do_not_fit(arguments: list[str], words: str) -> None:
    result = run(HEAD[0], *arguments)
    assert isinstance(result.exception, UsageError)
    assert words in str(result.exception)


def test_an_archive_and_going_on(archive: Target, tmp_path: Path) -> None:  # noqa: F811
    where = f"aet://{archive.peer.ae_title}@{archive.peer.host}:{archive.peer.port}"
    assert run(where, "--dry-run").stdout.startswith("3 studies, ")
    out, state = tmp_path / "out.ndjson", tmp_path / "state"
    options = ["--format", "ndjson", "--out", str(out), "--state", str(state), "--explain"]
    first = run(where, "--modality", "CR", *options)
    assert "not-returned" in first.stderr and "not DICOM" not in first.stderr
    again = run(where, *options)
    assert "1 done before" in again.stderr
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    studies = [r["id"] for r in lines if r["resourceType"] == "ImagingStudy"]
    assert len(studies) == len(set(studies)) == 3
    assert run(where, *options).exit_code == 0
    with pytest.raises(UsageError, match="address of ours"):
        raise run(where, "--retrieve", "move").exception or AssertionError


def test_references_are_looked_up_on_the_server(running_lab: Lab, tmp_path: Path) -> None:
    system = "https://site.example/patient-id"
    head = sample("ct-head")
    site = tmp_path / "site.toml"
    site.write_text(f'[issuer]\n{head.issuer} = "{system}"\n[policy]\nPatient = "lookup"\n')
    names = [{"system": system, "value": head.patient_id}]
    with FhirClient(running_lab.fhir.url) as fhir:
        patient = fhir.create({"resourceType": "Patient", "identifier": names})
        assert run(*HEAD, "--site", str(site), "--to", running_lab.fhir.url).exit_code == 0
        uid = f"urn:dicom:uid|urn:oid:{head.study_uid}"
        (found,) = fhir.search("ImagingStudy", identifier=uid)
    assert found["subject"]["reference"].endswith(f"Patient/{patient['id']}")


def test_to_the_labs_server(running_lab: Lab) -> None:
    for _ in range(2):  # the second time is no second study
        result = run(*HEAD, "--to", running_lab.fhir.url)
        assert (result.exit_code, result.stdout) == (0, "")
    with FhirClient(running_lab.fhir.url) as fhir:
        uid = f"urn:oid:{sample('ct-head').study_uid}"
        (found,) = fhir.search("ImagingStudy", identifier=f"urn:dicom:uid|{uid}")
    assert found["numberOfInstances"] == len(HEAD)
