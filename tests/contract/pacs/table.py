"""What products do differently: reads ``deviations.toml``, and writes the table of it.

``python -m tests.contract.pacs.table`` renews ``docs/conformance.md``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DEVIATIONS = Path(__file__).with_name("deviations.toml")
PAGE = Path(__file__).resolve().parents[3] / "docs" / "conformance.md"
BEGIN = "<!-- pacs differences: begin (generated) -->"
END = "<!-- pacs differences: end -->"


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


def rows() -> list[Row]:
    """All deviations, as they stand in the file."""
    data = tomllib.loads(DEVIATIONS.read_text(encoding="utf-8"))
    found: list[Row] = []
    for entry in data["deviation"]:
        not_in = entry.get("not_in", {})
        for test in entry["tests"]:
            versions = tuple(v for v in entry["versions"] if test not in not_in.get(v, ()))
            found.append(Row(test, entry["product"], versions, entry["does"], entry["section"]))
    return found


def rows_for(product: str, version: str) -> Iterator[Row]:
    """Those of one product in one version."""
    return (row for row in rows() if row.product == product and version in row.versions)


def table() -> str:
    """The table for the conformance page, one line a deviation."""
    lines = ["| product | what it does | the standard |", "|---|---|---|"]
    seen: dict[tuple[str, str, str], list[str]] = {}
    for row in rows():
        versions = seen.setdefault((row.product, row.does, row.section), [])
        versions += [version for version in row.versions if version not in versions]
    lines += [
        f"| {p} {', '.join(v)} | {does} | {section} |" for (p, does, section), v in seen.items()
    ]
    return "\n".join(lines)


def renewed(page: str) -> str:
    """The page with its table as it should be."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
