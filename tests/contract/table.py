"""What products do differently: reads a suite's ``deviations.toml``, and writes the table of it.

``python -m tests.contract.table`` renews ``docs/conformance.md``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

from labkit.fhir.capability import capability_statement
from labkit.fhir.definitions import definitions

HERE = Path(__file__).parent
PAGE = Path(__file__).resolve().parents[2] / "docs" / "conformance.md"
SUITES = ("pacs", "fhir", "dicomweb", "auth")
_COMMON = [code for code in definitions().search["Binary"] if code[0] == "_"]


@dataclass(frozen=True)
class Row:
    """One deviation.

    Attributes
    ----------
    test
        The test that fails because of it.
    product, versions
        Whose it is; the versions that were tested and do so.
    does
        What it does, in words.
    section
        Which section says otherwise.
    """

    test: str
    product: str
    versions: tuple[str, ...]
    does: str
    section: str


def rows(suite: str) -> list[Row]:
    """All deviations of a suite, as they stand in its file."""
    data = tomllib.loads((HERE / suite / "deviations.toml").read_text(encoding="utf-8"))
    found: list[Row] = []
    for entry in data.get("deviation", []):
        not_in = entry.get("not_in", {})
        for test in entry["tests"]:
            versions = tuple(v for v in entry["versions"] if test not in not_in.get(v, ()))
            found.append(Row(test, entry["product"], versions, entry["does"], entry["section"]))
    return found


def rows_for(suite: str, product: str, version: str) -> Iterator[Row]:
    """Those of one product in one version."""
    return (row for row in rows(suite) if row.product == product and version in row.versions)


def table(suite: str) -> str:
    """The table for the conformance page, one line a deviation."""
    lines = ["| product | what it does | the standard |", "|---|---|---|"]
    seen: dict[tuple[str, str, str], list[str]] = {}
    for row in rows(suite):
        versions = seen.setdefault((row.product, row.does, row.section), [])
        versions += [version for version in row.versions if version not in versions]
    lines += [
        f"| {p} {', '.join(v)} | {does} | {section} |" for (p, does, section), v in seen.items()
    ]
    return "\n".join(lines)


def declared() -> str:
    """What the CapabilityStatement of the embedded FHIR server says of each type."""
    moment = datetime(2026, 1, 15, tzinfo=timezone.utc)
    statement = capability_statement("http://127.0.0.1", moment)
    lines = ["| type | search parameters |", "|---|---|"]
    for row in statement["rest"][0]["resource"]:
        names = [p["name"] for p in row["searchParam"] if p["name"] not in _COMMON]
        lines.append(f"| {row['type']} | {', '.join(f'`{name}`' for name in names) or '–'} |")
    every = ", ".join(f"`{name}`" for name in _COMMON)
    return "\n".join([f"Search parameters of every type: {every}. Besides:", "", *lines])


def replaced(page: str, name: str, text: str) -> str:
    """The page with another text between the marks of this name."""
    begin, end = f"<!-- {name}: begin (generated) -->", f"<!-- {name}: end -->"
    before, rest = page.split(begin)
    return f"{before}{begin}\n{text}\n{end}{rest.split(end)[1]}"


def renewed(page: str) -> str:
    """The page with its tables as they should be."""
    for suite in SUITES:
        page = replaced(page, f"{suite} differences", table(suite))
    return replaced(page, "fhir search parameters", declared())


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
