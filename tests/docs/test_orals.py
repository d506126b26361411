"""docs/orals.md is what the orals of the exercises make it."""

from __future__ import annotations

import runpy
from pathlib import Path

GENERATOR = Path(__file__).with_name("generate_orals.py")
PAGE = GENERATOR.parents[2] / "docs" / "orals.md"


def test_the_page_is_current() -> None:
    made = runpy.run_path(str(GENERATOR))["page"]()
    assert PAGE.read_text(encoding="utf-8") == made, "run tests/docs/generate_orals.py"
