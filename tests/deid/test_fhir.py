"""FHIR resources in step with the objects, and the command."""

import json
from pathlib import Path

from pydicom import dcmread
from typer.testing import CliRunner

from labkit.cli import app
from labkit.deid import Deidentifier, Key, Profile
from labkit.deid.fhir import FhirDeidentifier
from tests.deid.made import as_read, ct

PATIENT = {
    "resourceType": "Patient", "id": "p1", "birthDate": "1958-04-12", "gender": "female",
    "text": {"status": "generated", "div": "<div>Jane Quillfeather</div>"},
    "identifier": [{"system": "urn:oid:1.2.36.1", "value": "MRN-70221"}],
    "name": [{"family": "Quillfeather", "given": ["Jane"]}],
}  # fmt: skip
STUDY = {
    "resourceType": "ImagingStudy", "id": "s1", "status": "available",
    "subject": {"reference": "Patient/p1", "display": "Jane Quillfeather"},
    "identifier": [{"system": "urn:dicom:uid", "value": "urn:oid:1.2.826.0.1.77.2"},
                   {"type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203",
                                         "code": "ACSN"}]}, "value": "ACC-55120"}],
    "started": "2024-02-29T10:15:00+01:00",
    "extension": [{"url": "http://x", "valueString": "Quillfeather"}],
    "description": "CT chest of Mrs Quillfeather",
    "modality": [{"system": "http://dicom.nema.org/resources/ontology/DCM", "code": "CT"}],
    "series": [{"uid": "1.2.826.0.1.77.3", "instance": [{
        "uid": "1.2.826.0.1.77.1",
        "sopClass": {"system": "urn:ietf:rfc:3986",
                     "code": "urn:oid:1.2.840.10008.5.1.4.1.1.2"}}]}],
}  # fmt: skip


def test_fhir_goes_in_step(key: Key) -> None:
    deidentifier = Deidentifier(Profile.of("113105", "113107"), key)
    ds = deidentifier.dataset(ct()).ds
    assert ds is not None
    fhir = FhirDeidentifier(deidentifier)
    fhir.learn(PATIENT)
    patient, study = fhir.resource(PATIENT), fhir.resource(STUDY)
    assert patient is not None and study is not None
    assert study["subject"] == {"reference": f"Patient/{patient['id']}"}
    assert patient["identifier"][0]["value"] == ds.PatientID
    uid, accession = study["identifier"]
    assert uid == {"system": "urn:dicom:uid", "value": f"urn:oid:{ds.StudyInstanceUID}"}
    assert accession["value"] == ds.AccessionNumber
    assert study["started"][:10].replace("-", "") == ds.StudyDate
    assert study["started"][10:] == "T10:15:00+01:00"
    assert study["series"][0]["uid"] == ds.SeriesInstanceUID
    assert study["series"][0]["instance"][0]["uid"] == ds.SOPInstanceUID
    assert (
        study["series"][0]["instance"][0]["sopClass"]
        == STUDY["series"][0]["instance"][0]["sopClass"]
    )  # type: ignore[index]
    assert study["description"] == "CT chest of"
    said = json.dumps([patient, study])
    for value in (
        "Quillfeather",
        "Jane",
        "MRN-70221",
        "1958",
        "2024",
        "female",
        "1.2.826",
        "1.2.36",
    ):
        assert value not in said, value


def test_fhir_basic_has_no_dates_and_unknown_types_are_held(key: Key) -> None:
    fhir = FhirDeidentifier(Deidentifier(Profile(), key))
    study = fhir.resource(STUDY)
    assert study is not None and "started" not in study and "description" not in study
    assert fhir.resource({"resourceType": "AuditEvent", "id": "a"}) is None


def test_a_bundle_stays_joined(key: Key) -> None:
    fhir = FhirDeidentifier(Deidentifier(Profile(), key))
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [
        {"fullUrl": "http://site/fhir/Patient/p1", "resource": PATIENT,
         "request": {"method": "PUT", "url": "Patient/p1"}},
        {"resource": STUDY, "request": {"method": "PUT", "url": "ImagingStudy/s1"}}]}  # fmt: skip
    fhir.learn(bundle)
    made = fhir.resource(bundle)
    assert made is not None
    patient, study = (entry["resource"] for entry in made["entry"])
    assert study["subject"]["reference"] == f"Patient/{patient['id']}"
    assert made["entry"][0]["request"]["url"] == f"Patient/{patient['id']}"
    assert "site" not in json.dumps(made)


def test_the_command_writes_names_that_say_nothing(tmp_path: Path) -> None:
    source = tmp_path / "Quillfeather"
    source.mkdir()
    for name, ds in (("Jane.dcm", ct()), ("head.dcm", ct(BodyPartExamined="HEAD"))):
        as_read(ds).save_as(source / name)
    (source / "patient.json").write_text(json.dumps(PATIENT))
    report, target = tmp_path / "report.jsonl", tmp_path / "out"
    result = CliRunner().invoke(
        app,
        ["deid", str(source), str(target), "--key", str(tmp_path / "k"), "--report", str(report),
         "--json"],
    )  # fmt: skip
    assert result.exit_code == 2, result.output
    summary = json.loads(result.stdout)
    assert (summary["written"], summary["held"], summary["resources"]) == (1, 1, 1)
    files = sorted(p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_file())
    assert files[0].startswith("2.25.") and files[1].startswith("fhir/Patient-")
    said = report.read_text() + json.dumps(summary) + " ".join(files)
    for value in ("Quillfeather", "Jane", "MRN-70221", "1958", "2024", "1.2.826"):
        assert value not in said
    assert any(change["tag"] == "00100010" and change["why"] == "Basic Profile"
               for change in json.loads(report.read_text().splitlines()[0])["changes"])  # fmt: skip


def test_one_damaged_file_does_not_stop_the_others(tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    source.mkdir()
    as_read(ct()).save_as(source / "b.dcm")
    data = (source / "b.dcm").read_bytes()
    (source / "a.dcm").write_bytes(data.replace(b"\x08\x00\x50\x00SH", b"\x08\x00\x50\x00S!"))
    result = CliRunner().invoke(app, ["deid", str(source), str(target), "--json"])
    summary = json.loads(result.stdout)
    assert (result.exit_code, summary["written"], summary["unreadable"]) == (2, 1, 1)
    assert [path.name[:5] for path in target.iterdir()] == ["2.25."]


def test_in_and_out_may_not_be_the_same(tmp_path: Path) -> None:
    as_read(ct()).save_as(tmp_path / "a.dcm")
    result = CliRunner().invoke(app, ["deid", str(tmp_path), str(tmp_path)])
    assert result.exit_code != 0 and len(list(tmp_path.iterdir())) == 1


def test_the_command_re_identifies(tmp_path: Path) -> None:
    as_read(ct()).save_as(tmp_path / "in.dcm")
    source, run, key = str(tmp_path / "in.dcm"), CliRunner(), str(tmp_path / "k")
    out, back = tmp_path / "out", tmp_path / "back"
    made = run.invoke(app, ["deid", source, str(out), "--key", key, "--reversible"])
    assert made.exit_code == 0, made.output
    again = run.invoke(app, ["deid", "--reidentify", str(out), str(back), "--key", key])
    assert again.exit_code == 0, again.output
    assert dcmread(back / "1.2.826.0.1.77.1.dcm").PatientName == "Quillfeather^Jane"
