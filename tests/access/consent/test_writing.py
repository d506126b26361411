"""Writing a Consent: what would be written wrongly is refused, with the right spelling."""

from __future__ import annotations

from typing import Any

import pytest

from labkit.access.consent import provision
from labkit.common.errors import UsageError


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"actor": "Organization/lakeside"}, r"actor=\['Organization/lakeside'\]"),
        ({"kind": "ImagingStudy"}, r"kind=\['ImagingStudy'\]"),
        ({"data": ["ImagingStudy/ct-head"]}, "meaning and reference"),
        ({"data": ("related", "ImagingStudy/ct-head")}, "meaning and reference"),
    ],
)
def test_a_text_where_a_list_is_due_is_refused(said: dict[str, Any], told: str) -> None:
    """A text is a sequence of letters: a deny of nobody, which would permit."""
    with pytest.raises(UsageError, match=told):
        provision("deny", **said)
