"""The checks of a design, by what they look at."""

from __future__ import annotations

from labkit.exchange.network.checks import (
    copies,
    identity,
    placing,
    reach,
    routing,
    sharing,
    trust,
)
from labkit.exchange.network.design import Design
from labkit.exchange.network.findings import Check, Findings

CHECKS: tuple[Check, ...] = (
    *reach.CHECKS,
    *routing.CHECKS,
    *placing.CHECKS,
    *sharing.CHECKS,
    *identity.CHECKS,
    *trust.CHECKS,
    *copies.CHECKS,
)


def check_design(design: Design) -> Findings:
    """Say what is wrong with a design.

    Returns
    -------
    Findings
        Errors first; empty where nothing was found, which does not mean that nothing is wrong.
    """
    return Findings(finding for check in CHECKS for finding in check(design))
