"""The page that a long run writes: a section a fault, and four numbers."""

from __future__ import annotations

import json
from pathlib import Path

from tests.resilience import report

SEEN = {"memory": 1 << 20, "threads": 2, "files": 3}
FIGURES = [
    {"kind": "kills", "kills": 200, "acknowledged": 9, "by": {"STOW": 9}, "lost": 0},
    {"kind": "map-kills", "kills": 40, "studies": 60, "lost": 1, "where": "a file"},
    {"kind": "disk-full", "rounds": 5, "refused": {"STOW": 7}, "lost": 2, "acknowledged": 8,
     "before": SEEN, "after": SEEN},
    {"kind": "read-only", "refused": 3, "lost": 0},
    {"kind": "slow-disk", "stored": 8, "clients": 8, "before": 0},
    {"kind": "clock", "what": "router", "jump": "1 days", "seen": "delivered"},
    {"kind": "slow-http", "what": "silent", "clients": 300, "told": 299},
    {"kind": "reset-stow", "rounds": 200, "whole": 100},
    {"kind": "wado-readers", "how": "reset", "readers": 40},
    {"kind": "reset-dimse", "rounds": 300},
    {"kind": "dimse-stopped", "where": "idle", "peers": 90},
    {"kind": "at-once", "associations": 100},
    {"kind": "learner", "what": "kernel restarted", "times": 20, "told": "Run All"},
    {"kind": "fuzz", "test": "tests/x.py::test", "inputs": 1000, "failed": 0},
]  # fmt: skip


def test_the_page_and_the_numbers(tmp_path: Path) -> None:
    source = tmp_path / "figures.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in FIGURES), encoding="utf-8")
    report.main(str(source), str(tmp_path), 1)
    page = (tmp_path / "reliability.md").read_text(encoding="utf-8")
    for title in (
        "Killed with -9", "Mapping killed with -9", "A full disk", "A read-only disk",
        "A slow disk", "A clock that jumps", "Slow loris over HTTP",
        "Connections reset or dropped", "DIMSE peers that stop, half-open connections",
        "100 associations at once", "A learner's machine", "Random inputs",
    ):  # fmt: skip
        assert f"## {title}\n" in page
    assert "| silent | 300 | 299 |" in page and "9 by STOW" in page
    numbers = json.loads((tmp_path / "reliability.json").read_text(encoding="utf-8"))
    assert numbers == {"kills": 240, "lost": 3, "inputs": 1000, "crashes": 0}
