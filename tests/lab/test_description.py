import json
import os
from pathlib import Path

import pytest

from labkit.common.errors import LabError
from labkit.lab.description import Description, NodeAddress, read

NODE = NodeAddress("ARCHIVE", "127.0.0.1", 11112, "PACS archive", "North General")
MADE = Description(
    version="0.1.0",
    pid=4711,
    control_url="http://127.0.0.1:8000/lab",
    control_key="geheim",
    nodes={"ARCHIVE": NODE},
    fhir_url="http://127.0.0.1:8001/fhir",
)


def test_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "lab.json"
    MADE.write(path)
    assert read(path) == MADE
    assert [p.name for p in tmp_path.iterdir()] == ["lab.json"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no file modes")
def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    MADE.write(tmp_path / "lab.json")
    assert (tmp_path / "lab.json").stat().st_mode & 0o777 == 0o600


def test_public_form_is_as_promised_and_has_no_secret() -> None:
    assert MADE.public() == {
        "backend": "embedded",
        "nodes": {"ARCHIVE": {"ae_title": "ARCHIVE", "host": "127.0.0.1", "port": 11112}},
        "fhir": {"url": "http://127.0.0.1:8001/fhir"},
    }
    assert "geheim" not in json.dumps(MADE.public())


def test_no_file_is_no_description(tmp_path: Path) -> None:
    assert read(tmp_path / "lab.json") is None


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe\x00",
        b'{"format": "labkit-lab/1"}',
        b'{"format": "labkit-lab/1", "nodes": 7}',
        b'{"format": "labkit-lab/1", "nodes": {"A": {"colour": 1}}}',
    ],
)
def test_garbage_is_named_with_a_remedy(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "lab.json"
    path.write_bytes(text)
    with pytest.raises(LabError, match=r"lab\.json cannot be used") as caught:
        read(path)
    assert "labkit up" in caught.value.remedy


def test_another_format_is_named(tmp_path: Path) -> None:
    path = tmp_path / "lab.json"
    path.write_text('{"format": "labkit-lab/0"}')
    with pytest.raises(LabError, match="labkit-lab/0"):
        read(path)
