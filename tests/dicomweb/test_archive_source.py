"""The archive as a source: what a search finds and returns, and what became of what is stored."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pydicom.dataset import Dataset

from labkit.dicom import encoded, read
from labkit.dicom.samples import studies
from labkit.dicomweb import ArchiveSource, Place, Search
from labkit.pacs import Archive
from labkit.pacs.keys import Level


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArchiveSource]:
    archive = Archive(tmp_path_factory.mktemp("archive"))
    for study in studies()[:4]:
        archive.add_files(sorted(study.files)[:3])
    yield ArchiveSource(archive)
    archive.close()


def keys(**values: str) -> Dataset:
    ds = Dataset()
    for keyword, value in values.items():
        setattr(ds, keyword, value)
    return ds


def test_pages_fit_together_and_say_what_remains(source: ArchiveSource) -> None:
    everything = list(source.search(Search(Level.STUDY, keys())).matches)
    paged = []
    for offset in range(len(everything)):
        page = source.search(Search(Level.STUDY, keys(), limit=1, offset=offset))
        assert page.remaining == len(everything) - offset - 1
        paged += page.matches
    assert paged == everything and len(everything) > 2


def test_what_may_not_be_seen_is_not_counted(source: ArchiveSource) -> None:
    first = next(iter(source.search(Search(Level.STUDY, keys())).matches))
    own = first["0020000D"]["Value"][0]
    query = Search(Level.STUDY, keys(), limit=1, visible=lambda _, study: study != own)
    page = source.search(query)
    total = len(list(source.search(Search(Level.STUDY, keys())).matches))
    assert page.remaining == total - 2
    assert own not in str(list(page.matches))


def test_a_name_by_likeness(source: ArchiveSource) -> None:
    name = next(iter(source.search(Search(Level.STUDY, keys())).matches))["00100010"]["Value"][0]
    family, given = name["Alphabetic"].split("^")[:2]
    asked = keys(PatientName=f"{given[:2].upper()} {family[:3].lower()}")
    assert not list(source.search(Search(Level.STUDY, asked)).matches)
    assert list(source.search(Search(Level.STUDY, asked, fuzzy=True)).matches)


def test_version_changes_with_what_is_there(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "a")
    source = ArchiveSource(archive)
    files = sorted(studies()[0].files)
    ds = read(files[0])
    place = Place(ds.StudyInstanceUID)
    empty = source.version(place)
    with Path(files[0]).open("rb") as file:
        assert not source.store(file).failure
    one = source.version(place)
    assert one != empty == source.version(Place("1.2"))
    assert source.version(place) == one
    ds.PatientName = "Another^One"
    assert source.store(BytesIO(encoded(ds))).failure == 0x0111
    assert source.store(BytesIO(b"no DICOM")).failure == 0xC000
    assert source.remove(place) == 1 and source.version(place) == empty
    archive.close()
