"""The model in ``published.json``: fitted once, so that it says the same everywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from labkit.exchange.experiment.designs import styled
from labkit.exchange.experiment.measuring import Measured
from labkit.exchange.experiment.model.cost import Prices, years
from labkit.exchange.experiment.model.fitting import fit
from labkit.exchange.experiment.model.growing import STYLES, Region, extrapolate
from labkit.exchange.experiment.model.parameters import Parameters
from labkit.exchange.experiment.model.replay import predict, sizes_of
from labkit.exchange.experiment.running import work_for

FITTED = 3
SEEDS = tuple(range(1, 11))


def stored_model(
    runs: Mapping[int, Mapping[str, Measured]], *, seeds: Sequence[int] = SEEDS,
    region: Region | None = None, seconds: float = 60.0,
) -> dict[str, Any]:  # fmt: skip
    """Fit the model to the runs of three hospitals, check it at all, and extrapolate.

    Parameters
    ----------
    runs
        Number of hospitals to style to what was measured; three hospitals must be there.
    seeds, region, seconds
        Of the extrapolation.
    """
    region = region or Region()
    parameters = fit(runs[FITTED].values())
    rounded = Parameters.from_json(parameters.to_json())
    return {
        "parameters": rounded.to_json(),
        "checked": {
            str(hospitals): {style: checked(run, rounded, runs) for style, run in found.items()}
            for hospitals, found in runs.items()
        },
        "region": asdict(region),
        "seeds": list(seeds),
        "seconds": seconds,
        "bands": {
            style: {
                name: [round(value, 4) for value in (band.mean, band.low, band.high)]
                for name, band in found.items()
            }
            for style, found in extrapolate(region, rounded, seeds, seconds=seconds).items()
        },
        "prices": asdict(Prices()),
        "years": {
            style: [
                {"year": one.number, "tbyte": round(one.tbyte), "cost": round(one.cost)}
                for one in years(style, region)
            ]
            for style in STYLES
        },
    }


def checked(
    run: Measured, parameters: Parameters, runs: Mapping[int, Mapping[str, Measured]]
) -> dict[str, Any]:
    """Hold the model against one run; sizes of studies are those of the runs of the fit."""
    sizes = sizes_of(next(iter(runs[FITTED].values())), work_for(FITTED))
    said = predict(
        styled(run.style, run.hospitals, mbit=0, ms=0), work_for(run.hospitals), parameters, sizes
    )
    return {
        "messages": [run.message_count, sum(said.messages.values())],
        "wan_bytes": [run.wan_bytes, said.wan_bytes],
        "error": round(said.wan_bytes / run.wan_bytes - 1, 5),
    }
