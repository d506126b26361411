"""``python -m benchmarks``: measure, and write the report.

``--only PART`` measures one part and prints its rows; ``--page`` writes the page again with the
notes as they are now.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from pathlib import Path

from benchmarks.deid import deid
from benchmarks.dicomweb import dicomweb
from benchmarks.dimse import crowding, finding, retrieving, storing
from benchmarks.facade import facades
from benchmarks.frames import frames
from benchmarks.large import large
from benchmarks.mapping import mapping
from benchmarks.measure import Row
from benchmarks.notebooks import notebooks
from benchmarks.report import machine_of, page
from benchmarks.scale import scaling
from benchmarks.servers import all_of_them
from benchmarks.starting import starting
from labkit import __version__


def machine() -> str:
    """Name the machine."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}; load before the run {load:.1f}"
    )


PARTS = (
    "dimse",
    "large",
    "dicomweb",
    "facade",
    "starting",
    "frames",
    "mapping",
    "deid",
    "scale",
    "notebooks",
)


def measured(folder: Path, parts: list[str], quick: bool, most: int) -> tuple[list[Row], str]:
    """Run the parts; return the rows, and which servers were compared."""
    rounds, count, sizes = (1, 10, [5]) if quick else (5, 100, [5, 500, 5000])
    sizes = [size for size in sizes if size <= most]
    web = [5] if quick else [n for n in (5, 500, 50_000) if n <= most]
    rows: list[Row] = []
    versions = f"labkit {__version__}"
    if "dimse" in parts:
        with all_of_them(folder) as servers:
            versions = ", ".join(f"{s.product} {s.version}" for s in servers)
            rows += storing(servers, folder, rounds, 2 * count)
            rows += retrieving(servers, folder, rounds, count)
            rows += crowding(servers, folder, min(rounds, 3), count // 5)
            rows += finding(servers, folder, rounds, sizes)
    if "large" in parts:
        rows += large(folder, 5 * rounds, 10 * count, 20 * count if quick else 1_000_000)
    if "dicomweb" in parts:
        rows += dicomweb(folder, rounds, count, web)
    if "facade" in parts:
        rows += facades(folder, rounds, count)
    if "starting" in parts:
        rows += starting(folder, rounds)
    if "frames" in parts:
        rows += frames(folder, min(rounds, 3))
    if "mapping" in parts and not quick:  # it and the next fetch their peers from PyPI
        rows += mapping(folder, 3, 10, count)
    if "deid" in parts and not quick:
        rows += deid(folder, 3, count)
    if "scale" in parts:
        rows += scaling(folder, min(rounds, 3), *((4, 2) if quick else (2 * count, count // 2)))
    if "notebooks" in parts and not quick:
        rows += notebooks()
    return rows, versions


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="little data, to see that it works")
    parser.add_argument(
        "--most", type=int, default=50_000, help="studies that a server is filled with at most"
    )
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder of the report")
    parser.add_argument(
        "--only", choices=PARTS, action="append", default=[], help="print the rows of one part"
    )
    parser.add_argument(
        "--page", action="store_true", help="measure nothing: put the notes on the page again"
    )
    options = parser.parse_args()
    written, figures = options.out / "performance.md", options.out / "performance.json"
    if options.page:
        rows = [Row(**row) for row in json.loads(figures.read_text(encoding="utf-8"))]
        known = machine_of(written.read_text(encoding="utf-8"))
        written.write_text(page(rows, *known), encoding="utf-8")
        return
    where = machine()
    with tempfile.TemporaryDirectory() as home:
        parts = options.only or list(PARTS)
        rows, versions = measured(Path(home), parts, options.quick, options.most)
    text = json.dumps([row.to_json() for row in rows], indent=1, ensure_ascii=False)
    if options.only:
        sys.stdout.write(text + "\n")
        return
    options.out.mkdir(parents=True, exist_ok=True)
    written.write_text(page(rows, where, versions), encoding="utf-8")
    figures.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
