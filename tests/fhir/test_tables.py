"""The generated tables: current, complete, and understood."""

import json
import os
import runpy
from pathlib import Path

import pytest

from labkit.fhir.definitions import definitions
from labkit.fhir.match import MATCHERS

JAR = "hapi-fhir-validation-resources-r4-8.8.0.jar"
REPOSITORY = Path.home() / ".m2/repository/ca/uhn/hapi/fhir/hapi-fhir-validation-resources-r4/8.8.0"
GENERATOR = Path(__file__).with_name("generate_tables.py")


def test_every_table_says_where_it_is_from() -> None:
    tables = GENERATOR.parents[2] / "labkit" / "fhir" / "tables"
    for path in tables.glob("*.json"):
        origin = json.loads(path.read_text(encoding="utf-8"))["origin"]
        assert set(origin) == {"edition", "source", "sha256", "licence", "command"}


def test_the_tables_are_whole() -> None:
    table = definitions()
    assert len(table.all_types) == 146, "the number of resource types of FHIR R4 4.0.1"
    assert set(table.search) <= table.all_types
    for name, rules in table.types.items():
        for leaf, rule in rules.items():
            known = rule.type in table.primitives or rule.type in table.types
            assert known or rule.type == "Resource", (name, leaf)
            assert not rule.codes or table.codes[rule.codes], (name, leaf)
    for parameters in table.search.values():
        for parameter in parameters.values():
            assert parameter.type in MATCHERS
            assert parameter.paths


def test_the_imaging_study_has_every_parameter_of_r4() -> None:
    own = {code for code in definitions().search["ImagingStudy"] if code[0] != "_"}
    assert own == {
        "basedon", "bodysite", "dicom-class", "encounter", "endpoint", "identifier", "instance",
        "interpreter", "modality", "patient", "performer", "reason", "referrer", "series",
        "started", "status", "subject",
    }  # fmt: skip


def test_the_tables_are_what_the_generator_writes(tmp_path: Path) -> None:
    jar = Path(os.environ.get("LABKIT_R4_JAR", REPOSITORY / JAR))
    if not jar.is_file():
        pytest.skip(f"{JAR} is not here; get it with Maven, or name it in LABKIT_R4_JAR")
    runpy.run_path(str(GENERATOR))["main"](jar, tmp_path)
    for name in ("search.json", "structure.json"):  # search_mhd.json has a generator of its own
        path = GENERATOR.parents[2] / "labkit" / "fhir" / "tables" / name
        assert (tmp_path / name).read_bytes() == path.read_bytes()
