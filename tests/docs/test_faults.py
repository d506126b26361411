"""docs/faults.md is what the catalogue and the record of symptoms make it."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

from labkit.lab.faults.catalogue import FAULTS
from labkit.lab.faults.record import RECORD

GENERATOR = Path(__file__).with_name("generate_faults.py")
PAGE = GENERATOR.parents[2] / "docs" / "faults.md"


def test_the_page_is_current() -> None:
    made = runpy.run_path(str(GENERATOR))["page"]()
    assert PAGE.read_text(encoding="utf-8") == made, "run tests/docs/generate_faults.py"


def test_each_fault_has_been_recorded_with_the_versions_of_tools() -> None:
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    assert list(record) == list(FAULTS)
    for name, seen in record.items():
        assert seen["work"], name
        assert bool(seen["tools"]) == bool(FAULTS[name].tries), name
        assert "127.0.0.1" not in json.dumps(seen), name
