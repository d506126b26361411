"""What ``labkit.toml`` may say, and what it is told where it says something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.common.errors import UsageError
from labkit.lab.own.config import VARIABLE, OwnConfig, find_config, load

ARCHIVE = '[archive]\nae_title = "PACS"\nhost = "pacs.example"\nport = 104\n'


def read(folder: Path, text: str, **environment: str) -> OwnConfig:
    path = folder / "labkit.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, environment)


def test_a_whole_file(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    config = read(
        tmp_path,
        """
        [archive]
        ae_title = "PACS"
        host = "pacs.example"
        port = 2762
        our_ae_title = "NORTHAPP"
        ca = "ca.pem"
        user = "ada"
        passcode = "${CODE}"
        [dicomweb]
        url = "https://pacs.example/dicom-web/"
        token = "x${TOKEN}"
        [fhir]
        url = "http://fhir.example:8080/r4"
        [worklist]
        ae_title = "RIS"
        host = "ris.example"
        port = 11112
        [receive]
        ae_title = "NORTHAPP"
        port = 11113
        bind = "0.0.0.0"
        allow = ["PACS", "OTHER"]
        [limits]
        read_only = false
        max_studies = 5
        """,
        CODE="s3cret",
        TOKEN="abc",
    )
    assert config.archive is not None and config.dicomweb is not None
    assert config.archive.ca == tmp_path / "ca.pem" and config.archive.secure
    assert config.archive.passcode == "s3cret"
    assert config.dicomweb.token == "xabc"
    assert config.dicomweb.url == "https://pacs.example/dicom-web"
    assert config.receive is not None and config.receive.allow == ("PACS", "OTHER")
    assert not config.limits.read_only and config.limits.max_studies == 5
    for secret in ("s3cret", "abc", "ada"):
        assert secret not in repr(config)


def test_it_is_read_only_unless_it_says_otherwise(tmp_path: Path) -> None:
    assert read(tmp_path, ARCHIVE).limits.read_only
    assert not read(tmp_path, ARCHIVE).archive.secure  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("preset", "ae_title", "port", "url"),
    [
        ("dcm4chee", "DCM4CHEE", 11112, "http://p:8080/dcm4chee-arc/aets/DCM4CHEE/rs"),
        ("orthanc", "ORTHANC", 4242, "http://p:8042/dicom-web"),
    ],
)
def test_a_preset_fills_in_what_is_usual(
    tmp_path: Path, preset: str, ae_title: str, port: int, url: str
) -> None:
    config = read(tmp_path, f'preset = "{preset}"\n[archive]\nhost = "p"\n[dicomweb]\n')
    assert config.archive is not None and config.dicomweb is not None
    assert (config.archive.ae_title, config.archive.port) == (ae_title, port)
    assert config.dicomweb.url == url
    assert config.fhir is None and config.worklist is None


def test_the_file_comes_before_the_preset(tmp_path: Path) -> None:
    text = 'preset = "dcm4chee"\n[archive]\nhost = "p"\nae_title = "MAIN"\nport = 1\n[worklist]\n'
    config = read(tmp_path, text)
    assert config.archive is not None and config.worklist is not None
    assert (config.archive.ae_title, config.archive.port) == ("MAIN", 1)
    assert (config.worklist.ae_title, config.worklist.host) == ("WORKLIST", "p")
    assert config.dicomweb is None


@pytest.mark.parametrize(
    ("text", "says", "remedy"),
    [
        ("[archiv]\n", "no [archiv]", "Did you mean archive?"),
        (ARCHIVE + "hots = 1\n", "[archive] has no 'hots'", "Did you mean host?"),
        (ARCHIVE.replace("104", '"104"'), "port is of the wrong type", "whole number"),
        (ARCHIVE.replace("104", "true"), "port is of the wrong type", "whole number"),
        (ARCHIVE.replace("104", "70000"), "no TCP port 70000", "administrator"),
        (ARCHIVE.replace("PACS", "A" * 17), "17 characters", "Shorten"),
        (ARCHIVE + 'ca = "nothing.pem"\n', "no file nothing.pem", "from the folder"),
        (ARCHIVE + 'passcode = "x"\n', "passcode needs a user", "user"),
        ('[archive]\nae_title = "A"\nport = 1\n', "needs host", "host ="),
        ('[fhir]\nurl = "ftp://x"\n', "not an address of the web", "https"),
        ('[fhir]\nurl = "https://x@z"\n', "user in it", "password"),
        ('[fhir]\nurl = "https://z"\ntoken = "a"\nuser = "b"\n', "a token and a user", "one"),
        ('[fhir]\nurl = "https://z"\npassword = "a"\n', "password needs a user", "user"),
        ('[fhir]\nurl = "https://z"\ntoken = "${NOWHERE}"\n', "NOWHERE is not set", "Set NOWHERE"),
        ("fhir = 1\n", "fhir is a section", "[fhir]"),
        ('preset = "osirix"\n', "no preset 'osirix'", "orthanc"),
        ("[limits]\n", "names no server", "[archive]"),
        (ARCHIVE + "[limits]\nmax_studies = 0\n", "at least 1", "100"),
        (ARCHIVE + '[receive]\nae_title = "A"\nport = 1\nallow = [1]\n', "wrong type", "list"),
        ("[archive\n", "cannot be read", "quotes"),
        (ARCHIVE + 'certificate = "labkit.toml"\n', "go together", "both"),
        ('preset = "orthanc"\n[dicomweb]\n', "not an address", "preset"),
    ],
)
def test_what_cannot_be_is_named(tmp_path: Path, text: str, says: str, remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text)
    assert says in caught.value.message and "labkit.toml" in caught.value.message
    assert remedy in caught.value.remedy


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "labkit.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        load(tmp_path / "labkit.toml")
    with pytest.raises(UsageError, match="There is no"):
        load(tmp_path / "none.toml")


def test_which_file_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    for name in ("notebooks", "sample_data"):
        (tmp_path / "book" / name).mkdir(parents=True)
    (tmp_path / "labkit.toml").touch()
    monkeypatch.chdir(tmp_path / "book" / "notebooks")
    assert find_config() is None  # not beyond the workbook
    (tmp_path / "book" / "labkit.toml").touch()
    assert find_config() == tmp_path / "book" / "labkit.toml"
    monkeypatch.setenv(VARIABLE, str(tmp_path / "x.toml"))
    assert find_config() == tmp_path / "x.toml"
    assert find_config(tmp_path / "y.toml") == tmp_path / "y.toml"
