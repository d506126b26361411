"""The conformance page names everything that the FHIR server does, and no resource type else."""

from pathlib import Path

from labkit.fhir.definitions import definitions
from labkit.fhir.match import MODIFIERS
from labkit.fhir.routes import TABLE

PAGE = Path(__file__).resolve().parents[2] / "docs" / "conformance.md"
FHIR = PAGE.read_text(encoding="utf-8").split("## FHIR R4")[1].split("\n## ")[0]


def test_every_interaction_and_modifier_is_on_the_page() -> None:
    for acts in TABLE.values():
        for codes, _ in acts.values():
            for code in codes:
                assert f"`{code}`" in FHIR
    for modifiers in MODIFIERS.values():
        for modifier in modifiers:
            assert f"`:{modifier}`" in FHIR


def test_the_resource_types_are_those_of_the_tables() -> None:
    row = next(line for line in FHIR.splitlines() if line.startswith("| types"))
    named = row.split("|")[4].split(";")[0].strip().split(", ")
    assert named == definitions().resources
