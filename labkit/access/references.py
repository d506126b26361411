"""References of FHIR resources, spelled in one way, so that policies compare them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def reference_of(link: Any, base_url: str = "") -> str:
    """Spell a Reference in one way: ``Type/id``, no version, ours without the base.

    One by a study's UID becomes ``urn:oid:…``; ``""`` if it names nothing.
    """
    if not isinstance(link, Mapping):
        return ""
    text = link.get("reference")
    if isinstance(text, str) and text:
        if base_url:
            text = text.removeprefix(f"{base_url.rstrip('/')}/")
        return text.partition("/_history/")[0]
    identifier = link.get("identifier")
    if isinstance(identifier, Mapping) and identifier.get("system") == "urn:dicom:uid":
        return str(identifier.get("value") or "")
    return ""
