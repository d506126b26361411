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
import traceback
from collections.abc import Callable
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
SLOW = ("mapping", "deid", "notebooks")  # not in a quick run; two of them fetch peers from PyPI


def measured(folder: Path, part: str, quick: bool, most: int) -> tuple[list[Row], str]:
    """Run one part; return its rows, and which servers were compared, if it compares them."""
    rounds, count, sizes = (1, 10, [5]) if quick else (5, 100, [5, 500, 5000])
    sizes = [size for size in sizes if size <= most]
    web = [5] if quick else [n for n in (5, 500, 50_000) if n <= most]
    if part == "dimse":
        with all_of_them(folder) as servers:
            rows = storing(servers, folder, rounds, 2 * count)
            rows += retrieving(servers, folder, rounds, count)
            rows += crowding(servers, folder, min(rounds, 3), count // 5)
            rows += finding(servers, folder, rounds, sizes)
            return rows, ", ".join(f"{s.product} {s.version}" for s in servers)
    acts: dict[str, Callable[[], list[Row]]] = {
        "large": lambda: large(folder, 5 * rounds, 10 * count, 200 if quick else 1_000_000),
        "dicomweb": lambda: dicomweb(folder, rounds, count, web),
        "facade": lambda: facades(folder, rounds, count),
        "starting": lambda: starting(folder, rounds),
        "frames": lambda: frames(folder, min(rounds, 3)),
        "mapping": lambda: mapping(folder, 3, 10, count),
        "deid": lambda: deid(folder, 3, count),
        "scale": lambda: scaling(folder, min(rounds, 3), *((4, 2) if quick else (200, 50))),
        "notebooks": notebooks,
    }
    return acts[part](), ""


def all_measured(parts: list[str], quick: bool, most: int) -> tuple[list[Row], str, list[str]]:
    """Run the parts one after the other; return rows, servers, and the parts that failed.

    A part that fails says why, and does not take the others' figures with it.
    """
    rows: list[Row] = []
    versions, failed = f"labkit {__version__}", []
    for part in parts:
        with tempfile.TemporaryDirectory() as home:
            try:
                found, named = measured(Path(home), part, quick, most)
            except Exception:  # whatever it was: it is shown, and the exit code tells
                traceback.print_exc()
                failed.append(part)
            else:
                rows += found
                versions = named or versions
    return rows, versions, failed


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
    parts = options.only or [p for p in PARTS if not (options.quick and p in SLOW)]
    rows, versions, failed = all_measured(parts, options.quick, options.most)
    text = json.dumps([row.to_json() for row in rows], indent=1, ensure_ascii=False)
    if options.only:
        sys.stdout.write(text + "\n")
    else:
        options.out.mkdir(parents=True, exist_ok=True)
        written.write_text(page(rows, where, versions), encoding="utf-8")
        figures.write_text(text + "\n", encoding="utf-8")
    if failed:
        sys.exit(f"Not measured, see above: {', '.join(failed)}")


if __name__ == "__main__":
    main()
