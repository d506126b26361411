"""A disc from Lakeside, as FileSet writes one, and the patients of North General."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from pathlib import Path

import pytest
from pydicom import Dataset
from pydicom.fileset import FileSet

from labkit.dicom.samples import patients, sample
from labkit.exchange.media import LocalPatient

Burn = Callable[..., Path]


@pytest.fixture
def when() -> datetime:
    return datetime(2026, 1, 15, 8, 0, tzinfo=timezone.utc)


@pytest.fixture
def house() -> list[LocalPatient]:
    return [
        LocalPatient(p.patient_id, p.issuer, p.name, p.birth_date, p.sex)
        for p in patients()
        if p.issuer == "NORTHGEN"
    ]


@pytest.fixture
def burn(tmp_path: Path) -> Burn:
    """Write a disc with these studies, and more data sets."""

    def write(slugs: Iterable[str], more: Iterable[Dataset] = (), name: str = "disc") -> Path:
        files = FileSet()
        for slug in slugs:
            for path in sample(slug).paths():
                files.add(path)
        for ds in more:
            files.add(ds)
        folder = tmp_path / name
        files.write(folder)
        return folder

    return write
