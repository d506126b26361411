"""A week that the notebook does not show: what was written for one must do for another."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from labkit.access.audit.chain import Record
from labkit.access.audit.madeup import Truth, made_up_week

GIVEN = """
    import hashlib
    import json
    from collections import defaultdict
    from datetime import datetime, timedelta
    from statistics import mean, median
    from lxml import etree
    from labkit.access.audit.madeup import VIP
"""
SEED = 29


@cache
def hidden() -> tuple[list[Record], Truth, str, list[Record], list[bytes]]:
    """Return records, truth, the VIP's study, Lakeside's records and the lines of another week."""
    with TemporaryDirectory() as folder:
        week = made_up_week(Path(folder) / "trail", SEED)
        lines = list(week.trail._reader.lines())
        week.trail.close()
    return [_loaded(line) for line in lines], week.truth, week.study, week.lakeside, lines


def _loaded(line: bytes) -> Record:
    import json

    found: dict[str, Any] = json.loads(line)
    return found
