"""``python -m benchmarks [--quick] [--most N] [--out FOLDER]``: measure, and write the report."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from pathlib import Path

from benchmarks.deid import deid
from benchmarks.dicomweb import dicomweb
from benchmarks.dimse import finding, retrieving, storing
from benchmarks.facade import facades
from benchmarks.frames import frames
from benchmarks.mapping import mapping
from benchmarks.measure import Row
from benchmarks.servers import all_of_them
from benchmarks.starting import starting

HEAD = """# Performance

Written by `python -m benchmarks` (part of `python3 lab.py test long`). Each line is of one run, on
the machine named below, each peer measured beside us in alternating order; figures are medians of
several rounds. Read the ratio, never the figure: above 1 we are faster. TCP_NODELAY is set on both
ends. Ours is ARCHIVE as a learner has it: it syncs each object before it answers, writes an event
log and records every PDU. Orthanc, its plugin and dcmqrscp run as their packages have them.
"""


def machine() -> str:
    """Name the machine."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python "
        f"{platform.python_version()}; load before the run {load:.1f}"
    )


def page(rows: list[Row], where: str, versions: str) -> str:
    """Write the page."""
    lines = ["| work | unit | ours | peer | | ratio | target |", "|---" * 7 + "|"]
    for row in rows:
        peer = "" if row.peer is None else f"{row.peer:g}"
        name = row.peer_name or "what we allow"
        lines.append(
            f"| {row.work} | {row.unit} | {row.ours:g} | {peer} | {name} | "
            f"{row.ratio:g} | {row.target:g} |"
        )
    behind = sum(row.ratio < row.target for row in rows)
    count = f"{behind} of {len(rows)} lines are behind their target."
    return "\n\n".join([HEAD.strip(), f"{where}. {versions}.", "\n".join(lines), count]) + "\n"


def main() -> None:
    """Run everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="little data, to see that it works")
    parser.add_argument(
        "--most", type=int, default=50_000, help="studies that a server is filled with at most"
    )
    parser.add_argument("--out", type=Path, default=Path("docs"), help="folder of the report")
    options = parser.parse_args()
    rounds, count, sizes = (1, 10, [5]) if options.quick else (5, 100, [5, 500, 5000])
    sizes = [size for size in sizes if size <= options.most]
    web = [5] if options.quick else [n for n in (5, 500, 50_000) if n <= options.most]
    where = machine()
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home)
        with all_of_them(folder) as servers:
            versions = ", ".join(f"{s.product} {s.version}" for s in servers)
            rows = storing(servers, folder, rounds, 2 * count)
            rows += retrieving(servers, folder, rounds, count)
            rows += finding(servers, folder, rounds, sizes)
        rows += dicomweb(folder, rounds, count, web)
        rows += facades(folder, rounds, count)
        rows += starting(folder, rounds)
        rows += frames(folder, min(rounds, 3))
        if not options.quick:  # these fetch their peers from PyPI
            rows += mapping(folder, 3, 10, count)
            rows += deid(folder, 3, count)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "performance.md").write_text(page(rows, where, versions), encoding="utf-8")
    text = json.dumps([row.to_json() for row in rows], indent=1)
    (options.out / "performance.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
