"""``python -m benchmarks.golden [--peer dicom2fhir] [--out FILE]``: the coverage matrix."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from benchmarks.golden.cases import CASES
from benchmarks.golden.ours import Labkit
from benchmarks.golden.peer import Dicom2Fhir
from benchmarks.golden.runner import Adapter, failures, matrix, run


def main() -> int:
    """Run ours, and a peer if one is named; 1 if ours misses a case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer", choices=["dicom2fhir"], help="install and run it beside ours")
    parser.add_argument("--out", type=Path, help="write the matrix into this file")
    options = parser.parse_args()
    adapters: list[Adapter] = [Labkit()]
    if options.peer:
        adapters.append(Dicom2Fhir())
    results = {adapter.name: run(adapter, CASES) for adapter in adapters}
    text = matrix(results)
    sys.stdout.write(text + "\n")
    for name, its in results.items():
        missed = failures(its)
        if missed:
            sys.stdout.write(f"\n{name}:\n{missed}")
    if options.out:
        options.out.write_text(text, "utf-8", newline="\n")
    return 1 if any(r.problem for r in results["labkit"]) else 0


if __name__ == "__main__":
    raise SystemExit(main())
