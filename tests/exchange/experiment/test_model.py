"""The model: held against real runs, and against arithmetic where that is enough."""

from __future__ import annotations

import random
from dataclasses import asdict, replace
from typing import Any

import pytest

from labkit.common.errors import DataError, UsageError
from labkit.exchange.experiment import published, styled, work_for
from labkit.exchange.experiment.model import (
    Band,
    Parameters,
    Prices,
    Region,
    bands,
    busy_hour,
    fit,
    predict,
    sizes_of,
    years,
)
from labkit.exchange.experiment.model.stored import checked
from labkit.exchange.experiment.model.world import World
from labkit.exchange.experiment.running import attempt

DATA: dict[str, Any] = published()["model"]
SMALL = Region(hospitals=20, studies_per_year=3_000_000)


@pytest.fixture
def parameters() -> Parameters:
    return Parameters.from_json(DATA["parameters"])


def test_it_says_what_the_held_out_runs_counted() -> None:
    for style, one in DATA["checked"]["10"].items():
        real, model = one["messages"]
        assert real == model, style
        assert abs(one["error"]) < 0.02, style


def test_a_new_run_of_a_size_that_nobody_showed_it(parameters: Parameters) -> None:
    """Four hospitals were in no fit: the stored parameters say what they send."""
    work = work_for(4, 16)
    for style in ("centralised", "hybrid", "federated"):
        run = attempt(style, 4, work, each=0).measured
        said = predict(styled(style, 4), work, parameters, sizes_of(run, work))
        assert said.messages == run.messages, style
        assert said.wan_bytes == pytest.approx(run.wan_bytes, rel=0.02), style


def test_the_fit_is_that_of_the_page(parameters: Parameters) -> None:
    runs = [attempt(s, 3, work_for(3), each=0).measured for s in DATA["checked"]["3"]]
    found = fit(runs)
    # stored_object is left out: how many objects a router sends in one association is chance.
    for name in ("search", "wrapped", "announced", "manifest"):
        assert getattr(found, name) == pytest.approx(getattr(parameters, name), rel=0.1), name
    one = checked(runs[0], found, {3: {runs[0].style: runs[0]}})
    assert abs(one["error"]) < 0.01
    with pytest.raises(UsageError, match="no run of hybrid, federated"):
        fit(runs[:1])


def test_a_transfer_takes_what_arithmetic_says(parameters: Parameters) -> None:
    """8 MB over two lines of 80 Mbit/s and 10 ms, nothing else under way."""
    still = replace(
        parameters, service_search=0, service_object=0, service_mbyte=0, encryption=0, wrapped=0
    )
    design = styled("federated, star", 3, mbit=80, ms=10)
    world = World(design, still, random.Random(1))
    world.meet(["hospital01", "hospital02"])
    world.env.run(world.env.process(world.images("hospital01", "hospital02", 1, 8_000_000)))
    asking = 2 * (0.010 + still.request * 8 / 80e6)
    assert world.env.now == pytest.approx(asking + 2 * (0.8 + 0.010), rel=1e-6)
    assert sum(world.ways.bytes.values()) == pytest.approx(2 * (8e6 + still.request), abs=4)


def test_two_transfers_share_a_line(parameters: Parameters) -> None:
    design = styled("federated", 2, mbit=80, ms=0)
    world = World(design, parameters, random.Random(1))
    world.meet(["hospital01", "hospital02"])
    both = [
        world.env.process(world.images("hospital01", "hospital02", 4, 8_000_000)) for _ in (1, 2)
    ]
    world.env.run(world.env.all_of(both))
    assert world.env.now > 1.6  # 16 MB at 10 MB a second


def test_a_silent_door_is_waited_for(parameters: Parameters) -> None:
    dead = replace(SMALL, available=0.01, timeout=7.0)
    hour = busy_hour("federated, star", dead, parameters, 1, seconds=20)
    assert hour.incomplete == 1
    assert hour.median > 7
    alive = busy_hour("federated, star", replace(dead, available=1.0), parameters, 1, seconds=20)
    assert alive.incomplete == 0
    assert alive.worst < 7


def test_one_seed_says_one_thing(parameters: Parameters) -> None:
    hours = [busy_hour("hybrid", SMALL, parameters, seed, seconds=30) for seed in (1, 1, 2, 3)]
    assert hours[0] == hours[1] != hours[2]
    found = bands(hours[1:])
    assert found["median"].low < found["median"].mean < found["median"].high


def test_a_band_is_that_of_student() -> None:
    band = Band.of([1.0, 2.0, 3.0])
    assert (band.mean, round(band.high, 3), round(band.low, 3)) == (2.0, 4.484, -0.484)
    with pytest.raises(UsageError, match="One seed"):
        Band.of([1.0])


def test_storage_and_cost_are_sums() -> None:
    region = Region(hospitals=10, studies_per_year=1_000_000, mbyte=100.0, mbit=100.0)
    prices = Prices(tbyte_year=1, mbit_year=1, archive_year=10, cache_year=5, centre_year=2)
    flat = years("federated, star", region, prices, count=3, growth=0, retention=2, backups=1)
    assert [year.tbyte for year in flat] == [200, 400, 400]  # 100 TB a year, twice, two years
    assert flat[0].cost == 200 + 1000 + 100
    central = years("centralised", region, prices, count=1, growth=0, copy_days=73, backups=0)
    assert central[0].tbyte == pytest.approx(120)
    assert central[0].running == 70


def test_what_cannot_be_is_refused(parameters: Parameters) -> None:
    with pytest.raises(UsageError, match="No such region"):
        Region(hospitals=1)
    with pytest.raises(UsageError, match="share"):
        Region(available=0)
    for call in (lambda: busy_hour("mesh", SMALL, parameters, 1), lambda: years("mesh", SMALL)):
        with pytest.raises(UsageError, match="no model of mesh"):
            call()
    short = asdict(parameters)
    del short["search"]
    with pytest.raises(DataError, match="lack 'search'"):
        Parameters.from_json(short)
    with pytest.raises(DataError, match="search is negative"):
        Parameters.from_json({**short, "search": -1.0})
