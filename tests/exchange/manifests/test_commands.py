"""``labkit manifest``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from labkit.cli import app
from labkit.common.errors import UsageError
from labkit.dicom.samples import folder, sample
from labkit.exchange.manifests import read
from labkit.exchange.manifests.site_file import maker_of

RUNNER = CliRunner()
SITE = """
[site]
institution = "Saint Elsewhere"
institution_oid = "2.25.1"
timezone = "+0100"
patient_authority = "2.25.2"
accession_authority = "2.25.3"
url = "https://pacs.example/rs"
location_uid = "2.25.4"
[regions]
CHEST = "UPPERTRUNK"
"""


def run(*words: str | Path) -> tuple[int, str, str]:
    done = RUNNER.invoke(app, ["manifest", *map(str, words)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def test_made_written_and_read(tmp_path: Path) -> None:
    place = folder() / "dx-chest"
    code, shown, _ = run(place, "--flavour", "mado", "--site", "north", "--url", "http://x",
                         "--out", tmp_path)  # fmt: skip
    assert code == 0 and "1 instance in 1 series" in shown
    (path,) = tmp_path.glob("*.dcm")
    code, shown, _ = run("--read", path)
    assert code == 0 and "NG-100457 of 2.25.2026101.2" in shown and "missing" not in shown


def test_a_document_in_fhir_becomes_a_key_object_selection(tmp_path: Path) -> None:
    place = folder() / "dx-chest"
    code, shown, _ = run(place, "--flavour", "mado", "--site", "lakeside", "--fhir")
    assert code == 1 and shown.startswith("[]")  # another hospital's patient: nobody's ID
    code, shown, _ = run(place, "--flavour", "mado", "--site", "north", "--fhir")
    assert code == 0
    document = tmp_path / "bundle.json"
    document.write_text(shown, "utf-8")
    code, shown, _ = run("--read", document, "--out", tmp_path, "--json")
    assert code == 0
    (path,) = tmp_path.glob("*.dcm")
    assert read(path).uid == json.loads(shown)["uid"]


def test_a_document_in_fhir_is_written_as_json(tmp_path: Path) -> None:
    code, _, _ = run(folder() / "dx-chest", "--flavour", "mado", "--site", "north", "--fhir",
                     "--out", tmp_path)  # fmt: skip
    assert code == 0
    (path,) = tmp_path.iterdir()
    assert path.suffix == ".json" and json.loads(path.read_text("utf-8"))["type"] == "document"
    code, shown, _ = run("--read", path, "--json")
    assert code == 0 and json.loads(shown)["uid"] == path.stem


def test_one_study_that_cannot_be_described_keeps_back_no_other(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text(SITE, "utf-8")
    both = [folder() / "dx-chest", folder() / "knee-ap"]
    code, shown, told = run(*both, "--flavour", "mado", "--site", site, "--json")
    assert code == 1
    assert "no coded Target Region" in told and sample("knee-ap").study_uid in told
    assert json.loads(shown)["institution"] == "Saint Elsewhere^^^^^^^^^2.25.1"
    code, shown, _ = run(*both, sample("knee-ap").study_uid, "--json")
    assert code == 0 and json.loads(shown)["study_uid"] == sample("knee-ap").study_uid


def test_what_is_no_manifest_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "bundle.json"
    broken.write_text("{", "utf-8")
    image = sample("dx-chest").paths()[0]
    code, shown, told = run("--read", broken, image, tmp_path / "none.dcm", "--json")
    assert code == 1 and json.loads(shown) == []
    assert "is no JSON" in told and "no key object selection" in told and "there is no file" in told


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[site]\n", "needs institution"),
        ('[site]\ninstitution = "A"\ntimezones = "+0100"\n', "Did you mean timezone?"),
        ('[site]\ninstitution = "A"\n[regions]\nCHEST = "THORAX"\n', "site.toml:4: CHEST"),
    ],
)
def test_an_error_in_a_site_file_names_its_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "site.toml").write_text(text, "utf-8")
    with pytest.raises(UsageError) as caught:
        maker_of(str(tmp_path / "site.toml"))
    assert says in str(caught.value)
