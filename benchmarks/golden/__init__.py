"""The golden mapping suite: studies that trap converters, and what the standard says they are.

::

    python -m benchmarks.golden                     # our own converter, with the coverage matrix
    python -m benchmarks.golden --peer dicom2fhir   # beside PyPI dicom2fhir, in a venv of its own

Each case is a few headers and expectations about single elements, with the reason and the section.
Any converter can be measured through an `Adapter` of a few lines.
"""

from __future__ import annotations

from benchmarks.golden.cases import CASES
from benchmarks.golden.model import Case, Expect
from benchmarks.golden.runner import Result, matrix, run

__all__ = ["CASES", "Case", "Expect", "Result", "matrix", "run"]
