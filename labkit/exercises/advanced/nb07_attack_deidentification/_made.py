"""What the checks of this notebook share."""

from __future__ import annotations

from labkit.common import cite

#: The profile, and what it asks of UIDs, dates, pixels (PS3.15).
E1 = (cite("PS3.15", "E.1"), cite("PS3.15", "E.1.1"))
KEYS = (b"a key of the site, 32 bytes long", b"another key, also of 32 bytes ..")
