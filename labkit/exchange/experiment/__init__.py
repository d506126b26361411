"""Centralised or federated, by experiment: the same network built each way, and counted.

::

    tried = experiment(3)                       # each style, of real nodes, one workload
    tried["federated"].measured.wan_bytes
    tried["federated"].survived                 # each site and line dead in turn
    tried["federated"].leaks                    # each site hostile in turn
"""

from labkit.exchange.experiment.designs import STAR, STYLES, styled
from labkit.exchange.experiment.document import published
from labkit.exchange.experiment.facts import QUANTITIES, facts
from labkit.exchange.experiment.failing import Survived, survive
from labkit.exchange.experiment.leaking import Leak, leaks
from labkit.exchange.experiment.measuring import Act, Measured, measure, whole
from labkit.exchange.experiment.running import Tried, attempt, experiment, hospitals_of, work_for
from labkit.exchange.experiment.workload import Made, Step, Workload, workload

__all__ = [
    "QUANTITIES",
    "STAR",
    "STYLES",
    "Act",
    "Leak",
    "Made",
    "Measured",
    "Step",
    "Survived",
    "Tried",
    "Workload",
    "attempt",
    "experiment",
    "facts",
    "hospitals_of",
    "leaks",
    "measure",
    "published",
    "styled",
    "survive",
    "whole",
    "work_for",
    "workload",
]
