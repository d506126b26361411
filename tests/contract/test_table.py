"""The rows of deviations are about tests that exist, and the conformance page shows them."""

import re
from pathlib import Path

import pytest

from tests.contract.table import PAGE, SUITES, renewed, rows


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert renewed(page) == page, "run: python -m tests.contract.table"


@pytest.mark.parametrize("suite", SUITES)
def test_rows_name_tests_that_exist(suite: str) -> None:
    folder = Path(__file__).parent / suite
    source = "".join(path.read_text(encoding="utf-8") for path in folder.glob("test_*.py"))
    for row in rows(suite):
        name = row.test.partition("[")[0]
        assert re.search(rf"def {name}\(", source), row.test
        assert row.does
        assert row.section
