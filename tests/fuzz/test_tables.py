"""Files that people edit: mapping tables, site files, rules, lists of nodes."""

from __future__ import annotations

from pathlib import Path

import pytest

from labkit.access.nodes import AllowList
from labkit.common.errors import LabkitError
from labkit.exchange.network import read_design
from labkit.fhir.mapping import MappingTable, Site
from labkit.lab.own.config import load
from labkit.pacs.rule_file import read_rules
from tests.fuzz.engine import Fuzz

pytestmark = pytest.mark.fuzz
MARKS = [
    b"[[row]]\n",
    b"\n= ",
    b'"""',
    b"'''",
    b"[",
    b"]]",
    b"1979-05-27",
    b"inf",
    b"true",
    b"#",
    b"\\u00e9",
    b".x",
]


def test_a_mapping_table_is_read_or_refused_with_what_to_write(fuzz: Fuzz, tmp_path: Path) -> None:
    def target(data: bytes) -> None:
        try:
            table = MappingTable.parse(data.decode("utf-8", "replace"))
        except LabkitError as error:
            assert error.remedy
            return
        assert MappingTable.load(table.save(tmp_path / "t.toml")) == table

    fuzz.run(
        target,
        "mapping-table",
        few=60,
        many=12_000,
        marks=[*MARKS, b'condition = "', b"Modality", b" not in ", b"[]", b" + "],
    )


def test_a_site_file_is_read_or_refused(fuzz: Fuzz) -> None:
    def target(data: bytes) -> None:
        try:
            Site.parse(data.decode("utf-8", "replace"))
        except LabkitError as error:
            assert error.remedy

    fuzz.run(
        target, "mapping-site", few=100, many=30_000, marks=[*MARKS, b"[[private]]", b"zone = "]
    )


def test_rules_are_read_or_refused(fuzz: Fuzz) -> None:
    def target(data: bytes) -> None:
        try:
            read_rules(data.decode("utf-8", "replace"))
        except LabkitError as error:
            assert error.remedy

    fuzz.run(
        target,
        "rules",
        few=100,
        many=20_000,
        marks=[*MARKS, b"[[rule]]", b"when.", b"set.PatientID = "],
    )


@pytest.mark.parametrize("kind", ["allow-list", "own-servers", "network"])
def test_a_file_of_settings_is_read_or_refused(kind: str, fuzz: Fuzz, tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    reader = {
        "allow-list": AllowList.from_toml,
        "own-servers": lambda p: load(p, {}),
        "network": read_design,
    }[kind]

    def target(data: bytes) -> None:
        file.write_bytes(data)
        try:
            reader(file)
        except LabkitError as error:
            assert error.remedy

    fuzz.run(target, kind, few=40, many=8_000, marks=[*MARKS, b"${X}", b"port = -1", b"[[node]]"])
