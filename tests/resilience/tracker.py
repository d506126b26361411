"""A tracking service alone, for a test to kill: ``python -m tests.resilience.tracker FOLDER URL``.

Prints ``ready`` when it has subscribed, then works and polls until it is ended.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from labkit.exchange.tracking import FhirSource, Tracker, TrackingService
from labkit.fhir import FhirClient

OVERLAP = 0.2
"""Seconds: a poll that went far back would hide what was forgotten."""


def main(folder: str, url: str) -> None:
    """Follow one FHIR server."""
    source = FhirSource("FHIR", lambda: FhirClient(url, timeout=30))
    tracker = Tracker(Path(folder), [source], overlap=OVERLAP)
    service = TrackingService(tracker, every=0.05)
    service.start()
    service.subscribe("FHIR")
    print("ready", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
