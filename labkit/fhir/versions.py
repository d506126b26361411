"""What a deletion is about: the last version that has a body."""

from __future__ import annotations

from typing import Any

from labkit.fhir.canonical import loads
from labkit.fhir.store import FhirStore, Stored


def last_body(store: FhirStore, stored: Stored) -> dict[str, Any] | None:
    """Return a version's resource; of a deletion, the resource that was deleted."""
    rows = store.query(
        "SELECT body FROM version WHERE pk = ? AND version <= ? AND body IS NOT NULL "
        "ORDER BY version DESC LIMIT 1",
        [stored.pk, stored.version],
    )
    return loads(rows[0][0]) if rows else None
