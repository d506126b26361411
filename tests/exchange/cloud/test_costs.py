"""Bills, worked out by hand."""

from __future__ import annotations

import pytest

from labkit.common.errors import UsageError
from labkit.exchange.cloud import Disks, Prices, Use, bill, dearer_from, leaving
from labkit.exchange.network.terms import Cloud

PRICES = Prices(0.02, egress_gbyte=0.1, read_gbyte=0.01, put_1000=5.0, get_1000=0.5, months=3)


def test_three_months_by_hand() -> None:
    use = Use(gbyte=1000, studies=500, objects=4, recalled=0.1, proof=True)
    one, _, three = bill(use, PRICES, 3)
    assert (one.gbyte, three.gbyte) == (1000, 3000)
    assert one.storage == pytest.approx(20)
    # 100 GB recalled and 1000 read back once, at 0.11
    assert one.egress == pytest.approx(121)
    # 2000 puts; 200 gets for what is recalled, 2000 to prove
    assert one.requests == pytest.approx(2000 * 5 / 1000 + 2200 * 0.5 / 1000)
    assert one.total == pytest.approx(20 + 121 + 10 + 1.1)
    assert three.storage == pytest.approx(60)


def test_what_is_deleted_too_early_is_billed() -> None:
    use = Use(gbyte=100, studies=10, kept_months=1, proof=False)
    first, second = bill(use, PRICES, 2)
    assert (first.early, second.gbyte) == (0, 100)
    assert second.early == pytest.approx(100 * 2 * 0.02)
    assert bill(Use(100, 10, kept_months=3), PRICES, 5)[-1].early == 0


def test_no_studies_is_no_error() -> None:
    (month,) = bill(Use(0, 0, recalled=0.5), PRICES, 1, start=1000)
    assert month.storage == pytest.approx(20)
    assert month.egress == pytest.approx(55)


def test_leaving_costs_all_at_once() -> None:
    assert leaving(50_000, 100_000, PRICES) == pytest.approx(50_000 * 0.11 + 50)


def test_disks_are_spread_over_their_life() -> None:
    assert Disks(tbyte=60, copies=2, years=5, running=1).month(1000) == pytest.approx(4)


def test_when_the_cloud_is_dearer() -> None:
    bills = bill(Use(1000, 100, proof=False), Prices(0.02), 24)
    assert dearer_from(bills, Disks(tbyte=60, copies=2, running=1)) == 1
    assert dearer_from(bills, Disks(tbyte=60, copies=2, running=50)) is None
    # Cheap while nothing is read; then everything is had back.
    dear = [*bills[:12], *bill(Use(0, 0, recalled=1.0), Prices(0.02, 0.1), 12, start=12_000)]
    assert dearer_from(dear, Disks(tbyte=600, copies=2, running=10)) == 14


def test_prices_of_a_design() -> None:
    cloud = Cloud("Nimbus", months=3, gbyte_month=0.02, egress_gbyte=0.1, request_1000=0.5)
    assert Prices.of(cloud) == Prices(0.02, 0.1, put_1000=0.5, get_1000=0.5, months=3)


@pytest.mark.parametrize("wrong", [{"gbyte_month": -1}, {"gbyte_month": 1, "months": -1}])
def test_no_negative_price(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="price"):
        Prices(**wrong)


def test_a_share_is_a_share() -> None:
    with pytest.raises(UsageError, match="share"):
        bill(Use(1, 1, recalled=5), PRICES, 1)
