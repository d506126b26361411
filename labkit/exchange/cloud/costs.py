"""What a cloud tier costs, month by month, beside disks of one's own. Prices are arguments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from labkit.common.errors import UsageError
from labkit.exchange.network.terms import Cloud


@dataclass(frozen=True)
class Prices:
    """What a provider asks, in one currency. A gigabyte is 10^9 bytes; look up which one is billed.

    Attributes
    ----------
    gbyte_month
        Of a gigabyte that is stored for a month.
    egress_gbyte
        Of a gigabyte that leaves the provider. Sending there is free with most.
    read_gbyte
        Of a gigabyte that is read, where a cold class asks for that too.
    put_1000, get_1000
        Of a thousand requests that write, or read.
    months
        Least time that is billed for what is stored; what is deleted earlier is billed until then.
    """

    gbyte_month: float
    egress_gbyte: float = 0.0
    read_gbyte: float = 0.0
    put_1000: float = 0.0
    get_1000: float = 0.0
    months: float = 0.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value < 0:
                raise UsageError(f"the price {name} is {value}", remedy="Give 0 or more.")

    @classmethod
    def of(cls, cloud: Cloud) -> Prices:
        """Those of a network's design."""
        return cls(
            cloud.gbyte_month,
            cloud.egress_gbyte,
            put_1000=cloud.request_1000,
            get_1000=cloud.request_1000,
            months=cloud.months,
        )


@dataclass(frozen=True)
class Use:
    """How a hospital uses it, every month the same.

    Attributes
    ----------
    gbyte
        Gigabytes that are sent in a month.
    studies, objects
        Studies of a month, and objects in the store that one makes (series and a manifest).
    recalled
        Share of what is stored that is recalled in a month, 0 to 1.
    kept_months
        After how many months a study is deleted; 0: never.
    proof
        Whether each object is read back once to prove it, which is egress.
    """

    gbyte: float
    studies: float
    objects: float = 4.0
    recalled: float = 0.0
    kept_months: int = 0
    proof: bool = True


@dataclass(frozen=True)
class Month:
    """One month's bill.

    Attributes
    ----------
    month
        From 1.
    gbyte
        Stored at its end.
    storage, early, egress, requests
        Money; `early` is what is billed for what was deleted too early.
    """

    month: int
    gbyte: float
    storage: float
    early: float
    egress: float
    requests: float

    @property
    def total(self) -> float:
        """The bill."""
        return self.storage + self.early + self.egress + self.requests


def bill(use: Use, prices: Prices, months: int, *, start: float = 0.0) -> list[Month]:
    """Work out the bills.

    Parameters
    ----------
    months
        How many.
    start
        Gigabytes that are there at the beginning, and stay.
    """
    if not 0 <= use.recalled <= 1:
        raise UsageError(f"the share recalled is {use.recalled}", remedy="Give 0 to 1.")
    bills = []
    for month in range(1, months + 1):
        kept = min(month, use.kept_months) if use.kept_months else month
        stored = start + kept * use.gbyte
        gone = use.gbyte if use.kept_months and month > use.kept_months else 0.0
        early = gone * max(prices.months - use.kept_months, 0.0) * prices.gbyte_month
        recalled = stored * use.recalled
        out = recalled + (use.gbyte if use.proof else 0.0)
        size = use.gbyte / use.studies if use.studies else 0.0
        read = recalled / size * use.objects if size else 0.0
        made = use.studies * use.objects
        requests = made * prices.put_1000 / 1000
        requests += (read + (made if use.proof else 0.0)) * prices.get_1000 / 1000
        bills.append(
            Month(
                month,
                stored,
                stored * prices.gbyte_month,
                early,
                out * (prices.egress_gbyte + prices.read_gbyte),
                requests,
            )
        )
    return bills


def leaving(gbyte: float, objects: float, prices: Prices) -> float:
    """What it costs to have everything back: when the contract ends, or the provider."""
    return gbyte * (prices.egress_gbyte + prices.read_gbyte) + objects * prices.get_1000 / 1000


@dataclass(frozen=True)
class Disks:
    """Disks of one's own.

    Attributes
    ----------
    tbyte
        Price of a terabyte, bought.
    copies
        How many of each object.
    years
        After how many they are bought again.
    running
        Power, room and people, of a terabyte and copy, a month.
    """

    tbyte: float
    copies: int = 2
    years: float = 5.0
    running: float = 0.0

    def month(self, gbyte: float) -> float:
        """What a month costs, the price spread over their life."""
        return gbyte / 1000 * self.copies * (self.tbyte / (self.years * 12) + self.running)


def dearer_from(bills: Sequence[Month], disks: Disks) -> int | None:
    """The first of the months given from which the cloud has cost more than disks, summed up.

    ``None`` if there is none. It counts only if it stays so until the last of the months given.
    """
    found: int | None = None
    cloud = own = 0.0
    for number, each in enumerate(bills, 1):
        cloud += each.total
        own += disks.month(each.gbyte)
        if cloud <= own:
            found = None
        elif found is None:
            found = number
    return found
