"""A fixed moment, makers, and the real manifests beside the repository."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path

import pytest

from labkit.exchange.manifests import Maker
from labkit.exchange.parties import LAKESIDE, NORTH

BASE = "http://127.0.0.1:1/dicomweb"


@pytest.fixture
def when() -> datetime:
    return datetime(2026, 1, 15, 8, 0, tzinfo=timezone.utc)


@pytest.fixture
def north() -> Maker:
    return Maker.of(NORTH, url=BASE, ae_titles=("ARCHIVE",))


@pytest.fixture
def lakeside() -> Maker:
    return Maker.of(LAKESIDE, url=BASE)


@pytest.fixture(params=["KOS_A.dcm", "KOS_B.dcm"])
def real(request: pytest.FixtureRequest) -> Path:
    """One of IHE's own sample manifests; they are not ours to pass on."""
    roots = [os.environ.get("LABKIT_SHARED_DATA", "")]
    roots += [str(parent / "shared" / "data") for parent in Path(__file__).resolve().parents]
    for root in filter(None, roots):
        path = Path(root) / "mado" / str(request.param)
        if path.is_file():
            return path
    pytest.skip("IHE's sample manifests are not beside the repository (shared/data/mado)")
