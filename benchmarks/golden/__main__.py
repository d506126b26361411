"""``python -m benchmarks.golden [--peer dicom2fhir] [--docs] [--case FILE]``: the matrix."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.golden.cases import CASES
from benchmarks.golden.files import read_case
from benchmarks.golden.ours import Labkit
from benchmarks.golden.peer import Dicom2Fhir
from benchmarks.golden.runner import Adapter, failures, matrix, run

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mapping.md"
BEGIN, END = "<!-- golden: begin", "<!-- golden: end -->"


def main() -> int:
    """Run ours, and a peer if one is named; 1 if ours misses a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", choices=["dicom2fhir"], help="install and run it beside ours")
    parser.add_argument("--docs", action="store_true", help="write the matrix into docs/mapping.md")
    parser.add_argument("--case", action="append", default=[], type=Path, metavar="FILE",
                        help="only these cases, as the mapping workbench writes them")  # fmt: skip
    options = parser.parse_args()
    cases = tuple(map(read_case, options.case)) or CASES
    adapters: list[Adapter] = [Labkit()]
    if options.peer:
        adapters.append(Dicom2Fhir())
    results = {adapter.name: run(adapter, cases) for adapter in adapters}
    text = matrix(results)
    sys.stdout.write(text + "\n")
    for name, its in results.items():
        missed = failures(its)
        if missed:
            sys.stdout.write(f"\n{name}:\n{missed}")
    if options.docs:
        _into_page(text)
    return 1 if any(r.problem for r in results["labkit"]) else 0


def _into_page(text: str) -> None:
    before, rest = PAGE.read_text("utf-8").split(BEGIN, 1)
    mark, after = rest.split("\n", 1)[0], rest.split(END, 1)[1]
    PAGE.write_text(f"{before}{BEGIN}{mark}\n{text}{END}{after}", "utf-8", newline="\n")


if __name__ == "__main__":
    raise SystemExit(main())
