"""Storage and money over years. Every price here is made up: give your own."""

from __future__ import annotations

from dataclasses import dataclass

from labkit.common.errors import UsageError
from labkit.exchange.experiment.designs import STAR
from labkit.exchange.experiment.model.growing import STYLES, Region


@dataclass(frozen=True)
class Prices:
    """What things cost. Made up, of no vendor, in no currency; they are arguments for that reason.

    Attributes
    ----------
    tbyte_year
        A terabyte on disk for a year.
    mbit_year
        A megabit a second of a line for a year.
    archive_year
        Running the archive of one hospital, people included.
    cache_year
        Running a hospital's cache, where the originals are central.
    centre_year
        Running a central archive, by the hospital.
    index_year
        Running a central index, by the hospital.
    """

    tbyte_year: float = 120.0
    mbit_year: float = 12.0
    archive_year: float = 60_000.0
    cache_year: float = 20_000.0
    centre_year: float = 25_000.0
    index_year: float = 4_000.0


@dataclass(frozen=True)
class Year:
    """One year of one style.

    Attributes
    ----------
    number
        From 1.
    tbyte
        On disks at its end.
    storage, lines, running
        What they cost in it.
    """

    number: int
    tbyte: float
    storage: float
    lines: float
    running: float

    @property
    def cost(self) -> float:
        """All of it."""
        return self.storage + self.lines + self.running


def years(
    style: str, region: Region, prices: Prices | None = None, *, count: int = 10,
    growth: float = 0.05, retention: int = 10, copy_days: int = 90, backups: int = 1,
) -> list[Year]:  # fmt: skip
    """Give storage and cost year by year.

    Parameters
    ----------
    growth
        Of studies, from year to year.
    retention
        Years that originals are kept.
    copy_days
        Days that a hospital keeps copies of its own new studies, where the originals are central.
    backups
        Further wholes of all originals. A copy in a cache is none: it goes when the cache is full,
        and when the original is deleted.
    """
    if style not in STYLES:
        raise UsageError(f"There is no model of {style}.", remedy=f"There is {', '.join(STYLES)}.")
    prices = prices or Prices()
    made = [
        region.studies_per_year * (1 + growth) ** n * region.mbyte / 1e6 for n in range(count)
    ]  # terabytes
    found = []
    for number in range(1, count + 1):
        kept = sum(made[max(0, number - retention) : number])
        copies = made[number - 1] * copy_days / 365 if style == "centralised" else 0.0
        tbyte = kept * (1 + backups) + copies
        found.append(
            Year(
                number,
                tbyte,
                tbyte * prices.tbyte_year,
                region.hospitals * region.mbit * prices.mbit_year,
                region.hospitals * _running(style, prices),
            )
        )
    return found


def _running(style: str, prices: Prices) -> float:
    if style == "centralised":
        return prices.cache_year + prices.centre_year
    return prices.archive_year + (prices.index_year if style != STAR else 0.0)
