"""Values of a C-FIND answer, where an element may be missing or hold what it should not."""

from __future__ import annotations

from pydicom.dataset import Dataset

from labkit.pacs.matching import element_text


def text_of(ds: Dataset, keyword: str) -> str:
    """Return the value as text, without padding; ``""`` where it is not there."""
    return element_text(ds[keyword]).strip() if keyword in ds else ""


def number_of(ds: Dataset, keyword: str) -> int:
    """Return the value as a number; 0 where it is none."""
    return number(text_of(ds, keyword))


def number(text: str | None) -> int:
    """Return what a text says as a number; 0 where it says none."""
    try:
        return int(text or 0)
    except ValueError:
        return 0
