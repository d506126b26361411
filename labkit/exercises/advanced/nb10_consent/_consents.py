"""What the notebook's first cells leave behind, and questions for the checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from labkit.access.consent import Question, Ruling, decide_consent

IMPORTS = """
    import copy
    import json
    from dataclasses import replace
    from datetime import datetime, timezone
    from labkit.access import Grant
    from labkit.access.consent import Question, consent, decide_consent, provision

    NOW = datetime(2026, 1, 20, tzinfo=timezone.utc)
    asked = Question("quillfeather", "ImagingStudy", "ImagingStudy/ct-head", NOW,
                     actors=frozenset({"Organization/lakeside"}))
"""
NOW = datetime(2026, 1, 20, tzinfo=timezone.utc)
_ASKED = Question(
    "quillfeather", "ImagingStudy", "ImagingStudy/ct-head", NOW, study="1.2.3",
    dates=(NOW.timestamp() - 9e5, NOW.timestamp() - 8e5),
    refers_to=frozenset({"Patient/quillfeather", "ServiceRequest/order-ct-head"}),
)  # fmt: skip


def who(*actors: str, **more: Any) -> Question:
    """A question about ct-head, by those named."""
    return replace(_ASKED, actors=frozenset(actors), **more)


def other(*actors: str, **more: Any) -> Question:
    """A question about the patient's other study."""
    return who(*actors, reference="ImagingStudy/mr-brain", study="1.2.4", **more)


def report(*actors: str) -> Question:
    """A question about the report of ct-head, which refers to the study."""
    refers = frozenset({"ImagingStudy/ct-head", "Patient/quillfeather"})
    return who(*actors, kind="DiagnosticReport", reference="DiagnosticReport/report-ct-head",
               study="", refers_to=refers)  # fmt: skip


def ruled(consent: Any, question: Question, default: str = "deny") -> Ruling:
    """Decide; what is no Consent refuses."""
    found = consent if isinstance(consent, Mapping) else {}
    return decide_consent([found], question, default=default)


def nested(consent: Any) -> list[dict[str, Any]]:
    """Return the provisions inside of the outer one, as far as there are any."""
    outer = consent.get("provision", {}) if isinstance(consent, Mapping) else {}
    found = outer.get("provision", []) if isinstance(outer, Mapping) else []
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
