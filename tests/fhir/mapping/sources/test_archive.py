"""An archive as a source: queries over one association, and the instances themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from pydicom.dataset import Dataset
from pynetdicom import evt
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind

from labkit.common.errors import AssociationError, DimseError
from labkit.dicom import sample
from labkit.dimse import Peer, new_ae
from labkit.fhir.mapping import MappingTable, Site
from labkit.fhir.mapping.run import Run
from labkit.fhir.mapping.sources import Selection, open_source
from labkit.fhir.mapping.sources.archive import ArchiveSource
from tests.contract.pacs.servers import Target
from tests.fhir.mapping.sources.conftest import STORIES


def address(target: Target) -> str:
    return f"aet://MAPPER:{target.peer.ae_title}@{target.peer.host}:{target.peer.port}"


def test_every_instance_over_one_association(archive: Target) -> None:
    source = open_source(address(archive))
    assert isinstance(source, ArchiveSource)
    files = [path for slug in STORIES for path in sample(slug).files]
    assert (source.count().studies, source.count().instances) == (3, len(files))
    found = list(source)
    assert len({ds.SOPInstanceUID for ds, _ in found}) == len(found) == len(files)
    assert source.associations == 1
    # the instances of a study come together
    order = [ds.StudyInstanceUID for ds, _ in found]
    assert len({(a, b) for a, b in pairwise(order) if a != b}) == 2
    head = next(ds for ds, _ in found if ds.StudyInstanceUID == sample("ct-head").study_uid)
    assert head.AccessionNumber == sample("ct-head").accession
    # attributes of a query and keys without a value are no attributes of the instance
    assert not {"ModalitiesInStudy", "QueryRetrieveLevel", "ContentLabel"} & set(head.dir())
    assert source.partial


def test_an_archive_is_asked_for_what_the_table_reads(archive: Target) -> None:
    head = sample("ct-head")
    found = {}
    for table in (MappingTable.load(), MappingTable.load().replaced(
        "series.description", source="StationName + KVP")):  # fmt: skip
        source = open_source(address(archive), Selection(study=(head.study_uid,)))
        ((study,),) = list(Run(source, (table,), Site()))
        kvp = [ds for ds, _ in source if "KVP" in ds]
        found[table["series.description"].source] = len(kvp)
        assert study.imaging_study["numberOfInstances"] == len(head.files)
    assert found == {"SeriesDescription": 0, "StationName + KVP": 40}


@pytest.mark.parametrize("retrieve", ["get", "move"])
def test_retrieving_gives_whole_headers(archive: Target, retrieve: str) -> None:
    wrist = sample("cr-wrist")
    options: dict[str, Any] = {}
    if retrieve == "move":
        options = {"destination": archive.destination, "port": archive.destination_port}
    wanted = Selection(accession=(wrist.accession,))
    source = open_source(address(archive), wanted, retrieve=retrieve, **options)
    found = {str(ds.SOPInstanceUID): ds for ds, _ in source}
    stored = {str(ds.SOPInstanceUID): ds for ds in wrist.datasets()}
    assert set(found) == set(stored)
    for uid, ds in found.items():
        assert "PixelData" not in ds and ds.file_meta.MediaStorageSOPInstanceUID == uid
        assert ds.dir() == [name for name in stored[uid].dir() if name != "PixelData"]
    assert source.partial == ""
    assert not source.report.first


def test_what_does_not_come_is_known_from_the_query(archive: Target) -> None:
    wrist = sample("cr-wrist")
    where = address(archive)
    source = open_source(
        where, Selection(study=(wrist.study_uid,)), retrieve="move", destination="NOBODY"
    )
    assert {str(ds.SOPInstanceUID) for ds, _ in source} == {
        str(ds.SOPInstanceUID) for ds in wrist.datasets()
    }
    assert source.report.counts["failed"] == len(wrist.files)
    assert "0xA801" in source.report.first[0].reason


@pytest.mark.parametrize(
    ("wanted", "slugs"),
    [
        (Selection(modality=("MR",)), ["mr-brain"]),
        (Selection(modality=("MR", "CR")), ["cr-wrist", "mr-brain"]),
        (Selection(date="19000101-20300101"), ["cr-wrist", "ct-head", "mr-brain"]),
        (Selection(study=("1.2.3",)), []),
    ],
)
def test_selecting(archive: Target, wanted: Selection, slugs: list[str]) -> None:
    source = open_source(address(archive), wanted, slice_days=10_000)
    uids = {str(ds.StudyInstanceUID) for ds, _ in source}
    assert uids == {sample(slug).study_uid for slug in slugs}


def test_nobody_there() -> None:
    with pytest.raises(AssociationError):
        list(open_source("aet://X@127.0.0.1:1", timeout=2))


@pytest.fixture
def small() -> Iterator[tuple[Peer, list[str]]]:
    """An archive with a study a day that refuses to say more than three at once."""
    asked: list[str] = []

    def answer(event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        query = event.identifier
        level = query.QueryRetrieveLevel
        if level != "STUDY":
            if query.StudyInstanceUID.endswith("5"):
                yield 0xC000, None
                return
            match = Dataset()
            match.StudyInstanceUID = query.StudyInstanceUID
            match.SeriesInstanceUID = query.StudyInstanceUID + ".1"
            match.SOPInstanceUID = query.StudyInstanceUID + ".1.1"
            yield 0xFF00, match
            return
        asked.append(query.StudyDate)
        low, _, high = str(query.StudyDate).partition("-")
        days = [d for d in range(20260101, 20260109) if int(low or 0) <= d <= int(high or low)]
        if len(days) > 3:
            yield 0xA700, None
            return
        for day in days:
            match = Dataset()
            match.StudyInstanceUID, match.StudyDate = f"1.2.{day}", str(day)
            yield 0xFF00, match

    ae = new_ae("SMALL")
    ae.add_supported_context(StudyRootQueryRetrieveInformationModelFind)
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_FIND, answer)])
    try:
        yield Peer("SMALL", "127.0.0.1", server.socket.getsockname()[1]), asked
    finally:
        server.shutdown()


def test_a_slice_that_is_too_large_is_halved(small: tuple[Peer, list[str]]) -> None:
    peer, asked = small
    source = ArchiveSource(peer, Selection(date="20260101-"), today=date(2026, 1, 8))
    assert source.count().studies == 8 and source.count().instances is None
    assert asked[:3] == ["20260101-20260108", "20260101-20260104", "20260101-20260102"]


def test_a_study_that_fails_is_reported_and_the_rest_goes_on(
    small: tuple[Peer, list[str]],
) -> None:
    peer, _ = small
    source = ArchiveSource(peer, Selection(date="20260104-20260106"))
    assert [ds.StudyDate for ds, _ in source] == ["20260104", "20260106"]
    assert source.incomplete == {"1.2.20260105"}
    assert "0xC000" in source.report.first[0].reason
    source.done = {"1.2.20260104"}
    assert [ds.StudyDate for ds, _ in source] == ["20260106"]


def test_an_archive_that_hangs_up_once_is_called_again() -> None:
    asked: list[str] = []

    def answer(event: evt.Event) -> Iterator[tuple[int, Dataset | None]]:
        asked.append(event.identifier.QueryRetrieveLevel)
        if asked == ["STUDY", "SERIES"]:
            event.assoc.abort()
            return
        match = Dataset()
        match.StudyInstanceUID, match.SeriesInstanceUID = "1.2", "1.2.3"
        match.SOPInstanceUID = "1.2.3.4"
        yield 0xFF00, match

    ae = new_ae("TIRED")
    ae.add_supported_context(StudyRootQueryRetrieveInformationModelFind)
    server = ae.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_FIND, answer)])
    try:
        source = ArchiveSource(Peer("TIRED", "127.0.0.1", server.socket.getsockname()[1]))
        assert [ds.SOPInstanceUID for ds, _ in source] == ["1.2.3.4"]
    finally:
        server.shutdown()
    assert asked == ["STUDY", "SERIES", "SERIES", "IMAGE"]
    assert source.associations == 2
    assert not source.incomplete


def test_what_cannot_be_halved_is_an_error(small: tuple[Peer, list[str]]) -> None:
    peer, _ = small
    with pytest.raises(DimseError, match="0xA700"):
        list(ArchiveSource(peer, Selection(date="-20260108")))
