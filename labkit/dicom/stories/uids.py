"""Fixed UIDs: the same name gives the same UID, on every machine and for ever.

A UID below ``2.25.`` is a UUID written as one decimal number (PS3.5 B.2). Ours are name-based UUIDs
(RFC 9562 5.5), so nothing has to be kept in a table, and no registered root is needed.
"""

from __future__ import annotations

import uuid

from pydicom.uid import UID

NAMESPACE = uuid.UUID("7c9c8e4e-5b0a-4f5e-9d3b-2a0f6b1d2026")


def uid(*name: object) -> UID:
    """Return the UID for a name in parts: ``uid("ct-head", 2)``; 44 characters or fewer."""
    return UID(f"2.25.{uuid.uuid5(NAMESPACE, '/'.join(map(str, name))).int}")
