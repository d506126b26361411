"""How hard the random tests try: a little in the ordinary suite, much in ``lab.py test long``."""

from __future__ import annotations

import os


def effort(few: int, many: int) -> int:
    """Return `few`, or `many` when ``LABKIT_LONG`` is set: examples, kills, rounds."""
    return many if os.environ.get("LABKIT_LONG") else few
