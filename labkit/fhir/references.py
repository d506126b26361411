"""Literal references (R4 references.html#literal): relative, absolute, versioned, and others."""

from __future__ import annotations

import re

from labkit.fhir.definitions import definitions

_RESTFUL = re.compile(
    r"(?P<base>https?://.+/)?(?P<type>[A-Z][A-Za-z]+)/(?P<id>[A-Za-z0-9\-.]{1,64})"
    r"(/_history/[A-Za-z0-9\-.]{1,64})?"
)


def split_reference(text: str, base_url: str = "") -> tuple[str, str, str]:
    """Split a literal reference into (type, id, url).

    A relative one, or an absolute one under `base_url`, gives type and id and an empty url; any
    other gives its url, and type and id if its shape tells them.
    """
    match = _RESTFUL.fullmatch(text)
    if match is None or match["type"] not in known_types():
        return "", "", text
    base = (match["base"] or "").rstrip("/")
    local = not base or base == base_url.rstrip("/")
    return match["type"], match["id"], "" if local else text


def reference_type(text: str) -> str:
    """Return the resource type that a literal reference names, or ``""``."""
    return split_reference(text)[0]


def known_types() -> frozenset[str]:
    """Return all resource types of R4."""
    return definitions().all_types
