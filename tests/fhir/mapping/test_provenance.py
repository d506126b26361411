"""A Provenance is made when one is asked for, and then it names all that there was."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from benchmarks.golden.headers import as_file
from labkit.common.errors import UsageError
from labkit.fhir.mapping import MappedStudy, MappingTable, StudyBuilder
from labkit.fhir.mapping.check import check_resource
from labkit.fhir.mapping.provenance import provenance, with_provenance
from tests.fhir.mapping.headers import ROOT, header

AT = datetime(2026, 1, 12, 9, 30, tzinfo=timezone(timedelta(hours=1)))


def mapped(fhir: str = "R4") -> MappedStudy:
    builder = StudyBuilder(fhir=fhir)
    builder.add(header(1))
    builder.add(header(2))
    return builder.studies()[0]


@pytest.mark.parametrize("fhir", ["R4", "R5"])
def test_it_names_the_table_the_time_and_the_instances(fhir: str) -> None:
    table = MappingTable.load()
    found = provenance(mapped(fhir), table, AT)
    assert found["recorded"] == "2026-01-12T09:30:00+01:00"
    assert found["agent"][0]["who"]["identifier"]["value"] == f"sha256:{table.frozen}"
    sources = [entity["what"]["identifier"]["value"] for entity in found["entity"]]
    assert sources == [f"urn:oid:{ROOT}.1{end}" for end in ("", ".1.1", ".1.2")]
    assert check_resource(found, fhir) == []


def test_its_id_depends_on_study_and_table_alone() -> None:
    table = MappingTable.load()
    first = provenance(mapped(), table, AT)["id"]
    assert provenance(mapped(), table, AT + timedelta(days=1))["id"] == first
    assert provenance(mapped(), table.removed("study.started"), AT)["id"] != first


def test_in_a_bundle_its_targets_resolve() -> None:
    bundle = with_provenance(mapped(), MappingTable.load(), AT).bundle("transaction")
    assert check_resource(bundle, "R4") == []
    targets = {t["reference"] for t in bundle["entry"][-1]["resource"]["target"]}
    assert targets == {entry["fullUrl"] for entry in bundle["entry"][:-1]}


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(UsageError, match="zone"):
        provenance(mapped(), MappingTable.load(), AT.replace(tzinfo=None))


def test_the_command_adds_one_only_when_asked(tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from labkit.fhir.mapping.commands import map_app

    as_file(header()).save_as(tmp_path / "a.dcm", enforce_file_format=True)
    out = tmp_path / "out.json"
    for options, number in (([], 0), (["--provenance"], 1)):
        done = CliRunner().invoke(map_app, [str(tmp_path / "a.dcm"), "--out", str(out), *options])
        assert done.exit_code == 0, done.output
        kinds = [e["resource"]["resourceType"] for e in json.loads(out.read_text("utf-8"))["entry"]]
        assert kinds.count("Provenance") == number
