"""The generated table of MHD's rules: where it is from, and that it is current."""

from __future__ import annotations

import json
import os
import runpy
from pathlib import Path

import pytest

from labkit.exchange.mhd.rules import LEVELS, PREFIX, profile

GENERATOR = Path(__file__).with_name("generate_tables.py")
ROOT = GENERATOR.parents[3]
WRITTEN = (
    "labkit/exchange/mhd/tables/profiles.json",
    "labkit/fhir/tables/search_mhd.json",
    "containers/fhir/src/main/resources/search/mhd.json",
)


def test_the_table_says_where_it_is_from() -> None:
    table = json.loads((ROOT / WRITTEN[0]).read_text(encoding="utf-8"))
    assert set(table["origin"]) == {"edition", "source", "sha256", "licence", "command"}
    assert "4.2.3" in table["origin"]["source"]


@pytest.mark.parametrize("level", LEVELS)
def test_each_level_has_its_profiles(level: str) -> None:
    for kind in ("ProvideBundle", "SubmissionSet", "DocumentReference"):
        assert profile(f"{PREFIX[level]}{kind}").rules


def test_a_child_says_more_than_its_parent() -> None:
    minimal = profile("IHE.MHD.Minimal.DocumentReference").rules
    comprehensive = profile("IHE.MHD.Comprehensive.DocumentReference").rules
    assert minimal["type"]["card"].value == (0, 1)
    assert comprehensive["type"]["card"].value == (1, 1)
    assert comprehensive["masterIdentifier"] == minimal["masterIdentifier"]
    assert comprehensive["author"]["contained"].profile == "IHE.MHD.Comprehensive.DocumentReference"


def test_the_tables_are_what_the_generator_writes(tmp_path: Path) -> None:
    folder = os.environ.get("LABKIT_MHD_FSH", "")
    if not folder:
        pytest.skip("LABKIT_MHD_FSH does not name input/fsh of IHE/ITI.MHD at tag 4.2.3")
    runpy.run_path(str(GENERATOR))["main"](Path(folder), tmp_path)
    for name in WRITTEN:
        assert (tmp_path / name).read_bytes() == (ROOT / name).read_bytes()
