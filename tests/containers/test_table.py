"""The conformance page shows what differs between the back ends, as it is now."""

from tests.containers.table import PAGE, renewed


def test_the_page_is_up_to_date() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert renewed(page) == page, "run: python -m tests.containers.table"
