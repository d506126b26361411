"""The cheat sheet is what its generator writes, and has no dead link into the repository."""

import re
import runpy
from pathlib import Path

GENERATOR = Path(__file__).with_name("generate_cheatsheet.py")
SHEET = GENERATOR.parents[2] / "docs" / "cheatsheet.md"


def test_it_is_current() -> None:
    made = runpy.run_path(str(GENERATOR))["cheatsheet"]()
    assert SHEET.read_text(encoding="utf-8") == made, "run python -m tests.docs.generate_cheatsheet"


def test_every_part_is_on_the_map() -> None:
    text = SHEET.read_text(encoding="utf-8").split("## The Parts of DICOM")[1]
    numbers = [int(n) for n in re.findall(r"^\| \[?PS3\.(\d+)", text, re.MULTILINE)]
    assert numbers == list(range(1, 23))
