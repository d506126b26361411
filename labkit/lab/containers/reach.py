"""Which settings of a node can be carried out where a product stands in its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_AT_THE_DOOR = frozenset(
    {
        "ae_title", "accept_calling", "known_hosts", "permissions", "max_associations", "firewall",
        "large_packets", "pdu_limit", "tls", "blocked_to", "stations", "retrieve_keys",
    }
)  # fmt: skip
"""Settings that the door before a product, or the lab itself, carries out."""
_BY_ITSELF: Mapping[str, frozenset[str]] = {"orthanc": frozenset({"transfer_syntaxes"})}
"""Settings that a product takes over its REST API while it runs."""
_ANYHOW: Mapping[str, Mapping[str, Any]] = {"orthanc": {"duplicates": "discard"}}
"""What a product does whether it is set so or not."""


def beyond(kind: str, values: Mapping[str, Any]) -> list[str]:
    """Return the settings that cannot be carried out for a product of this kind."""
    within = _AT_THE_DOOR | _BY_ITSELF.get(kind, frozenset())
    anyhow = _ANYHOW.get(kind, {}).items()
    return sorted(
        key for key, value in values.items() if key not in within if (key, value) not in anyhow
    )
