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
    product, version
        Whose it is.
    does
        What it does, in words.
    section
        Which section says otherwise.
    """

    test: str
    product: str
    version: str
    does: str
    section: str


def rows() -> list[Row]:
    """All deviations, as they stand in the file."""
    data = tomllib.loads(DEVIATIONS.read_text(encoding="utf-8"))
    found: list[Row] = []
    for entry in data["deviation"]:
        tests = entry["tests"]
        found += [
            Row(test, entry["product"], entry["version"], entry["does"], entry["section"])
            for test in tests
        ]
    return found


def rows_for(product: str, version: str) -> Iterator[Row]:
    """Those of one product in one version."""
    return (row for row in rows() if row.product == product and row.version == version)


def table() -> str:
    """The table for the conformance page, one line a deviation."""
    lines = ["| product | what it does | the standard |", "|---|---|---|"]
    seen = dict.fromkeys((r.product, r.version, r.does, r.section) for r in rows())
    lines += [f"| {p} {v} | {does} | {section} |" for p, v, does, section in seen]
    return "\n".join(lines)


def renewed(page: str) -> str:
    """The page with its table as it should be."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
