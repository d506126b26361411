"""What is the same on the embedded lab and on the containers, and what is not: one table.

``python -m tests.containers.table`` renews it in ``docs/conformance.md``. Its rows come from the
notebooks' own tags and from the rows of deviations; the tests of the containers fail where either
does not say what happens there, so that the table is true as long as they pass.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat

from labkit.exercises.notebook_file import WHY
from labkit.exercises.notebook_rules import BACKEND
from tests.contract.table import PAGE, replaced, rows

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "notebooks"
PRODUCTS = {
    "Orthanc": "1.12.7",
    "dcmqrscp": "3.6.9",
    "HAPI FHIR Server": "8.8.0",
    "Orthanc DICOMweb": "1.20",
    "Keycloak": "26.7.3",
}
SECURE = "open_lab(secure=True"
"""In a cell that works on the secure lab."""
NOT_YET: dict[str, str] = {}
"""Notebooks that do not hold on the containers yet, and why."""
NOT_RUN: dict[str, str] = {}
"""Notebooks of which nobody knows, and why."""
SUITES = {
    "pacs": ("Orthanc", "dcmqrscp"),
    "fhir": ("HAPI FHIR Server",),
    "dicomweb": ("Orthanc DICOMweb",),
    "auth": ("Keycloak",),
}


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    what: str
    embedded: str
    containers: str

    def __str__(self) -> str:
        return f"| {self.what} | {self.embedded} | {self.containers} |"


def notebooks() -> Iterator[Line]:
    """One line a notebook."""
    for path in sorted(HOME.rglob("*.ipynb")):
        if any(part.startswith(".") for part in path.relative_to(HOME).parts):
            continue
        cells = [c for c in nbformat.read(path, as_version=4).cells if c.cell_type == "code"]
        varying = [c for c in cells if BACKEND in c.metadata.get("tags", [])]
        name = f"`{path.relative_to(HOME).as_posix()}`"
        said = "the same outputs"
        if why := NOT_YET.get(path.relative_to(HOME).as_posix()):
            said = f"**not yet**: {why}"
        elif why := NOT_RUN.get(path.relative_to(HOME).as_posix()):
            said = f"**not known**: {why}"
        elif varying:
            reasons = "; ".join(dict.fromkeys(str(c.metadata[WHY]) for c in varying))
            said = f"the same but for {len(varying)} of {len(cells)} cells: {reasons}"
        if any(SECURE in cell.source for cell in cells):
            said += "; at the secure lab on HAPI and Orthanc too"
        yield Line(name, "as stored", said)


def contracts() -> Iterator[Line]:
    """One line a contract test: all of it holds, or a product is named with what it does."""
    for suite, products in SUITES.items():
        deviations = rows(suite)
        for path in sorted((ROOT / "tests" / "contract" / suite).glob("test_*.py")):
            source = path.read_text(encoding="utf-8")
            for name in re.findall(r"^def (test_\w+)\(", source, re.MULTILINE):
                differ = [
                    f"{row.product} {PRODUCTS[row.product]} {row.does}"
                    for row in deviations
                    if row.product in products
                    and row.test.partition("[")[0] == name
                    and PRODUCTS[row.product] in row.versions
                ]
                said = "; ".join(dict.fromkeys(differ)) or "same"
                words = name.removeprefix("test_").replace("_", " ")
                yield Line(f"{suite}: {words}", "holds", said)


def table() -> str:
    """The whole table."""
    head = ["| notebook or contract test | embedded | containers |", "|---|---|---|"]
    return "\n".join([*head, *map(str, notebooks()), *map(str, contracts())])


def renewed(page: str) -> str:
    """The page with its table as it should be."""
    return replaced(page, "backends", table())


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
