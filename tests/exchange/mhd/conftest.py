"""A FHIR server with one patient, and a client of MHD over a real socket."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from itertools import count
from pathlib import Path

import pytest

from labkit.common import ALLOW_ALL
from labkit.common.serving import HttpService
from labkit.exchange.mhd import MhdClient
from labkit.exchange.parties import NORTH
from labkit.fhir import FhirStore, fhir_app
from tests.exchange.mhd.cases import PATIENT


@pytest.fixture
def store(tmp_path: Path) -> Iterator[FhirStore]:
    store = FhirStore(tmp_path / "fhir.sqlite")
    store.put(PATIENT)
    yield store
    store.close()


@pytest.fixture
def mhd(store: FhirStore) -> Iterator[MhdClient]:
    """Over a real socket."""
    service = HttpService("fhir")
    url = f"http://127.0.0.1:{service.bind()}"
    service.start(fhir_app(store, ALLOW_ALL, base_url=url))
    numbers = count(1)
    try:
        with MhdClient(
            url,
            source_id=NORTH.source,
            clock=lambda: datetime(2026, 1, 15, 8, tzinfo=timezone.utc),
            new_uid=lambda: f"2.25.{next(numbers)}",
        ) as client:
            yield client
    finally:
        service.stop()
