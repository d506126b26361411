"""What the notebook's cells leave behind, and runs that the checks hold answers against."""

from __future__ import annotations

from functools import lru_cache

from labkit.exchange.experiment import STYLES, Made, Tried, attempt, styled, work_for
from labkit.exchange.network import Network

HERE = "labkit.exercises.advanced.nb13_centralised_or_federated._cells"
IMPORTS = """
    from labkit.exchange.experiment import (
        QUANTITIES, STYLES, attempt, facts, measure, published, styled, work_for)
    from labkit.exchange.experiment.model import (
        Parameters, Region, bands, busy_hour, predict, sizes_of, years)
    from labkit.exchange.network import Network
"""
GIVEN = f"""{IMPORTS}
    from {HERE} import tried_before
    work = work_for(3, 9)
    tried = tried_before()
"""
SHORT = 9


@lru_cache(maxsize=1)
def tried_before() -> dict[str, Tried]:
    """Run a shorter workload than the notebook's, once for all attempts of a verification."""
    work = work_for(3, SHORT)
    return {style: attempt(style, 3, work, each=1) for style in STYLES}


@lru_cache(maxsize=8)
def carried(style: str, readers: tuple[str, ...]) -> tuple[int, int]:
    """Make one CT study at hospital01, have it opened, and count: bytes of it, and on lines."""
    study = Made("2.25.130001", "P0001", "hospital01", "ct-head-followup", 0)
    with Network(styled(style, 3, mbit=0, ms=0)) as network:
        made = network.acquire(study.site, study.datasets())
        network.settle()
        for reader in readers:
            network.fetch(at=reader, study=study.uid)
        return made.bytes, network.traffic().bytes
