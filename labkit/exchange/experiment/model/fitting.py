"""The parameters of the model, fitted to counted runs of real nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from scipy.optimize import nnls

from labkit.common.errors import UsageError
from labkit.exchange.experiment.measuring import Act, Measured
from labkit.exchange.experiment.model.parameters import Parameters

_Column = Callable[[Act], float]


def fit(runs: Iterable[Measured]) -> Parameters:
    """Fit sizes of messages to runs, by least squares that are not negative.

    Every read is one equation: bytes on lines, less the images themselves, are so much for each
    search, each answer, each manifest, each request, each object and each connection. Service times
    are not fitted here: they stay what `Parameters` assumes.

    Parameters
    ----------
    runs
        What `measure` gave; all three styles are needed, since each knows other messages.

    Raises
    ------
    UsageError
        A style is missing.
    """
    runs = list(runs)
    by_style = {run.style: run for run in runs}
    missing = [name for name in ("centralised", "hybrid", "federated") if name not in by_style]
    if missing:
        raise UsageError(
            f"The fit has no run of {', '.join(missing)}.", remedy="Give it runs of all styles."
        )
    # An own read that goes out hides its search in its fetch: priors say more.
    reads = [act for run in runs for act in run.acts if act.kind == "prior" and act.line_bytes]
    sizes = _solve(
        reads,
        (
            lambda act: act.search_hops,
            lambda act: act.answer_hops,
            lambda act: act.index_hops,
            lambda act: act.image_hops,
            lambda act: act.image_hops * act.objects,
            lambda act: act.connections,
            lambda act: act.image_hops * act.payload,
        ),
        lambda act: act.line_bytes - act.image_hops * act.payload,
    )
    sent = [act for act in by_style["centralised"].acts if act.kind == "acquire"]
    stored = _solve(
        sent,
        (lambda act: 1, lambda act: act.objects),
        lambda act: act.line_bytes - act.payload * (1 + sizes[6]),
    )
    told = [act.line_bytes for act in by_style["hybrid"].acts if act.kind == "acquire"]
    return Parameters(
        search=sizes[0],
        answer=sizes[1],
        manifest=sizes[2],
        request=sizes[3],
        wrapped=sizes[4],
        connection=sizes[5],
        stored=stored[0],
        stored_object=stored[1],
        announced=float(np.mean(told)),
        encryption=sizes[6],
    )


def _solve(
    acts: Sequence[Act], columns: Sequence[_Column], target: Callable[[Act], float]
) -> list[float]:
    left = np.array([[float(column(act)) for column in columns] for act in acts])
    right = np.array([float(target(act)) for act in acts])
    scale = np.maximum(left.max(axis=0), 1.0)  # bytes beside counts: one scale for both
    found, _ = nnls(left / scale, right)
    return [float(value) for value in found / scale]
