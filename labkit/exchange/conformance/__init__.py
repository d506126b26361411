"""The statement of conformance to XDS-I.b and XCA-I: each requirement, and the test that shows it.

::

    python -m labkit.exchange.conformance            # runs the tests named, writes docs/xds-i.md

What is claimed stands in ``requirements.toml``; whether it holds is never taken from there, only
from a run of the tests.
"""

from labkit.exchange.conformance.requirements import (
    ACTORS,
    Requirement,
    read_requirements,
)
from labkit.exchange.conformance.results import Outcome, read_junit, run_tests
from labkit.exchange.conformance.statement import Result, result_of, statement

__all__ = [
    "ACTORS", "Outcome", "Requirement", "Result", "read_junit", "read_requirements", "result_of",
    "run_tests", "statement",
]  # fmt: skip
