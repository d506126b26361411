"""The generated tables are what their generator makes, and say where they come from."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from pydicom.sr.codedict import codes

from tests.fhir.mapping.generate_tables import TABLES, main

FILES = sorted(TABLES.glob("*.json"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_each_says_edition_source_licence_and_command(path: Path) -> None:
    origin = json.loads(path.read_text("utf-8"))["origin"]
    assert all(origin[k] for k in ("edition", "source", "licence", "command"))
    assert path.name in (TABLES / "README.md").read_text("utf-8")


@pytest.mark.skipif(find_spec("highdicom") is None, reason="highdicom makes the table")
def test_they_are_what_the_generator_makes(tmp_path: Path) -> None:
    main(tmp_path)
    for made in tmp_path.glob("*.json"):
        rows = [json.loads((folder / made.name).read_text("utf-8"))["rows"]
                for folder in (tmp_path, TABLES)]  # fmt: skip
        assert rows[0] == rows[1], made.name


def test_the_sides_are_the_codes_of_cid_244() -> None:
    rows = json.loads((TABLES / "laterality.json").read_text("utf-8"))["rows"]
    assert sorted(rows) == ["B", "L", "R", "U"]
    assert rows["L"]["code"] == codes.cid244.Left.value
    assert rows["R"]["code"] == codes.cid244.Right.value
