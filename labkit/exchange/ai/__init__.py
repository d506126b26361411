"""An AI platform in small: studies in by DICOMweb, results out as SEG, SR and FHIR.

::

    finder = BleedFinder()
    done = run(source, finder, results=archive, fhir=fhir, AccessionNumber="LK2600041")
    done.results[0].finding.volume_ml

Its algorithm is a threshold, and says so. What stands around it is what a real one needs: it asks
before it pulls, refuses what it cannot measure, writes results that name their source, their
maker and its version, and leaves the last word to a person (IHE RAD AI Results, AIR).
"""

from __future__ import annotations

from labkit.exchange.ai.bleed import BleedFinder, Finding
from labkit.exchange.ai.intake import choose_series, pull
from labkit.exchange.ai.patience import Patience
from labkit.exchange.ai.platform import Done, Result, run
from labkit.exchange.ai.report import report
from labkit.exchange.ai.segmentation import segmentation
from labkit.exchange.ai.volume import Volume

__all__ = [
    "BleedFinder",
    "Done",
    "Finding",
    "Patience",
    "Result",
    "Volume",
    "choose_series",
    "pull",
    "report",
    "run",
    "segmentation",
]
