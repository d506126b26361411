"""Headers made of keywords, for checks to hand to what a learner wrote."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset


def made(**elements: Any) -> Dataset:
    """Return a data set with these attributes; ``Keyword=None`` leaves one out."""
    ds = Dataset()
    for keyword, value in elements.items():
        if value is not None:
            setattr(ds, keyword, value)
    return ds
