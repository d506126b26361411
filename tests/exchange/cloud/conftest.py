"""An archive with a tier in a store on a real port, and a series that takes three parts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from labkit.dicom.samples import sample
from labkit.exchange.cloud import CloudTier, KeyFolder, ObjectStore
from labkit.exchange.cloud.local import LocalStore
from labkit.exchange.network.terms import Retention
from labkit.pacs import Archive

MIB = 1 << 20


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 15, 8, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **how: float) -> None:
        self.now += timedelta(**how)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def served() -> Iterator[LocalStore]:
    with ObjectStore.local() as store:
        yield store  # type: ignore[misc]


@pytest.fixture
def store(served: LocalStore) -> Iterator[LocalStore]:
    """The module's store, empty, its line whole."""
    yield served
    served.line.mend()
    for name in served.unfinished():
        served.abort(name)
    for each in served.objects():
        served.delete(each.name)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    archive = Archive(tmp_path / "archive")
    archive.add_files(sample("ct-head").paths())
    archive.add_files(sample("dx-hand").paths())
    yield archive
    archive.close()


@pytest.fixture
def tier(archive: Archive, store: LocalStore, tmp_path: Path, clock: Clock) -> CloudTier:
    return made(archive, store, tmp_path, clock)


def made(archive: Archive, store: ObjectStore, folder: Path, clock: Clock) -> CloudTier:
    """A tier in `folder`, as a process would make it that has just begun."""
    retention = Retention(years=10, children_until=28)
    return CloudTier(
        archive, store, KeyFolder(folder / "keys"), folder / "tier", clock=clock,
        retention=retention,
    )  # fmt: skip


def uid_of(slug: str) -> str:
    return str(sample(slug).datasets()[0].StudyInstanceUID)


def files(archive: Archive, study: str) -> dict[str, bytes]:
    """Every file of a study, by SOP Instance UID."""
    return {
        stored.entry.sop_instance_uid: stored.path.read_bytes()
        for stored in archive.stored()
        if stored.entry.study_instance_uid == study
    }


def large(folder: Path, count: int = 3, size: int = 4 * MIB) -> tuple[str, list[Path]]:
    """A study of one series of `count` images that do not compress; its UID and files."""
    folder.mkdir(exist_ok=True)
    paths = []
    study = "2.25.20260117"
    for number in range(count):
        ds: Dataset = sample("ct-head").datasets()[0]
        ds.StudyInstanceUID, ds.SeriesInstanceUID = study, f"{study}.1"
        ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = f"{study}.1.{number + 1}"
        ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        ds.InstanceNumber = number + 1
        ds.Rows, ds.Columns = 1024, size // 2048
        ds.PixelData = random.Random(number).randbytes(size)
        paths.append(folder / f"{number}.dcm")
        ds.save_as(paths[-1])
    return study, paths
