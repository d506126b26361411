"""The network as a discrete-event model (simpy), fitted to runs of three sites, checked at ten."""

from labkit.exchange.experiment.model.cost import Prices, Year, years
from labkit.exchange.experiment.model.fitting import fit
from labkit.exchange.experiment.model.growing import (
    Band,
    Hour,
    Region,
    bands,
    busy_hour,
    extrapolate,
)
from labkit.exchange.experiment.model.parameters import Parameters
from labkit.exchange.experiment.model.replay import Predicted, predict, sizes_of
from labkit.exchange.experiment.model.stored import stored_model

__all__ = [
    "Band",
    "Hour",
    "Parameters",
    "Predicted",
    "Prices",
    "Region",
    "Year",
    "bands",
    "busy_hour",
    "extrapolate",
    "fit",
    "predict",
    "sizes_of",
    "stored_model",
    "years",
]
