"""The rows of deviations are about tests that exist, and the conformance page shows them."""

import re
from pathlib import Path

import pytest

from tests.contract.pacs.table import PAGE, renewed, rows


@pytest.fixture
def deviation() -> None:
    """Replaces the one that needs a PACS."""


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert renewed(page) == page, "run: python -m tests.contract.pacs.table"


def test_rows_name_tests_that_exist() -> None:
    source = "".join(p.read_text(encoding="utf-8") for p in Path(__file__).parent.glob("test_*.py"))
    for row in rows():
        name = row.test.partition("[")[0]
        assert re.search(rf"def {name}\(", source), row.test
        assert row.does
        assert row.section
